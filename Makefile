# One environment (.venv), one build folder (build/), one output folder (out/). `make` lists the commands.
# Needs git, make, g++ 12 or newer and Python 3.11 or newer with venv; everything else comes from PyPI.
PYTHON ?= python3
SCALE ?= 1m
SIZES ?= AB
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(PATH)

native := CMakeLists.txt $(shell find cmake src cpp/include cpp/src -type f)
cpp_files := $(shell find cpp src -name '*.hpp' -o -name '*.cpp')
py_dirs := python tests bench $(wildcard examples)
# What a wheel can lack is a file, a dependency, a library: every file, the command, all doors of the package.
wheel_tests := $(addprefix tests/test_,$(addsuffix .py,import cli docs examples exchange ingest network plan_engine plot scenarios))
stubgen = pybind11-stubgen --numpy-array-use-type-var --exit-code -o build/stubs gigafleet._core && ruff format -q build/stubs/gigafleet/_core.pyi

.PHONY: help dev demo test test-cpp test-python asan tsan lint stubs format bench bench-full instructions peers wheel clean
.DELETE_ON_ERROR:

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.venv/.tools: pyproject.toml
	$(PYTHON) -m venv .venv
	python -c "import tomllib; print(*tomllib.load(open('pyproject.toml','rb'))['build-system']['requires'], sep='\n')" \
	  > .venv/build-requires.txt
	pip install -q --disable-pip-version-check -r .venv/build-requires.txt cmake ninja
	touch $@

.venv/.installed: .venv/.tools $(native)
	cmake --preset dev
	cmake --build --preset dev --target gigafleet_core
	pip install -q --disable-pip-version-check --no-build-isolation \
	  -C cmake.define.GIGAFLEET_CORE=$(CURDIR)/build/dev/libgigafleet_core.a -e '.[dev]'
	touch $@

dev: .venv/.installed  ## install for development: editable, with every extra

demo: dev  ## place a real Europe, write plan, summary and map to out/
	gigafleet demo --out out

test: test-cpp test-python  ## every test

test-cpp: .venv/.tools  ## the C++ tests alone (ctest)
	cmake --preset dev
	cmake --build --preset dev
	ctest --preset dev

test-python: dev  ## the Python tests alone (pytest)
	python -m pytest -n auto

asan tsan: .venv/.tools  ## the C++ tests under AddressSanitizer and UBSan; under ThreadSanitizer
	cmake --preset $@
	cmake --build --preset $@
	ctest --preset $@

lint: dev  ## ruff, mypy --strict, clang-format, the stub of _core: check only
	$(stubgen)
	diff python/gigafleet/_core.pyi build/stubs/gigafleet/_core.pyi || { echo "run make stubs"; exit 1; }
	ruff check $(py_dirs)
	ruff format --check $(py_dirs)
	mypy
	@echo clang-format --dry-run -Werror; clang-format --dry-run -Werror $(cpp_files)

stubs: dev  ## write _core.pyi anew from the built module
	$(stubgen)
	cp build/stubs/gigafleet/_core.pyi python/gigafleet/

format: .venv/.installed  ## rewrite Python and C++ in the house style
	ruff check --fix $(py_dirs)
	ruff format $(py_dirs)
	clang-format -i $(cpp_files)

bench: dev  ## the benchmark gates at SCALE=1m (10m, 100m)
	python -m pytest bench -m gate --scale $(SCALE)

bench-full: dev  ## gates and informational benchmarks at SCALE
	python -m pytest bench --scale $(SCALE)

instructions: .venv/.tools  ## instructions of the core's kernels beside bench/instructions.json; needs valgrind
	cmake --preset dev
	cmake --build --preset dev --target kernels
	python bench/instructions.py

.venv/.peers: .venv/.installed
	python -c "import tomllib; t = tomllib.load(open('pyproject.toml','rb')); print(*t['project']['optional-dependencies']['peers'], sep='\n')" \
	  > .venv/peers-requires.txt
	pip install -q --disable-pip-version-check -r .venv/peers-requires.txt
	touch $@

peers: .venv/.peers  ## other solvers side by side at SIZES=AB (ABCDE); writes docs/benchmarks.md
	PYTHONPATH=bench python -m peers run --sizes $(SIZES)
	-python -m pytest bench/test_bench_place.py -k test_place --scale $(SCALE) --seeds 3 --benchmark-json out/peers/place.json
	-python -m pytest bench/test_bench_openb.py -k table --benchmark-json out/peers/openb.json
	PYTHONPATH=bench python -m peers report

wheel: .venv/.installed  ## sdist and manylinux wheel, tested in an empty environment
	rm -rf dist build/wheel && mkdir -p build/wheel
	python -m build --outdir build/wheel .
	auditwheel repair -w dist build/wheel/*.whl && mv build/wheel/*.tar.gz dist/
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/pip install -q --disable-pip-version-check "$$(echo dist/*.whl)[test]"
	build/wheel/venv/bin/python -m pytest -n auto $(wheel_tests)

clean:  ## forget builds and outputs, keep .venv
	rm -rf build dist out

"""The architecture, read from the files: layers, thin bindings, short files, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "cpp"
PACKAGE = ROOT / "python" / "gigafleet"
MAX_LINES = 400

# What the layers of the package are, from low to high; a folder counts as one. `__init__` and
# `__main__` are the doors and stand outside.
PYTHON_LAYERS = (
    {"errors", "reasons", "_core", "_graph"},
    {"_arrays", "_frame", "economics"},
    {"_sites", "_exchange", "_whose", "columns", "labels", "network", "objective"},
    {"models", "owners", "tables", "_bonds", "_devices"},
    {"nodes", "tasks"},
    {"verify", "_verify"},
    {
        "accountable",
        "assignments",
        "audit",
        "certificate",
        "displaced",
        "displaced_ways",
        "displacing",
        "explaining",
        "explanation",
        "headroom",
        "ledger",
        "losses",
        "plan",
        "plan_file",
        "plan_rows",
        "prices",
        "price_table",
        "series",
        "shares",
        "summary",
        "tenants",
    },
    {"placing"},
    {"gap", "whatif"},
    {"scenarios"},
    {"config", "plot", "report"},
    {"cli"},
)  # fmt: skip


def files(folder: Path, *suffixes: str) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.suffix in suffixes)
    assert found, f"no {suffixes} under {folder}"
    return found


def includes(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text().splitlines()
    matches = ((i, re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)) for i, line in enumerate(lines, 1))
    return [(i, m[1]) for i, m in matches if m]


def layer_table() -> dict[str, int]:
    rows = re.findall(r"^\| (\d) \|([^|]*)\|", (CORE / "README.md").read_text(), re.MULTILINE)
    return {name: int(layer) for layer, names in rows for name in re.findall(r"`(\w+)`", names)}


def owner(path: Path, table: dict[str, int]) -> str | None:
    """Header that a core file belongs to: `routes.cpp` and `routes_row.cpp` to `routes`."""
    names = [n for n in table if path.stem == n or (path.suffix == ".cpp" and path.stem.startswith(n + "_"))]
    return max(names, key=len, default=None)


def test_every_core_file_is_in_a_layer() -> None:
    table = layer_table()
    lost = [p.name for p in files(CORE / "include", ".hpp") if p.stem not in table]
    lost += [p.name for p in files(CORE / "src", ".cpp") if owner(p, table) is None]
    assert not lost, f"add {lost} to the table of layers in cpp/README.md"


def test_no_include_points_up() -> None:
    table = layer_table()
    up = []
    for path in files(CORE / "include", ".hpp") + files(CORE / "src", ".cpp"):
        mine = table.get(owner(path, table) or "", 0)
        for line, target in includes(path):
            if target.startswith("gigafleet/") and table.get(Path(target).stem, 99) > mine:
                up.append(f"{path.name}:{line} (layer {mine}) includes {target}")
    assert not up, up


def test_no_circle_of_includes() -> None:
    graph = {
        p.stem: {Path(t).stem for _, t in includes(p) if t.startswith("gigafleet/")}
        for p in files(CORE / "include", ".hpp")
    }
    while leaves := {name for name, targets in graph.items() if not targets & graph.keys()}:
        graph = {name: targets for name, targets in graph.items() if name not in leaves}
    assert not graph, f"headers in a circle: {sorted(graph)}"


def test_every_header_has_its_test() -> None:
    plain = {"control", "schema"}  # nothing to test but their fields
    lost = {
        p.stem for p in files(CORE / "include", ".hpp") if not (CORE / f"tests/test_{p.stem}.cpp").exists()
    }
    assert lost == plain, f"no cpp/tests/test_NAME.cpp for {sorted(lost - plain)}"


def test_core_knows_no_python() -> None:
    bad = [
        f"{path.name}:{line} {target}"
        for path in files(CORE, ".hpp", ".cpp")
        for line, target in includes(path)
        if re.match(r"pybind11|Python\.h|numpy", target)
    ]
    assert not bad, bad


def test_bindings_hold_no_algorithm() -> None:
    algorithm = re.compile(
        r"std::(?:ranges::)?(?:\w*sort|\w*_heap|priority_queue|lower_bound|upper_bound|nth_element|j?thread|mt19937)\b"
    )
    bad = [
        f"{path.name}:{i}: {line.strip()}"
        for path in files(ROOT / "src", ".hpp", ".cpp", ".pyx")
        for i, line in enumerate(path.read_text().splitlines(), 1)
        if algorithm.search(line)
    ]
    assert not bad, bad


def python_imports(path: Path) -> list[tuple[int, str]]:
    """Modules of gigafleet that a file imports, as (line, first name below the package)."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):  # what only the type checker reads is no arrow
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: relative import"
            found.append((node.lineno, node.module or ""))
            if node.module == "gigafleet":
                found += [(node.lineno, f"gigafleet.{alias.name}") for alias in node.names]
    return [(line, name.split(".")[1]) for line, name in found if name.startswith("gigafleet.")]


def package_part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_no_import_points_up() -> None:
    layer = {name: i for i, names in enumerate(PYTHON_LAYERS, 1) for name in names}
    paths = [p for p in files(PACKAGE, ".py") if package_part(p) not in ("__init__", "__main__")]
    lost = sorted({package_part(p) for p in paths} - layer.keys())
    assert not lost, f"add {lost} to PYTHON_LAYERS"
    up = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in paths
        for line, name in python_imports(path)
        if layer.get(name, 0) > layer[package_part(path)]
    ]
    assert not up, up


def test_verify_loads_no_extension() -> None:
    if not (PACKAGE / "verify.py").exists():
        pytest.skip("no verify.py")
    code = (
        "import sys, gigafleet.audit, gigafleet.verify\n"
        "mine = [m for name, m in sys.modules.items() if name.split('.')[0] == 'gigafleet']\n"
        "print([m.__file__ for m in mine if not m.__file__.endswith('.py')])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


def test_the_oracle_is_plain_python() -> None:
    if not (ROOT / "tests" / "oracle.py").exists():
        pytest.skip("no oracle.py")
    todo, seen = ["oracle"], set()
    while todo:
        name = todo.pop()
        seen.add(name)
        for node in ast.walk(ast.parse((ROOT / "tests" / f"{name}.py").read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                if (ROOT / "tests" / f"{module}.py").exists():
                    todo += [] if module in seen else [module]
                else:
                    top = module.split(".")[0]
                    assert top in sys.stdlib_module_names, f"{name}.py imports {module}"


def test_files_stay_short() -> None:
    sources = files(CORE, ".hpp", ".cpp") + files(ROOT / "src", ".hpp", ".cpp", ".pyx")
    sources += files(ROOT / "python", ".py", ".pyi", ".pxd")
    sources.remove(PACKAGE / "_core.pyi")  # written by a program
    lines = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in sources}
    assert not (long := {name: n for name, n in lines.items() if n > MAX_LINES}), long


def test_nothing_of_one_machine() -> None:
    """No folder of somebody's machine, no address of a registry."""
    pattern = re.compile(r"/(?:home|root|work|opt)/\w|/tmp/\w|pythonhosted|index-url|pypi[.]org")
    folders = ["cpp", "src", "python", "tests", "bench", "docs", "examples", "cmake", ".ci"]
    paths = [p for f in folders for p in (ROOT / f).rglob("*") if p.is_file()] + list(ROOT.glob("*.*"))
    text = {".py", ".pyx", ".pxd", ".pyi", ".hpp", ".cpp", ".md", ".txt", ".toml", ".json", ".cmake", ""}
    bad = [
        f"{p.relative_to(ROOT)}:{i}: {line.strip()}"
        for p in [*paths, ROOT / "Makefile"]
        if p.is_file() and p.suffix in text and "__pycache__" not in p.parts and p != Path(__file__)
        for i, line in enumerate(p.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not bad, bad

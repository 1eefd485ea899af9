"""The Arrow C interface: zero-copy, every layout, released exactly once, nothing leaked or used after."""

from __future__ import annotations

import ctypes
import gc
import weakref
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from gigafleet._core import ArrowData
from gigafleet.errors import InputError, InputTypeError

PADDED = pa.table(
    {
        "i": pa.array([9, 1, 2, 3, 9], pa.int16()),
        "b": pa.array([True, False, True, True, False]),
        "h": pa.array(np.array([9, 1.5, 2.5, 3.5, 9], np.float16)),
        "s": ["?", "x", "y", "x", "?"],
        "d": pa.array(["?", "y", "x", "y", "?"]).dictionary_encode(),
        "l": [["?"], ["b", "a"], [], ["a", "b"], ["?"]],
    }
)


def check_middle(data: ArrowData) -> None:
    """Rows 1 to 3 of PADDED."""
    assert (data.table, data.rows, data.names) == (True, 3, ["i", "b", "h", "s", "d", "l"])
    assert [data.kind(c) for c in range(6)] == ["number", "bool", "number", "text", "text", "texts"]
    assert np.concatenate(data.numbers(0, "i")).tolist() == [1, 2, 3]
    assert np.concatenate(data.numbers(1, "b")).tolist() == [False, True, True]
    assert np.concatenate(data.numbers(2, "h")).tolist() == [1.5, 2.5, 3.5]
    codes, words = data.texts(3, "s")
    assert (codes.tolist(), words) == ([0, 1, 0], ["x", "y"])
    codes, words = data.texts(4, "d")
    assert (codes.tolist(), words) == ([0, 1, 0], ["y", "x"])
    codes, sets = data.sets(5, "l")
    assert (codes.tolist(), sets) == ([0, 1, 0], [["b", "a"], []])


def test_slices_and_chunks() -> None:
    check_middle(ArrowData(PADDED.slice(1, 3)))
    check_middle(ArrowData(PADDED.to_batches()[0].slice(1, 3)))
    check_middle(ArrowData(pa.concat_tables([PADDED.slice(1, 1), PADDED.slice(0, 0), PADDED.slice(2, 2)])))
    check_middle(ArrowData(pa.RecordBatchReader.from_batches(PADDED.schema, PADDED.slice(1, 3).to_batches())))


def test_a_struct_with_an_offset_is_a_table() -> None:
    check_middle(ArrowData(PADDED.to_struct_array().chunk(0).slice(1, 3)))


def test_null_rows_of_a_struct_are_refused() -> None:
    structs = pa.StructArray.from_arrays([pa.array([1, 2])], ["a"], mask=pa.array([False, True]))
    with pytest.raises(InputError, match=r"table\[row 1\]: got a null row, wanted a value"):
        ArrowData(structs)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_numbers_are_read_in_place(name: str) -> None:
    values = pa.array(range(10), getattr(pa, name)())
    (view,) = ArrowData(values.slice(3, 5)).numbers(0, "x")
    assert view.__array_interface__["data"] == (values.buffers()[1].address + 3 * view.itemsize, True)
    assert (view.dtype.name, view.tolist()) == (name, [3, 4, 5, 6, 7])


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_floats_are_read_in_place(name: str) -> None:
    values = pa.array(np.arange(10, dtype=name))
    (view,) = ArrowData(values.slice(3, 5)).numbers(0, "x")
    assert view.__array_interface__["data"] == (values.buffers()[1].address + 3 * view.itemsize, True)
    assert (view.dtype.name, view.tolist()) == (name, [3, 4, 5, 6, 7])


LONG = "a name of more than twelve bytes"
WORDS = ["x", LONG, "", "x", "ä€𝄞"]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view()]
    + [pa.dictionary(index, pa.string()) for index in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16())]
    + [
        pa.dictionary(index, pa.large_string())
        for index in (pa.int32(), pa.uint32(), pa.int64(), pa.uint64())
    ],
    ids=str,
)
def test_every_layout_of_strings(kind: pa.DataType) -> None:
    for values in (pa.array(WORDS, kind), pa.array(["pad", *WORDS], kind).slice(1)):
        codes, words = ArrowData(values).texts(0, "x")
        assert (codes.tolist(), words) == ([0, 1, 2, 0, 3], ["x", LONG, "", "ä€𝄞"])


LISTS = [["a", LONG], [], [LONG, "a", "a"], ["b"]]


@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
@pytest.mark.parametrize("of", [pa.list_, pa.large_list, pa.list_view, pa.large_list_view])
def test_every_layout_of_lists(of: Any, text: pa.DataType) -> None:
    for values in (pa.array(LISTS, of(text)), pa.array([["pad"], *LISTS, ["pad"]], of(text)).slice(1, 4)):
        codes, sets = ArrowData(values).sets(0, "x")
        assert codes.tolist() == [0, 1, 0, 2]
        assert [set(members) for members in sets] == [{"a", LONG}, set(), {"b"}]


def test_lists_of_fixed_size() -> None:
    values = pa.array([["p", "p"], ["a", "b"], ["c", "c"], ["b", "a"]], pa.list_(pa.string(), 2)).slice(1)
    codes, sets = ArrowData(values).sets(0, "x")
    assert (codes.tolist(), sets) == ([0, 1, 0], [["a", "b"], ["c"]])


def test_views_may_overlap_and_skip() -> None:
    child = pa.array(["a", "b", None, "c"])
    values = pa.ListViewArray.from_arrays(
        pa.array([3, 0, 1], pa.int32()), pa.array([1, 2, 1], pa.int32()), child
    )
    codes, sets = ArrowData(values).sets(0, "x")
    assert (codes.tolist(), sets) == ([0, 1, 2], [["c"], ["a", "b"], ["b"]])


def test_dictionaries_that_differ_between_chunks() -> None:
    chunks = [pa.array(["x", "y"]).dictionary_encode(), pa.array(["y", "z"]).dictionary_encode()]
    codes, words = ArrowData(pa.chunked_array(chunks)).texts(0, "x")
    assert (codes.tolist(), words) == ([0, 1, 1, 2], ["x", "y", "z"])


def test_polars_categories_and_enums() -> None:
    for dtype in (pl.Categorical, pl.Enum(["y", "x"])):
        codes, words = ArrowData(pl.Series(["x", "y", "x"], dtype=dtype)).texts(0, "x")
        assert (codes.tolist(), words) == ([0, 1, 0], ["x", "y"])


def test_empty_columns() -> None:
    for empty in (pa.chunked_array([], pa.int16()), pa.array([], pa.int16()), pl.Series([], dtype=pl.Int16)):
        (view,) = ArrowData(empty).numbers(0, "x")
        assert (view.dtype, view.shape) == (np.int16, (0,))
    assert ArrowData(pa.chunked_array([], pa.string())).texts(0, "x")[1] == []
    assert ArrowData(pa.array([], pa.list_(pa.string()))).sets(0, "x")[1] == []
    assert ArrowData(pa.array([[], []], pa.list_(pa.string()))).sets(0, "x")[1] == [[]]
    assert ArrowData(pa.table({})).names == []


@pytest.mark.parametrize(
    ("values", "row"),
    [
        (pa.array([1, None, 3]), 1),
        (pa.array([None, 1, None, 3]).slice(1), 1),
        (pa.chunked_array([[1, 2], [3, None]]), 3),
        (pa.array([True, None]), 1),
        (pa.array(["x", None]), 1),
        (pa.array(["x", None, "y"]).dictionary_encode(), 1),
        (pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["x", None])), 1),
        (pa.chunked_array([[["a"]], [[], None]]), 2),
        (pa.array([["a"], ["b", None]]), 1),
        (pa.array([1.0, None] * 50_000), 1),
    ],
)
def test_nulls_name_their_row(values: Any, row: int) -> None:
    data = ArrowData(values)
    read = {"text": data.texts, "texts": data.sets}.get(data.kind(0), data.numbers)
    with pytest.raises(InputError, match=rf"^weight\[row {row}\]: got .*null, wanted a"):
        read(0, "weight")


def test_nulls_outside_a_slice_do_not_matter() -> None:
    assert ArrowData(pa.array([None, 1, 2, None]).slice(1, 2)).numbers(0, "x")[0].tolist() == [1, 2]
    assert ArrowData(pa.array([None, "a", None]).slice(1, 1)).texts(0, "x")[1] == ["a"]


def test_other_kinds_are_named() -> None:
    kinds = [
        ArrowData(pa.array([None], kind)).kind(0)
        for kind in (pa.date32(), pa.null(), pa.binary(), pa.list_(pa.int8()), pa.timestamp("s", "UTC"))
    ]
    assert kinds == [f"Arrow format '{text}'" for text in ("tdD", "n", "z", "+l", "tss:UTC")]
    assert ArrowData(pa.array([1, 1]).dictionary_encode()).kind(0) == (
        "Arrow format 'i' (a dictionary of Arrow format 'l')"
    )
    with pytest.raises(InputTypeError, match="weight: got Arrow format 'tdD', wanted a column of numbers"):
        ArrowData(pa.array([1], pa.date32())).numbers(0, "weight")
    with pytest.raises(InputTypeError, match="labels: got Arrow format 'l', wanted a column of strings"):
        ArrowData(pa.array([1])).texts(0, "labels")
    with pytest.raises(
        InputTypeError, match="labels: got Arrow format 'u', wanted a column of lists of strings"
    ):
        ArrowData(pa.array(["a"])).sets(0, "labels")
    with pytest.raises(IndexError):
        ArrowData(pa.array([1])).kind(1)


class Used:
    """A producer whose capsule has been read before."""

    def __init__(self, source: Any) -> None:
        self.capsule = source.__arrow_c_stream__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsule


def test_a_capsule_is_read_once() -> None:
    source = Used(PADDED)
    ArrowData(source)
    with pytest.raises(InputError, match="table: got a capsule of arrow_array_stream already read"):
        ArrowData(source)


class Wrong:
    """A producer of something else."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.array([1]).__arrow_c_array__()[1]


def test_a_wrong_capsule_is_refused() -> None:
    with pytest.raises(ValueError, match="PyCapsule_GetPointer"):
        ArrowData(Wrong())


def test_an_error_in_the_stream_arrives() -> None:
    def batches() -> Any:
        yield PADDED.to_batches()[0]
        raise RuntimeError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(PADDED.schema, batches())
    with pytest.raises(InputError, match=r"table: got an Arrow stream that fails: .*the disk is gone"):
        ArrowData(reader)


def test_views_outlive_their_source() -> None:
    table = pa.table({"a": np.arange(100_000), "b": np.arange(100_000) * 0.5})
    data = ArrowData(table)
    (a,), (b,) = data.numbers(0, "a"), data.numbers(1, "b")
    del table, data
    gc.collect()
    _ = [np.zeros(100_000) for _ in range(4)]
    assert (a.sum(), b.sum()) == (99_999 * 50_000, 99_999 * 25_000.0)


class Memory(np.ndarray[Any, Any]):
    """An array that can be watched dying."""


def watched(values: Any) -> tuple[pa.Array, weakref.ref[Memory]]:
    memory = np.asarray(values).view(Memory)
    return pa.Array.from_buffers(pa.int64(), len(memory), [None, pa.py_buffer(memory)]), weakref.ref(memory)


def test_each_column_frees_its_memory_by_itself() -> None:
    kept, kept_memory = watched(np.arange(10))
    dropped, dropped_memory = watched(np.arange(10))
    data = ArrowData(pa.table({"kept": kept, "dropped": dropped}))
    (view,) = data.numbers(0, "kept")
    del kept, dropped, data
    gc.collect()
    assert dropped_memory() is None
    assert kept_memory() is not None
    assert view.tolist() == list(range(10))
    del view
    gc.collect()
    assert kept_memory() is None


RELEASES: list[str] = []
RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class CSchema(ctypes.Structure):
    _fields_ = (
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", RELEASE),
        ("private_data", ctypes.c_void_p),
    )


class CArray(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", RELEASE),
        ("private_data", ctypes.c_void_p),
    )


class ByHand:
    """A producer that counts its releases; `format` int32 unless said otherwise."""

    def __init__(self, form: bytes = b"i") -> None:
        self.values = np.array([4, 5, 6], np.int32)
        self.buffers = (ctypes.c_void_p * 2)(None, self.values.ctypes.data)
        self.callbacks = [
            RELEASE(lambda _: RELEASES.append("schema")),
            RELEASE(lambda _: RELEASES.append("array")),
        ]
        self.schema = CSchema(form, b"", None, 0, 0, None, None, self.callbacks[0], None)
        self.array = CArray(
            3, 0, 0, 2, 0, ctypes.addressof(self.buffers), None, None, self.callbacks[1], None
        )

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        return (
            new(ctypes.addressof(self.schema), b"arrow_schema", None),
            new(ctypes.addressof(self.array), b"arrow_array", None),
        )


def test_schema_and_array_are_released_exactly_once() -> None:
    RELEASES.clear()
    source = ByHand()
    data = ArrowData(source)
    views = data.numbers(0, "x") + data.numbers(0, "x")
    assert RELEASES == []
    del data
    assert RELEASES == ["schema"]
    assert [view.tolist() for view in views] == [[4, 5, 6], [4, 5, 6]]
    views.pop()
    assert RELEASES == ["schema"]
    views.clear()
    assert RELEASES == ["schema", "array"]


def test_they_are_released_after_an_error_too() -> None:
    RELEASES.clear()
    sources = [ByHand(b"tdD") for _ in range(100)]  # their callbacks must outlive their data
    for source in sources:
        with pytest.raises(InputTypeError):
            ArrowData(source).numbers(0, "x")
    gc.collect()
    assert sorted(RELEASES) == ["array"] * 100 + ["schema"] * 100


def test_many_reads_leak_nothing() -> None:
    lists = pa.array([["a", "b"], ["c"]] * 500)
    table = pa.table({"i": np.arange(1000), "s": ["x", "y"] * 500, "l": lists})
    before = pa.total_allocated_bytes()
    for _ in range(500):
        data = ArrowData(table.slice(3))
        data.numbers(0, "i")
        data.texts(1, "s")
        data.sets(2, "l")
        with pytest.raises(InputTypeError):
            data.texts(0, "i")
    del data
    gc.collect()
    assert pa.total_allocated_bytes() == before

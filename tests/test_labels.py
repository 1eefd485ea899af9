"""Label columns: each form gives the same sets, and every error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gigafleet import _core
from gigafleet.columns import column
from gigafleet.errors import InputError, InputTypeError
from gigafleet.labels import LabelColumn, label_column

SETS = [{"ev", "home"}, set(), {"country=DE"}, {"ev"}]
LISTS = [["ev", "home"], [], ["country=DE"], ["ev"]]
NAMES = ("ev", "home", "country=DE")


def sets_in_core(read: LabelColumn) -> list[set[str]]:
    """What the core reads of each row."""
    return [set(read._core.row(row)) for row in range(read._core.rows)]


EV, HOME, DE = [True, False, False, True], [True, False, False, False], [False, False, True, False]


@pytest.mark.parametrize(
    "given",
    [
        {"ev": EV, "home": np.array(HOME), "country=DE": pl.Series(DE)},
        {"ev": pa.chunked_array([EV[:1], EV[1:]]), "home": pd.Series(HOME), "country=DE": np.arange(4) == 2},
        np.array([0b011, 0, 0b100, 0b001], np.uint8),
        np.array([0b011, 0, 0b100, 0b001], np.uint64)[::1],
        np.array([1, 0b100, 0, 0b011], np.uint16)[::-1],
        pl.Series([0b011, 0, 0b100, 0b001], dtype=pl.UInt32),
        pa.array(LISTS),
        pa.array([["x"], *LISTS], pa.large_list(pa.large_string())).slice(1),
        pa.chunked_array([LISTS[:1], LISTS[1:]], pa.list_(pa.string())),
        pa.array(LISTS, pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        pa.array(LISTS, pa.list_view(pa.string_view())),
        pl.Series(LISTS),
        pd.Series(LISTS),
    ],
    ids=lambda given: type(given).__name__,
)
def test_each_form_gives_the_same_sets(given: Any) -> None:
    read = label_column("require", given, vocabulary=NAMES)
    assert sets_in_core(read) == SETS
    assert set(read.distinct_names()) == set(NAMES)
    assert (read.names is None) == (read.sets is not None)


@pytest.mark.parametrize(
    "given",
    [
        np.array(["ev", "", "home"]),
        np.array(["ev", "", "home"], np.dtypes.StringDType()),
        pa.array(["ev", "", "home"]),
        pa.array(["ev", "", "home"]).dictionary_encode(),
        pl.Series(["ev", "", "home"]),
        pl.Series(["ev", "", "home"]).cast(pl.Categorical),
        pd.Series(["ev", "", "home"]),
        pd.Series(["ev", "", "home"], dtype=object),
        pd.Series(pd.Categorical(["ev", "", "home"])),
    ],
    ids=lambda given: type(given).__name__,
)
def test_one_name_a_row(given: Any) -> None:
    assert sets_in_core(label_column("require", given)) == [{"ev"}, set(), {"home"}]


@pytest.mark.parametrize("kind", [np.array, pa.array, pl.Series, pd.Series, pd.Categorical])
def test_several_names_a_row_with_commas(kind: Any) -> None:
    given = kind(["ev,home", "home, ev", " ", ",country=DE"])
    given = pd.Series(given) if kind is pd.Categorical else given
    assert sets_in_core(label_column("require", given)) == [SETS[0], SETS[0], set(), {"country=DE"}]


@pytest.mark.parametrize(
    "given", [("ev", "home"), {"ev", "home"}, frozenset(["home", "ev"]), ("ev", "home", "ev"), "ev, home"]
)
def test_one_set_for_all_rows(given: Any) -> None:
    read = label_column("require", given)
    assert read.codes.scalar
    assert set(read._core.row(12345)) == {"ev", "home"}


def test_sets_in_a_python_set_have_one_order() -> None:
    assert label_column("require", {"b", "a", "c"}).names == ("a", "b", "c")


@pytest.mark.parametrize(("given", "names"), [((), ()), ("ev", ("ev",)), ({}, ()), ({"ev": False}, ("ev",))])
def test_scalars_of_other_forms(given: Any, names: tuple[str, ...]) -> None:
    read = label_column("require", given)
    assert (read.codes.scalar, read.names) == (True, names)
    assert read._core.row(0) == (["ev"] if given == "ev" else [])


def test_a_mask_for_all_rows() -> None:
    read = label_column("require", 2, vocabulary=("a", "b"))
    assert (read.codes.scalar, read._core.row(7)) == (True, ["b"])


def test_masks_are_read_in_place() -> None:
    masks = np.array([1, 2, 3], np.uint32)
    assert np.shares_memory(label_column("require", masks, vocabulary=("a", "b")).codes.chunks[0], masks)


def test_flags_use_the_narrowest_mask() -> None:
    for names, dtype in ((8, "u1"), (9, "u2"), (17, "u4"), (33, "u8"), (64, "u8")):
        read = label_column("labels", {f"l{i}": np.arange(3) == i % 3 for i in range(names)})
        assert read.codes.dtype == dtype
        assert read._core.row(1) == [f"l{i}" for i in range(names) if i % 3 == 1]


@pytest.mark.parametrize(
    "given",
    [
        [["ev", "home"], [], ["home", "ev"], ["home", "home"]],
        ["ev,home", "", "home, ev", "home"],
        [("ev", "home"), set(), {"home", "ev"}, "home"],
    ],
)
def test_plain_lists(given: Any) -> None:
    read = label_column("require", given)
    assert sets_in_core(read) == [{"ev", "home"}, set(), {"ev", "home"}, {"home"}]
    assert read.codes.rows == 4
    assert label_column("require", []).codes.rows == 0


def test_flags_over_many_blocks() -> None:
    rows = (1 << 20) + 5
    flags = np.random.default_rng(0).random(rows) < 0.5
    chunked = pa.chunked_array([pa.array(~flags[:7]), pa.array(~flags[7:])])
    read = label_column("labels", {"a": flags, "b": chunked, "c": True})
    assert np.array_equal(read.codes.chunks[0], np.where(flags, 0b101, 0b110))


def test_a_copy_shares_nothing() -> None:
    masks = np.array([1, 2], np.uint8)
    copied = label_column("require", masks, vocabulary=("a", "b")).copied()
    masks[:] = 0
    assert sets_in_core(copied) == [{"a"}, {"b"}]


def test_repr() -> None:
    assert repr(label_column("labels", ("a", "b"))) == (
        "LabelColumn('labels', Column('labels', scalar, uint64), names a, b)"
    )


MANY = tuple(f"l{i}" for i in range(65))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (MANY, "require: got 65 labels, wanted at most 64"),
        (dict.fromkeys(MANY, True), "require: got 65 labels, wanted at most 64"),
        (("",), "require: got an empty label, wanted a name"),
        (("ev,home",), "require: got the label 'ev,home', wanted a name without ','"),
        (("planet=X",), "require: got 'planet=X', wanted one of the levels country, region, campus, rack"),
        (("country=",), "require: got 'country=', wanted a value after 'country='"),
        (np.array(["ev", "tier=1"]), "require: got 'tier=1', wanted one of the levels"),
        (pa.array([["ev"], ["tier=1"]]), "require: got 'tier=1', wanted one of the levels"),
        (pa.array([["ev"], [""]]), "require: got an empty label, wanted a name"),
        ([["ev"], [""]], "require: got an empty label, wanted a name"),
        (["ev", "tier=1"], "require: got 'tier=1', wanted one of the levels"),
        (np.array([1], np.uint8), "require: got masks without vocabulary=, wanted vocabulary=(name of bit 0"),
        (pa.array(["ev", None]), "require[row 1]: got null, wanted a string"),
        (pa.array([["ev"], None]), "require[row 1]: got null, wanted a list of strings"),
        (pa.array([["ev"], ["x", None]]), "require[row 1]: got a list with a null, wanted a list of strings"),
        (pa.array([1, None], pa.uint8()), "require[row 1]: got null, wanted a value"),
        ({"ev": [True], "home": [True] * 2}, "require['home']: got 2 rows, wanted 1, as require['ev'] has"),
        ({"ev": pl.Series([True, None])}, "require['ev'][row 1]: got null, wanted a value"),
    ],
)
def test_bad_values(given: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        label_column("require", given, vocabulary=None if "without" in text else ("a",))
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["ev", None], "require[row 1]: got None, wanted a list of names, or names with commas"),
        ([["ev"], ["ev", 3]], "require[row 1]: got ['ev', 3], wanted a list of names"),
        ([1, 2], "require[row 0]: got 1, wanted a list of names"),
        (None, "require: got None, wanted a tuple of names for all rows, a dict of"),
        (1.5, "require: got float, wanted a tuple of names"),
        (("ev", 3), "require: got the label 3, wanted a string"),
        ({"ev": [1, 0]}, "require['ev']: got dtype int64, wanted dtype bool"),
        ({3: True}, "require: got the label 3, wanted a string"),
        (np.array([1, 2]), "require: got dtype int64, wanted an unsigned integer dtype"),
        (-1, "require: got dtype int64, wanted an unsigned integer dtype"),
        (np.array([["a", "b"]]), "require: got an array of shape (1, 2), wanted one dimension"),
        (np.array([("a",), "b"], object), "require: got dtype object"),
        (pa.array([[1]]), "require: got Arrow format '+l', wanted an unsigned integer dtype"),
    ],
)
def test_wrong_kinds(given: Any, text: str) -> None:
    with pytest.raises(InputTypeError) as caught:
        label_column("require", given, vocabulary=("a",))
    assert str(caught.value).startswith(text)


def test_bad_vocabularies() -> None:
    masks = np.array([1], np.uint8)
    with pytest.raises(InputError, match="vocabulary: got 65 labels, wanted at most 64"):
        label_column("require", masks, vocabulary=MANY)
    with pytest.raises(InputError, match="vocabulary: got 'a' twice, wanted names that differ"):
        label_column("require", masks, vocabulary=("a", "b", "a"))
    with pytest.raises(InputTypeError, match="vocabulary: got the string 'ab', wanted a tuple of names"):
        label_column("require", masks, vocabulary="ab")


def test_nodes_carry_no_domains() -> None:
    with pytest.raises(InputError, match="labels: got the domain 'country=DE', wanted labels;"):
        label_column("labels", ("country=DE",), domains=False)


def test_the_core_checks_codes_when_it_reads_them() -> None:
    read = label_column("require", np.array([0, 8], np.uint8), vocabulary=("a", "b"))
    assert read._core.row(0) == []
    with pytest.raises(InputError, match=r"require\[row 1\]: got a mask with bit 3, wanted bits below 2"):
        read._core.row(1)
    codes = column("require", np.array([0, 1], np.int32))._core
    with pytest.raises(InputError, match=r"require\[row 1\]: got set code 1, wanted a code below 1"):
        _core.LabelColumn("require", codes, [["a"]], None).row(1)
    with pytest.raises(InputTypeError, match="require: got neither sets nor names, wanted one of the two"):
        _core.LabelColumn("require", codes, None, None)

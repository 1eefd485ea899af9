"""The table of models, columns that name them, and every error."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import gigafleet as gf
from gigafleet.errors import InputError, InputTypeError
from table_cases import NET

MODELS = gf.Models(["chat", "code"], [4, 8])


def tasks(**given: Any) -> gf.Tasks:
    return gf.Tasks(NET, origin=0, demand={"memory_gb": 1}, **given)


def nodes(**given: Any) -> gf.Nodes:
    return gf.Nodes(NET, site=0, capacity={"memory_gb": 16}, link_down_mbps=80, **given)


def test_the_table() -> None:
    assert len(MODELS) == 2
    assert MODELS.names == ("chat", "code")
    assert MODELS.weights_gb.tolist() == [4, 8]
    assert not MODELS.weights_gb.flags.writeable
    assert MODELS.resource == "memory_gb"
    assert repr(MODELS) == "Models(2 rows)"
    assert MODELS.load_s(80).tolist() == [400, 800]
    assert gf.Models(np.array(["a"]), 3).weights_gb.tolist() == [3]
    assert len(gf.Models([], [])) == 0


@pytest.mark.parametrize(
    ("name", "weights_gb", "error", "said"),
    [
        ("chat", [1], InputTypeError, "name: got 'chat', wanted a list of names"),
        ([1], [1], InputTypeError, r"name\[row 0\]: got 1, wanted a name"),
        (["a", "a"], [1, 1], InputError, r"name\[row 1\]: got 'a' again, wanted names that differ"),
        (["a", ""], [1, 1], InputError, r"name\[row 1\]: got '', wanted a name that is not empty"),
        ([str(k) for k in range(65)], 1, InputError, "name: got 65 models, wanted at most 64"),
        (["a"], [-1], InputError, r"weights_gb\[row 0\]: got -1.0, wanted a finite number >= 0"),
        (["a", "b"], [1, np.inf], InputError, r"weights_gb\[row 1\]: got inf, wanted a finite number >= 0"),
        (["a"], [np.nan], InputError, r"weights_gb\[row 0\]: got nan"),
        (["a"], ["x"], InputTypeError, "weights_gb: got"),
        (["a"], [1, 2], InputTypeError, r"weights_gb: got .* wanted numbers of shape \(1,\)"),
    ],
)
def test_wrong_tables(name: Any, weights_gb: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}"):
        gf.Models(name, weights_gb)
    with pytest.raises(InputTypeError, match=r"^resource: got int"):
        gf.Models(["a"], 1, resource=8)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mbps", "said"),
    [
        (0, "mbps: got 0, wanted a number > 0"),
        (-1, "mbps: got -1.0, wanted a number >= 0"),
        ([1, 2, 3], r"mbps, sharing: got shapes \(2,\) and \(3,\), wanted shapes that fit together"),
        ("x", "mbps: got <U1"),
    ],
)
def test_lines_that_load_nothing(mbps: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        MODELS.load_s(mbps)


@pytest.mark.parametrize(
    ("value", "numbers", "names"),
    [
        (None, [-1, -1, -1], ()),
        ("", [-1, -1, -1], ()),
        ("code", [0, 0, 0], ("code",)),
        (["code", "", "chat"], [1, -1, 0], ("chat", "code")),
        (np.array(["b", "b", ""]), [0, 0, -1], ("b",)),
        (pl.Series(["code", "chat", ""]), [0, 1, -1], ("code", "chat")),
        ([1, -1, 0], [1, -1, 0], None),
        (np.array([0, 1, 1], np.uint8), [0, 1, 1], None),
        (1, [1, 1, 1], None),
    ],
)
def test_models_of_tasks(value: Any, numbers: list[int], names: Any) -> None:
    made = tasks(model=value, count=[1, 1, 1])
    assert made.columns["model"].take(np.arange(3)).tolist() == numbers
    assert made.model_names == names
    assert made.uses_models == (names != ())


def test_tables_bring_their_columns_along() -> None:
    frame = pl.DataFrame({"site": [0, 0], "capacity.memory_gb": [16, 16], "models": [["chat"], []]})
    held = gf.Nodes.from_table(NET, frame, link_down_mbps=80)
    assert held.labels["models"].distinct_names() == ("chat",)
    asked = pl.DataFrame(
        {"origin": [0, 0], "demand.memory_gb": [1, 1], "model": ["chat", ""], "max_wait_s": [0, 9]}
    )
    plan = gf.place(gf.Tasks.from_table(NET, asked), held, models=MODELS)
    assert plan.placed_tasks == 2
    assert plan.loads.total == 0


def test_masks_flags_lists_and_tuples_of_held_models_are_alike() -> None:
    for held in ({"chat": [True, False]}, pl.Series([["chat"], []]), np.array(["chat", ""])):
        plan = gf.place(
            tasks(model="chat", max_wait_s=0, count=40), nodes(models=held, count=[2, 2]), models=MODELS
        )
        assert plan.placed_tasks == 24
        assert set(plan.assignments().node.tolist()) == {0}
    for held in (("chat", "code"), "chat", {"chat": True}):
        plan = gf.place(tasks(model="chat", max_wait_s=0), nodes(models=held), models=MODELS)
        assert plan.loads.total == 0
        assert plan.placed_tasks == 1


def refused(said: str, asked: gf.Tasks, hosts: gf.Nodes, models: Any = MODELS, **options: Any) -> None:
    with pytest.raises(InputError, match=f"^{said}"):
        gf.place(asked, hosts, models=models, **options)


def test_what_place_refuses() -> None:
    plain = nodes()
    refused("models: got None, wanted a Models table: tasks use models", tasks(model="chat"), plain, None)
    with pytest.raises(InputTypeError, match=r"^models: got list, wanted a Models table"):
        gf.place(tasks(), plain, models=["chat"])  # type: ignore[arg-type]
    refused(r"tasks.model\[row 1\]: got 'cat', wanted a name of models", tasks(model=["chat", "cat"]), plain)
    refused("tasks.model: got 'cat', wanted a name of models", tasks(model="cat"), plain)
    refused(r"tasks.model\[row 2\]: got 2, wanted a model from 0 to 1, or -1", tasks(model=[0, -1, 2]), plain)
    empty = "tasks.model: got 0, wanted -1: the table is empty"
    refused(empty, tasks(model=0), plain, gf.Models([], []))
    refused("nodes.models: got 'cat', wanted a name of models", tasks(), nodes(models=("chat", "cat")))
    other = gf.Models(["chat"], 1, resource="hbm_gb")
    refused("models.resource: got 'hbm_gb', wanted one of memory_gb", tasks(model="chat"), plain, other)
    for wait in (-1, np.nan):
        with pytest.raises(InputError, match=r"^max_wait_s"):
            tasks(model="chat", max_wait_s=wait)
    with pytest.raises(InputError, match=r"^model\[row 1\]: got -2"):
        tasks(model=[0, -2])
    with pytest.raises(InputError, match=r"^models: got"):
        nodes(models=tuple(str(k) for k in range(65)))


@pytest.mark.parametrize("share", [1.5, -0.1, np.nan])
def test_wrong_shares(share: float) -> None:
    with pytest.raises(InputError, match=r"^load_share: got"):
        gf.Objective(load_share=share)


def test_a_table_without_use_changes_nothing() -> None:
    plan = gf.place(tasks(count=20), nodes(), models=MODELS)
    assert plan.placed_tasks == 16
    assert len(plan.loads) == 0
    assert repr(plan.loads) == "Loads(0 rows, 0 loads)"
    assert gf.place(tasks(count=20), nodes()).loads.total == 0
    plan.verify()


def test_empty_tables() -> None:
    none = gf.Tasks(NET, origin=[], demand={"memory_gb": []}, model=np.zeros(0, np.int8))
    assert gf.place(none, nodes(), models=MODELS).placed_tasks == 0
    no_hosts = gf.Nodes(NET, site=[], capacity={"memory_gb": []}, models={"chat": np.zeros(0, bool)})
    plan = gf.place(tasks(model="chat"), no_hosts, models=MODELS)
    assert plan.reason.tolist() == [gf.Reason.LABEL]
    drained = gf.place(tasks(model="chat"), nodes(count=0), models=MODELS)
    assert drained.reason.tolist() == [gf.Reason.LABEL]

"""Batches: every modality round-trips, rows keep together, and what breaks a column is named."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

import practicum as pm
from practicum.batch import Batch, Column, Ids
from practicum.columns import column_kind
from practicum.columns.arrays import Series
from practicum.edits import EditLog
from practicum.errors import DataError, ModalityError, TargetError
from practicum.targets import SoftLabel, Target
from practicum.testing.toys import AddNoise, MaskChars, Reverse

TEXTS = ["", "plain", "grüße 漢字", "🙂👩‍👩‍👧", "a\u0301 \u202e\u200b\0", "line\nbreak\ttab"]


class Graph:
    """The parts of a PyG ``Data`` that the graph column needs."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def to_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Graph:
        return cls(**values)


def columns() -> dict[str, Column]:
    """A column of six samples for each modality, and for the forms that one modality takes."""
    rng = np.random.default_rng(0)
    series = [np.arange(2 * k, dtype=float).reshape(k, 2) for k in (1, 4, 2, 3, 1, 2)]
    series[1][2, 0] = np.nan
    return {
        "text": Column("text", TEXTS),
        "image u8": Column("image", rng.integers(0, 256, (6, 3, 4, 5), np.uint8)),
        "image float": Column("image", torch.rand(6, 1, 3, 2, generator=torch.Generator().manual_seed(0))),
        "image ragged": Column("image", [rng.integers(0, 256, (k, 2, 3), np.uint8) for k in (1, 4, 2, 3, 1, 2)]),
        "record": Column("record", [{"a": i, "b": None if i == 2 else f"ü{i}", "c": [1.5] * i} for i in range(6)]),
        "table": Column("table", [{"x": list(range(k)), "y": ["é"] * k} for k in range(6)]),
        "series": Column("series", series),
        "series dense": Column("series", torch.arange(36.0).reshape(6, 3, 2)),
        "state": Column("state", np.array([[i / 3, np.nan] for i in range(6)], np.float32)),
        "state int": Column("state", torch.arange(12).reshape(6, 2)),
    }


@pytest.fixture(params=list(columns()))
def batch(request: pytest.FixtureRequest) -> Batch:
    label = np.array([2, 0, 1, 1, 0, 2])
    targets = {"label": label, "value": label / 7, "mix": SoftLabel(label, label[::-1].copy(), label / 2)}
    return Batch.of(columns={"x": columns()[request.param]}, ids=[f"s{i}" for i in range(6)], targets=targets)


def same(a: Any, b: Any) -> bool:
    """Equality of two samples by another road than the columns' own."""
    if isinstance(a, pa.Table):
        return bool(a.equals(b))
    if isinstance(a, (dict, str)):
        return bool(a == b)
    x, y = np.asarray(a), np.asarray(b)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def test_arrow_without_pickle(batch: Batch) -> None:
    sink = pa.BufferOutputStream()
    table = batch.to_arrow()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    back = Batch.from_arrow(pa.ipc.open_stream(sink.getvalue()).read_all())
    assert back.equals(batch)
    assert batch.equals(back)
    assert all(same(a, b) for a, b in zip(batch.to_list(), back.to_list(), strict=True))
    assert type(back.data) is type(batch.data)
    assert list(back.ids) == list(batch.ids)


def test_rows_stay_together(batch: Batch) -> None:
    rows = [4, 0, 3]
    taken = batch.take(rows)
    assert list(taken.ids) == ["s4", "s0", "s3"]
    assert taken.label.tolist() == [0, 2, 1]
    assert all(same(a, batch.to_list()[r]) for a, r in zip(taken.to_list(), rows, strict=True))
    assert taken.equals(batch.take(np.array([True, False, False, True, True, False])).take([2, 0, 1]))
    again = Batch.concat([batch.take([0, 1]), batch.take([2]), batch.take([3, 4, 5])])
    assert again.equals(batch)
    empty = batch.take([])
    assert len(empty) == 0
    assert Batch.from_arrow(empty.to_arrow()).ids == empty.ids


def test_equality_sees_every_part(batch: Batch) -> None:
    assert batch.equals(batch.take(range(6)))
    assert not batch.equals(batch.take([1, 0, 2, 3, 4, 5]))
    assert not batch.equals(batch.with_targets(label=[0] * 6))
    other = Batch(batch.ids, {"y": batch.columns["x"]}, batch.targets)
    assert not batch.equals(other)
    changed = batch.take([1, 0, 2, 3, 4, 5])
    assert not batch.equals(Batch(batch.ids, changed.columns, batch.targets))


def test_changed_rows(batch: Batch) -> None:
    kind = column_kind(batch.modality)
    if batch.modality == "state" and np.isnan(np.asarray(batch.data, float)).any():
        moved = np.asarray(batch.data).copy()
        moved[3] += 1
        assert kind.changed(batch.data, moved).tolist() == [False, False, False, True, False, False]
        return
    swapped = batch.take([0, 1, 3, 2, 4, 5])
    expected = [not same(a, b) for a, b in zip(batch.to_list(), swapped.to_list(), strict=True)]
    assert kind.changed(batch.data, swapped.data).tolist() == expected
    assert not kind.changed(batch.data, batch.take(range(6)).data).any()


def test_pickling(batch: Batch) -> None:
    assert pickle.loads(pickle.dumps(batch)).equals(batch)


def test_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    fake = types.ModuleType("torch_geometric.data")
    fake.Data = Graph  # type: ignore[attr-defined]  # stands for the library, which the core doesn't need
    monkeypatch.setitem(sys.modules, "torch_geometric", types.ModuleType("torch_geometric"))
    monkeypatch.setitem(sys.modules, "torch_geometric.data", fake)
    graphs = [Graph(edge_index=torch.tensor([[0, 1], [1, 0]]), x=torch.rand(2, 3), y=1, name="é"),
              Graph(edge_index=torch.zeros((2, 0), dtype=torch.int64), x=torch.rand(1, 3), y=0, name="one")]
    batch = Batch.of(graphs, ids=["a", "b"])
    assert batch.modality == "graph"
    back = Batch.from_arrow(batch.to_arrow())
    assert back.equals(batch)
    assert torch.equal(back.data[0].x, graphs[0].x)
    assert (back.data[0].name, back.data[1].y) == ("é", 0)
    assert list(Batch.concat([batch.take([1]), batch.take([0])]).ids) == ["b", "a"]
    with pytest.raises(DataError, match=r"sample 'b' \(row 1\).*edge_index has shape \(3,\)"):
        Batch.of([graphs[0], Graph(edge_index=torch.zeros(3))], ids=["a", "b"], modality="graph")
    with pytest.raises(DataError, match="str is no graph"):
        Batch.of(["x"], modality="graph")


def test_positional_targets_round_trip() -> None:
    batch = Batch.of(["ab cd", "é"], targets={
        "spans": [[(0, 2, "X"), (3, 5, "Y")], []], "tags": [["B", "O"], ["O"]], "answer": [(0, 2), None],
        "boxes": Target("boxes", [np.array([[0, 1, 2, 3.5]]), np.zeros((0, 4))]),
        "masks": Target("masks", [np.ones((2, 3), np.uint8), np.zeros((1, 1), np.uint8)])})
    back = Batch.from_arrow(batch.to_arrow())
    assert back.equals(batch)
    assert back.targets["spans"].data == [[(0, 2, "X"), (3, 5, "Y")], []]
    assert back.targets["answer"].data == [(0, 2), None]
    assert back.targets["boxes"].data[1].shape == (0, 4)


def test_from_and_to_the_users_objects() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert Batch.of(frame).to_list() == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert Batch.of(pa.table({"a": [1]})).modality == "record"
    assert Batch.of(pd.Series(["a", "b"])).to_list() == ["a", "b"]
    for texts in (pa.array(TEXTS), pa.array(TEXTS, pa.large_string()), pa.chunked_array([TEXTS[:2], TEXTS[2:]]),
                  np.array(["a", "b"]), np.array(["a", "b"], object), tuple(TEXTS),
                  pa.array(["x", *TEXTS, "y"], pa.large_string()).slice(1, 6)):
        batch = Batch.of(texts)
        assert batch.modality == "text"
        assert batch.to_list() == [str(t) for t in (texts.to_pylist() if hasattr(texts, "to_pylist") else list(texts))]
    out = Batch.of(["a", "b"], ids=["x", "y"], targets={"label": ["cat", "dog"], "v": [0.5, 1.5]}).to_pandas()
    assert out.to_dict("list") == {"id": ["x", "y"], "text": ["a", "b"], "label": [0, 1], "v": [0.5, 1.5]}
    assert list(Batch.of(["a"], ids=torch.tensor([7])).ids) == [7]
    assert list(Batch.of(["a"], ids=pa.array(["q"])).ids) == ["q"]
    assert list(Batch.of(["a", "b"]).ids) == [0, 1]
    assert Batch.of([[0.5, 1.0], [2.0]], modality="series").data.mask.tolist() == [[True, True], [True, False]]


def test_transformations_give_back_the_form_they_got() -> None:
    assert Reverse()(["ab", "cd"]) == ["ba", "dc"]
    assert isinstance(AddNoise()(torch.zeros(2, 1, 3, 3)), torch.Tensor)
    assert isinstance(AddNoise()(np.zeros((2, 1, 3, 3), np.float32)), np.ndarray)
    ragged = [np.zeros((2, 3)), np.zeros((4, 1))]
    kind = column_kind("image")
    assert [i.shape for i in kind.like(ragged, kind.coerce(ragged, name="x"))] == [(2, 3), (4, 1)]
    series = Series(np.zeros((1, 2, 1)), np.ones((1, 2), bool))
    assert column_kind("series").like(series, series) is series
    assert column_kind("series").like(np.zeros((1, 2)), series).shape == (1, 2)


@pytest.mark.parametrize(("make", "said"), [
    (lambda: Batch.of(["ok", "bad\ud800"], ids=["x", "y"]), r"sample 'y' \(row 1\): lone surrogate U\+D800 at "
                                                            r"character 3"),
    (lambda: Batch.of(["a", None], modality="text"), r"row 1: the text is missing"),
    (lambda: Batch.of(["a", 3], modality="text"), "row 1: int given where a text is expected"),
    (lambda: Batch.of(pa.array([1, 2]), modality="text"), "holds int64, not text"),
    (lambda: Batch.of([{"a": "x"}, {"a": "\ud800"}]), "row 1, field 'a': a text holds a lone surrogate"),
    (lambda: Batch.of([{"a": 2**70}]), "row 0, field 'a': an integer doesn't fit 64 bits"),
    (lambda: Batch.of([{"a": 1}, {"a": "x"}]), "mixes types"),
    (lambda: Batch.of([{"a": 1}, 2]), "int given where a record"),
    (lambda: Batch.of(["a"], ids=["x", "y"]), "1 rows but there are 2 ids"),
    (lambda: Batch.of(["a", "b"], ids=["x", "x"]), "'x' occurs twice"),
    (lambda: Batch.of(["a"], ids=[1.5]), "float; ids are integers or texts"),
    (lambda: Batch.of(torch.zeros(2, 3), modality="image"), r"shape \(2, 3\); images are \[N, C, H, W\]"),
    (lambda: Batch.of(torch.zeros(2, 1, 3, 3, dtype=torch.int64)), "dtype torch.int64"),
    (lambda: Batch.of([np.zeros((2, 2, 1)), np.zeros((2, 2, 3))], modality="image"), "differ in channels"),
    (lambda: Batch.of([np.zeros((2, 2)), np.zeros(3)], modality="image"), "row 1: image of shape"),
    (lambda: Batch.of(np.array(["a"]), modality="state"), "not numeric"),
    (lambda: Batch.of(np.zeros((2, 2, 2, 2)), modality="series"), r"series are \[N, T\] or \[N, T, C\]"),
    (lambda: Batch.of([np.zeros((2, 1)), np.zeros((2, 3))], modality="series"), "differ in their number of channels"),
    (lambda: Batch.of([1], modality="table"), "int given where a table"),
    (lambda: Batch.of(["a"], targets={"label": [-1]}), "class -1 is negative"),
    (lambda: Batch.of(["a"], targets={"label": [0, 1]}), "2 values but there are 1 samples"),
    (lambda: Batch.of(["a", "b"], targets={"label": [[0], [1]]}), r"shape \(2, 1\)"),
    (lambda: Batch.of(["a", "b"], targets={"label": [0, None]}), "mixes types"),
    (lambda: Batch.of(["a"], targets={"label": [float("nan")]}).label, "no class labels"),
    (lambda: Batch.of(), "needs data or columns"),
    (lambda: Batch.concat([Batch.of(["a"], ids=[1]), Batch.of(["b"], ids=["1"])]), "occurs twice"),
    (lambda: Batch.concat([Batch.of(["a"]), Batch.of([{"a": 1}], ids=[5])]), "different columns"),
    (lambda: Batch.concat([Batch.of(["a"]), Batch.of(["b"], ids=[5], targets={"label": [1]})]), "different targets"),
    (lambda: Batch.from_arrow(pa.table({"id": [1]})), "not written by Batch.to_arrow"),
    (lambda: SoftLabel(np.array([0]), np.array([3]), np.array([0.5])).dense(3), "3"),
])
def test_what_breaks_a_rule_is_named(make: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [3, np.zeros(3), np.zeros((2, 2, 2, 2, 2)), object()])
def test_unclear_modality_says_how_to_name_it(data: Any) -> None:
    with pytest.raises(ModalityError, match="modality="):
        Batch.of(data)


def test_choosing_a_column() -> None:
    batch = Batch.of(columns={"q": Column("text", ["a"]), "ctx": Column("text", ["b"]),
                              "img": Column("image", torch.zeros(1, 1, 2, 2))})
    assert batch.column_name("ctx", {"text"}) == "ctx"
    assert batch.column_name(None, {"image"}) == "img"
    for on, modalities, said in ((None, {"text"}, r"several columns fit \('q', "
                                                  r"'ctx'\)"), ("x", {"text"}, "no column 'x'"),
                                 ("img", {"text"}, "'img' is image, not "
                                                   "text"), (None, {"graph"}, "no column of modality")):
        with pytest.raises(ModalityError, match=said):
            batch.column_name(on, modalities)
    out = Reverse(on="ctx")(Batch.of(columns={"q": Column("text", ["ab"]), "ctx": Column("text", ["cd"])}))
    assert (out.to_list("q"), out.to_list("ctx")) == (["ab"], ["dc"])


def test_targets_follow_their_kind() -> None:
    batch = Batch.of(["a", "b"], targets={"label": ["dog", "cat"]})
    assert (batch.label.tolist(), batch.targets["label"].classes) == ([1, 0], ("cat", "dog"))
    soft = batch.targets["label"].softened()
    np.testing.assert_array_equal(soft.data.dense(2), [[0, 1], [1, 0]])
    mixed = Batch.concat([Batch.of(["a"], targets={"label": [1]}),
                          Batch.of(["b"], ids=["z"], targets={"label": SoftLabel(np.array([0]), np.array([1]),
                                                                                np.array([0.25]))})])
    np.testing.assert_allclose(mixed.targets["label"].data.dense(2), [[0, 1], [0.25, 0.75]])
    with pytest.raises(TargetError, match="no class labels"):
        assert mixed.label
    with pytest.raises(DataError, match="differs between the joined"):
        Batch.concat([batch, Batch.of(["c"], ids=["z"], targets={"label": ["cow"]})])
    with pytest.raises(TargetError, match="can't carry target 'boxes'"):
        AddNoise()(Batch.of(torch.zeros(1, 1, 2, 2), targets={"boxes": [np.zeros((1, 4))]}))


def test_inputs_are_never_written_through() -> None:
    data = torch.zeros(3, 1, 2, 2)
    batch = Batch.of(data)
    batch.take([0, 1]).data.add_(1)
    assert not data.any()
    AddNoise()(batch)
    assert not data.any()


def test_ids_and_logs() -> None:
    ids = Ids.of(["a", "b"], 2)
    assert ids == Ids.of(pa.array(["a", "b"]), 2)
    assert hash(ids) == hash(Ids.of(["a", "b"], 2))
    assert ids != Ids.of(["b", "a"], 2)
    assert list(ids.suffixed("#1")) == ["a#1", "b#1"]
    assert repr(ids) == "Ids(['a', 'b'], n=2)"
    batch = Batch.of(["ab"]).recording()
    assert batch.edits == EditLog()
    assert batch.recording() is batch
    assert len(Reverse()(batch, log=True).edits.steps) == 1


def test_hugging_face_map_needs_and_uses_indices() -> None:
    datasets = pytest.importorskip("datasets")
    texts = [f"sample number {i}" for i in range(30)]
    data = datasets.Dataset.from_dict({"body": texts, "key": [f"k{i}" for i in range(30)], "n": list(range(30))})
    mask = MaskChars(rate=0.5)
    expected = mask(texts, seed=3)
    for size in (1, 7, 30):
        out = data.map(mask.on_dataset("body", seed=3), batched=True, batch_size=size, with_indices=True,
                       load_from_cache_file=False)
        assert out["body"][:] == expected
        assert out["n"][:] == list(range(30))
    shuffled = data.shuffle(seed=1)
    out = shuffled.map(mask.on_dataset("body", seed=3, ids="key"), batched=True, batch_size=4,
                       load_from_cache_file=False)
    by_key = dict(zip(out["key"], out["body"], strict=True))
    assert [by_key[f"k{i}"] for i in range(30)] == mask(texts, seed=3, ids=[f"k{i}" for i in range(30)])
    with pytest.raises(DataError, match="with_indices=True"):
        mask.on_dataset("body")({"body": ["a"]})
    with pytest.raises(DataError, match="no column 'bdy'"):
        mask.on_dataset("bdy")({"body": ["a"]}, [0])


@pytest.mark.parametrize("workers", [0, 2])
def test_data_loaders_draw_by_sample(workers: int) -> None:
    images = torch.rand(20, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(20)
    noise = AddNoise(std=0.5)
    expected = noise(images, seed=9, epoch=2)
    loader = torch.utils.data.DataLoader(pm.indexed(torch.utils.data.TensorDataset(images, labels)), batch_size=6,
                                         shuffle=True, num_workers=workers, collate_fn=noise.collate(seed=9, epoch=2))
    seen = 0
    for x, y in loader:
        torch.testing.assert_close(x, expected[y], rtol=0, atol=0)
        seen += len(y)
    assert seen == 20
    with pytest.raises(DataError, match="wrap the dataset with"):
        noise.collate()([images[0]])
    with pytest.raises(DataError, match="3 ids for a dataset of 2"):
        pm.indexed([1, 2], ids=[1, 2, 3])
    texts = MaskChars().collate(base=list, seed=1)([(5, "hello"), ("k", "world")])
    assert texts == MaskChars()(["hello", "world"], seed=1, ids=[5, "k"])


def test_columns_whose_type_tells_their_modality_need_no_wrapping() -> None:
    batch = Batch.of(columns={"question": ["what?"], "image": np.zeros((1, 4, 4, 3), np.uint8)}, ids=["a"])
    assert {name: c.modality for name, c in batch.columns.items()} == {"question": "text", "image": "image"}

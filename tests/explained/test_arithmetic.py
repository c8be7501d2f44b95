"""Explanations add up as the scores they explain do, draw together, and come back from files as they were."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from practicum import Batch, Explainer, Explanation, Keys, Model
from practicum.errors import DataError, ModalityError, RunError, UsageError
from practicum.explainer import Explanation as FromExplainer
from practicum.testing.torch_toys import TorchToy

X = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])


class Contributions(Explainer):
    """Weight times input of a linear model without bias, which adds up exactly."""

    name: ClassVar[str] = "test/contributions"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    adds_up: ClassVar[bool] = True

    def explain(self, model: Model, batch: Batch, target: Any, keys: Keys) -> Explanation:
        inner: Any = model
        weight = inner.modules()[0].weight.detach().numpy()
        x = np.asarray(batch.column())
        return Explanation(weight[target] * x, target, batch.ids, method=self.name, base_value=np.zeros(len(x)),
                           score=(weight[target] * x).sum(axis=1), error=np.full(len(x), 0.25),
                           figures={"r2": np.ones(len(x))})


def linear(*weight: list[float]) -> TorchToy:
    return TorchToy.linear(torch.tensor(weight, dtype=torch.float64))


F, G = linear([1.0, -2.0, 0.5], [0.0, 1.0, 1.0]), linear([0.0, 3.0, 1.0], [2.0, 2.0, -1.0])
BOTH = linear([1.0, 1.0, 1.5], [2.0, 3.0, 0.0])


def explained(model: Model, target: Any = 0) -> Explanation:
    return Contributions()(model, X, target=target, ids=["a", "b"])


def texts(*rows: str, values: list[list[float]] | None = None) -> Explanation:
    units = [r.split() for r in rows]
    given = [np.array(v) for v in values] if values else [np.arange(1.0, len(u) + 1) for u in units]
    return Explanation(given, np.zeros(len(rows), np.int64), list(range(len(rows))), units, modality="text")


def test_the_sum_of_two_explanations_explains_the_sum_of_the_models() -> None:
    total, own = explained(F) + explained(G), explained(BOTH)
    assert np.array_equal(total.values, own.values)
    assert total.score is not None
    assert own.score is not None
    assert np.array_equal(total.score, own.score)
    assert total.gap is not None
    assert total.gap.max() == 0
    assert total.error is not None
    assert total.error.tolist() == [0.5, 0.5], "bounds add, whatever the signs"
    assert (explained(F) - explained(G)).error.tolist() == [0.5, 0.5]  # type: ignore[union-attr]  # given above
    assert np.array_equal((total - explained(G)).values, explained(F).values)
    assert total.queries is not None
    assert total.queries.tolist() == [0, 0]
    assert total.figures == {}, "the fit of one method says nothing of a sum"
    assert total.method == "test/contributions"


@given(st.lists(st.floats(-8, 8), min_size=6, max_size=6), st.floats(-4, 4))
@settings(max_examples=25, deadline=None)
def test_explanations_are_a_vector_space(values: list[float], factor: float) -> None:
    a, b = explained(F), replace(explained(F), values=np.array(values).reshape(2, 3))
    assert np.allclose((factor * (a + b)).values, (factor * a + factor * b).values, atol=1e-12)
    assert np.array_equal((a + b).values, (b + a).values)
    assert np.array_equal((a - a).values, np.zeros((2, 3)))
    assert np.array_equal((-a).values, -a.values)
    assert np.allclose((a / 4).values, a.values / 4)
    assert np.allclose(Explanation.mean_of([a, b]).values, (a.values + b.values) / 2, atol=1e-12)
    assert abs(b).values.min() >= 0


def test_sizes_and_means() -> None:
    e = explained(F)
    assert abs(e).base_value is None, "sizes add up to no score"
    assert abs(e).score is None
    mean = abs(e).mean()
    assert list(mean.ids) == ["mean"]
    assert mean.values.tolist() == [np.abs(e.values).mean(axis=0).tolist()]
    assert mean.target.tolist() == [0]
    assert explained(F, [0, 1]).mean().target.tolist() == [-1]
    assert e.mean().gap is not None
    assert e.mean().gap.tolist() == [0.0]  # type: ignore[union-attr]  # a mean of what adds up adds up
    with pytest.raises(DataError, match="sample 1 has other units than 0"):
        texts("a b", "a c").mean()
    with pytest.raises(DataError, match="no samples has no mean"):
        e[:0].mean()


def test_why_one_class_rather_than_another() -> None:
    made = explained(F, 0).against(explained(F, 1))
    assert np.array_equal(made.values, X * np.array([1.0, -3.0, -0.5]))
    assert made.target.tolist() == [0, 0]
    assert made.figures["against"].tolist() == [1.0, 1.0]
    with pytest.raises(DataError, match=r"sample 'a' is explained for class 0 and for class 1.*against"):
        explained(F, 0) - explained(F, 1)


def test_what_doesnt_fit_is_refused_by_sample_and_unit() -> None:
    e = explained(F)
    with pytest.raises(DataError, match=r"other samples don't add up \(2 and 2 samples, first ids 'a' and 0\)"):
        e + Contributions()(F, X, target=0)
    with pytest.raises(DataError, match=r"sample 'a' has attributions of shape \(3,\) and \(2,\)"):
        e + replace(e, values=e.values[:, :2])
    with pytest.raises(DataError, match="sample 1: unit 1 is 'd' in one and 'e' in the other"):
        texts("a b", "c d") + texts("a b", "c e")
    with pytest.raises(DataError, match="one explanation names its units"):
        texts("a b c", "a b c") + replace(texts("a b c", "a b c"), units=None)
    with pytest.raises(DataError, match="no explanations"):
        Explanation.mean_of([])


def test_precision_and_ragged_values_stay() -> None:
    single = Explanation(np.ones((1, 2), np.float32), np.zeros(1, np.int64), [0])
    assert (0.5 * single + single).values.dtype == np.float32
    ragged = texts("a", "b c") + texts("a", "b c")
    assert [v.tolist() for v in ragged.values] == [[2.0], [2.0, 4.0]]
    tensor = Explanation(torch.ones(1, 2), np.zeros(1, np.int64), [0])
    assert (tensor + tensor).values.tolist() == [[2.0, 2.0]]
    assert len(tensor[:0] + tensor[:0]) == 0


def test_channels_to_one_map() -> None:
    values = np.arange(24.0).reshape(1, 3, 2, 4) - 10
    image = Explanation(values, np.zeros(1, np.int64), [0], base_value=np.zeros(1), score=np.array([values.sum()]))
    assert image.form == "image"
    one = image.per_pixel()
    assert np.array_equal(one.values[:, 0], values.sum(axis=1))
    assert one.gap is not None
    assert one.gap.max() == 0
    assert np.array_equal(image.per_pixel("abs").values[:, 0], np.abs(values).sum(axis=1))
    largest = image.per_pixel("largest").values[0, 0]
    assert largest.tolist() == [[-10, -9, -8, 9], [10, 11, 12, 13]]
    assert image.per_pixel("abs").score is None
    hwc = Explanation([values[0].transpose(1, 2, 0)], np.zeros(1, np.int64), [0], modality="image")
    assert np.array_equal(hwc.per_pixel().values[0][:, :, 0], values.sum(axis=1)[0])
    series = Explanation(np.ones((1, 4, 3)), np.zeros(1, np.int64), [0])
    assert series.per_pixel().values.tolist() == [[[3.0]] * 4]
    with pytest.raises(ModalityError, match="an explanation of state has no channels"):
        explained(F).per_pixel()


@pytest.mark.parametrize(("pieces", "words"), [
    ("[CLS] un ##believ ##ably good [SEP]", ["[CLS]", "unbelievably", "good", "[SEP]"]),
    ("▁re port ▁it </s>", ["report", "it", "</s>"]),
    ("<s> The Ġre port Ġis", ["<s>", "The", "report", "is"]),
    ("re port</w> it</w>", ["report", "it"]),
    ("plain words", ["plain", "words"]),
])
def test_pieces_become_words_and_sums_stay(pieces: str, words: list[str]) -> None:
    given = texts(pieces)
    made = given.per_word()
    assert made.units == [words]
    assert made.values[0].sum() == given.values[0].sum()
    if len(words) == len(pieces.split()):
        assert made.values[0].tolist() == given.values[0].tolist()
    with pytest.raises(ModalityError, match="no units"):
        explained(F).per_word()


def test_tables() -> None:
    e = explained(F)
    table = e.table(names=["x", "y", "z"])
    assert table["value"].tolist() == e.values.reshape(-1).tolist()
    assert table["unit"].tolist() == ["x", "y", "z"] * 2
    assert table["id"].tolist() == ["a"] * 3 + ["b"] * 3
    top = e.top(1, names=["x", "y", "z"])
    assert top["unit"].tolist() == ["y", "z"]
    assert top["value"].tolist() == [-4.0, 1.5]
    assert top["share"].tolist() == pytest.approx([4 / 5.5, 1.5 / 2.0])
    assert top["rank"].tolist() == [1, 1]
    padded = replace(texts("a b"), values=np.array([[1.0, 2.0, 99.0]]))
    assert padded.top()["value"].tolist() == [2.0, 1.0], "padding past the units is no unit"
    assert padded.table()["unit"].tolist() == ["a", "b"]
    with pytest.raises(DataError, match="2 names were given for 3 features"):
        e.table(names=["x", "y"])


@pytest.mark.parametrize("ending", ["npz", "json"])
def test_files_give_back_every_bit(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"e.{ending}"
    odd = replace(explained(F), values=np.array([[0.1, np.nan, np.inf], [-np.inf, -0.0, 1e-308]]), modality="state")
    word = replace(texts('a "quoted" שלום', "b"), values=[np.float32([0.1, 2, 3]), np.float32([1])])
    noise = np.random.default_rng(0).normal(size=(2, 3, 2, 2)).astype(np.float32)
    image = Explanation(noise, np.array([1, 2]), [7, "x"])
    for made in (odd, word, image, odd[:0]):
        back = Explanation.load(made.save(path))
        assert list(back.ids) == list(made.ids)
        assert (back.units, back.method, back.modality) == (made.units, made.method, made.modality)
        for name in ("target", "base_value", "error", "score", "queries", "gradients"):
            mine, theirs = getattr(made, name), getattr(back, name)
            assert (mine is None) == (theirs is None)
            assert mine is None or (np.array_equal(mine, theirs) and mine.dtype == theirs.dtype)
        assert [np.asarray(v).tobytes() for v in made.values] == [v.tobytes() for v in back.values]
        assert [v.dtype for v in back.rows()] == [np.asarray(v).dtype for v in made.values]
        assert {n: v.tolist() for n, v in back.figures.items()} == {n: v.tolist() for n, v in made.figures.items()}
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    if ending == "json":
        json.loads(path.read_text("utf-8"), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"saved as \.npz or \.json"):
        explained(F).save(tmp_path / "e.pkl")
    with pytest.raises(RunError, match="is no file"):
        Explanation.load(tmp_path / "none.npz")
    good = explained(F).save(tmp_path / "e.npz").read_bytes()
    np.savez(tmp_path / "pickled.npz", facts=np.array([{"a": 1}], dtype=object))
    for name, content in (("cut.npz", good[:-40]), ("text.npz", b"hello"), ("empty.json", b"{}"), ("bad.json", b"{")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "raw.npz").write_bytes(pickle.dumps({"x": 1}))
    for name in ("pickled.npz", "cut.npz", "text.npz", "raw.npz", "empty.json", "bad.json"):
        with pytest.raises(RunError, match="can't be read as an explanation"):
            Explanation.load(tmp_path / name)
    facts = json.loads(explained(F).save(tmp_path / "e.json").read_text())
    (tmp_path / "e.json").write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(RunError, match="format 99, this version reads 1"):
        Explanation.load(tmp_path / "e.json")


def test_the_core_says_what_was_explained() -> None:
    assert FromExplainer is Explanation
    e = explained(F)
    assert (e.modality, e.form) == ("state", "state")
    assert [list(one.ids) for one in e] == [["a"], ["b"]]
    with pytest.raises(IndexError, match="row 2 of an explanation of 2 samples"):
        e[2]
    assert repr(e) == "<Explanation by test/contributions: state, values (2, 3)>"

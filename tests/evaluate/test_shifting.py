"""Explanation shift against cases whose agreement is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import torch

from practicum import Batch, Report, stress
from practicum.attack import Attack, Budget, Note, Perturbed
from practicum.evaluate.shifting import _randomly_moved, agreement
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.model import Model
from practicum.report import render
from practicum.testing.torch_toys import TorchToy


def _of(values: Any, units: Any = None) -> Explanation:
    return Explanation(values, np.zeros(len(values), np.int64), list(range(len(values))), units)


def test_agreement_of_known_pairs() -> None:
    a = _of(np.array([[1.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    b = _of(np.array([[0.0, 1.0, 0.0], [-1.0, -2.0, -3.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    cosine, rank, top = agreement(a, b)
    np.testing.assert_allclose(cosine, [0.0, -1.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(rank, [-0.5, -1.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(top, [0.0, 1.0, 1.0, 1.0])


def test_units_of_texts_are_lined_up() -> None:
    a = _of([np.array([1.0, 2.0, 3.0])], [["good", "film", "today"]])
    same_word_gone = _of([np.array([1.0, 3.0])], [["good", "today"]])
    replaced = _of([np.array([1.0, 2.0, 3.0])], [["good", "movie", "today"]])
    assert agreement(a, replaced)[0][0] == pytest.approx(1.0)
    assert agreement(a, same_word_gone)[0][0] == pytest.approx(10 / np.sqrt(14 * 10))


class Doubting(Attack):
    """Turns the first two features by a quarter circle and says what it found."""

    name: ClassVar[str] = "test/doubting"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("l2", 10.0)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Perturbed:
        x = np.asarray(batch.data).copy()
        x[:, 0], x[:, 1] = x[:, 1].copy(), x[:, 0].copy()
        turned = Note("turned by a quarter", len(batch), len(batch), doubt=False)
        return Perturbed(batch.with_column("state", x), (turned, Note("the gradient is zero", 1, len(batch))))


class Input(Explainer):
    """The input itself as attribution: its shift is the input's own."""

    name: ClassVar[str] = "test/input"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        return Explanation(np.asarray(batch.data, dtype=np.float64), target, batch.ids, method=self.name)


def _stressed() -> Report:
    rng = np.random.default_rng(0)
    x = np.concatenate([np.tile([2.0, 0.0], (40, 1)), 0.01 * rng.normal(size=(40, 200))], axis=1)
    w = np.zeros((2, 202))
    w[0, 0] = w[1, 1] = 1.0
    return stress(TorchToy.linear(torch.from_numpy(w)), Batch.of(x, targets={"label": [0] * 40}), [Doubting()], seeds=1,
                  explain=[Input()], batch_size=16)


def test_reasons_that_turn_are_measured_beside_a_random_change_of_the_same_length(tmp_path: Path) -> None:
    report = _stressed()
    (shift,) = report.shifts
    assert shift.similarity.n == 16
    assert shift.similarity.value == pytest.approx(0.005, abs=0.01)  # orthogonal, but for what the others add
    assert shift.flipped.value == 1.0
    # the same length in 202 dimensions: cos = |x|^2 / (|x| sqrt(|x|^2 + |d|^2)) = 1 / sqrt(3), d being orthogonal
    assert shift.chance.value == pytest.approx(1 / np.sqrt(3), abs=0.03)
    again = Report.load(report.save(tmp_path / "saved"))
    assert again.shifts == report.shifts
    assert again.rows[0].notes == report.rows[0].notes
    assert [c.notes for c in again.cells] == [c.notes for c in report.cells]


def test_notes_and_shift_reach_the_report() -> None:
    report = _stressed()
    turned, zero = report.rows[0].notes
    assert turned == Note("turned by a quarter", 40, 40, doubt=False)
    assert zero == Note("the gradient is zero", 3, 40)
    html = render(report)
    assert "Do the reasons move?" in html
    assert "turned by a quarter (40 of 40 samples)" in html
    assert any("in doubt: the gradient is zero (3 of 40 samples)" in f for f in report.findings())
    assert any(f.startswith("Reasons move, too: under doubting") for f in report.findings())


def test_the_random_change_is_as_long_and_stays_in_the_box() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(12, 40))
    x[:, :10] = 0.0  # on the edge: half of the random directions are cut there
    moved = np.clip(x + 0.2 * rng.normal(size=x.shape), 0.0, 1.0)
    model = TorchToy.linear(rng.normal(size=(2, 40)), bounds=(0.0, 1.0))
    control = _randomly_moved(model, Batch.of(x), Batch.of(moved), seed=0)
    assert control is not None
    found = np.asarray(control.data)
    assert (found >= 0.0).all()
    assert (found <= 1.0).all()
    np.testing.assert_allclose(np.linalg.norm(found - x, axis=1), np.linalg.norm(moved - x, axis=1), rtol=1e-6)
    cosine = ((found - x) * (moved - x)).sum(axis=1) / np.linalg.norm(moved - x, axis=1) ** 2
    assert np.abs(cosine).mean() < 0.4  # its own direction, not that of the change

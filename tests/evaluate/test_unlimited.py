"""Attacks without a largest distance: they always win, so the report says how far they have to go."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.data.splits import split
from practicum.errors import UsageError
from practicum.evaluate import harden, stress
from practicum.evaluate.hardening import choose
from practicum.evaluate.report import Report
from practicum.keys import Keys
from practicum.model import Model
from practicum.report.from_report import build_view
from practicum.testing.torch_toys import TorchToy
from practicum.testing.toys import AddNoise
from practicum.testing.toys_models import SoftmaxRegression


class JustAcross(Attack):
    """Mirrors values of at most ``reach`` to the other side of zero."""

    name: ClassVar[str] = "test/just-across"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Literal["gradient", "score", "decision"]] = "decision"

    reach: float = 10.0
    eps: float | None = None

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("l2", float("inf") if self.eps is None else self.eps)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        x = np.asarray(batch.data)
        return batch.with_column("state", np.where(np.abs(x) <= self.reach, -x, x))


X = np.array([0.5, 1.0, 1.5, 2.0, -2.5, -3.0, -3.5])[:, None]
DATA = Batch.of(X, modality="state", targets={"label": (X[:, 0] > 0).astype(np.int64)})
MODEL = TorchToy.linear([[-1.0], [1.0]])


def report(reach: float, eps: float | None = None) -> Report:
    return stress(MODEL, DATA, [AddNoise(std=0.5), JustAcross(reach=reach, eps=eps)], seeds=1)


def test_the_median_distance_counts_samples_that_did_not_turn_as_infinitely_far() -> None:
    (_, row) = report(10.0).rows
    assert row.perturbation.unlimited
    assert row.perturbation.eps is None
    assert row.median_norm == 4.0  # twice the median of the absolute values
    (_, row) = report(1.2).rows  # two of seven turn
    assert row.median_norm is None
    (_, row) = report(10.0, eps=20.0).rows
    assert not row.perturbation.unlimited
    assert row.median_norm is None


def test_it_is_no_weakness_and_its_distance_is_said() -> None:
    found = report(10.0)
    assert found.rows[1].drop.value == 1.0
    assert found.worst(2)[-1].perturbation.unlimited  # though nothing drops more
    view = build_view(found, pictures=False)
    assert not any("just-across" in text for text in view.weaknesses)
    assert any("Half of the samples" in t and "4 (l2) under just-across" in t for t in view.findings)
    assert any("Fewer than half" in t for t in build_view(report(1.2), pictures=False).findings)


def test_hardening_passes_it_over() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 1))
    parts = split(Batch.of(x, modality="state", targets={"label": (x[:, 0] > 0).astype(np.int64)}),
                  {"train": 0.4, "valid": 0.3, "test": 0.3})
    model = SoftmaxRegression(epochs=5).fit([parts.train], Keys(0))
    made = stress(model, parts, [JustAcross()], seeds=1)
    assert choose(made, 3) == ([], None)
    with pytest.raises(UsageError, match="give them an eps"):
        harden(model, parts, made)


def test_it_survives_saving(tmp_path: Path) -> None:
    found = report(10.0)
    found.save(tmp_path)
    again = Report.load(tmp_path)
    assert again.rows[1].median_norm == 4.0
    assert again.rows[1].perturbation.unlimited

"""Attacks that learn: fitted on the train split before they are run, once for each model and seed."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field, PrivateAttr

import practicum as pm
from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.data import Splits
from practicum.errors import CapabilityError, UsageError
from practicum.evaluate.expand import expand, learning_from
from practicum.evaluate.hardening import choose
from practicum.evaluate.store import load_report
from practicum.keys import Keys
from practicum.model import Model
from practicum.testing.toys_models import SoftmaxRegression, blobs

FITS: list[tuple[str, int, int]] = []


class Shift(Attack):
    """Moves everything from the mean of one class to that of the other, as it was in the samples it was fitted on."""

    name: ClassVar[str] = "test/shift"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "score"
    learns: ClassVar[bool] = True
    eps: float = Field(default=3.0, gt=0.0)
    _mean: Any = PrivateAttr(default=None)

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("l2", self.eps)

    def state_digest(self) -> str:
        return "" if self._mean is None else np.asarray(self._mean).tobytes().hex()

    def fit(self, model: Model, batch: Batch, keys: Keys) -> Shift:
        FITS.append((model.fingerprint(), keys.seed, len(batch)))
        assert len(keys) == len(batch)
        means = [batch.data[batch.label == k].mean(axis=0) for k in (0, 1)]
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_mean": means[1] - means[0]})
        return made

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        way = np.where(batch.label == 0, 1.0, -1.0)[:, None] * self._mean
        return batch.with_column(batch.column_name(self.on), batch.data + self.eps * way / np.linalg.norm(way, axis=1,
                                                                                                         keepdims=True))


@pytest.fixture
def data() -> Splits:
    FITS.clear()
    return pm.data.split(blobs(120), {"train": 0.5, "valid": 0.25, "test": 0.25})


def test_stress_fits_on_the_train_split_once_for_each_seed(data: Splits) -> None:
    model = SoftmaxRegression().fit([data.part("train")], Keys(0))
    report = pm.stress(model, data, [Shift()], seeds=2)
    assert [(model.fingerprint(), 0, 60), (model.fingerprint(), 1, 60)] == FITS
    for row in report.rows:
        assert row.drop.value > 0.3
        assert "fitted on 60 training samples, anew for each seed" in [n.what for n in row.notes]
        assert not any(n.doubt for n in row.notes)


def test_notes_survive_saving_and_a_finished_cell_is_not_fitted_for_again(data: Splits, tmp_path: Any) -> None:
    from practicum.evaluate.cells import Memory

    model, store = SoftmaxRegression().fit([data.part("train")], Keys(0)), Memory()
    first = pm.stress(model, data, [Shift()], seeds=1, store=store, show=0)
    count = len(FITS)
    again = pm.stress(model, data, [Shift()], seeds=1, store=store, show=0)
    assert len(FITS) == count
    assert [r.notes for r in again.rows] == [r.notes for r in first.rows]
    again.save(tmp_path)
    assert load_report(tmp_path).rows[0].notes == first.rows[0].notes


def test_a_plain_batch_is_refused_unless_the_attack_is_fitted(data: Splits) -> None:
    model = SoftmaxRegression().fit([data.part("train")], Keys(0))
    with pytest.raises(UsageError, match=r"test/shift learns .* fit the attack first"):
        pm.stress(model, data.part("test"), [Shift()])
    with pytest.raises(CapabilityError, match=r"test/shift learns .* call fitted = attack\.fit"):
        Shift()(model, data.part("test"))
    fitted = Shift().fit(model, data.part("train"), Keys(0).bind(data.part("train").ids))
    report = pm.stress(model, data.part("test"), [fitted], seeds=1)
    assert report.rows[0].drop.value > 0.3
    assert report.rows[0].notes == ()


def test_a_hardened_model_gets_a_fit_of_its_own_and_training_against_a_learned_change_is_passed_over(
        data: Splits) -> None:
    model = SoftmaxRegression().fit([data.part("train")], Keys(0))
    item = learning_from(expand([Shift()]), data.part("train"))[0]
    other = SoftmaxRegression(epochs=3).fit([data.part("train")], Keys(0))
    one, two = item.ready(model, 0), item.ready(other, 0)
    assert item.ready(model, 0) is one
    assert [mark for mark, _, _ in FITS] == [model.fingerprint(), other.fingerprint()]
    assert two is not one
    report = pm.stress(model, data, [Shift()], seeds=1)
    assert choose(report, 3) == ([], None)


def test_gain_fits_on_the_samples_that_a_model_was_trained_on(data: Splits) -> None:
    from practicum.evaluate import gain
    from practicum.testing.toys import AddNoise

    gain(SoftmaxRegression(), data, [AddNoise()], labels=[20], seeds=1, stress=[Shift()])
    assert [count for _, _, count in FITS] == [20, 20]

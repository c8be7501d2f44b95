"""Hardening chooses by the validation split, trains with what hurt, and tells what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from brittle import Negate, Shift, Sign, line

from practicum import Batch, Keys
from practicum.data import Splits, split
from practicum.errors import CapabilityError, ConfigError, UsageError
from practicum.evaluate import Estimate, Report, harden, harden_with_details, stress
from practicum.evaluate.hardening import choose
from practicum.evaluate.summary import joined
from practicum.testing.toys import AddNoise
from practicum.testing.toys_models import Push, SoftmaxRegression, blobs

SHARES = {"train": 0.5, "valid": 0.25, "test": 0.25}


class Recorder(SoftmaxRegression):
    """Keeps what it was trained with."""

    name: ClassVar[str] = "test/recorder"
    seen: ClassVar[dict[str, Any]] = {}

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Any = None, **more: Any) -> Any:
        self.seen.clear()
        self.seen.update(more, ids=[i for b in batches for i in b.ids], epochs=self.epochs)
        return super().fit(batches, keys, tracker, **more)


class Steps(Push):
    name: ClassVar[str] = "test/steps"
    steps: int = 40
    restarts: int = 5
    step_size: float | None = None


@pytest.fixture
def parts() -> Splits:
    return split(blobs(400), SHARES)


@pytest.fixture
def model(parts: Splits) -> Recorder:
    return Recorder(epochs=30).fit([parts.part("train")], Keys(0))  # type: ignore[no-any-return]  # its own type


def report_of(model: Any, parts: Splits) -> Report:
    noises, pushes = [AddNoise(std=s) for s in (0.01, 1.0, 2.0)], [Push(eps=e) for e in (0.3, 0.9)]
    return stress(model, parts, [*noises, *pushes], seeds=1)


def test_the_worst_transformations_and_the_worst_attack_are_trained_with(model: Recorder, parts: Splits) -> None:
    report = report_of(model, parts)
    made = harden_with_details(model, parts, report, top=1, budget={"epochs": 3})
    seen = model.seen
    assert seen["augment"].technique.of == (AddNoise(std=2.0),)
    assert seen["augment"].p == 0.75
    assert seen["adversary"] == Push(eps=0.9)
    assert seen["ids"] == list(parts.part("train").ids)
    assert seen["epochs"] == 3
    assert made.model.epochs == 3  # type: ignore[attr-defined]  # its own field
    labels = {p.key: p.label for p in report.perturbations}
    assert [labels[k] for k in made.details.chosen] == ["push eps=0.9", "add-noise std=2"]
    assert made.details.split == "valid"
    assert made.details.adversary == {"use": "toy/push", "on": None, "eps": 0.9}


def test_the_test_split_has_no_say(model: Recorder, parts: Splits) -> None:
    """Whatever the test rows say, the choice stays; where the validation rows say otherwise, it changes."""
    report = report_of(model, parts)

    def told(split: str, label: str) -> Report:
        rows = tuple(replace(r, drop=Estimate(9.0, 8.0, 10.0, 9)) if r.split == split and r.perturbation.label == label
                     else r for r in report.rows)
        return replace(report, rows=rows)

    before = choose(report, 1)
    assert choose(told("test", "add-noise std=0.01"), 1) == before
    assert choose(told("valid", "add-noise std=0.01"), 1)[0][0].perturbation.label == "add-noise std=0.01"
    only_test = replace(report, rows=tuple(r for r in report.rows if r.split == "test"))
    with pytest.raises(UsageError, match="no results on the 'valid' split"):
        choose(only_test, 1)


def test_chance_and_changed_labels_are_left_out(parts: Splits) -> None:
    data = split(line(200), SHARES)
    report = stress(Sign(), data, [Negate(), Shift(by=1.0), AddNoise(std=0.0)], seeds=1)
    rows, attack = choose(report, 5)
    assert [r.perturbation.label for r in rows] == ["shift"]
    assert attack is None


@pytest.mark.usefixtures("toys")
def test_hardening_helps_where_it_can() -> None:
    """A shortcut feature that noise destroys: training with the noise moves the weight to the robust feature."""
    keys = Keys(0).bind(blobs(600).ids)
    label = np.arange(600) % 2
    sign = 2.0 * label - 1.0
    draws = keys.normal(2).astype(np.float64)
    shortcut, robust = 0.2 * sign + 0.02 * draws[:, 0], 3.0 * sign + 2.5 * draws[:, 1]
    data = Batch.of(np.stack([20 * shortcut, robust], axis=1), modality="state", targets={"label": label})
    parts = split(data, SHARES)
    model = SoftmaxRegression(epochs=100).fit([parts.part("train")], Keys(0))
    noise = [{"use": "toy/add-noise", "std": 4.0}]
    before = stress(model, parts, noise, seeds=2)
    made = harden_with_details(model, parts, before)
    after = stress(made.model, parts, noise, seeds=2, phase="after")
    from practicum.evaluate.metrics import METRICS

    whole = joined(before, after, METRICS["accuracy"], made.details)
    gain = next(g for g in whole.gains if g.split == "test" and g.perturbation is not None)
    assert gain.gain.low > 0
    assert gain.gain.value == pytest.approx(gain.after.value - gain.before.value)
    assert [g.perturbation is None for g in whole.gains] == [True, False, True, False]
    assert "after" in whole.table().columns
    assert harden(model, parts, before) == made.model


def test_an_iterated_attack_is_made_cheaper_and_said_so(model: Recorder, parts: Splits) -> None:
    report = stress(model, parts, [Steps(eps=0.9, step_size=0.05)], seeds=1)
    made = harden_with_details(model, parts, report)
    used = model.seen["adversary"]
    assert (used.steps, used.restarts, used.eps) == (10, 1, 0.9)
    assert used.steps * used.step_size == pytest.approx(40 * 0.05)
    assert model.seen["augment"] is None
    assert "steps 40 to 10, restarts 5 to 1" in made.details.notes[0]


def test_attacks_of_others_and_attacks_by_queries_stand_back(model: Recorder, parts: Splits) -> None:
    class Costly(Push):
        name: ClassVar[str] = "test/costly"
        in_training: ClassVar[bool] = False

    class Slopes(Push):
        name: ClassVar[str] = "test/slopes"
        access: ClassVar[Any] = "gradient"

        def check(self, model: Any, batch: Batch) -> None:
            """The toy has no gradients, and it asks none."""

    report = stress(model, parts, [Costly(eps=0.9), Push(eps=0.8), Slopes(eps=0.5)], seeds=1)
    harden_with_details(model, parts, report)
    assert model.seen["adversary"] == Slopes(eps=0.5)
    without = stress(model, parts, [Costly(eps=0.9), Push(eps=0.8)], seeds=1)
    harden_with_details(model, parts, without)
    assert model.seen["adversary"] == Push(eps=0.8)


def test_what_can_not_be_hardened_is_refused(model: Recorder, parts: Splits) -> None:
    report = report_of(model, parts)
    with pytest.raises(CapabilityError, match="needs a model with training"):
        harden(Sign(), parts, report)
    with pytest.raises(UsageError, match=r"needs training data"):
        harden(model, parts.part("test"), report)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ConfigError, match="no field 'epoch'"):
        harden(model, parts, report, budget={"epoch": 3})
    with pytest.raises(ConfigError, match="epochs"):
        harden(model, parts, report, budget={"epochs": 0})
    harmless = stress(model, parts, [AddNoise(std=0.0)], seeds=1)
    with pytest.raises(UsageError, match="nothing that preserves labels hurt"):
        harden(model, parts, harmless)
    with pytest.raises(Exception, match="toy/add-noise"):
        harden(model, parts, replace(report, techniques={}))  # not installed under its name here


def test_a_checkpoint_continues_bit_for_bit(tmp_path: Path, parts: Splits) -> None:
    train = [parts.part("train")]
    whole = SoftmaxRegression(epochs=9).fit(train, Keys(1), augment=AddNoise(std=0.5))
    SoftmaxRegression(epochs=4).fit(train, Keys(1), augment=AddNoise(std=0.5), checkpoint=tmp_path / "c")
    again = SoftmaxRegression(epochs=9).fit(train, Keys(1), augment=AddNoise(std=0.5), checkpoint=tmp_path / "c")
    assert again == whole

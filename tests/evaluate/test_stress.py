"""Stress against closed forms, and every way it may be misused or its techniques may fail."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from brittle import DropHalf, GradientOnly, Mean, Negate, Occupied, Overreach, Shift, Sign, line

from practicum import Batch, Keys, OneOf, Pipeline, Sometimes
from practicum.data import Splits, split
from practicum.errors import CapabilityError, ConfigError, DataError, ModalityError, TechniqueFailed, UsageError
from practicum.evaluate import stress
from practicum.evaluate.expand import expand
from practicum.testing.toys import AddNoise, MaskChars, Reverse
from practicum.testing.toys_models import KeywordModel, Push, SoftmaxRegression, blobs


def test_the_drop_of_a_shift_is_exactly_the_samples_it_carries_over_the_line() -> None:
    data = line()
    report = stress(Sign(), data, [Shift(by=0.5), Shift(by=1.0)], seeds=1)
    x = data.data[:, 0]
    for row in report.rows:
        by = row.perturbation.config["by"]
        carried = float(np.mean((x <= 0) & (x + by > 0)))
        assert row.drop.value == pytest.approx(carried)
        assert row.flip_rate.value == pytest.approx(carried)
        assert row.clean.value == 1.0
        assert row.perturbed.value == pytest.approx(1.0 - carried)
        assert row.drop.low < carried < row.drop.high


def test_an_exact_attack_on_a_linear_model() -> None:
    """``Push`` reaches the margin drop eps * |w1 - w0|_1, so exactly the samples with a smaller margin fall."""
    weight = np.array([[1.0, -1.0], [0.5, 2.0], [0.0, 0.1]])
    model, data = SoftmaxRegression().with_weight(weight), blobs(300)
    scores = np.asarray(model.predict(data).values)
    margin = scores[np.arange(300), data.label] - scores[np.arange(300), 1 - data.label]
    report = stress(model, data, [Push(eps=e) for e in (0.1, 0.4)], seeds=2)
    for row in report.rows:
        assert row.perturbation.eps is not None
        reach = row.perturbation.eps * np.abs(weight[:2, 1] - weight[:2, 0]).sum()
        right = margin > 0
        assert row.perturbed.value == pytest.approx(float(np.mean(margin > reach)))
        assert row.success_rate == pytest.approx(float((right & (margin <= reach)).sum() / right.sum()))
        assert row.max_norm == pytest.approx(row.perturbation.eps)
        assert row.outside_budget == 0.0
        assert row.queries == 4.0  # two ways for each of two features


def test_the_core_measures_what_an_attack_claims() -> None:
    row = stress(Sign(), line(), [Overreach()], seeds=1).rows[0]
    assert row.max_norm == pytest.approx(1.0)
    assert row.outside_budget == 1.0


def test_results_do_not_depend_on_batch_size_or_order() -> None:
    data, techniques = blobs(90), [AddNoise(std=1.0), Push(eps=0.2)]
    model = SoftmaxRegression(epochs=5).fit([blobs(60, seed=1)], Keys(0))
    whole = stress(model, data, techniques, seeds=2, batch_size=1000)
    small = stress(model, data, techniques, seeds=2, batch_size=7)
    order = np.random.default_rng(0).permutation(90)
    shuffled = stress(model, data.take(order), techniques, seeds=2, batch_size=13)
    for a, b, c in zip(whole.cells, small.cells, shuffled.cells, strict=True):
        assert a.samples["prediction"].to_pylist() == b.samples["prediction"].to_pylist()
        assert a.samples.take(order)["prediction"].to_pylist() == c.samples["prediction"].to_pylist()


def test_seeds_are_averaged_within_samples() -> None:
    data = blobs(80)
    model = SoftmaxRegression().with_weight([[-1.0, 1.0], [-1.0, 1.0], [0.0, 0.0]])
    report = stress(model, data, [AddNoise(std=1.5)], seeds=[3, 8, 21])
    means = [np.mean(c.samples["score"].to_numpy()) for c in report.cells]
    row = report.rows[0]
    assert row.seeds == (3, 8, 21)
    assert len(set(means)) > 1
    assert row.perturbed.value == pytest.approx(np.mean(means))
    assert row.seed_spread == pytest.approx(np.std(means, ddof=1))
    one = stress(model, data, [AddNoise(std=1.5)], seeds=[8])
    assert one.cells[0].samples.equals(report.cells[1].samples)


@pytest.mark.usefixtures("toys")
def test_a_sweep_is_one_group_with_strengths() -> None:
    listed = [{"use": "toy/add-noise", "sweep": {"std": [0.1, 1.0]}}, "toy/push"]
    made = [p.perturbation for p in expand(listed)]
    assert [(p.label, p.group, p.parameter, p.strength) for p in made] == [
        ("add-noise std=0.1", "add-noise", "std", 0.1), ("add-noise std=1", "add-noise", "std", 1.0),
        ("push", "push", "", None)]
    assert [p.perturbation.key for p in expand(listed)] == [p.key for p in made]
    assert len({p.key for p in made}) == 3


@pytest.mark.usefixtures("toys")
def test_a_grid_has_a_curve_for_each_value_of_all_but_the_last_field() -> None:
    grid = {"use": "toy/add-noise", "sweep": {"on": ["state", None], "std": [0.1, 1.0]}}
    made = [p.perturbation for p in expand(grid)]
    assert [p.group for p in made] == ["add-noise on=state"] * 2 + ["add-noise on=None"] * 2
    assert [p.strength for p in made] == [0.1, 1.0, 0.1, 1.0]


def test_a_sweep_shares_its_draws() -> None:
    """Twice the strength is twice the same displacement, so strengths differ in strength only."""
    from practicum.evaluate.cells import change

    data = line()
    moved = [change(AddNoise(std=s), Sign(), data, 5).batch.data - data.data for s in (0.5, 1.0)]
    np.testing.assert_allclose(2 * moved[0], moved[1])


def test_a_technique_that_names_its_strength_is_grouped_by_it() -> None:
    class Swept(Shift):
        name: ClassVar[str] = "test/swept"
        sweep: ClassVar[Any] = {"by": (0.5, 1.0)}

    made = [p.perturbation for p in expand([Swept(by=0.5), Swept(by=1.0), Swept(by=0.5, limit=7.0)])]
    assert [(p.group, p.parameter, p.strength) for p in made] == [
        ("swept", "by", 0.5), ("swept", "by", 1.0), ("swept limit=7", "by", 0.5)]


def test_techniques_that_fail_are_counted_sample_by_sample() -> None:
    data = line()
    report = stress(Sign(), data, [Shift(by=1.0, limit=1.5)], seeds=2, batch_size=16)
    x, row = data.data[:, 0], report.rows[0]
    expected = x > 1.5
    for cell in report.cells:
        assert cell.samples.num_rows == 40
        assert np.array_equal(np.asarray(cell.samples["failed"]), expected)
        errors = [e for e in cell.samples["error"].to_pylist() if e]
        assert len(errors) == expected.sum()
        assert "test/shift raised ValueError" in errors[0]
        assert "too large" in errors[0]
    assert row.failed == 2 * expected.sum()
    assert row.n == 40
    assert row.drop.value == pytest.approx(np.mean((x <= 0) & (x + 1.0 > 0)))


def test_a_technique_that_always_fails_does_not_stop_the_others() -> None:
    report = stress(Sign(), line(), [Shift(limit=-9.0), Shift(by=0.5)], seeds=1)
    assert [r.failed for r in report.rows] == [40, 0]
    assert report.rows[0].drop.value == 0.0


def test_a_model_that_fails_on_a_perturbed_sample_is_wrong_there() -> None:
    data = line()
    x = data.data[:, 0]
    for model in (Sign(raises_above=2.5), Sign(nan_above=2.5)):
        report = stress(model, data, [Shift(by=1.0)], seeds=1)
        broken = x + 1.0 > 2.5
        samples = report.cells[0].samples
        assert np.array_equal(np.asarray(samples["failed"]), broken)
        assert not np.asarray(samples["correct"])[broken].any()
        assert report.rows[0].perturbed.value == pytest.approx(np.mean((x > 0) & ~broken) + np.mean(x + 1.0 <= 0))


def test_a_model_that_fails_on_clean_inputs_stops_the_evaluation() -> None:
    with pytest.raises(TechniqueFailed, match=r"test/sign raised RuntimeError.*model broke"):
        stress(Sign(raises_above=0.0), line(), [Shift()])


def test_where_scores_have_no_worst_the_other_samples_give_it() -> None:
    class Picky(Mean):
        def predict(self, batch: Batch) -> Any:
            if (np.asarray(batch.column())[:, 0] > 2.5).any():
                raise RuntimeError("no")
            return super().predict(batch)

    data = line(value=np.linspace(-2, 2, 40))
    report = stress(Picky(), data, [Shift(by=1.0)], seeds=1)
    assert report.meta.metric == "absolute-error"
    score, failed = (np.asarray(report.cells[0].samples[n]) for n in ("score", "failed"))
    assert failed.any()
    assert (score[failed] == score[~failed].max()).all()
    assert np.isnan(report.rows[0].flip_rate.value)


def test_lower_is_better_metrics_have_positive_drops_when_worse() -> None:
    row = stress(Sign(), line(), [Shift(by=1.0)], seeds=1, metric="cross-entropy").rows[0]
    assert row.perturbed.value > row.clean.value
    assert row.drop.value == pytest.approx(row.perturbed.value - row.clean.value)


def test_labels_that_change_are_measured_against_the_new_ones() -> None:
    report = stress(Sign(), line(), [Negate()], seeds=1)
    assert report.rows[0].label_policy == "changes"
    assert report.rows[0].perturbed.value == 1.0
    assert report.worst() == []


def test_the_worst_are_label_preserving_and_one_for_each_group() -> None:
    noise = {"use": "core/one-of", "of": [{"use": "core/pipeline", "steps": []}]}
    report = stress(Sign(), line(), [Shift(by=0.3), Shift(by=1.5), Negate(), noise], seeds=1)
    worst = report.worst(5)
    assert worst[0].perturbation.label == "shift by=1.5"
    assert "negate" not in [r.perturbation.group for r in worst]


@pytest.mark.parametrize(("techniques", "error", "message"), [
    ([Shift(), GradientOnly()], CapabilityError, "needs a model with gradient, but test/sign offers prediction only"),
    ([Shift(), Reverse()], ModalityError, "no column of modality text"),
    ([Shift(), Pipeline([Reverse()])], ModalityError, "no column of modality text"),
    ([Shift(), DropHalf()], UsageError, "may drop samples"),
    ([Shift(), Sometimes(DropHalf())], UsageError, "may drop samples"),
    ([Shift(), Sign()], UsageError, "can't stress a model"),
    ([Shift(), Occupied()], UsageError, "list it under explain"),
    ([Shift(), Shift()], UsageError, "listed twice"),
    ([], UsageError, "nothing to stress with"),
    ([{"use": "core/pipeline", "sweep": {"steps": 3}}], ConfigError, "must be a list of values"),
    ([{"use": "core/pipeline", "on": "a", "sweep": {"on": ["a"]}}], ConfigError, "given and swept"),
    ([{"use": "core/pipeline", "sweep": {}}], ConfigError, "sweep is written"),
])
def test_what_does_not_fit_is_refused_before_anything_runs(techniques: Any, error: type[Exception],
                                                           message: str) -> None:
    ran: list[Any] = []

    class Watched(Sign):
        def predict(self, batch: Batch) -> Any:
            ran.append(batch)
            return super().predict(batch)

    with pytest.raises(error, match=message):
        stress(Watched(), line(), techniques)
    assert ran == []


def test_the_model_data_and_metric_are_checked_too() -> None:
    with pytest.raises(CapabilityError, match=r"given a function: wrap it first"):
        stress(lambda x: x, line(), [Shift()])  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(UsageError, match="must be a Batch or Splits"):
        stress(Sign(), [1, 2], [Shift()])  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(UsageError, match="measures regression"):
        stress(Sign(), line(), [Shift()], metric="squared-error")
    with pytest.raises(DataError, match="'p39' has label 5"):
        stress(Sign(), line(label=[0] * 39 + [5]), [Shift()])
    with pytest.raises(UsageError, match="no samples"):
        stress(Sign(), line().take([]), [Shift()])
    with pytest.raises(UsageError, match="seeds"):
        stress(Sign(), line(), [Shift()], seeds=[1, 1])
    with pytest.raises(UsageError, match="train split only"):
        stress(Sign(), Splits(train=line()), [Shift()])
    with pytest.raises(UsageError, match="not an explainer"):
        stress(Sign(), line(), [Shift()], explain=[Shift()])


def test_validation_and_test_are_measured_and_train_only_when_asked() -> None:
    parts = split(line(100), {"train": 0.6, "valid": 0.2, "test": 0.2})
    report = stress(Sign(), parts, [Shift()], seeds=1)
    assert (report.splits, report.main_split) == (("valid", "test"), "test")
    assert stress(Sign(), parts, [Shift()], seeds=1, splits=["train"]).rows[0].n == 60


def test_clean_predictions_are_made_once_a_split() -> None:
    seen: list[int] = []

    class Watched(Sign):
        def predict(self, batch: Batch) -> Any:
            seen.append(int((np.asarray(batch.column())[:, 0] <= 2.0).all()))
            return super().predict(batch)

    stress(Watched(), line(), [Shift(by=100.0), Shift(by=200.0)], seeds=3, show=0)
    assert sum(seen) == 1
    assert len(seen) == 1 + 2 * 3


def test_progress_is_told_cell_by_cell() -> None:
    told: list[tuple[int, int, str]] = []
    stress(Sign(), line(), [Shift(), Shift(by=2.0)], seeds=2, on_cell=lambda p: told.append(
        (p.done, p.total, p.cell.key)))
    assert [t[:2] for t in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len({t[2] for t in told}) == 4


def test_text_and_labels_of_compositions() -> None:
    data = Batch.of(["good film", "bad film", "a good book"], targets={"label": [1, 0, 1]})
    report = stress(KeywordModel(), data, [Pipeline([MaskChars(rate=1.0), Reverse()]), OneOf([Reverse(), MaskChars()])],
                    seeds=1)
    assert [p.label for p in report.perturbations] == ["mask-chars rate=1 > reverse", "one of (reverse, mask-chars)"]
    assert report.rows[0].drop.value == pytest.approx(2 / 3)
    assert report.table().shape[0] == 2


def test_per_class_sums_up_to_the_row() -> None:
    report = stress(Sign(), line(), [Shift(by=1.0)], seeds=1)
    table = report.per_class("shift")
    assert table["class"].tolist() == ["0", "1"]
    assert table["drop"].tolist() == pytest.approx([0.5, 0.0])
    assert float((table["n"] * table["drop"]).sum() / 40) == pytest.approx(report.rows[0].drop.value)
    with pytest.raises(UsageError, match="no results for 'nothing'"):
        report.per_class("nothing")


def test_a_tracker_receives_every_row() -> None:
    from practicum.tracker import Run

    class Kept(Run):
        def __init__(self) -> None:
            self.metrics: dict[str, float] = {}

        def log_metrics(self, metrics: Any, step: int | None = None) -> None:
            self.metrics |= metrics

    run = Kept()
    report = stress(Sign(), line(), [Shift(by=1.0)], seeds=1, tracker=run)
    assert run.metrics["before/data/shift/drop"] == report.rows[0].drop.value
    assert run.metrics["before/data/clean/accuracy"] == 1.0


def test_a_few_samples_are_attacked_by_themselves_too() -> None:
    """An attack whose result depends on the batch is found out; one that treats samples alone is not."""

    class Crowd(Overreach):
        name: ClassVar[str] = "test/crowd"

        def perturb(self, model: Any, batch: Batch, keys: Keys) -> Batch:
            return batch.with_column("state", np.asarray(batch.column()) + 1e-3 * len(batch))

    report = stress(Sign(), line(), [Overreach(), Crowd()], seeds=2)
    assert [(r.checked_alone, r.differ_alone) for r in report.rows] == [(4, 0), (4, 4)]
    assert report.cells[1].samples["same_alone"].null_count == 40

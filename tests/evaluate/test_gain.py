"""The gain table against models whose gains are known exactly."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import threshold
from brittle import DropHalf, Shift
from threshold import Mixed, Threshold, ladder

from practicum import Batch, Pipeline
from practicum.data.splits import split
from practicum.errors import CapabilityError, DataError, ModalityError, RunError, TechniqueFailed, UsageError
from practicum.evaluate import GainTable, crossed_bootstrap, gain, paired_bootstrap
from practicum.evaluate.cells import Memory
from practicum.evaluate.gaining import plan_gain, subset
from practicum.report.gain import cells, gain_sentence, headings, notes, render_gain
from practicum.testing.toys import AddNoise, Reverse
from practicum.testing.toys_models import KeywordModel, Push, SoftmaxRegression, blobs


def test_the_gain_is_the_known_one() -> None:
    # Without: threshold 0, right on 30 of 100. With: 0.2, right on 50. Under the stress every value is 0.1 higher.
    found = gain(Threshold(), ladder(), [Shift(by=0.2), Shift(by=-0.1)], labels=[10, 30], seeds=3,
                 stress=[Shift(by=0.1)])
    assert [(r.augmentation, r.labels) for r in found.rows] == [(f"shift by={v}", n) for v in (0.2, -0.1)
                                                                for n in (10, 30)]
    for row, (with_, reading) in zip(found.rows, [(0.5, "gain")] * 2 + [(0.2, "loss")] * 2, strict=True):
        assert row.clean.without.value == pytest.approx(0.3)
        assert row.clean.with_.value == pytest.approx(with_)
        assert row.clean.gain.value == pytest.approx(with_ - 0.3)
        assert row.clean.reading == reading
        assert row.per_seed == pytest.approx([with_ - 0.3] * 3)
        assert row.robust is not None
        assert row.robust.without.value == pytest.approx(0.2)
        assert row.robust.with_.value == pytest.approx(with_ - 0.1)
        assert (row.failed, row.trainings, row.failed_samples) == (0, 6, 0)
    # All seeds being equal, runs add nothing: the interval is that of the samples alone.
    gained = np.zeros(100)
    gained[30:50] = 1.0
    assert found.rows[0].clean.gain == paired_bootstrap(gained)[0]


def test_where_lower_is_better_less_is_a_gain() -> None:
    parts = split(blobs(300), {"train": 0.6, "test": 0.4})
    found = gain(SoftmaxRegression(epochs=8), parts, [AddNoise(std=6.0)], labels=[60], seeds=3, metric="cross-entropy")
    clean = found.rows[0].clean
    assert clean.with_.value > clean.without.value  # so much noise hides the classes: more nats
    assert clean.gain.value == pytest.approx(clean.without.value - clean.with_.value)
    assert clean.gain.value < 0


def test_a_failed_training_has_no_score_where_the_metric_knows_no_worst() -> None:
    found = gain(SoftmaxRegression(epochs=1), split(blobs(100), {"train": 0.5, "test": 0.5}), [Shift(limit=-99.0)],
                 labels=[10], seeds=2, metric="cross-entropy")
    assert math.isnan(found.rows[0].clean.with_.value)
    assert (found.rows[0].clean.reading, found.rows[0].failed) == ("unknown", 2)


def test_every_seed_draws_its_own_stress_and_shares_it_with_its_pair() -> None:
    store = Memory()
    gain(Threshold(), ladder(), [Shift(by=0.0)], labels=[10], seeds=3, stress=[AddNoise(std=0.3)], store=store)
    plan = plan_gain(Threshold(), ladder(), [Shift(by=0.0)], labels=[10], seeds=3, stress=(), metric=None)
    scores: dict[bool, list[list[float]]] = {True: [], False: []}
    for cell in plan.cells():
        table = store.get(cell.key)
        assert table is not None
        scores[cell.augmentation is None].append(table["score"].to_numpy()[100:].tolist())
    assert scores[True] == scores[False]
    assert len({tuple(s) for s in scores[True]}) == 3


def test_readings_and_levels_are_those_of_the_interval() -> None:
    # One sample of 100 more: a resample lacks it with probability 0.37, so the interval begins at zero.
    little = gain(Threshold(), ladder(), [Shift(by=0.01)], labels=[10], seeds=2).rows[0].clean
    assert little.gain.value == pytest.approx(0.01)
    assert (little.gain.low, little.reading) == (0.0, "no gain seen")
    wide, narrow = (gain(Threshold(), ladder(), [Shift(by=0.1), Shift(by=0.2)], labels=[10], seeds=2, level=level)
                    for level in (0.95, 0.5))
    one, other = wide.rows[0].clean.gain, narrow.rows[0].clean.gain
    assert one.value == other.value
    assert one.low < other.low < other.high < one.high
    assert gain_sentence(wide).startswith("With 10 labels, shift by=0.2 gains most: +20.0 [")


def test_a_gain_that_differs_between_seeds_is_paired_by_seed() -> None:
    found = gain(Threshold(spread=0.4), ladder(), [Shift(by=0.2)], labels=[10], seeds=6)
    row = found.rows[0]
    # Seeds move both thresholds by up to 40 samples of 100, but never their distance, which is 20.
    assert row.per_seed == pytest.approx([0.2] * 6)
    assert row.clean.without.high - row.clean.without.low > 0.2
    assert row.clean.gain.value == pytest.approx(0.2)


def test_an_augmentation_that_does_nothing_gains_exactly_nothing() -> None:
    parts = split(blobs(300), {"train": 0.6, "test": 0.4})
    found = gain(SoftmaxRegression(epochs=8), parts, [AddNoise(std=0.0)], labels=[20, 100], seeds=3,
                 stress=[AddNoise(std=1.0), Push(eps=0.3)])
    for row in found.rows:
        for effect in (row.clean, row.robust, *row.stressed.values()):
            assert effect is not None
            assert (effect.gain.value, effect.gain.low, effect.gain.high) == (0.0, 0.0, 0.0)
            assert effect.reading == "no gain seen"
    assert list(found.rows[0].stressed) == ["add-noise std=1", "push eps=0.3"]
    assert headings(found)[-4:-1] == ["robustness gain", "gain under add-noise std=1", "gain under push eps=0.3"]
    assert cells(found)[0][-4:] == ["0.0 [0.0, 0.0]"] * 3 + [""]
    assert set(found.table()["push eps=0.3 gain"]) == {0.0}
    robust = found.rows[0].robust
    assert robust is not None
    assert robust.without.value == pytest.approx(np.mean([e.without.value for e in found.rows[0].stressed.values()]))


def test_trainings_of_a_pair_share_samples_and_keys_and_mixed_labels_arrive() -> None:
    threshold.SEEN.clear()
    gain(Threshold(), ladder(), [Mixed(), Shift()], labels=[4, 20], seeds=[3, 8])
    assert len(threshold.SEEN) == 2 * 2 * 3
    for plain, mixed, shifted in zip(*(threshold.SEEN[k::3] for k in range(3)), strict=True):
        assert plain[:2] == mixed[:2] == shifted[:2]
        assert (plain[2:], mixed[2:], shifted[2:]) == (("label", False), ("soft-label", True), ("label", True))
    by_seed = [{keys for keys, *_ in threshold.SEEN[k:k + 6]} for k in (0, 6)]
    assert len(by_seed[0]) == len(by_seed[1]) == 1
    assert by_seed[0] != by_seed[1]
    few, more = threshold.SEEN[0][1], threshold.SEEN[3][1]
    assert (len(few), len(more)) == (4, 20)
    assert set(few) < set(more)


def test_subsets_are_nested_stratified_and_free_of_order() -> None:
    rng = np.random.default_rng(0)
    label = rng.permutation(np.repeat([0, 1, 2], [600, 300, 9]))
    train = Batch.of([str(k) for k in range(909)], targets={"label": label})
    before: set[int] = set()
    for count in (3, 30, 100, 300, 909):
        rows = subset(train, count, seed=4)
        assert len(set(rows.tolist())) == count
        assert before <= set(rows.tolist())
        before = set(rows.tolist())
        share = np.bincount(label[rows], minlength=3) - count * np.array([600, 300, 9]) / 909
        assert np.bincount(label[rows], minlength=3).min() >= 1
        assert np.abs(share).max() <= 2
    order = rng.permutation(909)
    shuffled = train.take(order)
    assert {shuffled.ids[k] for k in subset(shuffled, 100, seed=4)} == {train.ids[k] for k in subset(train, 100, 4)}
    assert set(subset(train, 100, seed=5)) != set(subset(train, 100, seed=4))
    # Each sample of a class is as likely as another: 300 seeds draw every one of 600 about 300 * 66 / 600 times.
    drawn = np.bincount(np.concatenate([subset(train, 100, seed=s) for s in range(300)]), minlength=909)[label == 0]
    assert abs(drawn.mean() - 33) < 1
    assert drawn.max() < 33 + 6 * 33**0.5


def test_failed_trainings_count_and_are_not_left_out() -> None:
    found = gain(Threshold(breaks=(1,)), ladder(), [Shift(by=0.2), Shift(by=0.1, limit=-1.0)], labels=[10],
                 seeds=[0, 1], stress=[Shift(by=0.1)])
    for row in found.rows:  # seed 1 has nothing to compare with
        assert math.isnan(row.clean.gain.value)
        assert row.clean.reading == "unknown"
    assert [r.failed for r in found.rows] == [1, 3]
    assert len(found.errors) == 3
    assert any("the loss is NaN" in text for text in found.errors.values())
    assert "1 of 4 trainings" in cells(found)[0][-1]
    # Failed with the augmentation only: there is no model, so every sample is wrong.
    found = gain(Threshold(), ladder(), [Shift(limit=-1.0)], labels=[10], seeds=2)
    assert found.rows[0].clean.with_.value == 0.0
    assert found.rows[0].clean.gain.value == pytest.approx(-0.3)
    assert found.rows[0].failed == 2
    assert any("Failed training" in n and "too large" in n for n in notes(found))
    with pytest.raises(TechniqueFailed, match=r"all 4 trainings failed.*the loss is NaN"):
        gain(Threshold(breaks=(0, 1)), ladder(), [Shift(limit=-1.0)], labels=[10], seeds=2)


def test_samples_that_fail_under_stress_are_counted() -> None:
    found = gain(Threshold(), ladder(), [Shift(by=0.2)], labels=[10], seeds=2, stress=[Shift(by=0.1, limit=0.645)])
    assert found.rows[0].failed_samples == 5 * 2 * 2  # the largest 5 values, in 2 seeds, without and with


def test_what_does_not_fit_is_refused_before_anything_runs() -> None:
    threshold.SEEN.clear()
    data = ladder()
    with pytest.raises(ModalityError, match=r"toy/reverse takes text and doesn't fit the data.*state"):
        gain(Threshold(), data, [Reverse()], labels=[10])
    with pytest.raises(ModalityError, match=r"toy/reverse takes text and doesn't fit the data"):
        gain(Threshold(), data, [Pipeline([Reverse()])], labels=[10])
    for drops in (DropHalf(), Pipeline([Shift(), DropHalf()])):
        with pytest.raises(UsageError, match="may drop samples"):
            gain(Threshold(), data, [drops], labels=[10])
    with pytest.raises(UsageError, match=r"toy/push is an attack.*list it under stress"):
        gain(Threshold(), data, [Push()], labels=[10])
    with pytest.raises(ModalityError):
        gain(Threshold(), data, [Shift()], labels=[10], stress=[Reverse()])
    with pytest.raises(CapabilityError, match="training"):
        gain(KeywordModel(), data, [Shift()], labels=[10])
    with pytest.raises(DataError, match=r"labels=100 .* \(60\)"):
        gain(Threshold(), data, [Shift()], labels=[10, 100])
    for wrong in ([], [0], [10, 10]):
        with pytest.raises(UsageError, match="labels"):
            gain(Threshold(), data, [Shift()], labels=wrong)
    with pytest.raises(UsageError, match="2 classes"):
        gain(Threshold(), data, [Shift()], labels=[1])
    with pytest.raises(UsageError, match="seeds"):
        gain(Threshold(), data, [Shift()], labels=[10], seeds=0)
    with pytest.raises(UsageError, match="no augmentation"):
        gain(Threshold(), data, [], labels=[10])
    with pytest.raises(UsageError, match="twice"):
        gain(Threshold(), data, [Shift(), Shift()], labels=[10])
    with pytest.raises(DataError, match="train"):
        gain(Threshold(), type(data)(test=data.test), [Shift()], labels=[10])
    assert threshold.SEEN == []


def test_written_and_read_back_and_shown(tmp_path: Path) -> None:
    import pandas as pd

    found = gain(Threshold(breaks=(1,)), ladder(), [Shift(by=0.2)], labels=[10, 20], seeds=2, stress=[Shift(by=0.1)])
    again = GainTable.load(found.to_json(tmp_path / "t" / "gain.json"))
    assert again.to_json(tmp_path / "b.json").read_bytes() == (tmp_path / "t" / "gain.json").read_bytes()
    pd.testing.assert_frame_equal(again.table(), found.table())
    pd.testing.assert_frame_equal(pd.read_parquet(found.to_parquet(tmp_path / "gain.parquet")), found.table())
    good = gain(Threshold(), ladder(), [Shift(by=0.2)], labels=[10], seeds=2)
    assert gain_sentence(good).startswith("With 10 labels, shift by=0.2 gains most: +20.0 [")
    assert good.row("shift by=0.2", 10) is good.rows[0]
    page = good.to_html(tmp_path / "gain.html").read_text("utf-8")
    assert "+20.0 [" in page
    assert "http" not in page.replace("http-equiv", "")
    hostile = replace(good, model={"use": "<script>"})
    assert "<script>" not in render_gain(hostile)
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(RunError, match="format"):
        GainTable.load(tmp_path / "c.json")


def test_the_crossed_bootstrap_knows_runs_and_samples() -> None:
    # One sample, two runs: a resample's mean is 0, 1/2 or 1 with probability 1/4, 1/2, 1/4.
    wide = crossed_bootstrap(np.array([[0.0], [1.0]]), replicates=4000, level=0.8)[0]
    assert (wide.value, wide.low, wide.high) == (0.5, 0.0, 1.0)
    narrow = crossed_bootstrap(np.array([[0.0], [1.0]]), replicates=4000, level=0.4)[0]
    assert (narrow.low, narrow.high) == (0.5, 0.5)
    # One run: the samples alone.
    values = np.random.default_rng(1).normal(size=(1, 50))
    one, alone = crossed_bootstrap(values)[0], paired_bootstrap(values[0])[0]
    assert (one.low, one.high) == pytest.approx((alone.low, alone.high), rel=1e-12)
    with pytest.raises(UsageError):
        crossed_bootstrap(np.zeros((2, 3)), np.zeros((2, 4)))
    assert math.isnan(crossed_bootstrap(np.array([[1.0, math.nan]]))[0].low)


def test_the_crossed_interval_covers_the_truth() -> None:
    # Runs and samples both vary: an interval over samples alone misses the true mean 0 most of the time.
    rng, crossed, naive = np.random.default_rng(2), 0, 0
    for k in range(120):
        values = rng.normal(size=(12, 1)) + rng.normal(size=(1, 80)) + rng.normal(size=(12, 80))
        found = crossed_bootstrap(values, replicates=300, seed=k)[0]
        crossed += found.low <= 0 <= found.high
        alone = paired_bootstrap(values.mean(axis=0), replicates=300, seed=k)[0]
        naive += alone.low <= 0 <= alone.high
    assert crossed / 120 > 0.85
    assert naive / 120 < 0.75

"""Splits by keyed id hash: sizes, independence of order, groups, strata."""

from __future__ import annotations

import numpy as np
import pytest

from practicum import Batch
from practicum.data import Splits, split
from practicum.errors import DataError, UsageError

SHARES = {"train": 0.6, "valid": 0.2, "test": 0.2}


def numbered(count: int, **targets: object) -> Batch:
    return Batch.of(np.arange(float(count))[:, None], targets=targets, modality="state")


def test_sizes_are_those_asked_for_and_parts_are_disjoint() -> None:
    parts = split(numbered(1797), SHARES)
    assert parts.sizes() == {"train": 1078, "valid": 360, "test": 359}
    ids = [i for _, b in parts.items() for i in b.ids]
    assert sorted(ids) == list(range(1797))


def test_the_order_of_samples_does_not_matter() -> None:
    data = numbered(300)
    shuffled = data.take(np.random.default_rng(0).permutation(300))
    for name in SHARES:
        assert set(split(data, SHARES).part(name).ids) == set(split(shuffled, SHARES).part(name).ids)


def test_another_seed_gives_other_parts() -> None:
    data = numbered(300)
    assert set(split(data, SHARES).part("test").ids) != set(split(data, SHARES, seed=1).part("test").ids)


def test_parts_are_random_not_runs_of_the_input() -> None:
    rows = np.array(list(split(numbered(1000), SHARES).part("test").ids))
    assert abs(rows.mean() - 499.5) < 60  # a uniform draw of 200 has standard error 20


def test_groups_stay_together() -> None:
    groups = [f"module{k // 7}" for k in range(700)]
    parts = split(numbered(700), SHARES, groups=groups)
    homes: dict[str, set[str]] = {}
    for name, batch in parts.items():
        for row in batch.ids:
            homes.setdefault(groups[row], set()).add(name)
    assert all(len(h) == 1 for h in homes.values())
    assert parts.sizes()["train"] == pytest.approx(420, abs=14)


def test_strata_are_divided_evenly() -> None:
    label = [0] * 50 + [1] * 450
    parts = split(numbered(500, label=label), SHARES, stratify="label")
    assert [int((b.label == 0).sum()) for _, b in parts.items()] == [30, 10, 10]


def test_fractions_below_one_leave_samples_out() -> None:
    assert split(numbered(100), {"train": 0.1, "test": 0.1}).sizes() == {"train": 10, "test": 10}


@pytest.mark.parametrize(("fractions", "message"), [
    ({"train": 0.9, "test": 0.2}, "at most 1"),
    ({"training": 0.5}, "did you mean 'train'"), ({"test": 0.0}, "positive"),
    ({}, "must be given")])
def test_bad_fractions(fractions: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        split(numbered(10), fractions)


def test_bad_groups_and_empty_parts() -> None:
    with pytest.raises(UsageError, match="names no target"):
        split(numbered(10), SHARES, groups="module")
    with pytest.raises(UsageError, match="not both"):
        split(numbered(10), SHARES, groups=[0] * 10, stratify=[0] * 10)
    with pytest.raises(UsageError, match="3 values for 10"):
        split(numbered(10), SHARES, groups=[1, 2, 3])
    with pytest.raises(DataError, match="no sample"):
        split(numbered(10), SHARES, groups=["one"] * 10)


def test_an_id_in_two_parts_is_refused() -> None:
    with pytest.raises(DataError, match="sample 3 is in 'train' and in 'test'"):
        Splits(train=numbered(5), test=numbered(8).take([3, 6]))


def test_a_missing_part_names_those_there_are() -> None:
    with pytest.raises(DataError, match="no 'valid' split; it has test"):
        Splits(test=numbered(3)).part("valid")

"""Distances between inputs, the box, and float columns as one tensor, against known values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.columns.floats import FloatColumn
from practicum.distance import distance, inside
from practicum.errors import DataError, ModalityError

X = np.array([[0.2, 0.2], [0.9, 0.9], [0.4, 0.4], [0.9, 0.8]])


def test_distances_of_known_vectors() -> None:
    a = np.zeros((2, 4))
    b = np.array([[3.0, -4.0, 0, 0], [0, 0, 0, 0]])
    assert distance("state", a, b, "linf").tolist() == [4.0, 0.0]
    assert distance("state", a, b, "l2").tolist() == [5.0, 0.0]
    assert distance("state", a, b, "l1").tolist() == [7.0, 0.0]
    images = torch.zeros(2, 1, 2, 2)
    assert distance("image", images, torch.from_numpy(b).reshape(2, 1, 2, 2), "l2").tolist() == [5.0, 0.0]
    assert distance("state", np.zeros((3, 0)), np.zeros((3, 0)), "linf").tolist() == [0, 0, 0]


def test_distances_of_series_ignore_what_is_missing_in_both() -> None:
    mask = np.ones((2, 2), bool)
    old = Series(np.array([[[1.0], [np.nan]], [[1.0], [2.0]]]), mask)
    new = Series(np.array([[[2.0], [np.nan]], [[1.0], [np.nan]]]), mask)
    far = distance("series", old, new, "l1")
    assert far[0] == 1.0
    assert np.isnan(far[1])
    assert inside("series", new, (0.0, 3.0), old).tolist() == [True, False]


def test_text_distance_counts_changed_characters() -> None:
    before, after = (Batch.of(t).data for t in (["kitten", "same", "abc"], ["sitten", "same", "abcd"]))
    assert distance("text", before, after, "edits").tolist() == [1.0, 0.0, 1.0]


def test_distances_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ModalityError, match="'edits' is for text"):
        distance("state", X, X, "edits")
    with pytest.raises(ModalityError, match="arrays of one size"):
        distance("text", Batch.of(["a"]).data, Batch.of(["a"]).data, "l2")
    with pytest.raises(DataError, match="shape"):
        distance("state", X, X[:, :1], "l2")


def test_the_box_is_exact_but_knows_float32() -> None:
    low = np.array([[0.0, 1.0], [0.0, 1.0000001]])
    assert inside("state", low, (0.0, 1.0), np.zeros((2, 2))).tolist() == [True, False]
    tenth = np.full((1, 2), 0.1, np.float32)  # 0.100000001490...
    assert inside("state", tenth, (0.0, 0.1), np.zeros((1, 2))).tolist() == [True]
    assert inside("state", np.nextafter(tenth, np.float32(1)), (0.0, 0.1), np.zeros((1, 2))).tolist() == [False]
    stayed = np.array([[2.0, 0.5]])
    assert inside("state", stayed, (0.0, 1.0), stayed).tolist() == [True]
    assert inside("state", np.array([[1.9, 0.5]]), (0.0, 1.0), stayed).tolist() == [False]
    assert inside("state", np.array([[np.inf, 0.5]]), None, stayed).tolist() == [False]


# Float columns

def test_float_columns_share_no_memory_and_come_back_in_their_own_form() -> None:
    for data in (X.copy(), torch.tensor(X), np.zeros((2, 3, 4), np.float32)):
        batch = Batch.of(data, modality="series" if data.ndim == 3 else "state")
        column = FloatColumn.of(batch, None, by="test/it")
        column.x.add_(1)
        values = batch.data.values if data.ndim == 3 else batch.data
        assert np.array_equal(np.asarray(values), np.asarray(data))
        back = column.restored(column.x).data
        back = back.values if data.ndim == 3 else back
        assert type(back) is type(data)
        assert np.array_equal(np.asarray(back), np.asarray(data) + 1)
        assert len(column.take(torch.tensor([1])).x) == 1


def test_float_columns_know_what_is_observed() -> None:
    values = np.zeros((2, 3, 2))
    values[0, 1, 0] = np.nan
    mask = np.array([[True, True, False], [True, True, True]])
    free = FloatColumn.of(Batch.of(Series(values, mask), modality="series"), None, by="test/it").free
    assert free is not None
    assert free[0].tolist() == [[True, True], [False, True], [False, False]]
    assert free[1].all()


@pytest.mark.parametrize(("data", "modality", "says"), [
    (np.zeros((1, 3, 2, 2), np.uint8), "image", r"uint8.*convert them to float in \[0, 1\]"),
    (np.zeros((1, 2), np.int64), "state", "int64; gradients need float32 or float64"),
    (np.zeros((1, 2), np.float16), "state", "float16; gradients need float32 or float64"),
    ([np.zeros((2, 2, 1), np.float32), np.zeros((3, 2, 1), np.float32)], "image", "differing sizes; resize or pad"),
])
def test_columns_without_gradients_are_refused_with_the_mend(data: Any, modality: str, says: str) -> None:
    with pytest.raises(DataError, match=f"test/it: column '{modality}' .*{says}"):
        FloatColumn.of(Batch.of(data, modality=modality), None, by="test/it")
    with pytest.raises(ModalityError, match="no column of modality image or series or state"):
        FloatColumn.of(Batch.of(["a"]), None, by="test/it")
    with pytest.raises(ModalityError, match="column 'text' is text, not image or series or state"):
        FloatColumn.of(Batch.of(["a"]), "text", by="test/it")


def test_values_handed_to_a_model_carry_gradients() -> None:
    for data, modality in ((X, "state"), (np.zeros((2, 3, 4)), "series")):
        column = FloatColumn.of(Batch.of(data, modality=modality), None, by="test/it")
        x = column.x.requires_grad_(True)
        seen = column.with_values(x).data
        (seen.values if modality == "series" else seen).sum().backward()
        assert torch.equal(x.grad, torch.ones_like(x))

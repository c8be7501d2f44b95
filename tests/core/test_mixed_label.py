"""Mixtures of several classes: dense form, joining with other labels, Arrow, rows."""

import numpy as np
import pyarrow as pa
import pytest

from practicum import Batch, MixedLabel, SoftLabel
from practicum.errors import DataError
from practicum.testing.compare import target_row

MIXED = MixedLabel(np.array([[0, 2, 0], [1, 1, 1]]), np.array([[0.25, 0.5, 0.25], [0.3, 0.0, 0.0]]))


def test_dense_adds_repeated_classes_and_spreads_the_rest() -> None:
    np.testing.assert_allclose(MIXED.dense(4), [[0.5, 0, 0.5, 0], [0.175, 0.475, 0.175, 0.175]])
    assert MIXED.spread.tolist() == [0.0, 0.7]
    with pytest.raises(DataError, match="class 2 but only 2"):
        MIXED.dense(2)
    assert MIXED.take(np.zeros(0, np.int64)).dense(3).shape == (0, 3)


def test_a_soft_label_is_a_mixture_of_two() -> None:
    soft = SoftLabel(np.array([0, 1]), np.array([2, 1]), np.array([0.75, 0.4]))
    np.testing.assert_allclose(soft.mixed().dense(3), soft.dense(3))
    assert soft.mixed().mixed().classes.tolist() == [[0, 2], [1, 1]]


def test_a_batch_carries_mixtures() -> None:
    batch = Batch.of(["a", "b"], targets={"label": MIXED})
    again = Batch.from_arrow(batch.to_arrow())
    assert batch.equals(again)
    assert isinstance(again.targets["label"].data, MixedLabel)
    sink = pa.BufferOutputStream()
    table = batch.take([]).to_arrow()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    assert len(Batch.from_arrow(pa.ipc.open_stream(sink.getvalue()).read_all())) == 0
    assert batch.take([1]).targets["label"].data.weights.tolist() == [[0.3, 0.0, 0.0]]
    assert batch.to_pandas()["label"][0] == ((0, 0.25), (2, 0.5), (0, 0.25))
    assert target_row(batch.targets["label"], 1)[0].tolist() == [1, 1, 1]
    other = Batch.of(["a", "b"], targets={"label": MixedLabel(MIXED.classes, MIXED.weights[::-1].copy())})
    assert not batch.equals(other)
    assert not batch.equals(Batch.of(["a", "b"], targets={"label": SoftLabel(*np.zeros((2, 2), int), np.ones(2))}))


def test_labels_of_every_kind_are_joined() -> None:
    parts = [Batch.of(["a"], ids=["x"], targets={"label": [1]}),
             Batch.of(["b"], ids=["y"], targets={"label": SoftLabel(np.array([0]), np.array([2]), np.array([0.5]))}),
             Batch.of(["c", "d"], ids=["z", "w"], targets={"label": MIXED})]
    joined = Batch.concat(parts).targets["label"].data
    np.testing.assert_allclose(joined.dense(3)[:3], [[0, 1, 0], [0.5, 0, 0.5], [0.5, 0, 0.5]])
    np.testing.assert_allclose(joined.dense(3)[3], MIXED.dense(3)[1])

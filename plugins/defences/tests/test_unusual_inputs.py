"""Series with gaps, batches of several columns, labels that aren't classes, and settings that make no sense."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from practicum_defences.fast import FastTraining
from practicum_defences.free import FreeTraining
from practicum_defences.input_smoothing import InputSmoothing
from practicum_defences.randomised_smoothing import RandomisedSmoothing
from practicum_defences.trades import Trades
from practicum_defences.training import Step

from practicum import Batch, Keys
from practicum.columns.arrays import Series
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError, ConfigError, DataError
from practicum.targets import SoftLabel
from practicum.testing.torch_net import ToyNet
from practicum.testing.torch_toys import TorchToy
from practicum.testing.toys import AddNoise
from practicum.testing.toys_models import blobs

METHODS = [Trades(base=ToyNet(), eps=0.3, steps=2), FreeTraining(base=ToyNet(), eps=0.3, replays=3),
           FastTraining(base=ToyNet(), eps=0.3)]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.label)
def test_values_that_were_never_observed_do_not_move(method: Any) -> None:
    mask = np.array([[True, True, False], [True, False, False]])
    values = np.where(mask, 1.0, 7.0)[:, :, None]
    batch = Batch.of(Series(values, mask), modality="series", targets={"label": [0, 1]})
    weight = torch.ones(2, 3, dtype=torch.float64)
    weight[1] = -1.0
    weight.requires_grad_(True)
    seen: list[torch.Tensor] = []

    def scores(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.detach().clone())
        return x.reshape(2, 3) @ weight.T

    optimizer = torch.optim.SGD([weight], lr=0.0)
    column = FloatColumn.of(batch, None, by="test")
    method.learn(Step(column, torch.tensor([0, 1]), scores, [], None, Keys(0).bind(batch.ids), optimizer))
    there = torch.from_numpy(mask)[:, :, None]
    assert all(torch.equal(x[~there], column.x[~there]) for x in seen)
    assert max(float((x - column.x).abs().max()) for x in seen) == pytest.approx(0.3)


def test_noise_spares_values_that_were_never_observed() -> None:
    mask = np.array([[True, False]])
    batch = Batch.of(Series(np.ones((1, 2, 1)), mask), modality="series")
    blind_to_first = TorchToy.linear([[0.0, 1.0], [0.0, -1.0]])
    found = RandomisedSmoothing(base=blind_to_first, sigma=5.0, draws=4).predict(batch).values
    np.testing.assert_allclose(np.exp(found)[0, 0], 1 / (1 + np.exp(-2.0)), rtol=1e-6)


def test_the_search_leaves_batch_statistics_alone_and_the_loss_moves_them() -> None:
    net = torch.nn.Sequential(torch.nn.BatchNorm1d(2, dtype=torch.float64)).train()
    modes: list[bool] = []

    def scores(x: torch.Tensor) -> torch.Tensor:
        modes.append(net.training)
        return net(x)

    batch = blobs(6)
    step = Step(FloatColumn.of(batch, None, by="test"), torch.from_numpy(batch.label), scores, [net], None,
                Keys(0).bind(batch.ids), torch.optim.SGD(net.parameters(), lr=0.1))
    Trades(base=ToyNet(), steps=2).learn(step)
    assert modes == [False] * 3 + [True] * 2  # clean, two steps; then the clean and the attacked part of the loss
    assert int(net[0].num_batches_tracked) == 2


def test_the_search_of_trades_starts_beside_the_sample_where_the_divergence_has_a_slope() -> None:
    batch, seen = blobs(6), []
    weight = torch.tensor([[1.0, -2.0], [0.5, 1.0]], dtype=torch.float64, requires_grad=True)

    def scores(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.detach().clone())
        return x @ weight.T

    column = FloatColumn.of(batch, None, by="test")
    step = Step(column, torch.from_numpy(batch.label), scores, [], None, Keys(0).bind(batch.ids),
                torch.optim.SGD([weight], lr=0.1))
    Trades(base=ToyNet(), eps=0.2, steps=3).learn(step)
    away = (seen[1] - column.x).abs()
    assert float(away.min()) > 0
    assert float(away.max()) < 5e-3  # deviation 0.001
    np.testing.assert_allclose((seen[-1] - column.x).abs(), 0.2)  # and ends at the ball's corners


@pytest.mark.parametrize("random", [True, False])
def test_fast_training_steps_from_anywhere_in_the_ball_or_from_the_sample(random: bool) -> None:
    batch, seen = blobs(200), []
    weight = torch.tensor([[1.0, -2.0], [0.5, 1.0]], dtype=torch.float64, requires_grad=True)

    def scores(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.detach().clone())
        return x @ weight.T

    before, column = weight.detach().clone(), FloatColumn.of(batch, None, by="test")
    step = Step(column, torch.from_numpy(batch.label), scores, [], None, Keys(0).bind(batch.ids),
                torch.optim.SGD([weight], lr=0.1))
    FastTraining(base=ToyNet(), eps=0.2, step=0.5, random_start=random).learn(step)
    start, end = (z - column.x for z in seen)
    if random:
        assert -0.2 <= float(start.min()) < -0.19
        assert 0.19 < float(start.max()) <= 0.2
        assert abs(float(start.mean())) < 4 * 0.2 / np.sqrt(3 * start.numel())  # uniform: deviation eps / sqrt(3)
    else:
        assert torch.equal(start, torch.zeros_like(start))
        np.testing.assert_allclose(end.abs(), 0.1)
    slope = torch.softmax(seen[0] @ before.T, dim=1)
    slope[np.arange(200), batch.label] -= 1.0
    along = (slope @ before).sign()  # the gradient of cross entropy by the input, in closed form
    np.testing.assert_allclose(end, (start + 0.1 * along).clamp(-0.2, 0.2), atol=1e-12)


def test_the_column_that_the_base_reads_is_defended() -> None:
    class Reads(ToyNet):
        name: ClassVar[str] = "toy/reads"
        on: str = "b"

        def logits(self, batch: Batch) -> torch.Tensor:
            return super().logits(Batch.of(batch.columns["b"].data))

        def trainee(self, batches: Any, keys: Keys) -> Any:
            return super().trainee([Batch.of(b.columns["b"].data, targets={"label": b.label}) for b in batches], keys)

    data = blobs(30)
    two = Batch.of(columns={"a": np.zeros((30, 5)), "b": np.asarray(data.data)}, targets={"label": data.label})
    trained = FastTraining(base=Reads(hidden=0), eps=0.2, epochs=4, lr=0.1).fit([two], Keys(0))
    assert float(np.mean(trained.predict(two).labels == data.label)) > 0.8
    for model in (RandomisedSmoothing(base=trained, sigma=0.1),
                  InputSmoothing(base=trained, smooth=AddNoise(std=0.01, on="b"))):
        assert float(np.mean(model.predict(two).labels == data.label)) > 0.8


def test_augmentation_that_mixes_labels_is_refused_by_name() -> None:
    class Mixes(AddNoise):
        name: ClassVar[str] = "toy/mixes"

        def apply(self, batch: Batch, keys: Keys) -> Batch:
            return batch.with_targets(label=SoftLabel(batch.label, 1 - batch.label, np.full(len(batch), 0.5)))

    with pytest.raises(CapabilityError, match="toy/mixes makes targets of kind 'soft-label'"):
        METHODS[2].fit([blobs(8)], Keys(0), augment=Mixes())


def test_a_shape_that_changes_has_no_gradient_straight_through() -> None:
    class Halves(AddNoise):
        def apply(self, batch: Batch, keys: Keys) -> Batch:
            return batch.with_column("state", np.asarray(batch.data)[:, :2])

    model = InputSmoothing(base=TorchToy.linear([[1.0, 0.0], [0.0, 1.0]]), smooth=Halves())
    batch = Batch.of(np.eye(4))
    assert model.predict(batch).labels[:2].tolist() == [0, 1]
    with pytest.raises(DataError, match=r"makes \(2,\) of samples of shape \(4,\)"):
        model.logits(batch)


@pytest.mark.parametrize("wrong", [{"n0": 0}, {"n": 0}, {"alpha": 0.0}, {"alpha": 1.0}])
def test_certificates_of_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="certify needs"):
        RandomisedSmoothing(base=TorchToy.linear([[1.0], [-1.0]])).certify(Batch.of(np.ones((1, 1))), **wrong)


def test_noise_is_the_same_however_many_samples_are_seen_at_once() -> None:
    import practicum_defences.randomised_smoothing as module

    model, batch = RandomisedSmoothing(base=TorchToy.linear([[3.0, 4.0], [-3.0, -4.0]]), sigma=0.5, draws=7), blobs(5)
    whole, votes = np.asarray(model.predict(batch).values), model._votes(batch, "bound", 50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS", 1)
        np.testing.assert_allclose(np.asarray(model.predict(batch).values), whole, atol=1e-12)
        np.testing.assert_array_equal(model._votes(batch, "bound", 50), votes)
    assert votes.sum(axis=1).tolist() == [50.0] * 5

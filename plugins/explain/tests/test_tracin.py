"""Influence of training examples against closed forms and PyTorch's own gradients of weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_explain.tracin import TracIn
from torch import nn

from practicum import Batch, Keys
from practicum.errors import CapabilityError, ConfigError, DataError
from practicum.technique import build
from practicum.testing.torch_toys import BagOfWords, TorchToy


def drawn(net: nn.Module, seed: int) -> nn.Module:
    rng = np.random.default_rng(seed)
    net = net.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape) / max(parameter[0].numel(), 1) ** 0.5))
    return net


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_a_softmax_regression_has_a_closed_form() -> None:
    # (p - y).(p' - y') (x.x' + 1): the one is the bias
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(3, 5)), rng.normal(size=3)
    x, train = rng.normal(size=(4, 5)), rng.normal(size=(7, 5))
    target, label = np.array([0, 2, 1, 1]), np.array([0, 1, 2, 0, 1, 2, 2])
    model = TorchToy.linear(weight, bias)
    held = Batch.of(train, ids=[f"t{i}" for i in range(7)], targets={"label": label})
    out = TracIn(rate=0.5, batch_size=3).fit(model, held, Keys(0))(model, x, target=target)
    left, right = (softmax(z @ weight.T + bias) - np.eye(3)[y] for z, y in ((x, target), (train, label)))
    np.testing.assert_allclose(np.stack(out.values), 0.5 * (left @ right.T) * (x @ train.T + 1), rtol=1e-10)
    assert out.units == [[f"t{i}" for i in range(7)]] * 4
    assert out.queries.tolist() == [1] * 4
    assert out.gradients.tolist() == [1] * 4


class Net(nn.Module):
    """Convolutions (also strided, grouped and padded), an in-place ReLU, and a layer that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, stride=2, padding=1)
        self.second = nn.Conv2d(4, 4, 3, groups=2, padding="same", dilation=2, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.twice, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.first(x.unflatten(1, (2, 6, 6))))
        x = self.relu(self.second(x)).flatten(2).transpose(1, 2)
        return self.last(torch.tanh(self.twice(torch.tanh(self.twice(x)))).mean(dim=1))


def weight_gradients(net: nn.Module, x: torch.Tensor, y: np.ndarray, names: list[str]) -> np.ndarray:
    rows = []
    for row in range(len(x)):
        loss = nn.functional.cross_entropy(net(x[row:row + 1].flatten(1)), torch.tensor([int(y[row])]))
        chosen = [p for n, p in net.named_parameters() if n.split(".")[0] in names]
        rows.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, chosen)]).numpy())
    return np.stack(rows)


@pytest.mark.parametrize("layers", [None, ("last",), ("first", "twice")])
def test_gradients_are_those_of_the_weights(layers: tuple[str, ...] | None) -> None:
    net, rng = drawn(Net(), 1), np.random.default_rng(2)
    x, train = (torch.from_numpy(rng.normal(size=(n, 2, 6, 6))) for n in (3, 5))
    target, label = np.array([0, 1, 2]), np.array([2, 1, 0, 0, 1])
    model = TorchToy.of(net)
    out = TracIn(layers=layers).fit(model, Batch.of(train, targets={"label": label}), Keys(0))(model, x, target=target)
    names = ["first", "second", "twice", "last"] if layers is None else list(layers)
    left, right = (weight_gradients(net, z, y, names) for z, y in ((x, target), (train, label)))
    np.testing.assert_allclose(np.stack(out.values), left @ right.T, rtol=1e-9, atol=1e-13)
    assert not any(m._forward_hooks for m in net.modules())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())


def test_it_predicts_what_a_small_step_on_an_example_does_to_the_loss() -> None:
    net, rng = drawn(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)), 3), np.random.default_rng(4)
    x, train = rng.normal(size=(1, 4)), rng.normal(size=(6, 4))
    label, rate = np.array([0, 1, 2, 0, 1, 2]), 1e-5
    model = TorchToy.of(net)
    out = TracIn(rate=rate).fit(model, Batch.of(train, targets={"label": label}), Keys(0))(model, x, target=1)

    def loss(z: np.ndarray, y: int) -> torch.Tensor:
        return nn.functional.cross_entropy(net(torch.from_numpy(z)), torch.tensor([y]))

    before = loss(x, 1).item()
    for k in range(6):
        state = {n: v.clone() for n, v in net.state_dict().items()}
        gradients = torch.autograd.grad(loss(train[k:k + 1], int(label[k])), list(net.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(net.parameters(), gradients, strict=True):
                parameter -= rate * gradient
        np.testing.assert_allclose(out.values[0][k], before - loss(x, 1).item(), rtol=1e-3, atol=1e-11)
        net.load_state_dict(state)


def test_checkpoints_are_summed_with_their_rates() -> None:
    rng = np.random.default_rng(5)
    x, train = rng.normal(size=(2, 4)), Batch.of(rng.normal(size=(3, 4)), targets={"label": [0, 1, 1]})
    models = [TorchToy.linear(rng.normal(size=(2, 4))) for _ in range(3)]
    alone = [np.stack(TracIn().fit(m, train, Keys(0))(m, x, target=1).values) for m in models]
    fitted = TracIn().fit(models[0], train, Keys(0), checkpoints=[(models[1], 0.5), (models[2], 0.1)])
    out = fitted(models[0], x, target=1)
    np.testing.assert_allclose(np.stack(out.values), 0.5 * alone[1] + 0.1 * alone[2], rtol=1e-12)
    assert fitted != TracIn().fit(models[0], train, Keys(0))
    assert fitted.state_digest()
    assert not TracIn().state_digest()


def test_texts_and_examples_with_the_ids_of_samples() -> None:
    rng = np.random.default_rng(6)
    table, weight = rng.normal(size=(3, 5)), rng.normal(size=(2, 5))
    model = BagOfWords.of(["good", "bad"], table, weight)
    train = Batch.of(["good good", "bad", "what good"], ids=[0, 1, 2], targets={"label": [1, 0, 1]})
    out = TracIn().fit(model, train, Keys(0))(model, Batch.of(["bad film", "good"], ids=[0, 1]), target=1)
    means = [table[rows].mean(axis=0) for rows in ([1, 2], [0], [0, 0], [1], [2, 0])]
    score = softmax(np.stack(means) @ weight.T) - np.eye(2)[[1, 1, 1, 0, 1]]
    expected = (score[:2] @ score[2:].T) * (np.stack(means[:2]) @ np.stack(means[2:]).T)
    np.testing.assert_allclose(np.stack(out.values), expected, rtol=1e-10)
    assert out.queries.tolist() == [1, 1]


def test_examples_are_chosen_by_their_ids_and_named_by_a_source() -> None:
    rng = np.random.default_rng(7)
    model, x = TorchToy.linear(rng.normal(size=(10, 64)).astype(np.float32)), rng.normal(size=(1, 64))
    train = Batch.of(rng.normal(size=(9, 64)), ids=[f"t{i}" for i in range(9)], targets={"label": [0, 1, 2] * 3})
    chosen = TracIn(most=4).fit(model, train, Keys(0))(model, x, target=1).units[0]
    order = np.random.default_rng(8).permutation(9)
    again = TracIn(most=4).fit(model, train.take(order), Keys(0))(model, x, target=1).units[0]
    assert len(chosen) == 4
    assert sorted(chosen) == sorted(again)
    config = {"use": "explain/tracin", "examples": {"use": "sklearn/digits"}, "layers": ["last"]}
    assert build(build(config).config()) == build(config)


def test_what_is_missing_is_said() -> None:
    model, x = TorchToy.linear(np.ones((2, 4))), np.ones((1, 4))
    train = Batch.of(np.ones((2, 4)), targets={"label": [0, 1]})
    with pytest.raises(CapabilityError, match="has none yet"):
        TracIn()(model, x, target=0)
    with pytest.raises(DataError, match="no samples"):
        TracIn().fit(model, train.take(np.zeros(0, dtype=np.int64)), Keys(0))
    with pytest.raises(CapabilityError, match="no linear or convolution layer 'head'"):
        TracIn(layers=("head",)).fit(model, train, Keys(0))(model, x, target=0)
    with pytest.raises(CapabilityError, match="calls no linear or convolution layer"):
        TracIn().fit(model, train, Keys(0))(TorchToy.of(nn.Tanh()), x, target=0)
    with pytest.raises(ConfigError, match="use: SOURCE"):
        TracIn(examples={"path": "x"})

"""DeepLIFT, LRP and guided backpropagation against formulas written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_explain.deep_lift import DeepLift
from practicum_explain.guided_backprop import GuidedBackprop
from practicum_explain.integrated_gradients import IntegratedGradients
from practicum_explain.lrp import Lrp
from practicum_explain.saliency import Saliency
from torch import nn
from torch.nn import functional

from practicum.errors import CapabilityError, TechniqueFailed
from practicum.masking import Constant
from practicum.testing.torch_toys import BagOfWords, TorchToy


def drawn(net: nn.Module, seed: int) -> nn.Module:
    """The network in float64 with weights, and statistics of batch norm, of a seed's own."""
    rng = np.random.default_rng(seed)
    net = net.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape) / max(parameter[0].numel(), 1) ** 0.5))
        for name, buffer in net.named_buffers():
            if buffer.is_floating_point():
                low = 0.5 if "var" in name else -0.5
                buffer.copy_(torch.from_numpy(rng.uniform(low, low + 1.0, size=buffer.shape)))
    return net


def conv_net(bias: bool, seed: int = 0) -> nn.Module:
    return drawn(nn.Sequential(
        nn.Unflatten(1, (2, 6, 6)), nn.Conv2d(2, 5, 3, padding=1, bias=bias), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 2, bias=bias), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(6, 3, bias=bias)), seed)


def images(count: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, 2, 6, 6)))


def test_without_biases_four_methods_are_one_and_add_up_to_the_score() -> None:
    model, x = TorchToy.of(conv_net(bias=False)), images(5, 1)
    target = np.array([0, 1, 2, 0, 1])
    product = Saliency(absolute=False, times_input=True)(model, x, target=target).values
    with torch.no_grad():
        score = model._module(x.flatten(1)).numpy()[np.arange(5), target]
    np.testing.assert_allclose(product.reshape(5, -1).sum(axis=1), score, atol=1e-12)
    others = [IntegratedGradients(absent=Constant(), nodes=n) for n in (1, 3)]
    for method in (*others, DeepLift(absent=Constant()), Lrp(epsilon=0.0)):
        np.testing.assert_allclose(method(model, x, target=target).values, product, atol=1e-12)
    np.testing.assert_allclose(Lrp(epsilon=0.0)(model, x, target=target).figures["absorbed"], 0.0, atol=1e-12)


@pytest.mark.parametrize("method", [DeepLift, IntegratedGradients])
def test_linear_scores(method: Any) -> None:
    rng = np.random.default_rng(2)
    weight, x, base = rng.normal(size=(2, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)
    out = method(absent=Constant(value=tuple(base)))(TorchToy.linear(weight, [1.0, 2.0]), x, target=1)
    np.testing.assert_allclose(out.values, weight[1] * (x - base), rtol=1e-12)
    np.testing.assert_allclose(out.base_value, base @ weight[1] + 2.0, rtol=1e-12)


class Twice(nn.Module):
    """One ReLU module, used twice, and functions beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 2)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.relu(self.first(x))
        h = self.relu(self.second(h)) + h
        h += torch.tanh(h)
        return self.last(functional.relu(h - 0.3))


def test_deep_lift_adds_up_where_a_module_is_used_twice_and_follows_functions() -> None:
    net, rng = drawn(Twice(), 3), np.random.default_rng(4)
    x, base = rng.normal(size=(4, 6)), rng.normal(size=6)
    out = DeepLift(absent=Constant(value=tuple(base)))(TorchToy.of(net), x, target=1)
    with torch.no_grad():
        high, low = net(torch.from_numpy(x))[:, 1].numpy(), net(torch.from_numpy(base)[None])[0, 1].item()
    np.testing.assert_allclose(out.values.sum(axis=1), high - low, atol=1e-13)
    np.testing.assert_allclose(out.score, high, atol=1e-14)
    assert out.error.max() < 1e-12
    # The same by hand: slopes of secants from the baseline, layer by layer.
    both = torch.cat([torch.from_numpy(x), torch.from_numpy(base).expand(4, 6)])

    def secant(y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return torch.nan_to_num((y[:4] - y[4:]) / (z[:4] - z[4:]))  # 0/0 where both ReLUs are closed

    with torch.no_grad():
        z1 = net.first(both)
        h1 = z1.relu()
        z2 = net.second(h1)
        h2 = z2.relu() + h1
        h3 = h2 + h2.tanh()
        back = net.last.weight[1] * secant((h3 - 0.3).relu(), h3)
        back = back * (1 + secant(h2.tanh(), h2))
        back = (back * secant(z2.relu(), z2)) @ net.second.weight + back
        back = (back * secant(h1, z1)) @ net.first.weight
    expected = (back * torch.from_numpy(x - base)).numpy()
    np.testing.assert_allclose(out.values, expected, atol=1e-12)


def test_deep_lift_of_a_saturated_unit_and_of_one_that_does_not_move() -> None:
    net = nn.Sequential(nn.Linear(2, 1, dtype=torch.float64), nn.Sigmoid())
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[3.0, 1.0]]))
        net[0].bias.zero_()
    x = np.array([[20.0, 0.0], [1.0, -3.0]])
    out = DeepLift()(TorchToy.of(net), x, target=0)
    np.testing.assert_allclose(out.values[0], [0.5, 0.0], atol=1e-9)  # the gradient there is 1e-26
    np.testing.assert_allclose(out.values[1], [0.75, -0.75], atol=1e-12)  # the derivative at 0 is 1/4


@pytest.mark.parametrize(("x", "base", "expected"), [
    ([1.0, 5.0, 2.0], [0.0, 0.0, 0.0], [0.0, 5.0, 0.0]),    # grown: to the sample's largest
    ([1.0, 0.0, 0.5], [0.0, 4.0, 0.0], [0.0, -3.0, 0.0]),   # shrunk: to the baseline's largest
    ([3.0, 2.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
])
def test_deep_lift_of_a_max_pool(x: list[float], base: list[float], expected: list[float]) -> None:
    net = nn.Sequential(nn.Unflatten(1, (1, 3)), nn.MaxPool1d(3), nn.Flatten())
    out = DeepLift(absent=Constant(value=tuple(base)))(TorchToy.of(net), np.array([x]), target=0)
    np.testing.assert_allclose(out.values[0], expected, atol=1e-14)


def test_deep_lift_adds_up_through_overlapping_pools_and_batch_norm() -> None:
    net = drawn(nn.Sequential(nn.Unflatten(1, (2, 6, 6)), nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ELU(),
                              nn.MaxPool2d(3, stride=1, padding=1), nn.AdaptiveMaxPool2d(2), nn.Flatten(),
                              nn.Linear(16, 5), nn.GELU(), nn.Linear(5, 2)), 5)
    out = DeepLift()(TorchToy.of(net), images(4, 6), target=1)
    assert out.error.max() < 1e-12
    assert np.abs(out.score - out.base_value).min() > 1e-3


def layers(seed: int, bias: bool = True) -> tuple[nn.Module, list[np.ndarray], list[np.ndarray]]:
    net = drawn(nn.Sequential(nn.Linear(5, 6, bias=bias), nn.ReLU(), nn.Linear(6, 3, bias=bias)), seed)
    weights = [net[k].weight.detach().numpy() for k in (0, 2)]
    biases = [net[k].bias.detach().numpy() if bias else np.zeros(len(w)) for k, w in zip((0, 2), weights, strict=True)]
    return net, weights, biases


def by_hand(x: np.ndarray, weights: list[np.ndarray], biases: list[np.ndarray], target: int, rule: Any) -> np.ndarray:
    hidden = np.maximum(weights[0] @ x + biases[0], 0.0)
    score = weights[1] @ hidden + biases[1]
    relevance = np.where(np.arange(3) == target, score, 0.0)
    for a, w, b in ((hidden, weights[1], biases[1]), (x, weights[0], biases[0])):
        relevance = rule(a, w, b, relevance)
    return relevance


def epsilon_rule(a: np.ndarray, w: np.ndarray, b: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    z = w @ a + b
    return a * (w.T @ (relevance / (z + 0.3 * np.sign(z))))


def gamma_rule(a: np.ndarray, w: np.ndarray, b: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    shares = np.concatenate([w * a, b[:, None]], axis=1)
    same = np.sign(shares) == np.sign(shares.sum(axis=1, keepdims=True))
    shares = shares * np.where(same, 1.25, 1.0)
    return ((shares / shares.sum(axis=1, keepdims=True))[:, :-1] * relevance[:, None]).sum(axis=0)


def z_plus_rule(a: np.ndarray, w: np.ndarray, b: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    shares = np.maximum(np.concatenate([w * a, b[:, None]], axis=1), 0.0)
    total = shares.sum(axis=1, keepdims=True)
    return (np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)[:, :-1] * relevance[:, None]).sum(0)


@pytest.mark.parametrize(("method", "rule"), [(Lrp(epsilon=0.3), epsilon_rule), (Lrp(rule="gamma"), gamma_rule),
                                              (Lrp(rule="z-plus"), z_plus_rule)])
def test_lrp_rules_by_hand(method: Lrp, rule: Any) -> None:
    net, weights, biases = layers(7)
    x = np.random.default_rng(8).normal(size=(6, 5))
    out = method(TorchToy.of(net), x, target=1)
    expected = np.stack([by_hand(row, weights, biases, 1, rule) for row in x])
    np.testing.assert_allclose(out.values, expected, atol=1e-13)
    score = net(torch.from_numpy(x))[:, 1].detach().numpy()
    np.testing.assert_allclose(out.figures["absorbed"], score - expected.sum(axis=1), atol=1e-12)
    assert np.abs(expected).max() > 0.05


def test_gamma_of_inputs_that_are_not_negative_is_the_overviews_rule() -> None:
    # R_j = sum_k a_j (w_jk + gamma w_jk+) / sum_j a_j (w_jk + gamma w_jk+) R_k, for a positive score
    net, weights, _ = layers(9, bias=False)
    x = np.random.default_rng(10).uniform(size=(8, 5))
    scores = net(torch.from_numpy(x)).detach().numpy()
    row, target = np.argwhere(scores > 0.05)[0]
    hidden = np.maximum(weights[0] @ x[row], 0.0)
    relevance = np.where(np.arange(3) == target, scores[row], 0.0)
    for a, w in ((hidden, weights[1]), (x[row], weights[0])):
        more = w + 0.25 * np.maximum(w, 0.0)
        relevance = a * (more.T @ np.where(relevance != 0, relevance / (more @ a), 0.0))
    out = Lrp(rule="gamma")(TorchToy.of(net), x[[row]], target=int(target))
    np.testing.assert_allclose(out.values[0], relevance, atol=1e-13)
    assert abs(out.figures["absorbed"][0]) < 1e-12


@pytest.mark.parametrize("rule", ["epsilon", "gamma", "z-plus"])
def test_lrp_merges_batch_norm_into_the_layer_before_it(rule: Any) -> None:
    conv, norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
    net = drawn(nn.Sequential(nn.Unflatten(1, (2, 6, 6)), conv, norm, nn.ReLU(), nn.Flatten(), nn.Linear(64, 2)), 11)
    merged = torch.nn.utils.fusion.fuse_conv_bn_eval(conv.eval(), norm.eval())
    fused = nn.Sequential(net[0], merged, *net[3:])
    x = images(3, 12)
    out, expected = (Lrp(rule=rule, epsilon=0.1)(TorchToy.of(n), x, target=1) for n in (net, fused))
    np.testing.assert_allclose(out.values, expected.values, atol=1e-13)
    np.testing.assert_allclose(out.figures["absorbed"], expected.figures["absorbed"], atol=1e-12)


def test_lrp_of_batch_norm_alone_and_of_residual_branches() -> None:
    norm = drawn(nn.Sequential(nn.BatchNorm1d(3)), 13)
    x = np.random.default_rng(14).normal(size=(4, 3))
    scale = (norm[0].weight / (norm[0].running_var + norm[0].eps).sqrt()).detach().numpy()
    out = Lrp(epsilon=0.0)(TorchToy.of(norm), x, target=1)
    np.testing.assert_allclose(out.values, x * scale * [0, 1, 0], rtol=1e-10)

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.last = nn.Linear(6, 6, bias=False), nn.Linear(6, 2, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(x + torch.relu(self.inner(x)))

    model, x = TorchToy.of(drawn(Residual(), 15)), np.random.default_rng(16).normal(size=(3, 6))
    product = Saliency(absolute=False, times_input=True)(model, x, target=0).values
    np.testing.assert_allclose(Lrp(epsilon=0.0)(model, x, target=0).values, product, atol=1e-13)


def test_guided_backpropagation_by_hand() -> None:
    net = drawn(nn.Sequential(nn.Linear(5, 7), nn.ReLU(inplace=True), nn.Linear(7, 6)), 17)
    last = drawn(nn.Linear(6, 2), 18)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.last = net, last

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(functional.relu(self.net(x)))

    x = np.random.default_rng(19).normal(size=(4, 5))
    out = GuidedBackprop()(TorchToy.of(Net()), x, target=1)
    with torch.no_grad():
        z1 = net[0](torch.from_numpy(x))
        z2 = net[2](z1.relu())
        back = last.weight[1].expand_as(z2).clamp(min=0) * (z2 > 0)
        back = (back @ net[2].weight).clamp(min=0) * (z1 > 0)
        expected = (back @ net[0].weight).numpy()
    np.testing.assert_allclose(out.values, expected, atol=1e-14)
    assert out.figures["relus"].tolist() == [2.0] * 4
    plain = Saliency(absolute=False)(TorchToy.of(Net()), x, target=1).values
    assert np.abs(plain - expected).max() > 0.05


def test_guided_backpropagation_without_relus_is_the_gradient_and_says_so() -> None:
    net = drawn(nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)), 20)
    x = np.random.default_rng(21).normal(size=(2, 5))
    out = GuidedBackprop()(TorchToy.of(net), x, target=0)
    np.testing.assert_array_equal(out.values, Saliency(absolute=False)(TorchToy.of(net), x, target=0).values)
    assert out.figures["relus"].tolist() == [0.0, 0.0]


def test_words_get_the_sum_over_their_embeddings() -> None:
    rng = np.random.default_rng(22)
    table, weight = rng.normal(size=(3, 5)), rng.normal(size=(2, 5))
    model = BagOfWords.of(["good", "bad"], table, weight)
    for method in (DeepLift(), Lrp(epsilon=0.0)):
        out = method(model, ["good bad", ""], target=1)
        np.testing.assert_allclose(out.values[0], table[[0, 1]] @ weight[1] / 2, rtol=1e-12)
        assert len(out.values[1]) == 0


@pytest.mark.parametrize("method", [DeepLift(), Lrp()])
@pytest.mark.parametrize(("module", "said"), [(nn.LayerNorm(4), "layer_norm"), (nn.Softmax(1), "softmax")])
def test_functions_without_a_rule_are_refused(method: Any, module: nn.Module, said: str) -> None:
    net = nn.Sequential(nn.Linear(4, 4), module).double()
    with pytest.raises(CapabilityError, match=f"{method.name} has no rule for {said}.*integrated-gradients"):
        method(TorchToy.of(net), np.ones((2, 4)), target=0)


@pytest.mark.parametrize("method", [DeepLift(), Lrp()])
def test_products_of_what_depends_on_the_input_are_refused(method: Any) -> None:
    class Gated(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.sigmoid(x)

    with pytest.raises(CapabilityError, match="no rule for mul"):
        method(TorchToy.of(Gated()), np.ones((2, 4)), target=0)


def test_deep_lift_refuses_samples_taken_apart_and_pools_with_indices() -> None:
    class Apart(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([torch.tanh(row[None]) for row in x])

    class Indices(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return functional.max_pool1d(x[:, None], 2, return_indices=True)[0][:, 0]

    class Overwrites(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu_(x + 1)

    for module, said in ((Apart(), "takes samples apart"), (Indices(), "(indices|with_indices)"),
                         (Overwrites(), "relu_, which overwrites")):
        with pytest.raises(CapabilityError, match=said):
            DeepLift()(TorchToy.of(module), np.ones((2, 4)), target=0)


def test_a_recurrent_layer_is_refused() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.LSTM(1, 3, batch_first=True).double()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x[:, :, None])[0][:, -1]

    for method in (DeepLift(), Lrp()):
        with pytest.raises(CapabilityError, match="no rule for lstm"):
            method(TorchToy.of(Recurrent()), np.ones((2, 4)), target=0)


def test_what_does_not_add_up_is_refused() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
            return grad * 3 * ctx.saved_tensors[0] ** 2

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Cube.apply(x)

    with pytest.raises(CapabilityError, match="miss the difference"):
        DeepLift()(TorchToy.of(Net()), np.full((1, 2), 2.0), target=0)


@pytest.mark.parametrize("method", [DeepLift(), Lrp(), GuidedBackprop()])
def test_the_models_own_gradients_are_as_before_also_after_an_error(method: Any) -> None:
    class Fails(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if not torch.is_grad_enabled():
                return x
            raise RuntimeError("on purpose")

    with pytest.raises(TechniqueFailed, match="on purpose"):
        method(TorchToy.of(nn.Sequential(nn.ReLU(), Fails())), np.ones((1, 2)), target=0)
    x = torch.tensor([1.0, -1.0], requires_grad=True)
    assert torch.autograd.grad((-torch.relu(x)).sum(), x)[0].tolist() == [-1.0, 0.0]

"""Saliency against what is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_explain.saliency import Saliency

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import CapabilityError, DataError, TechniqueFailed
from practicum.testing.torch_toys import BagOfWords, TorchToy


def _relu_net(bias: bool) -> torch.nn.Module:
    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(12, 16, bias=bias), torch.nn.ReLU(), torch.nn.Linear(16, 3, bias=bias))
    torch.set_rng_state(torch_state)
    return net.double()


@pytest.mark.parametrize("shape", [(5, 12), (5, 3, 2, 2)])
def test_on_a_linear_model_the_values_are_the_weights(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    weight, x, target = rng.normal(size=(3, 12)), rng.uniform(size=shape), np.array([0, 1, 2, 1, 0])
    model = TorchToy.linear(weight, rng.normal(size=3))
    signed = Saliency(absolute=False)(model, x, target=target)
    np.testing.assert_array_equal(signed.values, weight[target].reshape(shape))
    np.testing.assert_array_equal(Saliency()(model, x, target=target).values, np.abs(weight[target]).reshape(shape))
    product = Saliency(absolute=False, times_input=True)(model, x, target=target).values
    np.testing.assert_allclose(product, weight[target].reshape(shape) * x, rtol=1e-15)
    assert signed.method == "explain/saliency"


def test_the_predicted_class_is_explained_when_none_is_named() -> None:
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(3, 12)), rng.uniform(size=(20, 12))
    out = Saliency(absolute=False)(TorchToy.linear(weight), x)
    np.testing.assert_array_equal(out.target, (x @ weight.T).argmax(axis=1))
    np.testing.assert_array_equal(out.values, weight[out.target])


def test_gradient_times_input_adds_up_to_the_score_without_biases() -> None:
    # Euler's theorem for functions that are homogeneous of degree one.
    x = np.random.default_rng(2).normal(size=(8, 12))
    model = TorchToy.of(_relu_net(bias=False))
    out = Saliency(absolute=False, times_input=True)(model, x, target=1)
    np.testing.assert_allclose(out.values.sum(axis=1), model.predict(Batch.of(x)).values[:, 1], rtol=1e-12)


def test_equals_finite_differences_on_a_network() -> None:
    x = np.random.default_rng(3).normal(size=(4, 12))
    model = TorchToy.of(_relu_net(bias=True))
    out = Saliency(absolute=False)(model, x, target=2).values
    for i in range(12):
        nudge = np.zeros(12)
        nudge[i] = 1e-6
        up, down = (model.predict(Batch.of(x + s * nudge)).values[:, 2] for s in (1, -1))
        np.testing.assert_allclose(out[:, i], (up - down) / 2e-6, atol=1e-7)


def test_words_get_length_or_inner_product_of_their_embeddings_gradient() -> None:
    rng = np.random.default_rng(4)
    table, weight = rng.normal(size=(3, 5)), rng.normal(size=(2, 5))
    model = BagOfWords.of(["good", "bad"], table, weight)
    texts = ["good bad", "bad bad unheard of", ""]
    out = Saliency(times_input=False)(model, texts, target=[1, 0, 1])
    assert out.units == [["good", "bad"], ["bad", "bad", "unheard", "of"], []]
    for row, (cls, count) in enumerate([(1, 2), (0, 4)]):
        np.testing.assert_allclose(out.values[row], np.full(count, np.linalg.norm(weight[cls]) / count), rtol=1e-12)
    assert len(out.values[2]) == 0
    product = Saliency(absolute=False)(model, texts, target=[1, 0, 1])
    np.testing.assert_allclose(product.values[0], table[[0, 1]] @ weight[1] / 2, rtol=1e-12)
    scores = model.predict(Batch.of(texts)).values
    assert abs(product.values[1].sum() - scores[1, 0]) < 1e-12


def test_missing_values_of_a_series_get_nothing() -> None:
    rng = np.random.default_rng(5)
    values, weight = rng.normal(size=(2, 6, 2)), rng.normal(size=(2, 12))
    values[0, 4:], values[1, 1, 0] = np.nan, np.nan
    mask = ~np.isnan(values).all(axis=2)
    batch = Batch.of(Series(values, mask), modality="series")
    for times_input in (False, True):
        out = Saliency(absolute=False, times_input=times_input)(TorchToy.linear(weight), batch, target=0).values
        expected = np.where(np.isnan(values), 0.0, weight[0].reshape(6, 2) * (values if times_input else 1.0))
        np.testing.assert_allclose(out, expected, rtol=1e-15)


def test_dtype_is_kept_and_the_input_is_not_touched() -> None:
    for dtype in (torch.float32, torch.float64):
        x = torch.rand(2, 12, dtype=dtype, generator=torch.Generator().manual_seed(0))
        before = x.clone()
        out = Saliency()(TorchToy.linear(torch.ones(2, 12, dtype=dtype)), x, target=0)
        assert out.values.dtype == (np.float32 if dtype == torch.float32 else np.float64)
        assert torch.equal(x, before)
        assert not x.requires_grad


@pytest.mark.parametrize("outside", [torch.no_grad, torch.inference_mode])
def test_works_where_gradients_are_off(outside: type) -> None:
    model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
    with outside():
        x = torch.tensor([[3.0, 1.0]])
        assert Saliency()(model, x, target=0).values.tolist() == [[1.0, 2.0]]


def test_training_mode_and_batch_norm_come_back() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(), torch.nn.Linear(8, 2))
    net[1].eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    Saliency()(TorchToy.of(net), torch.ones(3, 4), target=0)
    assert [m.training for m in net] == [True, False, True, True]
    assert net.training
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())


def test_bad_input_is_refused_with_the_mend() -> None:
    model = TorchToy.linear(np.ones((2, 12), np.float32))
    with pytest.raises(DataError, match="convert them to float in"):
        Saliency()(model, torch.zeros(1, 3, 2, 2, dtype=torch.uint8), target=0)
    with pytest.raises(CapabilityError, match=r"class 7.*2 classes"):
        Saliency()(model, torch.zeros(1, 12), target=7)
    with pytest.raises(TechniqueFailed, match="explain/saliency"):
        Saliency()(model, torch.zeros(1, 5), target=0)


def test_logits_cut_off_from_the_input_are_named() -> None:
    class Detached(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.detach()

    with pytest.raises(CapabilityError, match="no path"):
        Saliency()(TorchToy.of(Detached()), torch.zeros(1, 3), target=0)

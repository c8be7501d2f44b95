"""Grad-CAM and Grad-CAM++ against their closed forms under global average pooling and a linear head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_explain.grad_cam import GradCam
from practicum_explain.grad_cam_plus_plus import GradCamPlusPlus
from torch import nn

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import CapabilityError, TechniqueFailed
from practicum.testing.torch_toys import TorchToy


def drawn(net: nn.Module, seed: int) -> nn.Module:
    rng = np.random.default_rng(seed)
    net = net.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)))
    return net


def gap_net(inplace: bool = False) -> nn.Sequential:
    net = nn.Sequential(nn.Unflatten(1, (3, 8, 8)), nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU(inplace=inplace),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4))
    drawn(net, 0)
    return net


def images(count: int = 3) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=(count, 3, 8, 8)))


def enlarged(maps: np.ndarray) -> np.ndarray:
    return nn.functional.interpolate(torch.from_numpy(maps)[:, None], size=(8, 8), mode="bilinear",
                                     align_corners=False)[:, 0].numpy()


@pytest.mark.parametrize("inplace", [False, True])
def test_grad_cam_is_the_class_activation_map(inplace: bool) -> None:
    # GAP and a linear head: ReLU(sum_k w_ck A_k / HW)
    net, x, target = gap_net(inplace), images(), np.array([0, 3, 1])
    maps = net[:3](x.flatten(1)).detach().numpy()
    weight = net[5].weight.detach().numpy()[target]
    expected = np.einsum("nk,nkhw->nhw", weight, maps) / 16
    out = GradCam()(TorchToy.of(net), x, target=target)
    assert out.values.shape == (3, 3, 8, 8)
    np.testing.assert_allclose(out.values.sum(axis=1), enlarged(np.maximum(expected, 0)), atol=1e-13)
    signed = GradCam(relu=False)(TorchToy.of(net), x, target=target)
    np.testing.assert_allclose(signed.values.sum(axis=1), enlarged(expected), atol=1e-13)
    assert signed.values.min() < 0 <= out.values.min()
    assert out.values.max() > 0
    assert out.gradients.tolist() == [1, 1, 1]


def test_grad_cam_plus_plus_under_global_average_pooling() -> None:
    # g = w / HW everywhere, so the weight of a map is ReLU(w) / (2 + w mean A)
    net, x, target = gap_net(), images(), np.array([0, 3, 1])
    maps = net[:3](x.flatten(1)).detach().numpy()
    weight = net[5].weight.detach().numpy()[target]
    share = np.maximum(weight, 0) / (2 + weight * maps.mean(axis=(2, 3)))
    out = GradCamPlusPlus()(TorchToy.of(net), x, target=target)
    expected = np.maximum(np.einsum("nk,nkhw->nhw", share, maps), 0)
    np.testing.assert_allclose(out.values.sum(axis=1), enlarged(expected), atol=1e-13)
    assert expected.max() > 0


def test_grad_cam_plus_plus_is_the_papers_formula_on_a_deep_head() -> None:
    net = nn.Sequential(nn.Unflatten(1, (3, 8, 8)), nn.Conv2d(3, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(144, 9),
                        nn.ReLU(), nn.Linear(9, 2))
    drawn(net, 2)
    x = 0.1 * images(2)
    maps = net[:3](x.flatten(1)).detach().requires_grad_(True)
    grad = torch.autograd.grad(net[3:](maps)[:, 1].sum(), maps)[0]
    total = maps.sum(dim=(2, 3), keepdim=True)
    share = grad**2 / (2 * grad**2 + total * grad**3)
    weight = (share * grad.clamp(min=0)).sum(dim=(2, 3), keepdim=True)
    expected = (weight * maps).sum(dim=1).clamp(min=0).detach().numpy()
    out = GradCamPlusPlus()(TorchToy.of(net), x, target=1)
    np.testing.assert_allclose(out.values.sum(axis=1), enlarged(expected), rtol=1e-9, atol=1e-12)


class Deep(nn.Module):
    """One block used twice, with a residual branch."""

    def __init__(self) -> None:
        super().__init__()
        self.spread, self.block = nn.Unflatten(1, (3, 8, 8)), nn.Conv2d(3, 3, 3, padding=1)
        self.norm, self.pool, self.head = nn.BatchNorm2d(3), nn.AvgPool2d(4), nn.Linear(12, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.spread(x)
        x = torch.relu(self.norm(self.block(x)))
        x = x + self.norm(self.block(x))
        return self.head(self.pool(torch.relu(x)).flatten(1))


def test_the_layer_is_chosen_by_name_and_of_a_reused_one_the_last_call() -> None:
    net, x = drawn(Deep(), 3), images(2)
    out = GradCam(layer="norm", relu=False)(TorchToy.of(net), x, target=1)
    with torch.no_grad():
        first = torch.relu(net.eval().norm(net.block(x)))
        last = net.norm(net.block(first))
    last.requires_grad_(True)
    score = net.head(net.pool(torch.relu(first + last)).flatten(1))[:, 1]
    weight = torch.autograd.grad(score.sum(), last)[0].mean(dim=(2, 3), keepdim=True)
    np.testing.assert_allclose(out.values.sum(axis=1), (weight * last).sum(dim=1).detach().numpy(), atol=1e-11)
    # left out: the last output of the last convolution's size, here the norm that follows it
    np.testing.assert_array_equal(GradCam(relu=False)(TorchToy.of(net), x, target=1).values, out.values)
    pooled = GradCam(layer="pool")(TorchToy.of(net), x, target=1)
    assert pooled.values.shape == (2, 3, 8, 8)
    with pytest.raises(CapabilityError, match=r"no layer 'head'.*spread, block, norm, pool"):
        GradCam(layer="head")(TorchToy.of(net), x, target=1)
    with pytest.raises(CapabilityError, match="no convolution"):
        GradCam()(TorchToy.of(nn.Linear(192, 2).double()), x, target=1)


class Turned(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(1, (12, 2)).transpose(1, 2)


def test_series_have_a_map_over_time() -> None:
    net = drawn(nn.Sequential(Turned(), nn.Conv1d(2, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
                              nn.Linear(4, 2)), 4)
    x = np.random.default_rng(5).normal(size=(2, 12, 2))
    batch = Batch.of(Series(x, np.ones((2, 12), dtype=bool)), modality="series")
    maps = net[:3](torch.from_numpy(x).flatten(1)).detach()
    expected = (net[5].weight[1].detach()[:, None] * maps).sum(dim=1, keepdim=True).clamp(min=0) / 10
    expected = nn.functional.interpolate(expected, size=12, mode="linear", align_corners=False)[:, 0].numpy()
    out = GradCam()(TorchToy.of(net), batch, target=1)
    np.testing.assert_allclose(out.values.sum(axis=2), expected, atol=1e-13)
    with pytest.raises(CapabilityError, match="no convolution"):
        GradCam()(TorchToy.of(nn.Linear(24, 2).double()), batch, target=1)


@pytest.mark.parametrize("method", [GradCam(), GradCamPlusPlus()])
def test_no_hook_stays_also_after_an_error(method: Any) -> None:
    net = gap_net()
    method(TorchToy.of(net), images(1), target=0)
    assert not _hooked(net)
    with pytest.raises(CapabilityError):
        method.evolve(layer="nowhere")(TorchToy.of(net), images(1), target=0)
    net.append(nn.Linear(99, 2).double())
    with pytest.raises(TechniqueFailed):
        method(TorchToy.of(net), images(1), target=0)
    assert not _hooked(net)


def _hooked(net: nn.Module) -> bool:
    return any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in net.modules())

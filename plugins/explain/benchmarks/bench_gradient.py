"""Gradient explainers against captum: the same values first, then the time.

Run: pip install captum; python plugins/explain/benchmarks/bench_gradient.py
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from practicum_explain.deep_lift import DeepLift
from practicum_explain.grad_cam import GradCam
from practicum_explain.guided_backprop import GuidedBackprop
from practicum_explain.integrated_gradients import IntegratedGradients
from practicum_explain.saliency import Saliency
from torch import nn

from practicum.masking import Constant
from practicum.testing.torch_toys import TorchToy

ROUNDS = 5
SHAPE = (3, 32, 32)


def network(activation: type[nn.Module], pool: type[nn.Module] = nn.MaxPool2d) -> nn.Sequential:
    """A convolutional network in which no module is used twice, as captum asks."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Unflatten(1, SHAPE), nn.Conv2d(3, 16, 3, padding=1), activation(), pool(2),
                             nn.Conv2d(16, 32, 3, padding=1), activation(), pool(2), nn.Flatten(),
                             nn.Linear(2048, 64), activation(), nn.Linear(64, 10)).eval().double()


def best_of(function: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def compared(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """One line: largest difference over the largest value, and both times."""
    mine, other = ours().values, theirs().detach().numpy()
    apart = np.abs(mine - other.reshape(mine.shape)).max() / np.abs(other).max()
    here, there = best_of(ours), best_of(theirs)
    print(f"{name:34} differ by {apart:7.1e}   ours {1e3 * here:8.1f} ms   captum {1e3 * there:8.1f} ms   "
          f"ratio {there / here:5.2f}")


def paths() -> None:
    """Integrated gradients: what is missing to completeness, for how many gradients."""
    from captum.attr import IntegratedGradients as Captum

    x = torch.from_numpy(np.random.default_rng(0).normal(size=(16, 3072)))
    target = torch.arange(16) % 10
    for kind in (nn.ReLU, nn.Softplus):
        net = network(kind)
        model, peer = TorchToy.of(net), Captum(net)
        for tolerance in (1e-2, 1e-3):
            out = IntegratedGradients(tolerance=tolerance, absent=Constant())(model, x.numpy(), target=target.numpy())
            share = out.error / np.abs(out.score - out.base_value)
            print(f"  {kind.__name__:8} ours   tolerance {tolerance:g}: missing {np.median(share):.1e} of the "
                  f"difference ({share.max():.1e} at worst), {out.gradients.mean():.0f} gradients a sample "
                  f"({out.gradients.max()} at most)")
        for steps in (50, 300):
            _, delta = peer.attribute(x, target=target, n_steps=steps, return_convergence_delta=True)
            share = delta.abs().numpy() / np.abs(out.score - out.base_value)
            print(f"  {kind.__name__:8} captum n={steps}: missing {np.median(share):.1e} ({share.max():.1e} at worst), "
                  f"{steps} gradients a sample")

    class Square(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x**2).sum(dim=1, keepdim=True)

    y = torch.ones(1, 4, dtype=torch.float64)
    ours = IntegratedGradients(nodes=1, absent=Constant())(TorchToy.of(Square()), y.numpy(), target=0)
    theirs = Captum(Square()).attribute(y, target=0, n_steps=50, method="riemann_trapezoid")
    print(f"  a quadratic, exactly 1: ours with 1 gradient off by {np.abs(ours.values - 1).max():.0e}, captum's "
          f"trapezoid with 50 off by {(theirs - 1).abs().max():.0e}")


def main() -> None:
    if importlib.util.find_spec("captum") is None:
        print("captum is not installed, so there is nothing to compare with: pip install captum")
        return
    from captum import attr

    warnings.filterwarnings("ignore", module="captum")
    torch.set_num_threads(1)
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(32, 3072)))
    images, target = x.reshape(-1, *SHAPE), torch.arange(32) % 10
    net = network(nn.ReLU)
    model, classes = TorchToy.of(net), target.numpy()

    def ours(technique: Any) -> Callable[[], Any]:
        return lambda: technique(model, images, target=classes)

    compared("input x gradient", ours(Saliency(absolute=False, times_input=True)),
             lambda: attr.InputXGradient(net).attribute(x.clone().requires_grad_(True), target=target))
    compared("guided backpropagation", ours(GuidedBackprop()),
             lambda: attr.GuidedBackprop(net).attribute(x.clone().requires_grad_(True), target=target))
    smooth = network(nn.ReLU, nn.AvgPool2d)
    averaging = TorchToy.of(smooth)
    compared("DeepLIFT, average pools", lambda: DeepLift(absent=Constant())(averaging, images, target=classes),
             lambda: attr.DeepLift(smooth).attribute(x.clone().requires_grad_(True), target=target))
    _, delta = attr.DeepLift(net).attribute(x.clone().requires_grad_(True), target=target,
                                            return_convergence_delta=True)
    print(f"  with max pools captum's DeepLIFT misses completeness by {delta.abs().max():.0e}, ours by "
          f"{ours(DeepLift(absent=Constant()))().error.max():.0e}")

    def cam() -> torch.Tensor:
        found = attr.LayerGradCam(net, net[5]).attribute(x, target=target, relu_attributions=True)
        large = nn.functional.interpolate(found, size=SHAPE[1:], mode="bilinear", align_corners=False)
        return large.expand(-1, 3, -1, -1) / 3

    compared("Grad-CAM", ours(GradCam(layer="5")), cam)
    steps = 32
    compared(f"integrated gradients, {steps} nodes",
             ours(IntegratedGradients(absent=Constant(), nodes=steps, tolerance=1e9)),
             lambda: attr.IntegratedGradients(net).attribute(x, target=target, n_steps=steps))
    paths()


if __name__ == "__main__":
    main()

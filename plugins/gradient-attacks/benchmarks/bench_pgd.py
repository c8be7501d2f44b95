"""PGD against the plain formula on a small network, and the step alone by norm and implementation.

Run: python plugins/gradient-attacks/benchmarks/bench_pgd.py
The results are compared before anything is timed.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.pgd import PGD

from practicum.testing.torch_toys import TorchToy


def plain_pgd(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float, size: float,
              steps: int) -> torch.Tensor:
    """The formula as papers print it: backward(), sign, two clamps."""
    adversarial = x.clone()
    for _ in range(steps):
        adversarial.requires_grad_(True)
        logits = net(adversarial)
        own = logits.gather(1, y[:, None])[:, 0]
        loss = (logits.scatter(1, y[:, None], float("-inf")).amax(1) - own).sum()
        loss.backward()
        with torch.no_grad():
            moved = adversarial + size * adversarial.grad.sign()
            adversarial = torch.clamp(torch.min(torch.max(moved, x - eps), x + eps), 0.0, 1.0).detach()
    return adversarial


def plain_step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, norm: str, size: float,
               eps: float) -> torch.Tensor:
    """One step as common libraries write it."""
    if norm == "linf":
        return torch.clamp(torch.min(torch.max(x + size * gradient.sign(), centre - eps), centre + eps), 0.0, 1.0)
    length = gradient.norm(dim=1, keepdim=True).clamp_min(1e-12)
    change = x + size * gradient / length - centre
    change = change * torch.clamp(eps / change.norm(dim=1, keepdim=True).clamp_min(1e-12), max=1.0)
    return torch.clamp(centre + change, 0.0, 1.0)


def best_of(function: Callable[[], Any], rounds: int = 7) -> float:
    function()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, 1 thread, best of 7")
    torch.manual_seed(0)
    print("\nstep alone, 64 images of 3x224x224 float32, milliseconds")
    centre = torch.rand(64, 3 * 224 * 224)
    gradient = torch.randn_like(centre)
    x = (centre + 0.01 * torch.randn_like(centre)).clamp(0, 1)
    for norm, eps in (("linf", 8 / 255), ("l2", 3.0), ("l1", 255.0)):
        kwargs: dict[str, Any] = {"norm": norm, "size": eps / 4, "eps": eps, "bounds": (0.0, 1.0)}
        fast, slow = (step(x, gradient, centre, impl=i, **kwargs) for i in ("cpu", "reference"))
        same = float((fast - slow).abs().max())
        row = {i: best_of(lambda i=i, k=kwargs: step(x, gradient, centre, impl=i, **k), 3)
               for i in ("reference", "cpu")}
        text = f"{norm:5} reference {1e3 * row['reference']:8.1f}  cpu {1e3 * row['cpu']:8.1f}"
        if norm != "l1":
            plain = plain_step(x, gradient, centre, norm, eps / 4, eps)
            same = max(same, float((plain - fast).abs().max())) if norm == "linf" else same
            seconds = best_of(lambda n=norm, e=eps: plain_step(x, gradient, centre, n, e / 4, e), 3)
            text += f"  plain formula {1e3 * seconds:8.1f}  ({seconds / row['cpu']:.1f} times)"
        print(f"{text}   largest difference {same:.1e}")

    print("\nwhole attack, L-infinity, 40 steps, 64 images of 3x32x32, a network of three convolutions, milliseconds")
    net = torch.nn.Sequential(torch.nn.Unflatten(1, (3, 32, 32)), torch.nn.Conv2d(3, 16, 3, 2, 1), torch.nn.ReLU(),
                              torch.nn.Conv2d(16, 32, 3, 2, 1), torch.nn.ReLU(), torch.nn.Conv2d(32, 32, 3, 2, 1),
                              torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(512, 10)).eval()
    x, eps = torch.rand(64, 3072), 0.01
    y = net(x).argmax(1)
    model = TorchToy.of(net, bounds=(0, 1))
    attack = PGD(eps=eps, steps=40, random_start=False, rivals=1)
    plain = plain_pgd(net, x, y, eps, 4 * eps / 40, 40)
    ours = attack(model, x, y)
    broken = int((net(plain).argmax(1) != y).sum())
    print(f"broken: plain {broken}, ours {int(ours.success.sum())} of 64")
    rows = {"plain": lambda: plain_pgd(net, x, y, eps, 4 * eps / 40, 40), "ours": lambda: attack(model, x, y),
            "ours, early_stop": lambda: attack.evolve(early_stop=True)(model, x, y)}
    for name, function in rows.items():
        print(f"{name:18} {1e3 * best_of(function, 3):8.1f}")
    assert int(ours.success.sum()) >= broken
    assert np.isfinite(ours.norm).all()


if __name__ == "__main__":
    main()

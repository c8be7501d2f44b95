"""Saliency against the plain formula: the same values first, then the time.

Run: python plugins/explain/benchmarks/bench_saliency.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from practicum_explain.saliency import Saliency

from practicum.testing.torch_toys import TorchToy


def plain(net: torch.nn.Module, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """backward() on the class scores; it also computes the gradients of all weights."""
    leaf = x.clone().requires_grad_(True)
    net(leaf).gather(1, target[:, None]).sum().backward()
    for parameter in net.parameters():
        parameter.grad = None
    assert leaf.grad is not None
    return leaf.grad.abs()


def best_of(function: Callable[[], Any], rounds: int = 7) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Unflatten(1, (3, 32, 32)), torch.nn.Conv2d(3, 32, 3, 1, 1), torch.nn.ReLU(),
                              torch.nn.Conv2d(32, 32, 3, 2, 1), torch.nn.ReLU(), torch.nn.Flatten(),
                              torch.nn.Linear(8192, 10)).eval()
    x, target = torch.rand(64, 3072), torch.arange(64) % 10
    model, technique = TorchToy.of(net), Saliency()
    ours = technique(model, x, target=target.numpy()).values
    print(f"largest difference {np.abs(ours - plain(net, x, target).numpy()).max():.1e}")
    print(f"plain    {1e3 * best_of(lambda: plain(net, x, target)):8.1f} ms")
    print(f"saliency {1e3 * best_of(lambda: technique(model, x, target=target.numpy())):8.1f} ms")


if __name__ == "__main__":
    main()

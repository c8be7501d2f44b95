"""The APGD step by norm and implementation, beside the plain formula in eager float32; and what eight budgets cost.

Run: python plugins/gradient-attacks/benchmarks/bench_apgd.py
The results are compared before anything is timed.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from practicum_gradient_attacks.apgd import APGD
from practicum_gradient_attacks.ops.apgd import advance
from practicum_gradient_attacks.pgd import PGD
from sklearn.datasets import load_digits

from practicum.curve import robustness_curve
from practicum.testing.torch_toys import TorchToy

EPS = {"linf": 0.05, "l2": 2.0, "l1": 30.0}
Points = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def plain(case: dict[str, Any], norm: str) -> Points:
    """A step as common libraries write it, with boolean masks for the best points; in L2 ball and box one by one."""
    x, g, centre, previous = case["x"], case["gradient"], case["centre"], case["previous"]
    best, best_gradient = case["best"].clone(), case["best_gradient"].clone()
    eps, size = EPS[norm], case["size"].float()[:, None]
    better, back = case["better"], case["back"]
    best[better], best_gradient[better] = x[better], g[better]
    here, slope = x.clone(), g.clone()
    here[back], slope[back] = best[back], best_gradient[back]
    if norm == "linf":
        def ball(v: torch.Tensor) -> torch.Tensor:
            return torch.clamp(torch.min(torch.max(v, centre - eps), centre + eps), 0.0, 1.0)

        z = ball(here + size * slope.sign())
    else:
        def ball(v: torch.Tensor) -> torch.Tensor:
            change = v - centre
            length = change.norm(dim=1, keepdim=True)
            return torch.clamp(centre + change / (length + 1e-12) * length.clamp_max(eps), 0.0, 1.0)

        z = ball(here + size * slope / (slope.norm(dim=1, keepdim=True) + 1e-12))
    return ball(here + 0.75 * (z - here) + 0.25 * (here - previous)), best, best_gradient


def case(norm: str, rows: int, width: int) -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    centre = torch.rand((rows, width), generator=made)
    x, previous, best = (torch.lerp(centre, torch.rand((rows, width), generator=made), 0.01) for _ in range(3))
    gradient, best_gradient = (torch.randn((rows, width), generator=made) for _ in range(2))
    flags = torch.arange(rows)
    return {"x": x, "gradient": gradient, "centre": centre, "previous": previous, "best": best,
            "best_gradient": best_gradient, "better": flags % 2 == 0, "back": flags % 8 == 1,
            "size": torch.full((rows,), EPS[norm], dtype=torch.float64)}


def best_of(function: Callable[[], Any], rounds: int = 5) -> float:
    function()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def steps() -> None:
    rows, width = 16, 3 * 224 * 224
    print(f"one step on {rows} x {width} float32, milliseconds")
    for norm, eps in EPS.items():
        given = case(norm, rows, width)
        fields = {"norm": norm, "eps": eps, "bounds": (0.0, 1.0), "count": torch.full((rows,), 1000)}
        slow, fast = (advance(**given, **fields, impl=impl) for impl in ("reference", "cpu"))
        for a, b in zip(slow, fast, strict=True):
            torch.testing.assert_close(b, a, rtol=3e-7, atol=1e-6)
        if norm == "linf":
            torch.testing.assert_close(fast[0], plain(given, norm)[0], rtol=0, atol=1e-6)
        times = {"reference": best_of(lambda g=given, f=fields: advance(**g, **f, impl="reference"), 2),
                 "compiled": best_of(lambda g=given, f=fields: advance(**g, **f, impl="cpu"))}
        if norm != "l1":
            times["plain formula"] = best_of(lambda g=given, n=norm: plain(g, n))
        print(f"{norm:5} " + "   ".join(f"{name} {t:8.1f}" for name, t in times.items()))


def curves() -> None:
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
    net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[:1200]), y[:1200]).backward()
        optimizer.step()
    model, data, label = TorchToy.of(net, bounds=(0, 1)), x[1200:1500], y[1200:1500].numpy()
    print("eight budgets in one call: gradients a sample, over those of one run at the largest; samples right, and "
          "where each budget has a whole run of its own")
    for attack in (PGD(steps=40), APGD(steps=40)):
        eps = np.arange(1, 9) * 0.025
        curve, one = robustness_curve(attack, model, data, label, eps=eps), attack.evolve(eps=0.2)(model, data, label)
        each = [attack.evolve(eps=float(e), early_stop=True)(model, data, label).robust[0] for e in eps]
        print(f"{attack.label:5} {curve.gradients.sum() / one.gradients.sum():.2f}   {curve.robust.tolist()}   {each}")


def main() -> None:
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, 1 thread")
    steps()
    curves()


if __name__ == "__main__":
    main()

"""Traps T1 to T17 of attacks: each a case whose truth is known, run through a library's own attacks.

A trap gives ``(passed, what was measured)``, or ``None`` where the library has no such attack.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from traps.peers import BOX, Attack

from practicum.testing.linear_truth import best_gain

Attacks = dict[str, Attack]
Verdict = tuple[bool, str] | None
SIDE, CLASSES, COUNT = 6, 5, 24


class Linear(torch.nn.Module):
    """Logits ``form(W (x - 1/2))`` of [N, 1, H, W]."""

    def __init__(self, weight: torch.Tensor, form: Callable[[torch.Tensor], torch.Tensor] = lambda z: z) -> None:
        super().__init__()
        self.weight, self.form = torch.nn.Parameter(weight), form

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.form((x - 0.5).flatten(1) @ self.weight.T)


def _weights(classes: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(classes, SIDE * SIDE, generator=torch.Generator().manual_seed(seed))


def _two(form: Callable[[torch.Tensor], torch.Tensor] = lambda z: z) -> Linear:
    w = _weights(2)
    return Linear(torch.stack([w[0], -w[0]]), form).eval()


def _points(seed: int = 1, spread: float = 0.2) -> torch.Tensor:
    return 0.5 + spread * (torch.rand(COUNT, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(seed)) - 0.5)


def _near(share: float = 1 / 1.05, eps: float = 0.05, norm: str = "linf") -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs whose exact distance from the boundary of :func:`_two` is ``share * eps``, and their labels."""
    gap = 2 * _weights(2)[0]
    size = {"linf": gap.abs().sum(), "l2": gap.norm(), "l1": gap.abs().max()}[norm]
    y = torch.arange(COUNT) % 2
    x = _points().flatten(1)
    lead = (x - 0.5) @ gap * torch.where(y == 0, 1.0, -1.0)
    way = gap / gap.norm() ** 2 * torch.where(y == 0, 1.0, -1.0)[:, None]
    return (x + (share * eps * size - lead)[:, None] * way).reshape(COUNT, 1, SIDE, SIDE), y


def _robust(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.no_grad():
        return float((module.eval()(x).argmax(1) == y).float().mean())


def t1(attacks: Attacks) -> Verdict:
    """Robust accuracy on a linear model of five classes whose true robust accuracy is 0."""
    w, eps = _weights(CLASSES, 3), 0.05
    y = torch.arange(COUNT) % CLASSES
    away = w[y] - w.mean(0)
    gaps = w[y][:, None] - w[None]
    margins, size = (away[:, None] * gaps).sum(2), gaps.abs().sum(2)
    exact = torch.where(size > 0, margins / size.clamp_min(1e-12), torch.inf).amin(1)
    x = (0.5 + away * (eps / 1.05 / exact)[:, None]).reshape(COUNT, 1, SIDE, SIDE)
    module = Linear(w).eval()
    left = _robust(module, attacks["linf"](module, x, y, eps), y)
    return left <= 0.01, f"{left:.0%} robust, truth 0 %"


def _scaled(attacks: Attacks, scales: tuple[float, ...]) -> Verdict:
    x, y = _near()
    left = [_robust(m, attacks["linf"](m, x, y, 0.05), y) for m in (_two(lambda z, s=s: s * z) for s in scales)]
    return max(left) <= 0.01, ", ".join(f"{s:g}: {v:.0%}" for s, v in zip(scales, left, strict=True))


def t2(attacks: Attacks) -> Verdict:
    """Robust accuracy (truth 0) with logits times 1e2, 1e3 and 1e6."""
    return _scaled(attacks, (1e2, 1e3, 1e6))


def t3(attacks: Attacks) -> Verdict:
    """Robust accuracy (truth 0) with logits times 1e-3 and 1e-6."""
    return _scaled(attacks, (1e-3, 1e-6))


def t4(attacks: Attacks) -> Verdict:
    """Success of CW with logits minus 50, and with log-probabilities."""
    if "cw" not in attacks:
        return None
    x, y = _near(share=0.5)
    won = [1 - _robust(m, attacks["cw"](m, x, y, 0), y)
           for m in (_two(), _two(lambda z: z - 50), _two(lambda z: z.log_softmax(1)))]
    return min(won[1:]) >= won[0] - 0.01, f"plain {won[0]:.0%}, minus 50 {won[1]:.0%}, log-softmax {won[2]:.0%}"


def t5(attacks: Attacks) -> Verdict:
    """Share of the values of binary images that CW moves, and its success."""
    if "cw" not in attacks:
        return None
    x = (_points(5, 1.0) > 0.5).float()
    module = _two()
    with torch.no_grad():
        y = module(x).argmax(1)
    found = attacks["cw"](module, x, y, 0)
    moved, won = float((found != x).float().mean()), 1 - _robust(module, found, y)
    return moved > 0 and won > 0.5, f"{moved:.0%} of values moved, success {won:.0%}"


def _gain(attack: Attack, norm: str, eps: float) -> float:
    x, module = _points(2), _two()
    with torch.no_grad():
        before = module(x)
        y = before.argmax(1)
    found = attack(module, x, y, eps)
    with torch.no_grad():
        after = module(found)
    lead = (after - before)[torch.arange(COUNT), 1 - y] - (after - before)[torch.arange(COUNT), y]
    way = (module.weight[1 - y] - module.weight[y]).detach().double().numpy()
    best = best_gain(way, x.flatten(1).double().numpy(), norm, eps, BOX)
    return float((lead.double().numpy() / best).min())


def t6(attacks: Attacks) -> Verdict:
    """Share of the best possible margin change on a linear model in the box, worst sample, L2 and L1."""
    found = {n: _gain(attacks[n], n, e) for n, e in (("l2", 0.3), ("l1", 0.4)) if n in attacks}
    return min(found.values()) >= 0.99, ", ".join(f"{n} {v:.1%}" for n, v in found.items())


def t7(attacks: Attacks) -> Verdict:
    """Share of the best possible margin change on a linear model in the box, worst sample, L-infinity."""
    found = _gain(attacks["linf"], "linf", 0.05)
    return found >= 0.99, f"{found:.1%}"


def t10(attacks: Attacks) -> Verdict:
    """Excess over eps * (1 + 1e-6) + 1e-7 in exact arithmetic, all norms."""
    x, module, worst = _points(2), _two(), {}
    y = torch.arange(COUNT) % 2
    for norm, eps in (("linf", 0.05), ("l2", 0.3), ("l1", 0.4)):
        if norm in attacks:
            delta = (attacks[norm](module, x, y, eps).double() - x.double()).flatten(1)
            size = {"linf": delta.abs().amax(1), "l2": delta.norm(dim=1), "l1": delta.abs().sum(1)}[norm]
            worst[norm] = float((size / eps - 1).max())
    return max(worst.values()) <= 1e-6 + 1e-7 / 0.05, ", ".join(f"{n} {v:+.0e}" for n, v in worst.items())


def t11(attacks: Attacks) -> Verdict:
    """Largest difference between a batch and its samples attacked alone (CW, on a small network)."""
    if "cw" not in attacks:
        return None
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(SIDE * SIDE, 16), torch.nn.Tanh(),
                              torch.nn.Linear(16, 3)).eval()
    x = _points(4, 1.0)[:4]
    with torch.no_grad():
        y = net(x).argmax(1)
    whole = attacks["cw"](net, x, y, 0)
    alone = torch.cat([attacks["cw"](net, x[k:k + 1], y[k:k + 1], 0) for k in range(4)])
    gap = float((whole - alone).abs().max())
    return gap <= 1e-5, f"{gap:.0e}"


def _trained() -> torch.nn.Module:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(SIDE * SIDE, 8), torch.nn.BatchNorm1d(8),
                              torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(8, 2))
    net.train()
    net[2].eval()  # a frozen layer in a model that is being trained
    return net


def t12(attacks: Attacks) -> Verdict:
    """Modes and buffers of a model in training with a frozen layer, after an attack."""
    net = _trained()
    modes, state = [m.training for m in net.modules()], copy.deepcopy(net.state_dict())
    attacks["linf"](net, _points(), torch.arange(COUNT) % 2, 0.05)
    wrong = [n for n, v in net.state_dict().items() if not torch.equal(v, state[n])]
    if [m.training for m in net.modules()] != modes:
        wrong.append("modes")
    return not wrong, "untouched" if not wrong else "changed: " + ", ".join(w.split(".")[-1] for w in wrong)


def t13(attacks: Attacks) -> Verdict:
    """Gradients left in the parameters, input changed, result still attached."""
    net, x = _trained().eval(), _points()
    kept, faults = x.clone(), []
    for name in ("linf", "cw"):
        if name in attacks:
            found = attacks[name](net, x, torch.arange(COUNT) % 2, 0.05 if name == "linf" else 0)
            faults += [f"{name}: p.grad"] * any(p.grad is not None for p in net.parameters())
            faults += [f"{name}: attached"] * found.requires_grad
            net.zero_grad(set_to_none=True)
    faults += ["input changed"] * (not torch.equal(x, kept))
    return not faults, ", ".join(faults) or "nothing left"


def t14(attacks: Attacks) -> Verdict:
    """Works under no_grad; the global generators stand where they stood."""
    net, x, y = _trained().eval(), _points(), torch.arange(COUNT) % 2
    faults = []
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002  # the global generator is what is watched
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    attacks["linf"](net, x, y, 0.05)
    if not torch.equal(before[0], torch.get_rng_state()) or (before[1] != np.random.get_state()[1]).any():  # noqa: NPY002
        faults.append("global generator moved")
    try:
        with torch.no_grad():
            attacks["linf"](net, x, y, 0.05)
    except Exception as error:  # noqa: BLE001  # whatever a peer raises is the finding
        faults.append(f"raises {type(error).__name__} under no_grad")
    return not faults, ", ".join(faults) or "works, generators kept"


def t16(attacks: Attacks) -> Verdict:
    """Robust accuracy where the budget is the whole range (chance: 50 %)."""
    x, module = _points(2, 1.0), _two()
    with torch.no_grad():
        y = module(x).argmax(1)
    left = _robust(module, attacks["linf"](module, x, y, 1.0), y)
    return left <= 0.5, f"{left:.0%}"


TRAPS: dict[str, Callable[[Attacks], Any]] = {
    "T1": t1, "T2": t2, "T3": t3, "T4": t4, "T5": t5, "T6": t6, "T7": t7, "T10": t10, "T11": t11, "T12": t12,
    "T13": t13, "T14": t14, "T16": t16}

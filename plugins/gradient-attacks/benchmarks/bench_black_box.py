"""What the black-box attacks get for their queries, beside those of foolbox, torchattacks and ART.

Run: python plugins/gradient-attacks/benchmarks/bench_black_box.py [--quick]
Peers: pip install foolbox torchattacks adversarial-robustness-toolbox (in an environment of their own: they pin other
versions). What is not installed is named and left out.

A small network trained on scikit-learn's digits, samples that it gets right, float32, one thread. Queries are counted
at the network, alike for all, and divided by the number of samples. Success and distance are recomputed here, from what
each attack returns: a result outside ball or box doesn't count.
"""

from __future__ import annotations

import argparse
import importlib
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from practicum_gradient_attacks.boundary import Boundary
from practicum_gradient_attacks.hopskipjump import HopSkipJump
from practicum_gradient_attacks.nes import NES
from practicum_gradient_attacks.noise import GaussianNoise, UniformNoise
from practicum_gradient_attacks.simba import SimBA
from practicum_gradient_attacks.spatial import Spatial
from practicum_gradient_attacks.square import Square
from sklearn.datasets import load_digits

from practicum.testing.linear_truth import least_distance
from practicum.testing.torch_toys import TorchToy

LINF, L2 = 0.15, 0.8


class Counted(torch.nn.Module):
    """A network on [N, 1, 8, 8] that counts the samples it is asked about."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net, self.asked = net, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.asked += len(x)
        out: torch.Tensor = self.net(x.flatten(1).float())
        return out


@dataclass(frozen=True)
class Entry:
    """One attack: who wrote it, what it is called, and how it is run on images and labels."""

    who: str
    what: str
    run: Callable[[Counted, torch.Tensor, torch.Tensor], torch.Tensor]


def ours(attack: Any) -> Entry:
    """An attack of this plugin."""
    def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        toy = TorchToy.of(torch.nn.Sequential(torch.nn.Unflatten(1, (1, 8, 8)), net), bounds=(0.0, 1.0))
        clean = net.asked
        result = attack(toy, x, y.numpy())
        net.asked = clean + int(result.queries.sum())  # without the core's own check of the result
        made: torch.Tensor = result.adversarial
        return made

    return Entry("practicum", attack.label + (" (dct)" if getattr(attack, "basis", "") == "dct" else ""), run)


def with_foolbox(foolbox: Any, what: str, attack: Any, **call: Any) -> Entry:
    """An attack of foolbox."""
    def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(0)
        model = foolbox.PyTorchModel(net, bounds=(0, 1))
        raw, _, _ = attack(model, x, foolbox.criteria.Misclassification(y), **call)
        made: torch.Tensor = raw
        return made

    return Entry("foolbox", what, run)


def with_art(what: str, make: Callable[[Any], Any], *, probabilities: bool = False) -> Entry:
    """An attack of the Adversarial Robustness Toolbox."""
    def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        classifiers = importlib.import_module("art.estimators.classification")
        np.random.seed(0)  # noqa: NPY002  # what it draws from
        shown = torch.nn.Sequential(net, torch.nn.Softmax(dim=1)).eval() if probabilities else net
        model = classifiers.PyTorchClassifier(shown, torch.nn.CrossEntropyLoss(), (1, 8, 8), 10, clip_values=(0.0, 1.0),
                                              device_type="cpu")
        return torch.from_numpy(np.asarray(make(model).generate(x.numpy(), np.eye(10)[y.numpy()]), dtype=np.float32))

    return Entry("ART", what, run)


def with_torchattacks(what: str, make: Callable[[Any], Any]) -> Entry:
    """An attack of torchattacks."""
    def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(0)
        made: torch.Tensor = make(net)(x, y)
        return made

    return Entry("torchattacks", what, run)


def entries(kind: str, queries: int) -> Iterator[Entry]:
    """The attacks of a table, ours first."""
    foolbox, torchattacks, art = (_peer(n) for n in ("foolbox", "torchattacks", "art"))
    evasion = importlib.import_module("art.attacks.evasion") if art else None
    if kind == "linf":
        yield from (ours(a) for a in (Square(eps=LINF, queries=queries), NES(eps=LINF, queries=queries),
                                      SimBA(eps=LINF, norm="linf", queries=queries),
                                      UniformNoise(eps=LINF, queries=queries)))
        if torchattacks:
            yield with_torchattacks("Square", lambda net: torchattacks.Square(net, eps=LINF, n_queries=queries))
        if evasion:
            yield with_art("SquareAttack", lambda m: evasion.SquareAttack(
                m, norm=np.inf, eps=LINF, max_iter=queries, verbose=False))
        if foolbox:
            noise = foolbox.attacks.LinfRepeatedAdditiveUniformNoiseAttack(repeats=queries)
            yield with_foolbox(foolbox, "repeated uniform noise", noise, epsilons=LINF)
    elif kind == "l2":
        yield from (ours(a) for a in (Square(norm="l2", eps=L2, queries=queries),
                                      NES(norm="l2", eps=L2, queries=queries),
                                      SimBA(eps=L2, queries=queries), SimBA(eps=L2, basis="dct", queries=queries),
                                      GaussianNoise(eps=L2, queries=queries)))
        if torchattacks:
            yield with_torchattacks("Square", lambda net: torchattacks.Square(net, norm="L2", eps=L2,
                                                                              n_queries=queries))
        if evasion:
            yield with_art("SquareAttack", lambda m: evasion.SquareAttack(
                m, norm=2, eps=L2, max_iter=queries, verbose=False))
            yield with_art("SimBA", lambda m: evasion.SimBA(m, max_iter=queries // 2, epsilon=L2 / 5, order="random",
                                                            verbose=False), probabilities=True)
        if foolbox:
            noise = foolbox.attacks.L2RepeatedAdditiveGaussianNoiseAttack(repeats=queries)
            yield with_foolbox(foolbox, "repeated Gaussian noise", noise, epsilons=L2)
    elif kind == "nearest":
        yield from (ours(a) for a in (HopSkipJump(queries=queries), Boundary(queries=queries)))
        if foolbox:
            steps = max(1, int((queries / 70) ** (2 / 3)))  # round t asks about 100 sqrt(t) questions, and some more
            yield with_foolbox(foolbox, f"HopSkipJump ({steps} steps)", foolbox.attacks.HopSkipJumpAttack(steps=steps),
                               epsilons=None)
            yield with_foolbox(foolbox, f"Boundary ({queries} steps)", foolbox.attacks.BoundaryAttack(steps=queries),
                               epsilons=None)
        if evasion:
            rounds = max(1, int((queries / 70) ** (2 / 3)))
            yield with_art(f"HopSkipJump ({rounds} rounds)", lambda m: evasion.HopSkipJump(
                m, norm=2, max_iter=rounds, max_eval=queries, verbose=False))
            yield with_art("BoundaryAttack", lambda m: evasion.BoundaryAttack(
                m, targeted=False, max_iter=max(1, queries // 34), verbose=False))
    else:
        yield ours(Spatial(shift=0.125, shifts=3, at_once=31))
        if foolbox:
            yield with_foolbox(foolbox, "SpatialAttack", foolbox.attacks.SpatialAttack(
                max_translation=1, num_translations=3, max_rotation=30, num_rotations=31), epsilons=None)
        if evasion:
            yield with_art("SpatialTransformation", lambda m: evasion.SpatialTransformation(
                m, max_translation=12.5, num_translations=3, max_rotation=30, num_rotations=31, verbose=False))


def _peer(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def trained() -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    """A network on the digits, and test samples that it gets right."""
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[:1200]), y[:1200]).backward()
        optimizer.step()
    right = (net(x[1200:]).argmax(dim=1) == y[1200:]).nonzero()[:, 0] + 1200
    return net.eval(), x[right].reshape(-1, 1, 8, 8), y[right]


def linear(count: int) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor, np.ndarray]:
    """A linear model of two classes, samples of class 0 within the box, and how far the boundary is from each in L2."""
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=64), rng.uniform(0.3, 0.7, size=(count, 64))
    bias = -(x @ w).max() - 0.02 * np.abs(w).sum()
    layer = torch.nn.Linear(64, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.stack([0 * w, w])))
        layer.bias.copy_(torch.tensor([0.0, bias]))
    exact = least_distance(np.broadcast_to(w, x.shape), x, -(x @ w + bias), "l2", (0.0, 1.0))
    images = torch.from_numpy(x).float().reshape(-1, 1, 8, 8)
    return layer, images, torch.zeros(count, dtype=torch.int64), exact


def gains(values: int, quick: bool) -> str:
    """Our attacks on a linear model without a box: the worst share of the best gain, and distance over the least."""
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=values), rng.uniform(size=(2 if quick else 6, values))
    label, fewer = np.zeros(len(x), int), {"queries": 500} if quick else {}
    far, near = (TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, -(x @ w).max() - room]))
                 for room in (1e3, 0.1 * np.abs(w).sum()))
    cells = [f"{values:6}"]
    for attack in (Square(eps=0.1), Square(norm="l2", eps=1.0), NES(eps=0.1), NES(norm="l2", eps=1.0),
                   SimBA(norm="linf", eps=0.1)):
        result = attack.evolve(**fewer)(far, x, label)
        best = float(attack.eps) * (np.abs(w).sum() if attack.norm == "linf" else np.linalg.norm(w))
        cells.append(f"{((result.adversarial - x) @ w / best).min():12.3f}")
    cells.append(f"{result.queries.max():8}")
    margin = -(x @ near.modules()[0].weight[1].detach().numpy() + near.modules()[0].bias[1].item())
    for attack in (HopSkipJump(), HopSkipJump(norm="linf"), Boundary()):
        exact = least_distance(np.broadcast_to(w, x.shape), x, margin, attack.measure(), None)
        cells.append(f"{(attack.evolve(**fewer)(near, x, label).norm / exact).max():10.3f}")
    return " ".join(cells)


def measured(entry: Entry, net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, norm: str,
             eps: float) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Success bool [N], L2 distance [N], queries a sample, seconds."""
    counted = Counted(net).eval()
    began = time.perf_counter()
    made = entry.run(counted, x.clone(), y.clone()).detach().reshape(x.shape).float()
    seconds = time.perf_counter() - began
    with torch.no_grad():
        wrong = (net(made.flatten(1)).argmax(dim=1) != y).numpy()
    change = (made - x).flatten(1).double()
    far = (change.abs().amax(dim=1) if norm == "linf" else change.norm(dim=1)).numpy()
    boxed = ((made >= -1e-6) & (made <= 1 + 1e-6)).flatten(1).all(dim=1).numpy()
    return wrong & boxed & (far <= eps * (1 + 1e-5)), far, counted.asked / len(x), seconds


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few samples and queries")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    missing = [n for n in ("foolbox", "torchattacks", "art") if _peer(n) is None]
    if missing:
        print(f"not installed, so left out: {', '.join(missing)}")
    net, x, y = trained()
    count, queries = (8, 200) if quick else (48, 1000)
    x, y = x[:count], y[:count]
    titles = {"linf": f"scores, L-infinity {LINF}", "l2": f"scores, L2 {L2}", "nearest": "decisions, nearest in L2",
              "spatial": "30 degrees either way in 31 steps, one pixel in 3 steps"}
    for kind, title in titles.items():
        eps = {"linf": LINF, "l2": L2}.get(kind, float("inf"))
        print(f"\n{title}; {count} samples, at most {queries} queries each where an attack lets that be set"
              if kind != "spatial" else f"\n{title}; {count} samples")
        print(f"{'':13} {'':32} {'success':>8} {'queries':>8} {'median L2':>10} {'seconds':>8}")
        for entry in entries(kind, queries):
            won, far, cost, seconds = measured(entry, net, x, y, "linf" if kind == "linf" else "l2", eps)
            shown = f"{np.median(far[won]):10.3f}" if kind == "nearest" and won.any() else f"{'':10}"
            print(f"{entry.who:13} {entry.what:32} {won.mean():8.1%} {cost:8.0f} {shown} {seconds:8.1f}", flush=True)
    net, x, y, exact = linear(2 if quick else 8)
    queries = 500 if quick else 5000
    print("\na linear model of two classes, 64 values, in the box: L2 distance over the least there is; "
          f"{len(x)} samples, {queries} queries")
    print(f"{'':13} {'':32} {'success':>8} {'queries':>8} {'median':>10} {'worst':>8}")
    for entry in entries("nearest", queries):
        won, far, cost, _ = measured(entry, net, x, y, "l2", float("inf"))
        ratio = far[won] / exact[won]
        shown = f"{np.median(ratio):10.3f} {ratio.max():8.3f}" if won.any() else ""
        print(f"{entry.who:13} {entry.what:32} {won.mean():8.1%} {cost:8.0f} {shown}", flush=True)
    print("\nlinear models without a box, float64, default queries: worst share of the best gain; SimBA's queries; "
          "worst distance over the least")
    print(" ".join(f"{h:>12}" for h in ("values square linf", "square l2", "nes linf", "nes l2", "simba linf")),
          " queries   hsj l2   hsj linf   boundary")
    for values in (16,) if quick else (16, 64, 192):
        print(gains(values, quick), flush=True)


if __name__ == "__main__":
    main()

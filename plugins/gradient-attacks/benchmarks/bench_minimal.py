"""How near the minimal-norm attacks come, beside foolbox, torchattacks and the Adversarial Robustness Toolbox.

Run: python plugins/gradient-attacks/benchmarks/bench_minimal.py [--quick]
Peers: pip install foolbox torchattacks adversarial-robustness-toolbox (in an environment of their own: they pin other
versions). What is not installed is named and left out.

Two tables. On a linear model of two classes, in the box [0, 1], the least distance is known exactly. On a small network
trained on scikit-learn's digits nobody knows it, so that distances are compared with the least that any attack of the
table found for the sample. Everything is float32; gradients and forward passes are counted at the network, alike for
all; one thread.
"""

from __future__ import annotations

import argparse
import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from practicum_gradient_attacks.cw import CW
from practicum_gradient_attacks.ddn import DDN
from practicum_gradient_attacks.deepfool import DeepFool
from practicum_gradient_attacks.ead import EAD
from practicum_gradient_attacks.fab import FAB
from practicum_gradient_attacks.fmn import FMN
from practicum_gradient_attacks.jsma import JSMA
from practicum_gradient_attacks.sparse import Sparse
from sklearn.datasets import load_digits

from practicum.testing.linear_truth import least_distance
from practicum.testing.torch_toys import TorchToy

SHAPE = (1, 8, 8)
Run = Callable[["Counted", torch.Tensor, torch.Tensor], torch.Tensor]


class Counted(torch.nn.Module):
    """A network on [N, 1, 8, 8] that counts the samples it is asked about, and those a gradient comes back for."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net, self.forwards, self.backwards = net, 0, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.net(x.flatten(1))
        self.forwards += len(x)
        if out.requires_grad:
            out.register_hook(self._back)
        return out

    def _back(self, gradient: torch.Tensor) -> None:
        self.backwards += int((gradient.flatten(1) != 0).any(dim=1).sum())


@dataclass(frozen=True)
class Entry:
    """One line of a table."""

    norm: str
    name: str
    run: Run


def ours(attack: Any, note: str = "") -> Entry:
    def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return attack(TorchToy.of(_Shaped(net), bounds=(0.0, 1.0)), x, y.numpy()).adversarial

    return Entry(attack.norm, f"practicum {attack.name.split('/')[1]}{note}", run)


class _Shaped(torch.nn.Module):
    """The toy flattens images; give the network its own shape back."""

    def __init__(self, net: Counted) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x.reshape(len(x), *SHAPE))


def practicum_entries(quick: bool) -> list[Entry]:
    out = [ours(DeepFool(norm=n)) for n in ("linf", "l2")] + [ours(CW()), ours(DDN()), ours(Sparse()), ours(JSMA())]
    out += [ours(FMN(norm=n)) for n in ("linf", "l2", "l1", "l0")]
    out += [ours(FAB(norm=n, steps=10 if quick else 100)) for n in ("linf", "l2", "l1")]
    out += [ours(EAD()), ours(DeepFool(polish=6), ", polished")]
    out += [ours(a.evolve(polish=0), ", bare") for a in (CW(), DDN(), FMN(), FMN(norm="l2"), FMN(norm="l1"), EAD())]
    return out


def foolbox_entries(quick: bool) -> list[Entry]:
    fa = importlib.import_module("foolbox.attacks")
    fb = importlib.import_module("foolbox")

    def entry(norm: str, name: str, attack: Any) -> Entry:
        def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return attack(fb.PyTorchModel(net.eval(), bounds=(0, 1)), x, y, epsilons=None)[0]

        return Entry(norm, f"foolbox {name}", run)

    steps = 100 if quick else 1000
    return [entry("l2", f"CW 9 x {steps}", fa.L2CarliniWagnerAttack(binary_search_steps=9, steps=steps)),
            entry("l1", f"EAD 9 x {steps}", fa.EADAttack(binary_search_steps=9, steps=steps, decision_rule="L1")),
            entry("l2", "DDN", fa.DDNAttack()), entry("l2", "DeepFool", fa.L2DeepFoolAttack()),
            entry("linf", "DeepFool", fa.LinfDeepFoolAttack()), entry("l0", "FMN", fa.L0FMNAttack()),
            entry("l1", "FMN", fa.L1FMNAttack()), entry("l2", "FMN", fa.L2FMNAttack()),
            entry("linf", "FMN", fa.LInfFMNAttack())]


def torchattacks_entries(quick: bool) -> list[Entry]:
    ta = importlib.import_module("torchattacks")

    def entry(norm: str, name: str, make: Callable[[Counted], Any]) -> Entry:
        def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return make(net.eval())(x, y)

        return Entry(norm, f"torchattacks {name}", run)

    steps, classes = 10 if quick else 100, lambda net: int(net(torch.zeros(1, *SHAPE)).shape[1])
    return [entry("l2", "CW c=1", lambda net: ta.CW(net, c=1, steps=200)),
            entry("l2", "CW c=100", lambda net: ta.CW(net, c=100, steps=200)),
            entry("l2", "DeepFool", lambda net: ta.DeepFool(net)),
            *(entry(norm.lower(), "FAB", lambda net, norm=norm: ta.FAB(net, norm=norm, eps=1e3, steps=steps,
                                                                       n_classes=classes(net)))
              for norm in ("Linf", "L2", "L1")),
            entry("l0", "JSMA", lambda net: ta.JSMA(net, theta=1.0, gamma=1.0))]


def art_entries(quick: bool) -> list[Entry]:
    ae = importlib.import_module("art.attacks.evasion")
    ac = importlib.import_module("art.estimators.classification")

    def entry(norm: str, name: str, make: Callable[[Any], Any]) -> Entry:
        def run(net: Counted, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            classes = int(net(x[:1]).shape[1])
            wrapped = ac.PyTorchClassifier(net, torch.nn.CrossEntropyLoss(), SHAPE, classes, clip_values=(0, 1),
                                           device_type="cpu")
            hot = np.eye(classes, dtype=np.float32)[y.numpy()]
            return torch.from_numpy(make(wrapped).generate(x.numpy(), hot))

        return Entry(norm, f"ART {name}", run)

    return [entry("l2", "CW", lambda m: ae.CarliniL2Method(m, verbose=False, batch_size=64)),
            entry("l2", "DeepFool", lambda m: ae.DeepFool(m, verbose=False, batch_size=64)),
            entry("l1", "EAD", lambda m: ae.ElasticNet(m, verbose=False, batch_size=64, decision_rule="L1"))]


PEERS = {"foolbox": foolbox_entries, "torchattacks": torchattacks_entries, "art": art_entries}


def linear_case() -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor, dict[str, np.ndarray]]:
    """A linear model, samples some of whose values lie on the box, and the exact least distances."""
    rng = np.random.default_rng(0)
    weight, x = rng.normal(size=(2, 64)), rng.uniform(size=(16, 64))
    x[:, ::5] = np.round(x[:, ::5])
    weight, x = weight.astype(np.float32), x.astype(np.float32)
    net = torch.nn.Linear(64, 2)
    with torch.no_grad():
        net.weight.copy_(torch.from_numpy(weight))
        net.bias.copy_(torch.from_numpy(-weight @ np.full(64, 0.5, np.float32)))
    images = torch.from_numpy(x)
    logits = net(images).detach().double().numpy()
    label = logits.argmax(1)
    rows = np.arange(16)
    way = (weight[1 - label] - weight[label]).astype(np.float64)
    margin = logits[rows, label] - logits[rows, 1 - label]
    wide = x.astype(np.float64)
    best = {n: least_distance(way, wide, margin, n, (0.0, 1.0)) for n in ("linf", "l2", "l1")}
    gains = np.sort(np.abs(way) * np.where(way > 0, 1 - wide, wide), axis=1)[:, ::-1].cumsum(axis=1)
    best["l0"] = (gains < margin[:, None]).sum(axis=1) + 1.0
    return net, images.reshape(-1, *SHAPE), torch.from_numpy(label), best


def digits_case(count: int) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    """A small network trained on 1200 digits, and others that it gets right."""
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
    net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU(),
                              torch.nn.Linear(64, 10))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for _ in range(40):
        for at in torch.randperm(1200).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[at]), y[at]).backward()
            optimizer.step()
    right = 1200 + (net(x[1200:]).argmax(1) == y[1200:]).nonzero()[:count, 0]
    return net, x[right].reshape(-1, *SHAPE), y[right]


def far(norm: str, x: torch.Tensor, adversarial: torch.Tensor, won: np.ndarray) -> np.ndarray:
    """Distances in float64; infinite where the attack didn't win."""
    change = (adversarial.double() - x.double()).flatten(1).abs()
    size = {"linf": change.amax(1), "l2": change.norm(dim=1), "l1": change.sum(1), "l0": (change > 0).sum(1)}[norm]
    return np.where(won, size.numpy().astype(np.float64), np.inf)


def table(title: str, entries: list[Entry], net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor,
          exact: dict[str, np.ndarray] | None) -> None:
    found = []
    for entry in entries:
        counted = Counted(net)
        torch.manual_seed(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                adversarial = entry.run(counted, x.clone(), y.clone()).detach().reshape(x.shape)
        except (RuntimeError, ValueError, TypeError, LookupError, NameError) as error:
            print(f"{entry.name} ({entry.norm}) fails: {type(error).__name__}: {error}")
            continue
        for parameter in net.parameters():
            parameter.requires_grad_(True)
        with torch.no_grad():
            won = (net(adversarial.flatten(1)).argmax(1) != y).numpy()
        cost = counted.backwards / len(x), counted.forwards / len(x)
        found.append((entry, far(entry.norm, x, adversarial.clamp(0, 1), won), *cost))
    print(f"\n{title}\n{'norm':5} {'attack':34} {'success':>8} {'median':>8} {'worst':>8} {'gradients':>10} "
          f"{'forwards':>9}")
    for norm in ("linf", "l2", "l1", "l0"):
        best = exact[norm] if exact else np.min([d for e, d, *_ in found if e.norm == norm], axis=0)
        for entry, distance, gradients, forwards in found:
            if entry.norm == norm:
                ratio = distance / best
                print(f"{norm:5} {entry.name:34} {np.isfinite(distance).mean():8.0%} {np.median(ratio):8.4f} "
                      f"{ratio.max():8.4f} {gradients:10.1f} {forwards:9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer steps for the slowest attacks, fewer samples")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    entries = practicum_entries(quick)
    for peer, made in PEERS.items():
        try:
            entries += made(quick)
        except ImportError as error:
            print(f"{peer} is not installed, so it is left out ({error})")
    net, x, y, exact = linear_case()
    table("linear, two classes, in the box: distance over the least possible", entries, net, x, y, exact)
    net, x, y = digits_case(32 if quick else 128)
    table("digits network: distance over the least that any of these attacks found", entries, net, x, y, None)


if __name__ == "__main__":
    main()

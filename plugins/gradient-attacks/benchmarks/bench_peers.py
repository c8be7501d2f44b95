"""FGSM, PGD-40, APGD and a cascade beside torchattacks, Foolbox, ART and auto-attack: what is left, gradients and time.

Run: with practicum-models-basic, which wraps the module; see requirements.txt for the peers: one that isn't installed
is named and left out.
    PYTHONPATH=peers python plugins/gradient-attacks/benchmarks/bench_peers.py

Two small convolutional networks on scikit-learn's digits, one trained plainly, one on PGD examples, L-infinity 0.2 in
[0, 1]. All attack the same module, whose outputs count the rows that go forward and backward. Robust accuracy is the
share of all test images whose class the module still gets right, recomputed here from what each library returns, after
checking that it lies in ball and box. Each row is checked before anything is timed: ours must leave no more right than
the peers do. Times are the best of several turns in which the libraries alternate. The cascades are two APGD runs of 50
steps, on the cross entropy and on the DLR loss; torchattacks' and auto-attack's stop between attacks, ours on each
sample.
"""

from __future__ import annotations

import importlib.util
import platform
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from practicum_gradient_attacks.apgd import APGD
from practicum_gradient_attacks.cascade import Cascade
from practicum_gradient_attacks.fgsm import FGSM
from practicum_gradient_attacks.pgd import PGD
from sklearn.datasets import load_digits

import practicum as pm
from practicum import Batch, Keys

EPS, STEPS = 0.2, 40
TURNS = {"FGSM": 60, "PGD-40": 9, "APGD-50": 7, "cascade": 3}
Attack = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Counted(torch.nn.Module):
    """A classifier of [N, 1, 8, 8] that counts rows forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(
            torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(16, 32, 3, 2, 1), torch.nn.ReLU(),
            torch.nn.Flatten(), torch.nn.Linear(512, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
        self.forwards = self.backwards = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.forwards += len(x)
        out: torch.Tensor = self.net(x.reshape(len(x), 1, 8, 8))
        if out.requires_grad:
            out.register_hook(self._count)
        return out

    def _count(self, gradient: torch.Tensor) -> None:
        self.backwards += len(gradient)


def trained(adversarial: bool) -> Counted:
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.images[:1200, None] / 16, dtype=torch.float32), torch.tensor(digits.target[:1200])
    net = Counted()
    model, optimizer = pm.wrap(net, bounds=(0, 1)), torch.optim.Adam(net.parameters(), 2e-3)
    for epoch in range(30 if adversarial else 15):
        order = torch.randperm(1200)
        for at in range(0, 1200, 64):
            images, labels = x[order[at:at + 64]], y[order[at:at + 64]]
            if adversarial:
                batch = Batch.of(images, modality="image", targets={"label": labels.numpy()})
                attack = PGD(eps=EPS, steps=5, rivals=1, keep="last", loss="cross-entropy")
                images = attack.adversarial(model, batch, Keys(100 * epoch + at).bind(batch.ids)).data
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
    return net.eval()


def ours(net: Counted, attack: Any) -> Attack:
    model = pm.wrap(net, bounds=(0, 1))

    def run(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        batch = Batch.of(x, modality="image", targets={"label": y.numpy()})
        found: torch.Tensor = attack.adversarial(model, batch, Keys(0).bind(batch.ids)).data
        return found

    return run


def torchattacks_rows(net: Counted) -> dict[str, Attack]:
    import torchattacks

    return {"FGSM": torchattacks.FGSM(net, eps=EPS),
            "PGD-40": torchattacks.PGD(net, eps=EPS, alpha=EPS / 10, steps=STEPS),
            "APGD-50": torchattacks.APGD(net, eps=EPS, steps=50, loss="dlr"),
            "cascade": torchattacks.MultiAttack([torchattacks.APGD(net, eps=EPS, steps=50, loss=loss)
                                                 for loss in ("ce", "dlr")])}


def foolbox_rows(net: Counted) -> dict[str, Attack]:
    import foolbox

    model = foolbox.PyTorchModel(net, bounds=(0, 1))
    attacks = {"FGSM": foolbox.attacks.FGSM(),
               "PGD-40": foolbox.attacks.LinfPGD(abs_stepsize=EPS / 10, steps=STEPS)}
    return {name: lambda x, y, a=a: a(model, x, y, epsilons=EPS)[1] for name, a in attacks.items()}


def art_rows(net: Counted) -> dict[str, Attack]:
    from art.attacks.evasion import (
        AutoProjectedGradientDescent,
        FastGradientMethod,
        ProjectedGradientDescentPyTorch,
    )
    from art.estimators.classification import PyTorchClassifier

    classifier = PyTorchClassifier(net, torch.nn.CrossEntropyLoss(), (1, 8, 8), 10, clip_values=(0.0, 1.0),
                                   device_type="cpu")
    auto = AutoProjectedGradientDescent(classifier, eps=EPS, eps_step=2 * EPS, max_iter=50, nb_random_init=1,
                                        loss_type="difference_logits_ratio", batch_size=1000, verbose=False)
    attacks = {"APGD-50": auto, "FGSM": FastGradientMethod(classifier, eps=EPS, batch_size=1000),
               "PGD-40": ProjectedGradientDescentPyTorch(classifier, eps=EPS, eps_step=EPS / 10, max_iter=STEPS,
                                                         num_random_init=1, batch_size=1000, verbose=False)}
    return {name: lambda x, y, a=a: torch.from_numpy(a.generate(x.numpy(), y.numpy())) for name, a in attacks.items()}


def autoattack_rows(net: Counted) -> dict[str, Attack]:
    from autoattack import AutoAttack
    from autoattack.autopgd_base import APGDAttack

    single = APGDAttack(net, n_restarts=1, n_iter=50, eps=EPS, norm="Linf", loss="dlr", seed=0, device="cpu")
    both = AutoAttack(net, norm="Linf", eps=EPS, version="custom", attacks_to_run=["apgd-ce", "apgd-dlr"], seed=0,
                      device="cpu", verbose=False)
    both.apgd.n_restarts, both.apgd.n_iter = 1, 50
    return {"APGD-50": single.perturb,
            "cascade": lambda x, y: both.run_standard_evaluation(x, y, bs=1000)}


PEERS: dict[str, Callable[[Counted], dict[str, Attack]]] = {
    "torchattacks": torchattacks_rows, "foolbox": foolbox_rows, "art": art_rows,
    "autoattack": autoattack_rows}


def table(net: Counted, x: torch.Tensor, y: torch.Tensor) -> None:
    rows: dict[str, dict[str, Attack]] = {
        "FGSM": {"practicum": ours(net, FGSM(eps=EPS, loss="cross-entropy")), "practicum, margin":
                 ours(net, FGSM(eps=EPS))},
        "PGD-40": {"practicum, early_stop": ours(net, PGD(eps=EPS, steps=STEPS, early_stop=True)),
                   "practicum, all steps": ours(net, PGD(eps=EPS, steps=STEPS))},
        "APGD-50": {"practicum, early_stop": ours(net, APGD(eps=EPS, steps=50, early_stop=True)),
                    "practicum, all steps": ours(net, APGD(eps=EPS, steps=50))},
        "cascade": {"practicum": ours(net, Cascade(eps=EPS, checks=False, members=[
            APGD(steps=50, loss="cross-entropy"), APGD(steps=50, loss="dlr")]))}}
    for peer, make in PEERS.items():
        if importlib.util.find_spec(peer) is None:
            print(f"{peer} is not installed: its rows are left out")
            continue
        for name, attack in make(net).items():
            rows[name][peer] = attack
    for name, attacks in rows.items():
        left, work = {}, {}
        for who, attack in attacks.items():
            torch.manual_seed(0)
            np.random.seed(0)  # noqa: NPY002  # peers draw from the global generator
            net.forwards = net.backwards = 0
            found = attack(x, y).detach()
            work[who] = net.forwards / len(x), net.backwards / len(x)
            assert float((found - x).abs().max()) <= EPS * (1 + 1e-5), who
            assert 0 <= float(found.min()) <= float(found.max()) <= 1, who
            with torch.no_grad():
                left[who] = 100 * float((net(found).argmax(1) == y).double().mean())
        ours_left = max(v for k, v in left.items() if k.startswith("practicum"))
        for peer in PEERS.keys() & left.keys():
            assert ours_left <= left[peer], (name, left)
        best = dict.fromkeys(attacks, float("inf"))
        for _ in range(TURNS[name]):
            for who, attack in attacks.items():
                start = time.perf_counter()
                attack(x, y)
                best[who] = min(best[who], time.perf_counter() - start)
        for who in attacks:
            print(f"{name:7} {who:22} robust {left[who]:5.1f} %   gradients {work[who][1]:6.2f}   "
                  f"forward {work[who][0]:6.2f}   {1e6 * best[who] / len(x):8.1f} us an image")


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    digits = load_digits()
    x, y = torch.tensor(digits.images[1200:, None] / 16, dtype=torch.float32), torch.tensor(digits.target[1200:])
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, 1 thread; "
          f"{len(x)} images, L-infinity {EPS}")
    for adversarial in (False, True):
        net = trained(adversarial)
        with torch.no_grad():
            clean = 100 * float((net(x).argmax(1) == y).double().mean())
        print(f"\n{'trained on PGD examples' if adversarial else 'undefended'}, clean accuracy {clean:.1f} %; "
              "an image takes")
        table(net, x, y)


if __name__ == "__main__":
    main()

"""Attacks of each library under one calling form: ``attack(module, x, y, eps) -> adversarial tensor``.

A peer that isn't installed is left out; what a library doesn't offer is missing from its mapping.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import practicum as pm
from practicum import Batch

Attack = Callable[[torch.nn.Module, torch.Tensor, torch.Tensor, float], torch.Tensor]
BOX = (0.0, 1.0)


def _practicum() -> dict[str, Attack]:
    def using(name: str, **fields: Any) -> Attack:
        def run(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float) -> torch.Tensor:
            model = pm.wrap(module, bounds=BOX)
            own = fields if eps == 0 else {"eps": eps, **fields}
            batch = Batch.of(x, modality="image", targets={"label": y.numpy()})
            found: torch.Tensor = pm.get(f"gradient-attacks/{name}", **own)(model, batch).batch.data
            return found
        return run

    return {"linf": using("pgd"), "l2": using("pgd", norm="l2"), "l1": using("pgd", norm="l1"), "cw": using("cw")}


def _foolbox() -> dict[str, Attack]:
    import foolbox

    def using(made: Any, *, minimal: bool = False) -> Attack:
        def run(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float) -> torch.Tensor:
            model = foolbox.PyTorchModel(module, bounds=BOX)
            found: torch.Tensor = made(model, x, y, epsilons=None if minimal else eps)[1]
            return found
        return run

    attacks = foolbox.attacks
    return {"linf": using(attacks.LinfPGD()), "l2": using(attacks.L2PGD()), "l1": using(attacks.L1PGD()),
            "cw": using(attacks.L2CarliniWagnerAttack(steps=300), minimal=True)}


def _torchattacks() -> dict[str, Attack]:
    import torchattacks

    def using(make: Callable[[torch.nn.Module, float], Any]) -> Attack:
        def run(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float) -> torch.Tensor:
            found: torch.Tensor = make(module, eps)(x, y)
            return found
        return run

    return {"linf": using(lambda m, eps: torchattacks.PGD(m, eps=eps, alpha=eps / 10, steps=40)),
            "l2": using(lambda m, eps: torchattacks.PGDL2(m, eps=eps, alpha=eps / 10, steps=40)),
            "cw": using(lambda m, eps: torchattacks.CW(m, c=1, steps=300))}


def _art() -> dict[str, Attack]:
    from art.attacks.evasion import CarliniL2Method, ProjectedGradientDescentPyTorch
    from art.estimators.classification import PyTorchClassifier

    def classifier(module: torch.nn.Module, x: torch.Tensor) -> Any:
        classes = module(x[:1]).shape[1]
        return PyTorchClassifier(module, torch.nn.CrossEntropyLoss(), tuple(x.shape[1:]), classes, clip_values=BOX,
                                 device_type="cpu")

    def using(norm: Any) -> Attack:
        def run(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float) -> torch.Tensor:
            made = ProjectedGradientDescentPyTorch(classifier(module, x), norm=norm, eps=eps, eps_step=eps / 10,
                                                   max_iter=40, num_random_init=1, verbose=False)
            return torch.from_numpy(np.asarray(made.generate(x.numpy(), y.numpy())))
        return run

    def cw(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float) -> torch.Tensor:
        made = CarliniL2Method(classifier(module, x), max_iter=20, verbose=False, batch_size=len(x))
        return torch.from_numpy(np.asarray(made.generate(x.numpy(), y.numpy())))

    return {"linf": using(np.inf), "l2": using(2), "l1": using(1), "cw": cw}


def _captum() -> dict[str, Attack]:
    from captum.robust import PGD

    def using(norm: str) -> Attack:
        def run(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float) -> torch.Tensor:
            made = PGD(module, torch.nn.CrossEntropyLoss(reduction="none"), lower_bound=BOX[0], upper_bound=BOX[1])
            found: torch.Tensor = made.perturb(x, radius=eps, step_size=eps / 10, step_num=40, target=y,
                                               random_start=norm == "Linf", norm=norm)
            return found
        return run

    return {"linf": using("Linf"), "l2": using("L2")}


MAKERS = {"practicum": ("practicum", _practicum), "foolbox": ("foolbox", _foolbox),
          "torchattacks": ("torchattacks", _torchattacks), "ART": ("art", _art), "captum": ("captum", _captum)}


def peers() -> dict[str, dict[str, Attack]]:
    """Library -> its attacks; libraries that aren't installed are named on standard output."""
    found = {}
    for name, (module, make) in MAKERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name} is not installed: its column is left out")
            continue
        found[name] = make()
    return found

"""Attacks, explainers and models look at torch modules and data without leaving a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from practicum.errors import CapabilityError, PracticumError, TechniqueFailed
from practicum.keys import Keys
from practicum.testing.compare import independent_copy, require_same
from practicum.testing.models import Blind, as_float64, own_labels
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken, global_rng_kept

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def call(subject: Subject, model: Any = None, batch: Any = None, seed: int = 0) -> Any:
    """One call of the technique's verb with the core's checks, on samples that the model gets right."""
    model = subject.model if model is None else model
    if batch is None:
        batch = as_float64(subject.batch) if subject.contract.samples is None else subject.batch
        batch = own_labels(model, batch) if getattr(model, "task", "") == "classification" else batch
    if subject.cls.kind == "attack":
        return subject.technique.run(model, batch, Keys(seed))
    if subject.cls.kind == "explainer":
        return subject.technique.run(model, batch, batch.label, Keys(seed))
    return model.predict(batch)


def model_of(subject: Subject) -> Any:
    """The model under observation: the one looked at, or the technique itself."""
    return subject.technique if subject.cls.kind == "model" else subject.model


def _modules(subject: Subject) -> list[Any]:
    model = model_of(subject)
    found = list(model.modules()) if hasattr(model, "modules") else []
    if not found:
        raise NotApplicable("the model has no torch modules")
    return found


def snapshot(roots: list[Any]) -> dict[str, Any]:
    """Everything about torch modules that a technique must leave as it was."""
    import torch

    seen: dict[str, Any] = {"whether gradients are enabled": torch.is_grad_enabled()}
    for at, root in enumerate(roots):
        for name, module in root.named_modules():
            seen[f"the mode of module {at}:{name}"] = module.training
            for hooks in HOOKS:
                seen[f"the hooks of module {at}:{name} ({hooks})"] = tuple(getattr(module, hooks))
        for name, parameter in root.named_parameters():
            seen[f"requires_grad of parameter {at}:{name}"] = parameter.requires_grad
            seen[f"parameter {at}:{name}"] = parameter.detach().clone().numpy()
            seen[f"the gradient of parameter {at}:{name}"] = None if parameter.grad is None else \
                parameter.grad.clone().numpy()
        for name, buffer in root.named_buffers():
            seen[f"buffer {at}:{name}"] = buffer.clone().numpy()
    return seen


def _differs(before: dict[str, Any], after: dict[str, Any]) -> str:
    if before.keys() != after.keys():
        return sorted(before.keys() ^ after.keys())[0]
    for name, old in before.items():
        new = after[name]
        if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
            if not np.array_equal(old, new, equal_nan=old.dtype.kind == "f"):
                return name
        elif isinstance(old, np.ndarray) or isinstance(new, np.ndarray) or old != new:
            return name
    return ""


@contract_check("model untouched", "attack", "explainer", "model")
def model_untouched(subject: Subject) -> None:
    """Modes, buffers, parameters, gradients, flags and hooks of the model are as before."""
    roots = _modules(subject)
    before = snapshot(roots)
    call(subject, model_of(subject))
    changed = _differs(before, snapshot(roots))
    if changed:
        raise broken(f"after the call {changed} has changed: work inside practicum.guard.untouched(model.modules())")


@contract_check("model untouched after an exception", "attack", "explainer")
def untouched_after_exception(subject: Subject) -> None:
    """Also when the model fails in the middle."""
    roots = _modules(subject)
    batch = as_float64(subject.batch) if subject.contract.samples is None else subject.batch
    batch = own_labels(subject.model, batch)
    for calls in (1, 2, 3):
        before = snapshot(roots)
        with failing_after(roots[-1], calls) as failed:
            try:
                call(subject, subject.model, batch)
            except (TechniqueFailed, RuntimeError) as error:
                if not failed():
                    raise broken(f"it failed on its own: {error}") from error
        if not failed():
            return
        changed = _differs(before, snapshot(roots))
        if changed:
            raise broken(f"when the model raises in forward pass {calls}, {changed} stays changed: work inside "
                         "practicum.guard.untouched(model.modules())")


@contextmanager
def failing_after(root: Any, calls: int) -> Iterator[Callable[[], bool]]:
    """Forward pass number ``calls`` of the last module raises inside; yields whether that happened."""
    seen = [0]

    def hook(*_: Any) -> None:
        seen[0] += 1
        if seen[0] >= calls:
            raise RuntimeError("the model failed on purpose")

    handle = list(root.modules())[-1].register_forward_hook(hook)
    try:
        yield lambda: seen[0] >= calls
    finally:
        handle.remove()


@contract_check("input not mutated", "attack", "explainer", "model")
def input_not_mutated(subject: Subject) -> None:
    """The caller's data are as they were."""
    model = model_of(subject)
    mine = independent_copy(as_float64(subject.batch) if subject.cls.kind != "model" else subject.batch)
    if subject.cls.kind != "model" and model.task == "classification":
        mine = independent_copy(own_labels(model, mine))
    before = independent_copy(mine)
    call(subject, model, mine)
    require_same(before, mine, "the input was changed in place")


@contract_check("global RNG state kept", "attack", "explainer", "model")
def global_rng(subject: Subject) -> None:
    """No global generator moves."""
    call(subject, model_of(subject))
    with global_rng_kept() as moved:
        call(subject, model_of(subject), seed=1)
        names = moved()
    if names:
        raise broken(f"the call moved the global generator of {names}: draw from keys")


@contract_check("works under no_grad", "attack", "explainer")
def works_under_no_grad(subject: Subject) -> None:
    """Called where gradients are off, it gives the same."""
    import torch

    first = call(subject)
    with torch.no_grad():
        second = call(subject)
    if subject.cls.kind == "attack":
        require_same(first.batch, second.batch, "under torch.no_grad() the result differs", 1e-9)
    elif not _same_values(first.values, second.values):
        raise broken("under torch.no_grad() the attributions differ")


def _same_values(a: Any, b: Any) -> bool:
    return len(a) == len(b) and all(np.allclose(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64),
                                                equal_nan=True) for x, y in zip(a, b, strict=True))


@contract_check("refuses a model that lacks what it needs", "attack", "explainer")
def refuses_model(subject: Subject) -> None:
    """An error that names both sides, before anything runs."""
    batch = own_labels(subject.model, subject.batch)
    wrong: list[tuple[Any, str]] = [(object(), "object")]
    if getattr(subject.cls, "access", "") == "gradient":
        wrong.append((Blind.over(subject.model), Blind.name))
    for model, name in wrong:
        try:
            call(subject, model, batch)
        except CapabilityError as error:
            if subject.technique.name not in str(error) or name not in str(error):
                raise broken(f"the refusal doesn't name both {subject.technique.name} and {name}: {error}") from error
            continue
        except PracticumError as error:
            raise broken(f"given {name} as model it raised {type(error).__name__} instead of a CapabilityError: "
                         f"{error}") from error
        raise broken(f"given {name} as model it went on although its access is {getattr(subject.cls, 'access', '')!r}")

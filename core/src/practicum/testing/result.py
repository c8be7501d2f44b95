"""What a contract check is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from practicum.spec import KINDS

Status = Literal["passed", "failed", "skipped", "not applicable"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check on one technique.

    Args:
        name: the check's name, as used in ``skip``.
        status: ``passed``, ``failed``, ``skipped`` (declared, with a reason) or ``not applicable``.
        reason: what broke and how, or why the check was skipped; empty when it passed.
        where: modality and configuration checked, where there are several.
        technique: name of the technique.
    """

    name: str
    status: Status
    reason: str = ""
    where: str = ""
    technique: str = ""


class NotApplicable(Exception):
    """A check has nothing to look at, for the reason given; it counts neither as run nor as skipped."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of the contract.

    Args:
        name: in plain words, as ``"same key same output"``.
        kinds: the kinds of technique it is made to.
        run: raises :class:`practicum.errors.ContractViolation` when the promise is broken.
        modalities: the only modalities it concerns; all when empty.
        once: whether it is about the class, so that one run serves all configurations and modalities.
    """

    name: str
    kinds: frozenset[str]
    run: Callable[[Any], None]
    modalities: frozenset[str]
    once: bool


F = TypeVar("F", bound=Callable[..., None])
_MARK = "practicum_check"


def contract_check(name: str, *kinds: str, modalities: Iterable[str] = (), once: bool = False) -> Callable[[F], F]:
    """Mark a function of a subject as the check ``name``; no kinds means all six."""

    def mark(function: F) -> F:
        setattr(function, _MARK, Check(name, frozenset(kinds or KINDS), function, frozenset(modalities), once))
        return function

    return mark


def checks_of(module: Any) -> list[Check]:
    """The checks that a module defines, in order."""
    return [getattr(v, _MARK) for v in vars(module).values() if hasattr(v, _MARK)]

"""Every check of the kit is failed by a wrong plugin, and each wrong plugin fails that check only."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest
import wrong_attacks
import wrong_declarations
import wrong_environments
import wrong_explainers
import wrong_models
import wrong_trackers
import wrong_transformations
import wrong_values
from wrong import Wrong

from practicum.hooks import GROUP
from practicum.registry import default_registry
from practicum.spec import KINDS
from practicum.testing import catalogue
from practicum.testing.contract import LOADS, Contract, contract_for, run_contract

MODULES = (wrong_declarations, wrong_transformations, wrong_values, wrong_attacks, wrong_explainers, wrong_models,
           wrong_environments, wrong_trackers)
ALL = [case for module in MODULES for case in module.WRONG]
DECLARED = [(EntryPoint("wrong-spec", "declared_disagreeing", GROUP), None),
            (EntryPoint("wrong-heavy", "declared_heavily", GROUP), None)]


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    """The two wrong declarations are known to the registry."""
    with default_registry().including(DECLARED):
        yield


def contract_of(case: Wrong) -> type[Contract]:
    cls: Any = default_registry().load(case.technique) if isinstance(case.technique, str) else case.technique
    base = case.base or contract_for(cls.kind)
    return type(f"Of{cls.__name__}", (base,), {"technique": case.technique, **case.declared})


def name_of(case: Wrong) -> str:
    return f"{case.check}: {case.technique if isinstance(case.technique, str) else case.technique.__name__}"


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_a_wrong_plugin_fails_exactly_the_check_it_breaks(case: Wrong) -> None:
    if case.check == "smallest graph" and importlib.util.find_spec("torch_geometric") is None:
        pytest.skip("torch_geometric is not installed")
    failed = {r.name: r.reason for r in run_contract(contract_of(case)) if r.status == "failed"}
    assert set(failed) == {case.check}, failed
    assert case.says in failed[case.check]


def test_every_check_is_failed_by_a_wrong_plugin() -> None:
    covered = set()
    for case in ALL:
        kind = contract_of(case).technique_class().kind
        covered |= {check.run for check in catalogue(kind) if check.name == case.check}
    checks = {(kind, check) for kind in KINDS for check in catalogue(kind)}
    assert not sorted(f"{kind}: {check.name}" for kind, check in checks if check.run not in covered)
    assert any(case.check == LOADS for case in ALL)

"""The examples in the core's docstrings print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import practicum

MODULES = sorted(m.name for m in pkgutil.walk_packages(practicum.__path__, "practicum.") if "__main__" not in m.name)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert failed == 0


def test_there_are_examples() -> None:
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(len(t.examples) for m in modules for t in doctest.DocTestFinder().find(m)) > 100

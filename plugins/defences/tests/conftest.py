"""The kit's toys are known by name, as an installed plugin's techniques are."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from practicum.hooks import GROUP
from practicum.registry import default_registry


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    with default_registry().including([(EntryPoint("toy", "practicum.testing.toys_models", GROUP), None)]):
        yield

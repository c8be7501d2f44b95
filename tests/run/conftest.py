"""The toys known by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from practicum.registry import default_registry
from practicum.testing.toys_models import install_toys


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The toys as an installed plugin; the folder to put on a child's PYTHONPATH."""
    folder = install_toys(tmp_path / "toys")
    monkeypatch.syspath_prepend(str(folder))
    default_registry().refresh()
    yield folder
    monkeypatch.undo()
    default_registry().refresh()

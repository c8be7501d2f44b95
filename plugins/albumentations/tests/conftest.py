"""Fixtures shared by the plugin's tests."""

from __future__ import annotations

from typing import Any

import pytest
from practicum_albumentations.library import library


@pytest.fixture(scope="session")
def lib() -> Any:
    """The wrapped library."""
    return library()

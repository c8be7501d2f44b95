"""The libraries' own methods under the contract of ours; skipped where a library isn't installed."""

from __future__ import annotations

import pytest

from practicum.testing import AttackContract, ExplainerContract

pytest.importorskip("captum")
pytest.importorskip("foolbox")


class TestCaptum(ExplainerContract):
    technique = "interop/captum"
    config = {"options": {"n_steps": 8}}


class TestFoolbox(AttackContract):
    technique = "interop/foolbox"
    config = {"eps": 0.1, "options": {"steps": 3}}

"""The contracts of APGD and of cascades."""

from __future__ import annotations

from practicum.testing import AttackContract


class TestAPGD(AttackContract):
    technique = "gradient-attacks/apgd"
    config = {"steps": 30}

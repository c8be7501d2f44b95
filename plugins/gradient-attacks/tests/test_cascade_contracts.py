"""The contracts of APGD and of cascades."""

from __future__ import annotations

from practicum.testing import AttackContract


class TestAPGD(AttackContract):
    technique = "gradient-attacks/apgd"
    config = {"steps": 30}


class TestCascade(AttackContract):
    technique = "gradient-attacks/cascade"
    config = {"early_stop": False, "members": [{"use": "gradient-attacks/apgd", "steps": 20},
                                               {"use": "gradient-attacks/square", "queries": 20}]}

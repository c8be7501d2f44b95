"""The contract of each attack that learns its change; the kit fits it on its samples first."""

from __future__ import annotations

from practicum.testing import AttackContract


class TestUniversal(AttackContract):
    technique = "gradient-attacks/universal"
    configs = ({"norm": "l2", "eps": 0.5, "epochs": 3},)


class TestPatch(AttackContract):
    technique = "gradient-attacks/patch"
    config = {"epochs": 3}

"""The contract of each attack."""

from __future__ import annotations

from practicum.testing import AttackContract


class TestFGSM(AttackContract):
    technique = "gradient-attacks/fgsm"


class TestPGD(AttackContract):
    technique = "gradient-attacks/pgd"

"""The contract of each attack of a given budget."""

from __future__ import annotations

from practicum.testing import AttackContract


class TestFGSM(AttackContract):
    technique = "gradient-attacks/fgsm"


class TestRFGSM(AttackContract):
    technique = "gradient-attacks/rfgsm"


class TestFFGSM(AttackContract):
    technique = "gradient-attacks/ffgsm"


class TestBIM(AttackContract):
    technique = "gradient-attacks/bim"


class TestPGD(AttackContract):
    technique = "gradient-attacks/pgd"


class TestMIFGSM(AttackContract):
    technique = "gradient-attacks/mi-fgsm"


class TestNIFGSM(AttackContract):
    technique = "gradient-attacks/ni-fgsm"


class TestVMIFGSM(AttackContract):
    technique = "gradient-attacks/vmi-fgsm"
    config = {"steps": 3, "neighbours": 2}


class TestDIFGSM(AttackContract):
    technique = "gradient-attacks/di-fgsm"


class TestTIFGSM(AttackContract):
    technique = "gradient-attacks/ti-fgsm"

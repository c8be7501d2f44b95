"""The contract of each black-box attack, with few queries: the defaults are meant for real models."""

from __future__ import annotations

from practicum.testing import AttackContract


class TestSquare(AttackContract):
    technique = "gradient-attacks/square"
    config = {"queries": 30, "eps": 0.2}


class TestSquareL2(AttackContract):
    technique = "gradient-attacks/square"
    config = {"queries": 20, "eps": 1.0, "norm": "l2"}


class TestSimBA(AttackContract):
    technique = "gradient-attacks/simba"
    config = {"queries": 30}


class TestSimBADCT(AttackContract):
    technique = "gradient-attacks/simba"
    config = {"queries": 20, "basis": "dct"}


class TestUniformNoise(AttackContract):
    technique = "gradient-attacks/uniform-noise"
    config = {"queries": 20, "at_once": 4}


class TestGaussianNoise(AttackContract):
    technique = "gradient-attacks/gaussian-noise"
    config = {"queries": 10}


class TestNES(AttackContract):
    technique = "gradient-attacks/nes"
    config = {"queries": 40, "samples": 6, "eps": 0.2}


class TestHopSkipJump(AttackContract):
    technique = "gradient-attacks/hop-skip-jump"
    config = {"queries": 150, "questions": 10}
    configs = ({"queries": 100, "questions": 10, "norm": "linf"},)


class TestBoundary(AttackContract):
    technique = "gradient-attacks/boundary"
    config = {"queries": 60}


class TestSpatial(AttackContract):
    technique = "gradient-attacks/spatial"
    config = {"angles": 3, "shifts": 3, "at_once": 4}

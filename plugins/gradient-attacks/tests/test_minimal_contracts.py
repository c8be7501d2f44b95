"""The contract of each minimal-norm attack."""

from __future__ import annotations

import numpy as np

from practicum import Batch
from practicum.testing import AttackContract

# The frame is shared, so one attack is checked on every modality and the others on few small images.
_PIXELS = np.abs(np.sin(np.arange(6 * 16, dtype=np.float64))).reshape(6, 1, 4, 4)
SMALL = Batch.of(_PIXELS, ids=[f"s{i}" for i in range(6)], modality="image", targets={"label": np.arange(6) % 3})


class TestDDN(AttackContract):
    technique = "gradient-attacks/ddn"
    config = {"steps": 3}


class TestCW(AttackContract):
    technique = "gradient-attacks/cw"
    config = {"steps": 5, "searches": 2}
    samples = SMALL


class TestDeepFool(AttackContract):
    technique = "gradient-attacks/deepfool"
    configs = [{"norm": "linf", "steps": 3, "polish": 1}]
    samples = SMALL


class TestEAD(AttackContract):
    technique = "gradient-attacks/ead"
    config = {"steps": 5, "searches": 2}
    samples = SMALL


class TestFAB(AttackContract):
    technique = "gradient-attacks/fab"
    config = {"steps": 3}
    configs = [{"norm": "l1", "steps": 2, "restarts": 2}]
    samples = SMALL


class TestFMN(AttackContract):
    technique = "gradient-attacks/fmn"
    config = {"steps": 3}
    configs = [{"norm": "l1", "steps": 3}, {"norm": "l0", "steps": 3, "bounds": (-4.0, 4.0)}]
    samples = SMALL


class TestJSMA(AttackContract):
    technique = "gradient-attacks/jsma"
    config = {"bounds": (-4.0, 4.0)}
    samples = SMALL


class TestSparse(AttackContract):
    technique = "gradient-attacks/sparse"
    samples = SMALL

"""The contract of each defence, over toys."""

from __future__ import annotations

from practicum.testing import ModelContract
from practicum.testing.samples import sample_batch

NET = {"use": "toy/net", "hidden": 4}
FAST = {"use": "defences/fast-training", "base": NET, "epochs": 2}


class TestTrades(ModelContract):
    technique = "defences/trades"
    config = {"base": NET, "epochs": 3, "steps": 2}


class TestFreeTraining(ModelContract):
    technique = "defences/free-training"
    config = {"base": NET, "epochs": 2, "replays": 2}


class TestFastTraining(ModelContract):
    technique = "defences/fast-training"
    config = {"base": NET, "epochs": 3}


class TestInputSmoothing(ModelContract):
    technique = "defences/input-smoothing"
    samples = {"image": sample_batch("image"), "state": sample_batch("state")}
    config = {"base": FAST, "smooth": {"use": "toy/add-noise", "std": 0.01}, "draws": 2}


class TestRandomisedSmoothing(ModelContract):
    technique = "defences/randomised-smoothing"
    config = {"base": FAST, "sigma": 0.1, "draws": 3}

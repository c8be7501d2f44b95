"""The contracts of the gradient explainers, on every modality they take: few samples of few numbers, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.masking import Background
from practicum.testing import ExplainerContract

_LIVE = {"configuration round trip": "the background is a batch in memory, which plain data can't name; "
         "test_noisy_gradients.py has the round trip of one named by its source"}
_IDS = ["a", "b", "c"]


def few(modality: str) -> Batch:
    """Three samples."""
    rng = np.random.default_rng(0)
    data: Any = {
        "image": lambda: torch.from_numpy(rng.uniform(size=(3, 2, 4, 4))),
        "state": lambda: rng.uniform(size=(3, 5)),
        "series": lambda: Series(rng.normal(size=(3, 6, 1)), np.ones((3, 6), dtype=bool)),
        "text": lambda: ["A good film. See it!", "dull", "not so good"],
    }[modality]()
    return Batch.of(data, ids=_IDS, modality=modality, targets={"label": [0, 1, 2]})


class GradientContract(ExplainerContract):
    samples = {m: few(m) for m in ("image", "state", "series", "text")}


class TestIntegratedGradients(GradientContract):
    technique = "explain/integrated-gradients"


class TestSmoothGrad(GradientContract):
    technique = "explain/smooth-grad"
    config = {"pairs": 2}


class TestVarGrad(GradientContract):
    technique = "explain/smooth-grad"
    config = {"statistic": "variance", "pairs": 2}
    samples = few("state")


class TestExpectedGradientsOfImages(GradientContract):
    technique = "explain/expected-gradients"
    config = {"absent": Background.of(few("image")), "pairs": 1}
    samples = few("image")
    skip = _LIVE


class TestExpectedGradientsOfStates(GradientContract):
    technique = "explain/expected-gradients"
    config = {"absent": Background.of(few("state"))}
    samples = few("state")
    skip = _LIVE


class TestGuidedBackprop(GradientContract):
    technique = "explain/guided-backprop"


class TestDeepLift(GradientContract):
    technique = "explain/deep-lift"


class TestLrp(GradientContract):
    technique = "explain/lrp"


class TestLrpOfOtherRules(GradientContract):
    technique = "explain/lrp"
    config = {"rule": "gamma"}
    configs = ({"rule": "z-plus"},)
    samples = few("state")

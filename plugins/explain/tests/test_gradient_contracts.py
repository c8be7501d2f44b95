"""The contracts of the gradient explainers, on every modality they take: few samples of few numbers, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum import Batch
from practicum.batch import Ids
from practicum.columns.arrays import Series
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.masking import Background
from practicum.model import Predictions
from practicum.testing import ExplainerContract
from practicum.testing.torch_toys import BagOfWords, TorchToy

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


class _Turned(torch.nn.Module):
    """Flat series as channels and steps."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(len(x), 6, 1).transpose(1, 2)


def convolutional(modality: str) -> TorchToy:
    """A network with maps, in training mode, with batch statistics and dropout, and a frozen parameter."""
    nn, rng = torch.nn, np.random.default_rng(1)
    if modality == "image":
        net = nn.Sequential(nn.Unflatten(1, (2, 4, 4)), nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
                            nn.Dropout(0.3), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(24, 3))
    else:
        net = nn.Sequential(_Turned(), nn.Conv1d(1, 6, 3), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.3),
                            nn.AvgPool1d(2), nn.Flatten(), nn.Linear(12, 3))
    net = net.double().train()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)))
            parameter.grad = torch.ones_like(parameter)
    next(net.parameters()).requires_grad_(False)
    return TorchToy.of(net)


class MapContract(GradientContract):
    samples = {m: few(m) for m in ("image", "series")}
    skip = {"ignored features get nothing": "a coarse map doesn't tell neighbours apart, and the kit's network for "
            "this check has no maps",
            "follows the weights": "the kit's network for this check has no maps; test_grad_cam.py has closed forms"}

    def model_for(self, modality: str) -> Any:
        return convolutional(modality)


class TestGradCam(MapContract):
    technique = "explain/grad-cam"


class TestGradCamPlusPlus(MapContract):
    technique = "explain/grad-cam-plus-plus"


class _Attends(torch.nn.Module):
    """Self-attention over the tokens of an image or a text, in training mode, with dropout and layer norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width, self.table, self.spread = width, torch.nn.Embedding(40, width), torch.nn.Linear(1, width)
        self.layer = torch.nn.TransformerEncoderLayer(width, 2, 8, batch_first=True)
        self.head = torch.nn.Linear(width, 3)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        if mask is None:
            x = self.spread(x.reshape(len(x), 2, 16).sum(dim=1)[:, :, None])
        return self.head(self.layer(x, src_key_padding_mask=None if mask is None else ~mask)[:, 0])


class Reader(BagOfWords):
    """A text classifier with attention."""

    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.modules()[0](embeddings, mask)

    def embed(self, units: torch.Tensor) -> torch.Tensor:
        return self.modules()[0].table(units)

    def predict(self, batch: Batch) -> Predictions:
        with untouched(self.modules()):
            return super().predict(batch)


class TestAttentionRollout(GradientContract):
    technique = "explain/attention-rollout"
    samples = {m: few(m) for m in ("image", "text")}
    skip = {"ignored features get nothing": "attention doesn't say what it was worth, and the kit's network for this "
            "check has none",
            "follows the weights": "the kit's network for this check has no attention; test_attention_rollout.py "
            "compares with the attentions themselves"}

    def model_for(self, modality: str) -> Any:
        rng = np.random.default_rng(2)
        net = _Attends(4).double().train()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)))
        if modality == "image":
            return TorchToy.of(net)
        words = sorted({w for text in few("text").to_list() for w in text.split()})
        made = Reader(vocabulary=tuple(words))
        object.__setattr__(made, "__pydantic_private__", {"_module": net})
        return made


class TestTracIn(GradientContract):
    technique = "explain/tracin"
    skip = {"attributions fit the units": "the units are training examples, not pixels or values",
            "ignored features get nothing": "the units are training examples, so there is no value for a feature"}

    def ready(self, technique: Any, batch: Batch) -> Any:
        return technique.fit(self.model_for(batch.modality), batch, Keys(0))


class TestTcav(GradientContract):
    technique = "explain/tcav"
    config = {"splits": 2}
    skip = {"attributions fit the units": "the units are concepts, not pixels or values",
            "ignored features get nothing": "the units are concepts, so there is no value for a feature"}

    def ready(self, technique: Any, batch: Batch) -> Any:
        taken = batch.take(np.tile(np.arange(len(batch)), 5))  # each class needs four examples
        shown = Batch(Ids.of([f"shown-{k}" for k in range(len(taken))], len(taken)), taken.columns, taken.targets)
        return technique.fit(self.model_for(batch.modality), shown, Keys(0))

"""RandAugment and TrivialAugment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from practicum.keys import Keys
from practicum.keys.philox import below
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.policies.carrying import Chain
from practicum_image_basic.policies.space import STANDARD, magnitudes

BINS = 31
"""Steps of the scale of magnitudes, 0..30."""


class RandAugment(Chain):
    """Applies ``num_ops`` operations in turn, drawn uniformly with repetition for each sample, at one ``magnitude``.

    The fourteen operations and their scales are those of torchvision (see ``policies.space.strength``): magnitude 0..30
    is a step of 31, where the paper's M runs to 10 and counts a third of that. Signed operations turn the other way for
    half of the samples. Turn t takes word 2 t for the operation and 2 t + 1 for the sign. Of the operations, posterize
    at 8 bits, factors of 1 and warps by 0 leave the image as it is at magnitude 0; solarize inverts pure white, and
    autocontrast and equalize, which have no strength, act at every magnitude.

    Cubuk, Zoph, Shlens and Le, "RandAugment: Practical automated data augmentation with a reduced search space",
    arXiv:1909.13719. What differs: values that Pillow cuts are rounded (one level at most). The log holds ``op`` and
    signed ``magnitude`` [N, num_ops]. Masks, boxes and keypoints move along with shears, translations and rotations; a
    box becomes the smallest around its moved corners in each turn, cut at the border, and keeps its row when it leaves.

    Example:
        >>> import torch
        >>> images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        >>> out = RandAugment(magnitude=15)(images, seed=0)
        >>> tuple(out.shape), bool((out != images).flatten(1).any(dim=1).any())
        ((4, 3, 32, 32), True)
    """

    name: ClassVar[str] = "image-basic/rand-augment"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"magnitude": (5, 9, 15)}
    num_ops: int = Field(default=2, ge=0, le=16, description="operations applied in turn; 0 leaves images as they are")
    magnitude: int = Field(default=9, ge=0, le=BINS - 1, description="of all operations, on a scale of 0..30")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        words = keys.words(max(2, 2 * self.num_ops))[:, :2 * self.num_ops]
        ops = np.array(STANDARD)[below(words[:, 0::2], len(STANDARD))]
        negative = below(words[:, 1::2], 2) == 1
        values = [magnitudes("standard", ops[:, t], self.magnitude, negative[:, t], BINS, sizes)
                  for t in range(self.num_ops)]
        return {"op": ops, "magnitude": np.stack(values, axis=1) if values else np.zeros((len(sizes), 0))}


class TrivialAugment(Chain):
    """Applies one operation, at one strength, both drawn uniformly for each sample: there is nothing to tune.

    The operations are those of RandAugment. ``wide`` is the paper's space Wide (31 strengths, rotations to 135 degrees,
    factors 0.01 to 1.99), ``standard`` its space RA. Word 0 draws the operation, 1 the strength, 2 the sign.

    Mueller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation", arXiv:2103.10158. What
    differs: values that Pillow cuts are rounded (one level at most). The log holds ``op`` and signed ``magnitude`` [N].
    Masks, boxes and keypoints move along with shears, translations and rotations, as in ``image-basic/rand-augment``.

    Example:
        >>> import torch
        >>> images = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        >>> out = TrivialAugment()(images, seed=0)
        >>> tuple(out.shape), bool((out != images).any())
        ((8, 3, 32, 32), True)
    """

    name: ClassVar[str] = "image-basic/trivial-augment"
    space: Literal["wide", "standard"] = Field(default="wide", description="scales of the strengths")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        words = keys.words(3)
        ops = np.array(STANDARD)[below(words[:, 0], len(STANDARD))]
        values = magnitudes(self.space, ops, below(words[:, 1], BINS), below(words[:, 2], 2) == 1, BINS, sizes)
        return {"op": ops, "magnitude": values}

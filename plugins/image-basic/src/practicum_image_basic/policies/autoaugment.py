"""AutoAugment's learned policies."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from practicum.keys import Keys
from practicum.keys.philox import below
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.policies.carrying import Chain
from practicum_image_basic.policies.learned import POLICIES
from practicum_image_basic.policies.space import magnitudes

BINS = 10


class AutoAugment(Chain):
    """Applies one of the 25 sub-policies that were learned on a data set: two operations, each with its probability.

    Word 0 draws the sub-policy, draws 1 and 2 decide on its two operations, words 3 and 4 give their signs. Strengths
    are the learned steps of ten (see ``policies.space.strength``, space ``standard``).

    Cubuk, Zoph, Mane, Vasudevan and Le, "AutoAugment: Learning Augmentation Policies from Data", arXiv:1805.09501, in
    the form that torchvision holds. What differs: values that Pillow cuts are rounded (one level at most). The log
    holds ``op`` and signed ``magnitude`` [N, 2] (``Identity`` where an operation wasn't applied). Masks, boxes and
    keypoints move along with shears, translations and rotations, as in ``image-basic/rand-augment``.

    Example:
        >>> import torch
        >>> images = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        >>> out = AutoAugment(policy="cifar10")(images, seed=0)
        >>> tuple(out.shape), bool((out != images).any())
        ((8, 3, 32, 32), True)
    """

    name: ClassVar[str] = "image-basic/auto-augment"
    policy: Literal["imagenet", "cifar10", "svhn"] = Field(default="imagenet", description="data set of the policy")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        words, u = keys.words(5), keys.uniform(5)
        table = POLICIES[self.policy]
        drawn = below(words[:, 0], len(table))
        ops, values = [], []
        for turn in range(2):
            names = np.array([table[k][turn][0] for k in drawn.tolist()])
            odds = np.array([table[k][turn][1] for k in drawn.tolist()])
            steps = np.array([table[k][turn][2] for k in drawn.tolist()])
            names = np.where(u[:, 1 + turn] < odds, names, "Identity")
            ops.append(names)
            values.append(magnitudes("standard", names, steps, below(words[:, 3 + turn], 2) == 1, BINS, sizes))
        return {"op": np.stack(ops, axis=1), "magnitude": np.stack(values, axis=1)}

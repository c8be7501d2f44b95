"""AugMix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum.keys.philox import below
from practicum_image_basic.operation import Params, Size, as_float
from practicum_image_basic.ops.sharpness import add_weighted
from practicum_image_basic.policies.policy import Policy
from practicum_image_basic.policies.space import AUGMIX, AUGMIX_ALL, magnitudes

BINS = 10
LONGEST = 3
"""Operations of a chain whose length is drawn: 1..3."""

_WEIGHTS, _SHARE = 0x10000, 0x10001
"""Lanes of the draws for mixing; lane k is that of chain k."""


class AugMix(Policy):
    """Mixes an image with several chains of operations on it, by weights drawn for each sample.

    out = m * x + (1 - m) * sum of w_k * chain_k(x), with w ~ Dirichlet(``alpha``, ...) over ``width`` chains and
    m ~ Beta(``alpha``, ``alpha``). Each chain applies 1 to 3 operations (drawn), or ``depth`` of them; the strength of
    each is drawn uniformly from the first ``severity`` of 10 steps (see ``policies.space.strength``). Chain k draws
    from lane k: word 0 its length, words 3 t + 1, 3 t + 2 and 3 t + 3 operation, strength and sign of turn t. Mixing is
    done in float32 and rounded once.

    For the paper's loss (Jensen-Shannon divergence between the clean image and two mixtures) take two outputs:
    ``AugMix()(images, seed, output=0)`` and ``output=1`` draw independently for the same samples.

    Hendrycks, Mu, Cubuk, Zoph, Gilmer and Lakshminarayanan, "AugMix: A Simple Data Processing Method to Improve
    Robustness and Uncertainty", arXiv:1912.02781. What differs: strengths are steps of ten, as in torchvision, where
    the authors' code draws them continuously; operations that work on whole levels are rounded where Pillow cuts. The
    log holds ``op`` and signed ``magnitude`` [N, width, turns] (``Identity`` after the end of a chain), ``weights``
    [N, width] and ``share`` [N], which is m.

    Masks, boxes and keypoints are refused: the mixture shows an object at its own place and, paler, where each chain
    moved it, so that no single place is right.

    Example:
        >>> images = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
        >>> first, second = AugMix()(images, seed=0), AugMix()(images, seed=0, output=1)
        >>> tuple(first.shape), bool((first != images).any()), bool((first != second).any())
        ((4, 3, 16, 16), True, True)
    """

    name: ClassVar[str] = "image-basic/aug-mix"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"severity": (1, 3, 10)}
    severity: int = Field(default=3, ge=1, le=BINS, description="strengths are drawn from this many first steps of ten")
    width: int = Field(default=3, ge=1, le=16, description="number of chains")
    depth: int = Field(default=0, ge=0, le=16, description="operations of a chain; 0 draws 1 to 3 for each chain")
    alpha: float = Field(default=1.0, ge=0.05, le=100.0, description="of the Dirichlet and Beta distributions")
    all_ops: bool = Field(default=False, description="also brightness, color, contrast and sharpness, which the paper "
                                                     "leaves out because they make corruptions that it tests on")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        turns, names = self.depth or LONGEST, np.array(AUGMIX_ALL if self.all_ops else AUGMIX)
        ops, values = [], []
        for chain in range(self.width):
            words = keys.words(1 + 3 * turns, lane=chain)
            length = np.full(len(sizes), self.depth) if self.depth else 1 + below(words[:, 0], LONGEST)
            for turn in range(turns):
                op, step, sign = (words[:, 3 * turn + k] for k in (1, 2, 3))
                drawn = np.where(turn < length, names[below(op, len(names))], "Identity")
                ops.append(drawn)
                values.append(magnitudes("augmix", drawn, below(step, self.severity), below(sign, 2) == 1, BINS, sizes))
        shape = (len(sizes), self.width, turns)
        return {"op": np.stack(ops, axis=1).reshape(shape), "magnitude": np.stack(values, axis=1).reshape(shape),
                "weights": dirichlet(self.alpha, keys.uniform53(self.width, lane=_WEIGHTS)),
                "share": keys.beta(self.alpha, self.alpha, lane=_SHARE)[:, 0]}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        levels = images.dtype == torch.uint8
        mixed = torch.zeros_like(images, dtype=torch.float32 if levels else as_float(images[:0]).dtype,
                                 memory_format=torch.contiguous_format)
        add_weighted(mixed, images, params["share"])
        for chain in range(self.width):
            end = images
            for turn in range(params["op"].shape[2]):
                end = self.chosen(end, params["op"][:, chain, turn], params["magnitude"][:, chain, turn])
            add_weighted(mixed, end, (1.0 - params["share"]) * params["weights"][:, chain])
        return mixed.add_(0.5).clamp_(0.0, 255.0).to(torch.uint8) if levels else mixed.to(images.dtype)


def dirichlet(alpha: float, u: npt.NDArray[np.float64]) -> Any:
    """Symmetric Dirichlet weights [N, K] from uniform draws [N, K], by the inverse distribution of Gamma(alpha)."""
    from scipy.special import gammaincinv

    parts = np.maximum(gammaincinv(alpha, u), np.finfo(np.float64).tiny)
    return parts / parts.sum(axis=1, keepdims=True)

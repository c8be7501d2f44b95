"""PatchMix: the cells of a grid taken from two images."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum import Batch, Keys, Transformation
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.masks import Masks, mix_by_mask


class PatchMix(Transformation):
    """Cuts image and partner into a grid and takes each cell from one of them; the label mixes by exact area.

    Follows the idea of Cascante-Bonilla et al., "Evolving Image Compositions for Feature Representation Learning",
    arXiv:2106.09011: a new image from the patches of a pair in a grid, labels by their number. Differs in that the
    masks are drawn, not evolved by a search: a share ``lam ~ Beta(alpha, alpha)`` of the cells, rounded, is the
    image's own, and any choice of that many cells is equally likely. The partner is the next sample when ids are sorted
    under the key.

    Images are a tensor [N, C, H, W], float or uint8; pixels are copied, never blended. Labels become
    :class:`practicum.SoftLabel`. A batch of one stays as it is.

    Args:
        grid: cells along each side; their edges are rounded to pixels.
        alpha: of the Beta distribution.

    Raises:
        DataError: the images differ in size.
        TargetError: boxes, masks or keypoints are attached.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
        >>> out = PatchMix(grid=2)(pm.Batch.of(x, targets={"label": [0, 1]}), seed=1)
        >>> float((out.data[0] == 0).float().mean()) == float(out.targets["label"].data.lam[0])
        True
    """

    name: ClassVar[str] = "image-mix/patch-mix"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"

    grid: int = Field(default=4, ge=1, le=256, description="cells along each side")
    alpha: float = Field(default=1.0, gt=0.0, le=1000.0, description="Beta(alpha, alpha) that the share is drawn from")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        def other(height: int, width: int) -> Masks:
            cells = self.grid * self.grid
            lam = keys.beta(self.alpha, self.alpha)
            rank = np.argsort(np.argsort(keys.words(cells, lane=1), axis=1, kind="stable"), axis=1, kind="stable")
            taken = rank < np.rint((1.0 - lam) * cells)
            row, column = (np.searchsorted(np.rint(np.arange(1, self.grid) * (side / self.grid)), np.arange(side),
                                           side="right") for side in (height, width))
            return np.asarray(taken[:, row[:, None] * self.grid + column[None, :]], dtype=np.bool_)

        return mix_by_mask(batch, batch.column_name(self.on, self.modalities), self.name, keys, other)

"""CutMix: paste a box of a partner's image; the label mixes by area."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from practicum import Batch, Keys, Transformation
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.boxes import areas
from practicum_image_mix.draws import check_minmax, cut_boxes
from practicum_image_mix.ops.mix import mix
from practicum_image_mix.partners import Mode, mix_targets, pairing, partner_ids, stacked


class CutMix(Transformation):
    """Pastes a box of a partner's image; the label's weight is the exact area left.

    Follows Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features",
    arXiv:1905.04899: ``lam ~ Beta(alpha, alpha)``, a box of ``sqrt(1 - lam)`` times the image's sides (rounded down)
    around a uniform pixel, clipped to the image, and lambda set to ``1 - box / image area`` afterwards. Differs from
    the authors' code in that a box of odd side keeps its last row and column (as in timm); from it, timm and
    torchvision in that the partner is the next sample when ids are sorted under the key, so that the same set of ids
    gives the same images in any order, and in that lambda and box are drawn for each sample unless ``mode`` says
    otherwise.

    Images are a tensor [N, C, H, W], float or uint8; pixels are copied, never blended. Labels become
    :class:`practicum.SoftLabel` (:class:`practicum.MixedLabel` where they were mixed before); float targets are
    averaged with the same weights. A batch of one stays as it is.

    Args:
        alpha: of the Beta distribution, above 0; the paper uses 1. Unused with ``minmax``.
        minmax: instead of ``alpha``: a lower and an upper share; height and width of the box are drawn uniformly
            between these shares of the image's, and the box lies inside (timm's ``cutmix_minmax``).
        mode: ``"elem"``: a box for each sample; ``"pair"``: two samples swap one box (the last of an odd number stays
            as it is); ``"batch"``: one box for all, as in the paper. timm's names.

    Raises:
        DataError: the images differ in size.
        TargetError: boxes, masks or keypoints are attached.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])
        >>> out = CutMix()(pm.Batch.of(x, targets={"label": [0, 1]}), seed=1)
        >>> own = [float((out.data[0] == 0).float().mean()), float((out.data[1] == 1).float().mean())]
        >>> own == out.targets["label"].data.lam.tolist()
        True
    """

    name: ClassVar[str] = "image-mix/cutmix"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"

    alpha: float = Field(default=1.0, gt=0.0, le=1000.0, description="Beta(alpha, alpha) that the area is drawn from")
    minmax: tuple[float, float] | None = Field(default=None, description="shares that the box's sides lie between")
    mode: Mode = Field(default="elem", description="one box for each sample (elem), pair, or batch")

    @model_validator(mode="after")
    def _ordered(self) -> CutMix:
        check_minmax(self.minmax, "minmax")
        return self

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        images = stacked(batch, column, self.name)
        height, width = images.shape[2:]
        partner, source = pairing(keys, self.mode)
        boxes = cut_boxes(keys, height, width, self.alpha, self.minmax)[source]
        boxes[partner == np.arange(len(batch))] = 0
        mixed = mix(images, partner, None, boxes)
        weights = 1.0 - areas(boxes) / float(height * width)
        params = None if batch.edits is None else {
            "lam": weights, "partner": partner_ids(batch, partner), "y0": boxes[:, 0], "y1": boxes[:, 1],
            "x0": boxes[:, 2], "x1": boxes[:, 3]}
        out = batch.with_column(column, mixed, op=" > ".join(keys.path), params=params)
        return out.with_targets(**mix_targets(batch, partner, weights)) if batch.targets else out

"""MixUp: blend each image, and its label, with a partner's."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum import Batch, Keys, Transformation
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.ops.mix import mix
from practicum_image_mix.partners import Mode, mix_targets, pairing, partner_ids, stacked


class MixUp(Transformation):
    """Blends images: ``lam * x + (1 - lam) * partner`` with ``lam ~ Beta(alpha, alpha)``.

    Follows Zhang et al., "mixup: Beyond Empirical Risk Minimization", arXiv:1710.09412. Differs from the authors' code,
    timm and torchvision in that the partner is the next sample when ids are sorted under the key, so that the same set
    of ids gives the same images in any order, and in that lambda is drawn for each sample unless ``mode`` says
    otherwise.

    Images are a tensor [N, C, H, W] of any float dtype in any range, or uint8 (rounded to nearest). Labels become
    :class:`practicum.SoftLabel` (:class:`practicum.MixedLabel` where they were mixed before); float targets are
    averaged with the same weights. A batch of one stays as it is.

    Args:
        alpha: of the Beta distribution, above 0. 1 draws lambda uniformly; the paper uses 0.1 to 0.4 on ImageNet.
        mode: ``"elem"``: a lambda for each sample; ``"pair"``: two samples mix with each other by one lambda (the last
            of an odd number stays as it is); ``"batch"``: one lambda for all, as in the paper. timm's names.

    Raises:
        DataError: the images differ in size.
        TargetError: boxes, masks or keypoints are attached.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
        >>> out = MixUp(alpha=1.0)(pm.Batch.of(x, targets={"label": [0, 1]}), seed=7)
        >>> soft = out.targets["label"].data
        >>> bool((out.data[1] - soft.lam[1]).abs().max() < 1e-6), soft.dense(2).sum(axis=1).tolist()
        (True, [1.0, 1.0])
    """

    name: ClassVar[str] = "image-mix/mixup"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"

    alpha: float = Field(default=1.0, gt=0.0, le=1000.0, description="Beta(alpha, alpha) that lambda is drawn from")
    mode: Mode = Field(default="elem", description="one lambda for each sample (elem), pair, or batch")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        images = stacked(batch, column, self.name)
        partner, source = pairing(keys, self.mode)
        lam = keys.beta(self.alpha, self.alpha)[source, 0].astype(np.float32)
        lam = np.where(partner == np.arange(len(batch)), np.float32(1), lam)
        mixed = mix(images, partner, lam)
        weights = lam.astype(np.float64)
        params = None if batch.edits is None else {"lam": weights, "partner": partner_ids(batch, partner)}
        out = batch.with_column(column, mixed, op=" > ".join(keys.path), params=params)
        return out.with_targets(**mix_targets(batch, partner, weights)) if batch.targets else out

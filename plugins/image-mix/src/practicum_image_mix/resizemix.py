"""ResizeMix: a partner's whole image, made small, pasted at a random place."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from practicum import Batch, Keys, Transformation
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.boxes import areas
from practicum_image_mix.outputs import copied
from practicum_image_mix.partners import mix_targets, next_in_order, partner_ids, stacked
from practicum_image_mix.rectangles import check_range


class ResizeMix(Transformation):
    """Shrinks the partner's image and pastes it at a random place; the label mixes by exact area.

    Follows Qin et al., "ResizeMix: Mixing Data with Preserved Object Information and True Labels", arXiv:2012.11101:
    the scale is uniform between two bounds (the paper: 0.1 and 0.8), and the pasted image keeps its whole object,
    unlike a CutMix box. Images are shrunk bilinearly with antialiasing. Differs in that scale and place are drawn for
    each sample, and that the partner is the next sample when ids are sorted under the key.

    Images are a tensor [N, C, H, W], float or uint8. Labels become :class:`practicum.SoftLabel`. A batch of one stays
    as it is.

    Args:
        min_scale, max_scale: sides of the pasted image as shares of the whole (at least one pixel).

    Raises:
        DataError: the images differ in size.
        TargetError: boxes, masks or keypoints are attached.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])
        >>> out = ResizeMix()(pm.Batch.of(x, targets={"label": [0, 1]}), seed=1)
        >>> float((out.data[0] == 0).float().mean()) == float(out.targets["label"].data.lam[0])
        True
    """

    name: ClassVar[str] = "image-mix/resize-mix"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"

    min_scale: float = Field(default=0.1, gt=0.0, le=1.0, description="smallest side of the pasted image")
    max_scale: float = Field(default=0.8, gt=0.0, le=1.0, description="largest side of the pasted image")

    @model_validator(mode="after")
    def _ordered(self) -> ResizeMix:
        check_range((self.min_scale, self.max_scale), "(min_scale, max_scale)", 1.0)
        return self

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        images = stacked(batch, column, self.name)
        height, width = images.shape[2:]
        partner = next_in_order(keys)
        drawn = keys.uniform(3).astype(np.float64)
        scale = self.min_scale + (self.max_scale - self.min_scale) * drawn[:, 0]
        sides = [np.maximum(1, np.rint(scale * side)).astype(np.int64) for side in (height, width)]
        starts = [(drawn[:, 1 + k] * (side - sides[k] + 1)).astype(np.int64) for k, side in enumerate((height, width))]
        boxes = np.stack([starts[0], starts[0] + sides[0], starts[1], starts[1] + sides[1]], axis=1)
        boxes[partner == np.arange(len(batch))] = 0
        mixed = copied(images)
        for row in np.flatnonzero(boxes[:, 1]):
            y0, y1, x0, x1 = boxes[row].tolist()
            mixed[row, :, y0:y1, x0:x1] = _shrunk(images[int(partner[row])], y1 - y0, x1 - x0)
        weights = 1.0 - areas(boxes) / float(height * width)
        params = None if batch.edits is None else {
            "lam": weights, "partner": partner_ids(batch, partner), "y0": boxes[:, 0], "y1": boxes[:, 1],
            "x0": boxes[:, 2], "x1": boxes[:, 3]}
        out = batch.with_column(column, mixed, op=" > ".join(keys.path), params=params)
        return out.with_targets(**mix_targets(batch, partner, weights)) if batch.targets else out


def _shrunk(image: Any, height: int, width: int) -> Any:
    import torch
    from torch.nn.functional import interpolate

    work = image if image.dtype in (torch.float32, torch.float64) else image.float()
    small = interpolate(work[None], size=(height, width), mode="bilinear", antialias=True, align_corners=False)[0]
    return small if image.dtype.is_floating_point else torch.floor(small.clamp(0, 255) + 0.5).to(image.dtype)

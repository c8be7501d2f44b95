"""The last mile of a training batch in one pass: normalise, mix or cut, erase."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from practicum import Batch, Keys, Transformation
from practicum.errors import ConfigError, DataError
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.boxes import areas
from practicum_image_mix.draws import check_minmax, draw_mix
from practicum_image_mix.erasing import NOISE_LANE, EraseMode
from practicum_image_mix.ops.fuse import fuse
from practicum_image_mix.ops.fuse.normal import Noise
from practicum_image_mix.partners import Mode, mix_targets, partner_ids, stacked
from practicum_image_mix.rectangles import check_range, erase_rectangles
from practicum_image_mix.smoothing import smoothed


class TrainMix(Transformation):
    """uint8 images to a training batch: normalised, mixed by MixUp or CutMix, with rectangles erased.

    The defaults are those of DeiT (Touvron et al., arXiv:2012.12877) but for its label smoothing of 0.1 and ImageNet's
    mean and standard deviation; the fields have timm's names (``Mixup``, ``RandomErasing``, ``create_loader``). On the
    CPU and on a GPU this is one pass over memory, where a sequence of tensor operations takes six or more. Differs from
    timm in the partner (the next one when ids are sorted under the key, so that the same set of ids gives the same
    images in any order), in ``mode``, which is per sample unless said otherwise, and in that rectangles are erased from
    the mixture, not from the images that are mixed.

    Images are uint8 [N, C, H, W], divided by 255 first, or floats, which are not (the reference takes them, slower).
    Labels become :class:`practicum.SoftLabel`, with smoothing :class:`practicum.MixedLabel`; float targets are averaged
    with the same weights.

    Args:
        mean, std: of the channels, in 0..1; one number for all or one each.
        mixup_alpha, cutmix_alpha: of the Beta distributions; 0 turns MixUp or CutMix off.
        cutmix_minmax: shares that the sides of CutMix's box lie between, instead of ``cutmix_alpha``.
        prob: that a sample (pair, batch) is mixed.
        switch_prob: that it is cut rather than blended, where both are on.
        mode: ``"elem"``, ``"pair"`` or ``"batch"``; see :class:`practicum_image_mix.mixup.MixUp`.
        label_smoothing: share of the labels spread over all classes.
        re_prob: that an image has a rectangle erased.
        re_mode: ``"const"`` (the mean), ``"rand"`` or ``"pixel"``; see
            :class:`practicum_image_mix.erasing.RandomErasing`.
        re_count: most rectangles; their number is uniform from 1.
        re_area, re_aspect: share of the image, and height over width, of a rectangle.
        dtype: of the output; half precision is rounded once, at the end.

    Raises:
        DataError: the images differ in size, or have another number of channels than ``mean``.
        TargetError: boxes, masks or keypoints are attached.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.randint(0, 256, (4, 3, 32, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
        >>> out = TrainMix(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), dtype="bfloat16")(
        ...     pm.Batch.of(x, targets={"label": [0, 1, 2, 3]}), seed=1)
        >>> out.data.dtype, out.data.shape, out.targets["label"].data.dense(4).sum(axis=1).tolist()
        (torch.bfloat16, torch.Size([4, 3, 32, 32]), [1.0, 1.0, 1.0, 1.0])
    """

    name: ClassVar[str] = "image-mix/train-mix"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"

    mean: tuple[float, ...] = Field(default=(0.5,), min_length=1, description="of the channels, in 0..1")
    std: tuple[float, ...] = Field(default=(0.5,), min_length=1, description="of the channels, in 0..1")
    mixup_alpha: float = Field(default=0.8, ge=0.0, le=1000.0, description="Beta(alpha, alpha) of MixUp; 0 is off")
    cutmix_alpha: float = Field(default=1.0, ge=0.0, le=1000.0, description="Beta(alpha, alpha) of CutMix; 0 is off")
    cutmix_minmax: tuple[float, float] | None = Field(default=None, description="shares for the sides of CutMix's box")
    prob: float = Field(default=1.0, ge=0.0, le=1.0, description="that a sample is mixed")
    switch_prob: float = Field(default=0.5, ge=0.0, le=1.0, description="that it is cut where both are on")
    mode: Mode = Field(default="elem", description="one draw for each sample (elem), pair, or batch")
    label_smoothing: float = Field(default=0.0, ge=0.0, le=1.0, description="share of labels spread over all classes")
    re_prob: float = Field(default=0.25, ge=0.0, le=1.0, description="that an image has rectangles erased")
    re_mode: EraseMode = Field(default="pixel", description="the mean, a random colour, or noise in every pixel")
    re_count: int = Field(default=1, ge=1, le=16, description="most rectangles")
    re_area: tuple[float, float] = Field(default=(0.02, 1 / 3), description="share of the image erased")
    re_aspect: tuple[float, float] = Field(default=(0.3, 1 / 0.3), description="height over width of a rectangle")
    dtype: Literal["float32", "float16", "bfloat16"] = Field(default="float32", description="of the output")

    @model_validator(mode="after")
    def _ordered(self) -> TrainMix:
        check_minmax(self.cutmix_minmax, "cutmix_minmax")
        check_range(self.re_area, "re_area", 1.0)
        check_range(self.re_aspect, "re_aspect")
        if min(self.std) <= 0:
            raise ConfigError(f"std {self.std}: a standard deviation must be above 0")
        return self

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        import torch

        column = batch.column_name(self.on, self.modalities)
        images = stacked(batch, column, self.name)
        channels, height, width = images.shape[1:]
        if {len(self.mean), len(self.std)} - {1, channels}:
            raise DataError(f"{self.name} has mean {self.mean} and std {self.std}, but the images of column {column!r} "
                            f"have {channels} channels: give one number for all or one for each channel")
        drawn = draw_mix(keys, height, width, mixup_alpha=self.mixup_alpha, cutmix_alpha=self.cutmix_alpha,
                         minmax=self.cutmix_minmax, prob=self.prob, switch_prob=self.switch_prob, mode=self.mode)
        inner = keys.child("erasing")
        spots = erase_rectangles(inner, height, width, probability=self.re_prob, area=self.re_area,
                                 aspect=self.re_aspect, counts=(1, self.re_count))
        noise = Noise(inner.stream, NOISE_LANE, inner.hashes) if self.re_mode == "pixel" else None
        fill = None
        if self.re_mode == "rand":
            fill = inner.normal(self.re_count * channels, lane=2).reshape(len(batch), self.re_count, channels)
        out = fuse(images, self.mean, self.std, drawn.partner, drawn.lam, drawn.box, spots, fill, noise,
                   getattr(torch, self.dtype))
        params = None
        if batch.edits is not None:
            sides = {side: drawn.box[:, k] for k, side in enumerate(("y0", "y1", "x0", "x1"))}
            params = {"lam": drawn.lam, "weight": drawn.weight, "partner": partner_ids(batch, drawn.partner), **sides,
                      "erased": np.sum([areas(spots[:, k]) for k in range(self.re_count)], axis=0)}
        made = batch.with_column(column, out, op=" > ".join(keys.path), params=params)
        targets = mix_targets(batch, drawn.partner, drawn.weight)
        if self.label_smoothing:
            targets = {name: smoothed(target, self.label_smoothing) if target.kind == "soft-label" else target
                       for name, target in targets.items()}
        return made.with_targets(**targets) if targets else made

"""FMix: two images mixed by a mask of low frequency."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum import Batch, Keys, Transformation
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.masks import Masks, mix_by_mask


class FMix(Transformation):
    """Mixes image and partner by a random mask with few, smooth regions; the label mixes by exact area.

    Follows Harris et al., "FMix: Enhancing Mixed Sample Data Augmentation", arXiv:2002.12047: complex normal noise
    divided by ``frequency ** decay_power`` is transformed back, and the highest ``lam ~ Beta(alpha, alpha)`` of its
    values, counted in pixels, show the image itself. Differs from the authors' code in that lambda and mask are drawn
    for each sample, that the number of pixels is rounded to nearest, and that the partner is the next sample when ids
    are sorted under the key. The masks take most of the time (a Fourier transform for each sample).

    Images are a tensor [N, C, H, W], float or uint8; pixels are copied, never blended. Labels become
    :class:`practicum.SoftLabel`. A batch of one stays as it is.

    Args:
        alpha: of the Beta distribution; the paper uses 1.
        decay_power: of the frequency, higher for smoother masks; the paper uses 3.

    Raises:
        DataError: the images differ in size.
        TargetError: boxes, masks or keypoints are attached.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.stack([torch.zeros(1, 16, 16), torch.ones(1, 16, 16)])
        >>> out = FMix()(pm.Batch.of(x, targets={"label": [0, 1]}), seed=1)
        >>> float((out.data[0] == 0).float().mean()) == float(out.targets["label"].data.lam[0])
        True
    """

    name: ClassVar[str] = "image-mix/fmix"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"

    alpha: float = Field(default=1.0, gt=0.0, le=1000.0, description="Beta(alpha, alpha) that the area is drawn from")
    decay_power: float = Field(default=3.0, ge=0.0, le=10.0, description="power of the frequency that noise falls by")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        def other(height: int, width: int) -> Masks:
            own = np.rint(keys.beta(self.alpha, self.alpha)[:, 0] * height * width).astype(np.int64)
            fields = low_frequency(keys, height, width, self.decay_power).reshape(len(batch), -1)
            return np.stack([~highest(field, int(count)) for field, count in zip(fields, own, strict=True)]).reshape(
                -1, height, width)

        return mix_by_mask(batch, batch.column_name(self.on, self.modalities), self.name, keys, other)


def highest(values: npt.NDArray[np.float64], count: int) -> Masks:
    """Where the ``count`` highest values are, the first of equal ones.

    Example:
        >>> highest(np.array([3.0, 5.0, 3.0, 1.0]), 2).tolist()
        [True, True, False, False]
    """
    if count == 0:
        return np.zeros(len(values), dtype=np.bool_)
    edge = np.partition(values, len(values) - count)[len(values) - count]
    above = values > edge
    above[np.flatnonzero(values == edge)[:count - int(above.sum())]] = True
    return np.asarray(above, dtype=np.bool_)


def low_frequency(keys: Keys, height: int, width: int, power: float) -> npt.NDArray[np.float64]:
    """Real noise whose spectrum falls with the frequency, float64 [N, H, W]."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    scale = 1.0 / np.maximum(frequency, 1.0 / max(height, width)) ** power
    drawn = keys.normal(2 * scale.size, lane=1).astype(np.float64).reshape(-1, *scale.shape, 2)
    spectrum = scale * (drawn[..., 0] + 1j * drawn[..., 1])
    # One transform at a time: the bits of a sample's mask must not depend on its neighbours in memory.
    return np.stack([np.fft.irfft2(one, s=(height, width)) for one in spectrum])

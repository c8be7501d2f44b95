"""Draws that several techniques share: boxes to cut, and the choice between MixUp and CutMix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from practicum import Keys
from practicum.errors import ConfigError
from practicum_image_mix.boxes import areas, centred_boxes, cut_sides
from practicum_image_mix.ops.fuse.plan import rounded
from practicum_image_mix.partners import Mode, pairing

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MinMax = tuple[float, float]


def check_minmax(minmax: MinMax | None, field: str) -> None:
    """Raise unless the sides' shares are ordered.

    Raises:
        ConfigError: they aren't 0 <= low <= high <= 1 with high above 0.
    """
    if minmax is not None and not (0 <= minmax[0] <= minmax[1] <= 1 and minmax[1] > 0):
        raise ConfigError(f"{field} {minmax} must be a lower and an upper share of the image's sides in 0..1")


def cut_boxes(keys: Keys, height: int, width: int, alpha: float, minmax: MinMax | None) -> Ints:
    """CutMix boxes, one a sample: of share ``1 - lam`` with lam ~ Beta(alpha, alpha) around a uniform pixel and
    clipped; or, with ``minmax``, of uniform sides between two shares at a uniform place inside.

    Returns:
        y0, y1, x0, x1 (half open), int64 [N, 4].
    """
    if minmax is None:
        side = cut_sides(keys.beta(alpha, alpha), height, width)
        centre = np.concatenate([keys.integers(height, lane=1), keys.integers(width, lane=2)], axis=1)
        return centred_boxes(centre, side, height, width)
    sides, places = keys.uniform(2, lane=3).astype(np.float64), keys.uniform(2, lane=4).astype(np.float64)
    edges = []
    for axis, length in enumerate((height, width)):
        low, high = int(length * minmax[0]), int(length * minmax[1])
        side = low + (sides[:, axis] * max(1, high - low)).astype(np.int64)
        start = (places[:, axis] * (length - side + 1)).astype(np.int64)
        edges += [start, start + side]
    return np.stack(edges, axis=1)


@dataclass(frozen=True, slots=True)
class MixDraws:
    """What one call of :func:`draw_mix` drew.

    Args:
        partner: row mixed in, int64 [N].
        lam: weight of the own image outside of the box, float64 [N], multiples of 2**-15.
        box: where the partner is pasted, int64 [N, 4]; zeros for none.
        weight: of the own label: ``lam``, or the exact share of the image that the box leaves, float64 [N].
    """

    partner: Ints
    lam: Floats
    box: Ints
    weight: Floats


def draw_mix(keys: Keys, height: int, width: int, *, mixup_alpha: float, cutmix_alpha: float, minmax: MinMax | None,
             prob: float, switch_prob: float, mode: Mode, correct_lam: bool = True) -> MixDraws:
    """MixUp or CutMix for each sample, pair or batch, as timm's ``Mixup`` draws them.

    Neither acts where its alpha is 0 (CutMix with ``minmax`` needs none). All draws are made whatever the
    configuration, so that a sweep shares them.
    """
    partner, source = pairing(keys, mode)
    count = len(partner)
    mixing, cutting = mixup_alpha > 0, cutmix_alpha > 0 or minmax is not None
    chance = keys.uniform(2)[source].astype(np.float64)
    act = (chance[:, 0] < prob) & (mixing or cutting) & (partner != np.arange(count))
    cut = act & (chance[:, 1] < switch_prob if mixing and cutting else np.full(count, cutting))
    lam, box, weight = np.ones(count), np.zeros((count, 4), np.int64), np.ones(count)
    if mixing:
        drawn = rounded(keys.child("mixup").beta(mixup_alpha, mixup_alpha)[:, 0])[source]
        lam = np.where(act & ~cut, drawn, 1.0)
        weight = lam.copy()
    if cutting:
        inner = keys.child("cutmix")
        boxes = cut_boxes(inner, height, width, cutmix_alpha or 1.0, minmax)[source]
        box = np.where(cut[:, None], boxes, 0)
        exact = 1.0 - areas(box) / float(max(1, height * width))
        if not correct_lam and minmax is None:
            exact = np.where(cut, inner.beta(cutmix_alpha, cutmix_alpha)[:, 0][source], 1.0)
        weight = np.where(cut, exact, weight)
    return MixDraws(partner, lam, box, weight)

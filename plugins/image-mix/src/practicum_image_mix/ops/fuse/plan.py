"""Per-sample draws of one call, checked and brought to the form that every implementation reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from practicum.errors import DataError
from practicum_image_mix.ops.fuse.normal import Noise
from practicum_image_mix.ops.mix.plan import make_plan as plan_mixing

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
STEPS = 32768
"""Weights are multiples of 1 / STEPS: the blend of two bytes is then exact in float32, in any order of the sum."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to each sample.

    Args:
        order: rows, int64 [N]; where possible the partner of one row is the next row, so that it is read once.
        partner, lam, box: by row, as in :class:`practicum_image_mix.ops.mix.plan.Plan`.
        erase: rectangles y0, y1, x0, x1 by row, int64 [N, K, 4]; a later one covers an earlier one.
        fill: their values, float32 [N, K, C]; unused with noise.
        noise: noise inside the rectangles, or ``None``.
        scale, shift: an output is ``blend * scale + shift``, float32 [C].
        dtype: of the output.
    """

    order: Ints
    partner: Ints
    lam: Floats
    box: Ints
    erase: Ints
    fill: Floats
    noise: Noise | None
    scale: Floats
    shift: Floats
    dtype: torch.dtype


def rounded(lam: Any) -> npt.NDArray[np.float64]:
    """Weights rounded to multiples of 2**-15, which is what the operation blends with.

    Example:
        >>> rounded([0.5, 0.1]).tolist()
        [0.5, 0.100006103515625]
    """
    return np.asarray(np.rint(np.asarray(lam, dtype=np.float64) * STEPS) / STEPS)


def make_plan(x: Any, mean: Any, std: Any, partner: Any, lam: Any, box: Any, erase: Any, fill: Any,
              noise: Noise | None, dtype: Any) -> Plan:
    """Check the arguments of one call.

    Raises:
        DataError: a shape doesn't fit, a partner is no row, a weight is outside of 0..1, a box or rectangle leaves the
            image, a standard deviation isn't positive, the output would be no float.
    """
    count, channels, height, width = x.shape
    weights = None if lam is None else rounded(lam).astype(np.float32)
    mixing = plan_mixing(x, partner, weights, box, None)
    spots = np.zeros((count, 0, 4), np.int64) if erase is None else np.asarray(erase, dtype=np.int64)
    if spots.ndim != 3 or spots.shape[::2] != (count, 4):
        raise DataError(f"fuse of {count} images needs erase [N, K, 4], got {spots.shape}")
    y0, y1, x0, x1 = np.moveaxis(spots, 2, 0)
    if bool(np.any((y0 < 0) | (x0 < 0) | (y1 < y0) | (x1 < x0) | (y1 > height) | (x1 > width))):
        raise DataError(f"fuse: a rectangle to erase (y0, y1, x0, x1) is empty the wrong way or leaves the "
                        f"{height}x{width} image: clip it")
    colours = np.zeros((count, spots.shape[1], channels), np.float32)
    if fill is not None:
        given = np.asarray(fill, dtype=np.float32)
        if given.ndim and given.shape != colours.shape:
            raise DataError(f"fuse of {count} images needs fill as a number or [N, K, C] = {colours.shape}, got "
                            f"{given.shape}")
        colours += given
    if noise is not None and len(noise.ids) != count:
        raise DataError(f"fuse of {count} images got noise for {len(noise.ids)}")
    scale, shift = _affine(x, mean, std, channels)
    target = dtype or torch.float32
    if target not in DTYPES:
        raise DataError(f"fuse gives float32, float16 or bfloat16, not {target}")
    return Plan(mixing.order, mixing.partner, mixing.lam, mixing.box, spots, colours, noise, scale, shift, target)


def _affine(x: Any, mean: Any, std: Any, channels: int) -> tuple[Floats, Floats]:
    centre, spread = (np.asarray(v, dtype=np.float64).reshape(-1) for v in (mean, std))
    if len(centre) not in (1, channels) or len(spread) not in (1, channels):
        raise DataError(f"fuse: images of {channels} channels need one mean and standard deviation or {channels}, got "
                        f"{len(centre)} and {len(spread)}")
    if not bool(np.all(spread > 0) and np.isfinite(spread).all() and np.isfinite(centre).all()):
        raise DataError("fuse: means must be finite and standard deviations above 0")
    whole = 1.0 if x.dtype.is_floating_point else 255.0
    scale, shift = (np.broadcast_to(v, channels).astype(np.float32) for v in (1.0 / (whole * spread), -centre / spread))
    return scale.copy(), shift.copy()

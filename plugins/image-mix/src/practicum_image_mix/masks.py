"""Mixing two images by a mask of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum import Batch, Keys
from practicum_image_mix.outputs import chosen
from practicum_image_mix.partners import mix_targets, next_in_order, partner_ids, stacked

Masks = npt.NDArray[np.bool_]


def mix_by_mask(batch: Batch, column: str, technique: str, keys: Keys, other: Any) -> Batch:
    """Take the pixels under a mask from the partner; labels mix by the exact share.

    Args:
        batch: the samples.
        column: of the images.
        technique: name, for errors.
        keys: bound to the batch.
        other: ``other(height, width)`` -> where the partner shows, bool [N, H, W].

    Raises:
        DataError: the images differ in size.
    """
    import torch

    images = stacked(batch, column, technique)
    partner = next_in_order(keys)
    masks: Masks = other(*images.shape[2:])
    masks = masks & (partner != np.arange(len(batch)))[:, None, None]
    mixed = chosen(torch.from_numpy(np.ascontiguousarray(masks)).to(images.device), partner, images)
    weights = 1.0 - masks.mean(axis=(1, 2), dtype=np.float64)
    params = None if batch.edits is None else {"lam": weights, "partner": partner_ids(batch, partner)}
    out = batch.with_column(column, mixed, op=" > ".join(keys.path), params=params)
    return out.with_targets(**mix_targets(batch, partner, weights)) if batch.targets else out

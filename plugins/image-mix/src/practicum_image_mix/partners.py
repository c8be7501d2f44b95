"""Who is mixed with whom, and what becomes of the targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum import Batch, Keys, SoftLabel, Target
from practicum.errors import DataError, TargetError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def next_in_order(keys: Keys) -> Ints:
    """Each row's partner: the next one when the ids are sorted under the key, the first after the last.

    The pairing depends on the set of ids only, every sample is a partner exactly once, and a batch of one is its own
    partner.
    """
    order = keys.order()
    partner = np.empty_like(order)
    partner[order] = np.roll(order, -1)
    return partner


def stacked(batch: Batch, column: str, technique: str) -> Any:
    """The images as one tensor [N, C, H, W].

    Raises:
        DataError: they differ in size, so that no pixel has a counterpart.
    """
    images = batch.column(column)
    if isinstance(images, list):
        shapes = sorted({tuple(image.shape[:2]) for image in images})
        raise DataError(f"{technique} mixes pixels at equal places, but the images of column {column!r} differ in size "
                        f"({shapes[0]} and {shapes[-1]}): resize them first")
    return images


def mix_targets(batch: Batch, partner: Ints, lam: Floats, technique: str) -> dict[str, Target]:
    """Labels become soft labels, values are averaged with the same weights.

    Raises:
        TargetError: a label is mixed already; two classes and one weight can't hold a third.
    """
    return {name: _mixed(name, target, partner, lam, technique) for name, target in batch.targets.items()}


def _mixed(name: str, target: Target, partner: Ints, lam: Floats, technique: str) -> Target:
    if target.kind == "value":
        values = np.asarray(target.data)
        return replace(target, data=lam * values + (1.0 - lam) * values[partner])
    if target.kind == "soft-label":
        if not bool(np.all((target.data.lam == 1.0) | (target.data.a == target.data.b))):
            raise TargetError(f"{technique}: target {name!r} is mixed already, and a soft label holds two classes: use "
                              "one of several mixing techniques, for example OneOf([mixup, cutmix])")
        own = target.data.a
    elif target.kind == "label":
        own = np.asarray(target.data)
    else:
        return target
    return replace(target, kind="soft-label", data=SoftLabel(own, own[partner], lam))


def partner_ids(batch: Batch, partner: Ints) -> npt.NDArray[np.str_]:
    """The partners' ids, for the log."""
    return np.array([str(batch.ids[int(row)]) for row in partner], dtype=np.str_)

"""Who is mixed with whom, whose draws apply, and what becomes of the targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from practicum import Batch, Keys, MixedLabel, SoftLabel, Target
from practicum.errors import DataError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Mode = Literal["elem", "pair", "batch"]
"""Who shares one draw of lambda and box, by timm's names: nobody, the two samples of a pair, the batch."""


def next_in_order(keys: Keys) -> Ints:
    """Each row's partner: the next one when the ids are sorted under the key, the first after the last.

    The pairing depends on the set of ids only, every sample is a partner exactly once, and a batch of one is its own
    partner.
    """
    return followers(keys, 1)[0]


def followers(keys: Keys, count: int) -> list[Ints]:
    """The next rows, the ones after them, and so on, when the ids are sorted under the key; round at the end.

    Returns:
        ``count`` arrays, int64 [N].
    """
    order = keys.order()
    found = []
    for step in range(1, count + 1):
        partner = np.empty_like(order)
        partner[order] = np.roll(order, -step)
        found.append(partner)
    return found


def pairing(keys: Keys, mode: Mode) -> tuple[Ints, Ints]:
    """Partners, and the row whose draws each sample takes; both depend on the set of ids only.

    ``elem``: the partner is the next one in keyed order, draws are the sample's own. ``batch``: the same partners, and
    the draws of the first in order. ``pair``: first and second in order mix with each other, and so on, with the draws
    of the first; the last of an odd number stays alone.

    Returns:
        partner and source, int64 [N].
    """
    if mode == "elem":
        return next_in_order(keys), np.arange(len(keys), dtype=np.int64)
    order = keys.order()
    if mode == "batch":
        return next_in_order(keys), np.full(len(order), order[0] if len(order) else 0, dtype=np.int64)
    partner, source = np.arange(len(order), dtype=np.int64), np.arange(len(order), dtype=np.int64)
    even = len(order) // 2 * 2
    first, second = order[0:even:2], order[1:even:2]
    partner[first], partner[second], source[second] = second, first, first
    return partner, source


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


def mix_targets(batch: Batch, partner: Ints, lam: Floats) -> dict[str, Target]:
    """Labels become soft labels, values are averaged with the same weights; mixed labels are mixed on."""
    return {name: _mixed(target, [partner], np.stack([lam, 1.0 - lam], axis=1))
            for name, target in batch.targets.items()}


def mix_many(batch: Batch, partners: list[Ints], weights: Floats) -> dict[str, Target]:
    """The same for several partners.

    Args:
        batch: the samples before.
        partners: int64 [N] each.
        weights: of the sample itself and of each partner, float64 [N, 1 + P], rows adding up to 1.
    """
    return {name: _mixed(target, partners, weights) for name, target in batch.targets.items()}


def _mixed(target: Target, partners: list[Ints], weights: Floats) -> Target:
    if target.kind == "value":
        values = np.asarray(target.data)
        parts = [values, *(values[p] for p in partners)]
        return replace(target, data=np.sum([w * v for w, v in zip(weights.T, parts, strict=True)], axis=0))
    if target.kind == "label" and len(partners) == 1:
        own = np.asarray(target.data)
        return replace(target, kind="soft-label", data=SoftLabel(own, own[partners[0]], weights[:, 0].copy()))
    if target.kind not in ("label", "soft-label"):
        return target
    soft = target.softened().data
    if len(partners) == 1 and isinstance(soft, SoftLabel) and bool(np.all((soft.lam == 1.0) | (soft.a == soft.b))):
        return replace(target, kind="soft-label", data=SoftLabel(soft.a, soft.a[partners[0]], weights[:, 0].copy()))
    whole = soft.mixed() if target.kind == "soft-label" else MixedLabel(soft.a[:, None], np.ones((len(soft), 1)))
    shares = [whole, *(whole.take(p) for p in partners)]
    return replace(target, kind="soft-label", data=MixedLabel(
        np.concatenate([share.classes for share in shares], axis=1),
        np.concatenate([w[:, None] * share.weights for w, share in zip(weights.T, shares, strict=True)], axis=1)))


def partner_ids(batch: Batch, partner: Ints) -> npt.NDArray[np.str_]:
    """The partners' ids, for the log."""
    return np.array([str(batch.ids[int(row)]) for row in partner], dtype=np.str_)

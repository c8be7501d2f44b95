"""Outputs made from the input's pixels, which stays as it is."""

from __future__ import annotations

from typing import Any


def blank(images: Any) -> Any:
    """An uninitialised tensor like ``images``; on the CPU on recycled memory, whose pages were touched before."""
    if images.device.type != "cpu":
        return images.new_empty(images.shape)
    from practicum.kernels.memory import fresh

    return fresh(images.shape, images.dtype)


def copied(images: Any) -> Any:
    """A contiguous copy."""
    return blank(images).copy_(images)


def chosen(masks: Any, partner: Any, images: Any) -> Any:
    """The partner's pixels where a mask is set, else the image's own.

    Args:
        masks: bool [N, H, W].
        partner: row of each sample's partner, int [N].
        images: [N, C, H, W].
    """
    import torch

    if images.requires_grad and torch.is_grad_enabled():  # out= passes no gradient
        return torch.where(masks[:, None], images[torch.from_numpy(partner).to(images.device)], images)
    out = blank(images)
    # Image by image, so that the partners are never copied together.
    for row, mate in enumerate(partner.tolist()):
        torch.where(masks[row], images[mate], images[row], out=out[row])
    return out

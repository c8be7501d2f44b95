"""Tables of levels, and how often each level occurs."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.ops.levels import reference

Counts = npt.NDArray[np.int64]


def look_up(images: torch.Tensor, tables: npt.NDArray[np.uint8], *,
            impl: Literal["auto", "reference", "cpu", "opencv"] = "auto") -> torch.Tensor:
    """Every value replaced by its entry in a table: the form of all operations on single values of uint8 images.

    Args:
        images: uint8 [N, C, H, W]; not written to.
        tables: uint8 [N, 256], or [N, C, 256] with a table for each channel.
        impl: ``reference`` (torch), ``cpu`` (compiled), ``opencv`` (``cv2.LUT``), or the fastest that can run.

    Raises:
        KernelUnavailable: the form asked for can't run on these images.

    Example:
        >>> invert = np.arange(255, -1, -1, dtype=np.uint8)[None]
        >>> look_up(torch.tensor([0, 7], dtype=torch.uint8).reshape(1, 1, 1, 2), invert).flatten().tolist()
        [255, 248]
    """
    form = pick("look-up", images, ("cpu", "reference", "opencv"), impl)
    each = tables if tables.ndim == 3 else tables[:, None]
    whole = np.array(np.broadcast_to(each, (*images.shape[:2], 256)), order="C")
    if form == "reference":
        return reference.look_up(images, whole)
    if form == "opencv":
        from practicum_image_basic.ops.levels import opencv

        return opencv.look_up(images, whole)
    from practicum_image_basic.ops.levels import cpu

    return cpu.look_up(images, whole)


def histograms(images: torch.Tensor, *, impl: Literal["auto", "reference", "cpu"] = "auto") -> Counts:
    """How often each level occurs in each channel of uint8 images [N, C, H, W]; int64 [N, C, 256].

    Example:
        >>> histograms(torch.full((1, 1, 2, 2), 7, dtype=torch.uint8))[0, 0, 6:9].tolist()
        [0, 4, 0]
    """
    if pick("histograms", images, ("cpu", "reference"), impl) == "reference":
        return np.asarray(reference.histograms(images))
    from practicum_image_basic.ops.levels import cpu

    return cpu.histograms(images)


def sums(images: torch.Tensor) -> Any:
    """Sums of each channel of uint8 images [N, C, H, W]; int64 [N, C]."""
    if images.device.type != "cpu":
        return images.flatten(2).sum(dim=2, dtype=torch.int64).cpu().numpy()
    from practicum_image_basic.ops.levels import cpu

    return cpu.sums(images)

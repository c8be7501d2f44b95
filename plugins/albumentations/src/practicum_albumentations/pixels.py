"""Images as the wrapped library takes them: contiguous HWC arrays, uint8 or float32; and back."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Image = npt.NDArray[Any]
_INTERLEAVED = (2, 3, 4)  # channels for which OpenCV's merge and extractChannel beat a strided copy several times


def taken(data: Any) -> list[Image]:
    """HWC views of an image column, not to be written to; bfloat16, which NumPy lacks, comes as float32."""
    if isinstance(data, list):
        return data
    stacked = data.detach().cpu()
    if stacked.dtype == torch.bfloat16:
        stacked = stacked.float()
    return list(stacked.numpy().transpose(0, 2, 3, 1))


def given(image: Image) -> Image:
    """An image of the dtype the library works in: uint8 as it is, every float type as float32; always a copy."""
    planes = image.transpose(2, 0, 1)
    if image.shape[2] in _INTERLEAVED and image.dtype in (np.uint8, np.float32) and planes.flags.c_contiguous:
        merged: Image = import_module("cv2").merge(list(planes))
        return merged
    return np.array(image, dtype=np.uint8 if image.dtype == np.uint8 else np.float32, order="C")


def returned(image: Image, like: Image, *, keep_dtype: bool) -> Image:
    """The library's output with its channel axis, in the dtype of ``like`` unless the transform changes it."""
    out = image[:, :, None] if image.ndim == 2 else image
    if keep_dtype and out.dtype != like.dtype:
        if like.dtype == np.uint8:
            out = np.clip(np.rint(out), 0, 255)
        out = out.astype(like.dtype)
    return np.ascontiguousarray(out)


def column(images: Sequence[Image], before: Any, *, keep_dtype: bool) -> Any:
    """Images as a column again: stacked on the device of ``before`` where all have one shape, else a list."""
    if len({(i.shape, i.dtype) for i in images}) > 1:
        return list(images)
    height, width, channels = images[0].shape
    stacked = np.empty((len(images), channels, height, width), dtype=images[0].dtype)
    for planes, image in zip(stacked, images, strict=True):
        if channels in _INTERLEAVED and image.dtype in (np.uint8, np.float32):
            cv2 = import_module("cv2")
            for at in range(channels):
                cv2.extractChannel(image, at, planes[at])
        else:
            planes[...] = image.transpose(2, 0, 1)
    made = torch.from_numpy(stacked)
    if isinstance(before, list):
        return made
    return made.to(device=before.device, dtype=before.dtype if keep_dtype else made.dtype)

"""Further images that some transforms need: files, or another column of the batch."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError

Image = npt.NDArray[Any]


def read(path: str, channels: int, *, by: str) -> Image:
    """An image file as uint8 HWC, RGB or grey.

    Raises:
        DataError: there is no such file, or it is no image that OpenCV reads.
    """
    cv2 = import_module("cv2")
    if not Path(path).is_file():
        raise DataError(f"{by}: the reference image {path} does not exist: name image files in references=(...), or a "
                        "column in reference_column=")
    coded = np.frombuffer(Path(path).read_bytes(), dtype=np.uint8)
    image = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{by}: the reference {path} is no image that OpenCV reads: convert it to PNG or JPEG")
    return image[:, :, None] if channels == 1 else np.ascontiguousarray(image[:, :, ::-1])


def fitting(reference: Image, image: Image, *, enlarge: bool) -> Image:
    """A reference in the dtype of the image: uint8 is 0..255, float32 is 0..1.

    A grey one is resized here, since OpenCV's resize, which the library calls, drops a single channel's axis: to the
    size of the image where ``enlarge``, else only where it is larger.
    """
    if reference.dtype != image.dtype:
        if image.dtype == np.uint8:
            reference = np.clip(np.rint(reference.astype(np.float64) * 255), 0, 255).astype(np.uint8)
        else:
            scale = np.float32(255 if reference.dtype == np.uint8 else 1)
            reference = reference.astype(np.float32) / scale
    (height, width), (own_height, own_width) = image.shape[:2], reference.shape[:2]
    larger = own_height > height or own_width > width
    if image.shape[2] == 1 and (larger or (enlarge and (own_height, own_width) != (height, width))):
        cv2 = import_module("cv2")
        reference = cv2.resize(reference, (width, height), interpolation=cv2.INTER_AREA)[:, :, None]
    return reference

"""Pixelate and JPEG, by Pillow."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from practicum.errors import DataError
from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table


class Pixelate(Corruption):
    """Shrinks by averaging boxes and enlarges again; nothing is drawn.

    The constants are the factor of each side, cut to whole pixels, one at least. uint8 images are shrunk in 8 bits, as
    Pillow does with them; float images in float32.

    Example:
        >>> import numpy as np
        >>> out = Pixelate(severity=5, scale="imagenet")(np.arange(16.0).reshape(1, 1, 4, 4) / 16)
        >>> np.unique(out).round(4).tolist()  # one pixel is left
        [0.4688]
    """

    name: ClassVar[str] = "image-corruptions/pixelate"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (0.6, 0.5, 0.4, 0.3, 0.25), "cifar": (0.95, 0.9, 0.85, 0.75, 0.65)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        return self._coarse(image.astype(np.float32), constant).astype(np.float64)

    def corrupt_levels(self, image: npt.NDArray[np.uint8], constant: Any) -> npt.NDArray[np.uint8] | None:
        return self._coarse(image, constant)

    @staticmethod
    def _coarse(image: npt.NDArray[Any], factor: float) -> npt.NDArray[Any]:
        height, width = image.shape[:2]
        small, whole = (max(1, int(width * factor)), max(1, int(height * factor))), (width, height)
        channels = [Image.fromarray(np.ascontiguousarray(image[:, :, c])) for c in range(image.shape[2])]
        return np.stack([np.asarray(c.resize(small, Image.Resampling.BOX).resize(whole, Image.Resampling.BOX))
                         for c in channels], axis=-1)


class JpegCompression(Corruption):
    """Compresses as JPEG and reads back; nothing is drawn.

    The constants are Pillow's quality. Float images are rounded to 8 bits first, since JPEG has no more.

    Raises:
        DataError: an image has neither one nor three channels.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).integers(0, 256, (1, 3, 32, 32), dtype=np.uint8)
        >>> out = JpegCompression(severity=5, scale="imagenet")(image)
        >>> str(out.dtype), bool((out != image).any())
        ('uint8', True)
    """

    name: ClassVar[str] = "image-corruptions/jpeg-compression"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (25, 18, 15, 10, 7), "cifar": (80, 65, 58, 50, 40)}

    def require(self, image: npt.NDArray[Any], sample: Any) -> None:
        if image.shape[2] not in (1, 3):
            raise DataError(f"{self.name}: sample {sample!r} has {image.shape[2]} channels, and a JPEG has 1 or 3: "
                            "keep the channels that make a picture")

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        levels = np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
        return self._coded(levels, constant).astype(np.float64) / 255.0

    def corrupt_levels(self, image: npt.NDArray[np.uint8], constant: Any) -> npt.NDArray[np.uint8] | None:
        return self._coded(image, constant)

    @staticmethod
    def _coded(image: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
        coded = BytesIO()
        picture = np.ascontiguousarray(image[:, :, 0] if image.shape[2] == 1 else image)
        Image.fromarray(picture).save(coded, "JPEG", quality=quality)
        return np.array(Image.open(coded)).reshape(image.shape)

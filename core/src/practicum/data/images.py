"""Folders of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.data.load import need
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing
from practicum.data.values import BadValue
from practicum.errors import DataError, UsageError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")


def open_image(source: Any, size: tuple[int, int] | None = None, mode: str = "RGB") -> npt.NDArray[np.uint8]:
    """One image as uint8 [H, W, C], turned as its EXIF data say; the first frame of an animation.

    Args:
        source: a path, or a Pillow image.
        size: (height, width) to resize to, bilinear.
        mode: RGB or L.

    Raises:
        BadValue: missing, empty, or not an image.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = source if hasattr(source, "convert") else Image.open(source)
        with image:
            upright = ImageOps.exif_transpose(image).convert(mode)
    except FileNotFoundError:
        raise BadValue("the image file is missing", f"put it at {source}") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = "not an image" if isinstance(error, UnidentifiedImageError) else f"the image is damaged ({error})"
        raise BadValue(reason, "replace the file") from None
    if size is not None:
        upright = upright.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    array = np.asarray(upright, dtype=np.uint8)
    return array[:, :, None] if array.ndim == 2 else array


def read_folder(path: str, *, size: Any = None, mode: str = "RGB", dtype: str = "uint8",
                on_error: str = "error") -> Loaded:
    """Images in one subfolder per class; ids are paths inside the folder, with ``/``.

    Classes are the subfolders' names in alphabetical order; an empty subfolder is a class without samples. Images that
    lie in the folder itself, with no subfolders, come without labels. Files of other types are passed over.

    Args:
        path: the folder.
        size: side or (height, width); images of differing sizes stay as they are when left out.
        mode: RGB or L.
        dtype: ``uint8`` (0..255), or ``float32``: scaled to 0..1, as attacks by gradients need.
        on_error: ``error`` or ``skip``.

    Returns:
        column ``image``: tensor [N, C, H, W], or a list of [H, W, C] where sizes differ.

    Raises:
        DataError: no image, a damaged one, or images both beside and inside of class folders.
    """
    need("PIL", "images", "data source image-folder")
    from practicum.batch import Batch, Column
    from practicum.targets import Target

    if mode not in ("RGB", "L"):
        raise UsageError(f"mode={mode!r} is neither 'RGB' nor 'L'")
    if dtype not in ("uint8", "float32"):
        raise UsageError(f"dtype={dtype!r} is neither 'uint8' nor 'float32'")
    wanted = _size(size)
    root = existing(path, folder=True)
    bad = BadRows(str(path), on_error, unit="file")
    classes = sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    loose = _images(root, deep=False)
    if classes and loose:
        raise DataError(f"{path}: image {loose[0].name} lies beside the class folders {', '.join(classes[:3])}: move "
                        "it "
                        "into one of them")
    files = [(p, k) for k, name in enumerate(classes) for p in _images(root / name, deep=True)]
    files = files or [(p, -1) for p in loose]
    if not files:
        raise DataError(f"{path}: there are no images ({', '.join(ENDINGS)}) in it: check the path")
    ids: list[str] = []
    images: list[npt.NDArray[Any]] = []
    labels: list[int] = []
    for number, (file, label) in enumerate(files, start=1):
        name = file.relative_to(root).as_posix()
        try:
            image = open_image(file, wanted, mode)
        except BadValue as error:
            bad.add(number, f"{name}: {error.reason}", mend=error.mend)
            continue
        ids.append(name)
        images.append(image if dtype == "uint8" else image.astype(np.float32) / np.float32(255))
        labels.append(label)
    if not ids:
        raise DataError(f"{path}: none of the {len(files)} images can be read; the first: {bad.found[0].reason}")
    targets = {"label": Target("label", np.array(labels, dtype=np.int64), classes=tuple(classes))} if classes else {}
    return Loaded(Batch.of(ids=ids, columns={"image": Column("image", images)}, targets=targets), bad.done())


def _images(folder: Path, *, deep: bool) -> list[Path]:
    found = folder.rglob("*") if deep else folder.iterdir()
    return sorted((p for p in found if p.suffix.lower() in ENDINGS and not p.name.startswith(".")),
                  key=lambda p: p.as_posix())


def _size(size: Any) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = (size, size) if isinstance(size, int) else tuple(size) if isinstance(size, (list, tuple)) else ()
    if len(sides) != 2 or not all(isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in sides):
        raise UsageError(f"size={size!r}: give one side in pixels, or [height, width]")
    return sides[0], sides[1]

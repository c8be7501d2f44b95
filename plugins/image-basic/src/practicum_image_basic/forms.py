"""Which form of an operation runs: the fastest measured for device, dtype, size and threads.

All forms of an operation give equal bits on uint8 images, so the choice never changes a result. The times are in
``forms.json`` beside this module; ``python -m practicum_image_basic.measure FILE`` takes them anew on your machine, and
the environment variable ``PRACTICUM_IMAGE_FORMS=FILE`` makes them count in place of the shipped ones.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from practicum.errors import ConfigError, KernelUnavailable
from practicum.kernels import choose

TABLE = "PRACTICUM_IMAGE_FORMS"
"""Environment variable: a file of times that takes the place of the shipped one."""

SHIPPED = Path(__file__).with_name("forms.json")

Row = Mapping[str, Any]


def pick(op: str, images: torch.Tensor, forms: Sequence[str], impl: str = "auto") -> str:
    """The form of an operation for these images.

    Args:
        op: name in the table.
        images: [N, C, H, W].
        forms: the forms that can do it, the preferred first where nothing was measured: ``cpu`` (compiled),
            ``reference`` (torch, the only one for images that are not on the CPU), ``opencv`` (if installed).
        impl: ``auto``, or the name of a form.

    Raises:
        KernelUnavailable: the form asked for can't run here.
        ConfigError: there is no such form, or the table of times can't be read.

    Example:
        >>> pick("look-up", torch.zeros(1, 1, 8, 8, dtype=torch.uint8), ("cpu", "reference"))
        'cpu'
        >>> pick("look-up", torch.zeros(1, 1, 8, 8, device="meta"), ("cpu", "reference"))
        'reference'
    """
    if impl == "opencv" and "opencv" in forms:
        if images.device.type != "cpu":
            raise KernelUnavailable(f"image-basic/{op}: impl='opencv' can't run here: the images are on "
                                    f"{images.device}; use impl='auto' to let it choose")
        if not opencv_installed():
            raise KernelUnavailable(f"image-basic/{op}: impl='opencv' can't run here: OpenCV is not installed "
                                    "(pip install 'practicum-image-basic[opencv]'); use impl='auto' to let it choose")
        return "opencv"
    chosen = choose(impl, images, op=f"image-basic/{op}", cpu="", triton=None)
    if impl != "auto" or chosen != "cpu":
        return chosen
    offered = tuple(f for f in forms if f != "opencv" or opencv_installed())
    times = _times(op, str(images.dtype).removeprefix("torch."), _bucket(images), torch.get_num_threads(),
                   os.environ.get(TABLE) or str(SHIPPED))
    measured = [f for f in offered if f in times]
    return min(measured, key=times.__getitem__) if measured else offered[0]


@cache
def opencv_installed() -> bool:
    """Whether OpenCV can be imported; it isn't imported to find out."""
    return importlib.util.find_spec("cv2") is not None


def _bucket(images: torch.Tensor) -> int:
    pixels = images.shape[2] * images.shape[3]
    return round(math.log2(max(pixels, 1)))


@cache
def _times(op: str, dtype: str, bucket: int, threads: int, path: str) -> dict[str, float]:
    """The measured times nearest to a size, in microseconds an image; as many threads come first."""
    fitting = [row for row in _rows(path) if row["op"] == op and row["dtype"] == dtype]

    def distance(row: Row) -> tuple[int, float]:
        return abs(row["threads"] - threads), abs(2 * math.log2(row["side"]) - bucket)

    return dict(min(fitting, key=distance)["microseconds"]) if fitting else {}


@cache
def _rows(path: str) -> list[Row]:
    try:
        rows = json.loads(Path(path).read_text("utf-8"))["rows"]
        return [{"op": str(r["op"]), "dtype": str(r["dtype"]), "side": int(r["side"]), "threads": int(r["threads"]),
                 "microseconds": {str(k): float(v) for k, v in r["microseconds"].items()}} for r in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"the table of forms {path} can't be read ({type(error).__name__}: {error}): write it with "
                          f"python -m practicum_image_basic.measure FILE, or unset {TABLE}") from error

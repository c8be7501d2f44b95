"""Images per second of the operations that move pixels, beside albumentations (MIT, 2.0.x) in the same process.

Run ``python plugins/image-basic/benchmarks/bench_geometry.py [--threads 2] [--only rotate,flip]``. Both sides may use
the same number of threads (torch's for ours, OpenCV's for theirs). Where both sides can be given the same parameters,
the outputs are compared first. The two take turns, and each figure is the best of nine.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks a server for its newest version at import

import numpy as np
import torch
from practicum_image_basic.affine import Rotate, inverted
from practicum_image_basic.ops.resize import resize
from practicum_image_basic.ops.warp import warp

import practicum as pm
from practicum import Batch, Keys

COUNT, SIZE = 64, 224

OURS: dict[str, dict[str, Any]] = {
    "flip": {}, "flip always": {"p": 1.0}, "flip both": {"axes": "both"}, "shift": {}, "rotate": {},
    "rotate reflect": {"border": "reflect"},
    "shear": {}, "zoom": {}, "translate": {}, "affine": {}, "perspective": {}, "rotate90": {}, "d4": {},
    "transpose": {"p": 1.0}, "random-crop": {"size": 196}, "center-crop": {"size": 196}, "pad-crop": {},
    "pad-crop reflect": {"border": "reflect"}, "resize": {"size": 160, "antialias": False},
    "resize area": {"size": 112, "interpolation": "area"}, "random-resized-crop": {"antialias": False},
    "random-resized-crop antialiased": {}, "erasing": {"p": 1.0}, "erasing pixel": {"p": 1.0, "mode": "pixel"},
    "grid-dropout": {}, "elastic": {}, "grid-shuffle": {},
}


def peers(threads: int) -> dict[str, Any]:
    """Comparable operations of albumentations; empty when it isn't installed."""
    try:
        import albumentations as alb
        import cv2
    except ModuleNotFoundError:
        return {}
    cv2.setNumThreads(threads)
    side = (SIZE, SIZE)
    shift: dict[str, Any] = {"translate_percent": {"x": (-0.1, 0.1), "y": (-0.1, 0.1)}}
    return {
        "flip": alb.HorizontalFlip(p=0.5), "flip always": alb.HorizontalFlip(p=1),
        "shift": alb.Affine(**shift, p=1),
        "flip both": alb.Compose([alb.HorizontalFlip(p=0.5), alb.VerticalFlip(p=0.5)]),
        "rotate": alb.Rotate(limit=15, border_mode=cv2.BORDER_CONSTANT, p=1),
        "rotate reflect": alb.Rotate(limit=15, border_mode=cv2.BORDER_REFLECT_101, p=1),
        "shear": alb.Affine(shear={"x": (-10, 10), "y": (-10, 10)}, p=1),
        "zoom": alb.Affine(scale=(1 / 1.2, 1.2), p=1), "translate": alb.Affine(**shift, p=1),
        "affine": alb.Affine(rotate=(-15, 15), scale=(1 / 1.1, 1.1), shear={"x": (-5, 5), "y": (-5, 5)}, **shift, p=1),
        "perspective": alb.Perspective(scale=(0.05, 0.1), p=1), "rotate90": alb.RandomRotate90(p=1), "d4": alb.D4(p=1),
        "transpose": alb.Transpose(p=1), "random-crop": alb.RandomCrop(196, 196, p=1),
        "center-crop": alb.CenterCrop(196, 196, p=1),
        "pad-crop": alb.Compose([alb.PadIfNeeded(SIZE + 8, SIZE + 8), alb.RandomCrop(SIZE, SIZE)]),
        "pad-crop reflect": alb.Compose([
            alb.PadIfNeeded(SIZE + 8, SIZE + 8, border_mode=cv2.BORDER_REFLECT_101), alb.RandomCrop(SIZE, SIZE)]),
        "resize": alb.Resize(160, 160, p=1), "resize area": alb.Resize(112, 112, interpolation=cv2.INTER_AREA, p=1),
        "random-resized-crop": alb.RandomResizedCrop(side, p=1),
        "random-resized-crop antialiased": alb.RandomResizedCrop(side, interpolation=cv2.INTER_AREA, p=1),
        "erasing": alb.Erasing(p=1), "erasing pixel": alb.Erasing(fill="random", p=1),
        "grid-dropout": alb.GridDropout(ratio=0.4, random_offset=True, p=1),
        "elastic": alb.ElasticTransform(alpha=34, sigma=4, p=1),
        "grid-shuffle": alb.RandomGridShuffle(grid=(3, 3), p=1),
    }


def agree() -> None:
    """Equal parameters give equal pictures, within OpenCV's fixed-point arithmetic.

    Raises:
        AssertionError: they don't.
    """
    import cv2

    ramp = np.add.outer(np.arange(SIZE), np.arange(SIZE)) / (2 * SIZE) * 255
    picture = np.rint(ramp[:, :, None] * [1.0, 0.7, 0.4]).astype(np.uint8)
    tensor = torch.from_numpy(picture.transpose(2, 0, 1).copy())[None]
    forward = Rotate().forward({"angle": np.array([12.0])}, SIZE, SIZE)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from centres
    theirs = cv2.warpAffine(picture, (np.linalg.inv(half) @ forward[0] @ half)[:2], (SIZE, SIZE))
    ours = warp(tensor, inverted(forward), (SIZE, SIZE))[0].numpy().transpose(1, 2, 0)
    inside = cv2.erode((theirs > 0).astype(np.uint8), np.ones((5, 5)), borderValue=0) > 0
    assert np.abs(ours.astype(int) - theirs)[inside].max() <= 1, "rotation"
    for name, flag in (("bilinear", cv2.INTER_LINEAR), ("area", cv2.INTER_AREA)):
        theirs = cv2.resize(picture, (160, 160), interpolation=flag)
        ours = resize(tensor, np.array([[0, 0, SIZE, SIZE]]), (160, 160), interpolation=name, antialias=False)  # type: ignore[arg-type]  # one of the names
        assert np.abs(ours[0].numpy().transpose(1, 2, 0).astype(int) - theirs).max() <= 1, name


def rates(*works: Callable[[], Any]) -> list[float]:
    """Images per second of each, the best of nine; they take turns, so that a busy moment hits all."""
    best = [float("inf")] * len(works)
    for turn in range(10):  # the first warms up
        for k, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[k] = min(best[k], time.perf_counter() - start) if turn else best[k]
    return [COUNT / seconds for seconds in best]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (COUNT, 3, SIZE, SIZE), dtype=np.uint8)
    found = peers(options.threads)
    if found:
        agree()
    print(f"{COUNT} images of 3x{SIZE}x{SIZE}, {options.threads} thread(s); images/s"
          + ("" if found else "; albumentations is not installed"))
    chosen = options.only.split(",") if options.only else list(OURS)
    for dtype, data in (("uint8", levels), ("float32", levels.astype(np.float32) / 255)):
        batch, single = Batch.of(torch.from_numpy(data)), [np.ascontiguousarray(i.transpose(1, 2, 0)) for i in data]
        for name in chosen:
            technique = pm.get(f"image-basic/{name.split()[0]}", **OURS[name])
            works: list[Callable[[], Any]] = [lambda t=technique, b=batch: t.run(b, Keys(0))]
            if name in found:
                works.append(lambda p=found[name], s=single: [p(image=i)["image"] for i in s])
            ours, *theirs = rates(*works)
            line = f"{dtype:8} {name:32} {ours:9,.0f}"
            if theirs:
                line += f"   albumentations {theirs[0]:9,.0f}   ratio {ours / theirs[0]:6.2f}"
            print(line)

"""Images per second of each operation, beside albumentations (MIT, 2.0.x) and plain NumPy for the noise.

Run ``OMP_NUM_THREADS=1 python plugins/image-basic/benchmarks/bench_beside_albumentations.py``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks a server for its newest version at import

import numpy as np
import torch

import practicum as pm
from practicum import Batch, Keys

COUNT, SIZE = 64, 224


def rate(work: Callable[[], Any]) -> float:
    """Images per second, the best of five."""
    work()
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return COUNT / best


def peers() -> dict[str, Any]:
    """Comparable operations of albumentations; empty when it isn't installed."""
    try:
        import albumentations as alb
        import cv2
    except ModuleNotFoundError:
        return {}
    cv2.setNumThreads(1)
    return {
        "gaussian-noise": alb.GaussNoise(std_range=(0.1, 0.1), p=1),
        "gaussian-blur": alb.GaussianBlur(sigma_limit=(1.0, 1.0), blur_limit=(9, 9), p=1),
        "shift": alb.Affine(translate_percent={"x": (-0.1, 0.1), "y": (-0.1, 0.1)}, p=1),
        "flip": alb.HorizontalFlip(p=0.5),
        "brightness": alb.ColorJitter(brightness=(0.7, 1.3), contrast=(1, 1), saturation=(1, 1), hue=(0, 0), p=1),
        "contrast": alb.ColorJitter(brightness=(1, 1), contrast=(0.7, 1.3), saturation=(1, 1), hue=(0, 0), p=1),
    }


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (COUNT, 3, SIZE, SIZE), dtype=np.uint8)
    found = peers()
    print(f"{COUNT} images of 3x{SIZE}x{SIZE}, {torch.get_num_threads()} thread(s); images/s"
          + ("" if found else "; albumentations is not installed"))
    for dtype, data in (("uint8", levels), ("float32", levels.astype(np.float32) / 255)):
        batch, single = Batch.of(torch.from_numpy(data)), [np.ascontiguousarray(i.transpose(1, 2, 0)) for i in data]
        for name in ("gaussian-noise", "gaussian-blur", "shift", "flip", "brightness", "contrast"):
            technique = pm.get(f"image-basic/{name}")
            ours = rate(lambda t=technique, b=batch: t.run(b, Keys(0)))
            line = f"{dtype:8} {name:15} {ours:8,.0f}"
            if name in found:
                theirs = rate(lambda p=found[name], s=single: [p(image=i)["image"] for i in s])
                line += f"   albumentations {theirs:8,.0f}   ratio {ours / theirs:5.2f}"
            if name == "gaussian-noise" and dtype == "float32":
                plain = rate(lambda d=data: np.clip(d + 0.1 * rng.standard_normal(d.shape, dtype=np.float32), 0, 1))
                line += f"   NumPy {plain:8,.0f}   ratio {ours / plain:5.2f}"
            print(line)

"""Images per second of the operations on light, colour, blur and noise, beside albumentations (MIT, 2.0.x).

Run ``python plugins/image-basic/benchmarks/bench_beside_albumentations.py [--threads 2] [--only hue,gamma]``. Both
sides may use the same number of threads (torch's for ours, OpenCV's for theirs); theirs are called image by image, as
their interface wants it. Where both can be given the same parameters, outputs are compared first. Rounds of both
alternate, and the best of each counts.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks a server for its newest version at import

import albumentations as alb
import cv2
import numpy as np
import torch
from practicum_image_basic.colour import saturated, turned
from practicum_image_basic.light import brightened, contrasted

import practicum as pm
from practicum import Batch, Keys

COUNT, SIZE, ROUNDS, SECONDS = 64, 224, 7, 0.8
Ops = dict[str, tuple[dict[str, Any], Any]]


def jitter(brightness: Any = (1, 1), contrast: Any = (1, 1), saturation: Any = (1, 1), hue: Any = (0, 0)) -> Any:
    """Their only brightness, contrast and saturation of ours' kind."""
    return alb.ColorJitter(brightness=brightness, contrast=contrast, saturation=saturation, hue=hue, p=1)


def operations() -> Ops:
    """Ours: name -> fields, and the comparable operation of albumentations."""
    always = {"p": 1.0}
    return {
        "brightness": ({}, jitter(brightness=(0.7, 1.3))), "contrast": ({}, jitter(contrast=(0.7, 1.3))),
        "saturation": ({}, jitter(saturation=(0.7, 1.3))), "hue": ({}, jitter(hue=(-0.1, 0.1))),
        "color-jitter": ({}, jitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.1, 0.1))),
        "gamma": ({}, alb.RandomGamma(gamma_limit=(77, 130), p=1)), "invert": (always, alb.InvertImg(p=1)),
        "solarize": (always, alb.Solarize(threshold_range=(0.5, 0.5), p=1)),
        "posterize": (always, alb.Posterize(num_bits=4, p=1)), "equalize": (always, alb.Equalize(mode="pil", p=1)),
        "autocontrast": (always, alb.AutoContrast(method="pil", cutoff=0, p=1)),
        "grayscale": (always, alb.ToGray(p=1)), "sepia": ({}, alb.ToSepia(p=1)),
        "rgb-shift": ({}, alb.RGBShift((-25, 25), (-25, 25), (-25, 25), p=1)),
        "channel-shuffle": (always, alb.ChannelShuffle(p=1)),
        "channel-dropout": (always, alb.ChannelDropout(channel_drop_range=(1, 1), p=1)),
        "normalize": ({}, alb.Normalize(p=1)), "sharpness": ({}, alb.Sharpen(p=1)),
        "unsharp-mask": ({}, alb.UnsharpMask(blur_limit=(9, 9), sigma_limit=(1.0, 1.0), p=1)),
        "gaussian-blur": ({}, alb.GaussianBlur(sigma_limit=(1.0, 1.0), blur_limit=(9, 9), p=1)),
        "box-blur": ({"radius": 2}, alb.Blur(blur_limit=(5, 5), p=1)),
        "median-blur": ({"size": 5}, alb.MedianBlur(blur_limit=(5, 5), p=1)),
        "motion-blur": ({}, alb.MotionBlur(blur_limit=(7, 7), p=1)),
        "gaussian-noise": ({}, alb.GaussNoise(std_range=(0.1, 0.1), p=1)),
        "speckle": ({}, alb.MultiplicativeNoise(multiplier=(0.5, 1.5), per_channel=True, elementwise=True, p=1)),
        "salt-and-pepper": ({}, alb.SaltAndPepper(amount=(0.05, 0.05), salt_vs_pepper=(0.5, 0.5), p=1)),
        "shot-noise": ({}, alb.ShotNoise(p=1)),
    }


def compare(levels: np.ndarray, ops: Ops) -> None:
    """Outputs where both sides can do the same: the largest difference, in levels."""
    few = torch.from_numpy(levels[:8])
    images = [np.ascontiguousarray(i.transpose(1, 2, 0)) for i in levels[:8]]
    one = np.ones(8)
    fixed: dict[str, tuple[Callable[[], torch.Tensor], Any]] = {
        "brightness 1.2": (lambda: brightened(few, 1.2 * one), jitter(brightness=(1.2, 1.2))),
        "contrast 0.8": (lambda: contrasted(few, 0.8 * one), jitter(contrast=(0.8, 0.8))),
        "saturation 1.2": (lambda: saturated(few, 1.2 * one), jitter(saturation=(1.2, 1.2))),
        "hue 0.1": (lambda: turned(few, 0.1 * one), jitter(hue=(0.1, 0.1))),
    }
    for name in ("invert", "solarize", "posterize", "equalize", "autocontrast", "grayscale", "sepia", "normalize",
                 "gaussian-blur", "box-blur", "median-blur"):
        fields, theirs = ops[name]
        technique = pm.get(f"image-basic/{name}", **fields)
        fixed[name] = (lambda t=technique: t.run(Batch.of(few), Keys(0)).data, theirs)
    for name, (ours, peer) in fixed.items():
        mine = ours().numpy().transpose(0, 2, 3, 1)
        off = np.abs(mine - np.stack([peer(image=i)["image"] for i in images]).astype(np.float64))
        print(f"same input, {name:16} largest difference {off.max():9.6f}, share of values apart by more than 0.5: "
              f"{np.mean(off > 0.5):.4f}")


def best(works: list[Callable[[], Any]]) -> list[float]:
    """Images per second of each, the best of alternating rounds."""
    found, spent = [float("inf")] * len(works), 0.0
    for work in works:
        work()  # compiles
    turn = 0
    while turn < ROUNDS or (spent < SECONDS and turn < 10 * ROUNDS):
        for k, work in enumerate(works):
            start = time.perf_counter()
            work()
            took = time.perf_counter() - start
            found[k], spent = min(found[k], took), spent + took
        turn += 1
    return [COUNT / t for t in found]


def main() -> None:
    """Compare, then time."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--only", default="", help="names, separated by commas")
    options.add_argument("--dtype", default="uint8", choices=("uint8", "float32"))
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(given.threads)
    ops = operations()
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.random((SIZE, SIZE, 3 * COUNT // 4), dtype=np.float32), (31, 31), 8)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    levels = np.concatenate([(200 * smooth).transpose(2, 0, 1).reshape(-1, 3, SIZE, SIZE)] * 4)[:COUNT]
    levels = (levels + rng.integers(0, 40, levels.shape)).astype(np.uint8)
    if given.dtype == "uint8":
        compare(levels, ops)
    data = levels if given.dtype == "uint8" else levels.astype(np.float32) / 255.0
    batch, images = Batch.of(torch.from_numpy(data)), [np.ascontiguousarray(i.transpose(1, 2, 0)) for i in data]
    print(f"{COUNT} {given.dtype} images of 3x{SIZE}x{SIZE}, {given.threads} thread(s) each; images/s")
    ahead = 0
    chosen = given.only.split(",") if given.only else list(ops)
    for name in chosen:
        fields, peer = ops[name]
        technique = pm.get(f"image-basic/{name}", **fields)
        mine, theirs = best([lambda t=technique: t.run(batch, Keys(0)),
                             lambda p=peer: [p(image=i)["image"] for i in images]])
        ahead += mine >= theirs
        print(f"{name:16} {mine:9,.0f}   albumentations {theirs:9,.0f}   ratio {mine / theirs:6.2f}")
    print(f"at least as fast: {ahead} of {len(chosen)}")


if __name__ == "__main__":
    main()

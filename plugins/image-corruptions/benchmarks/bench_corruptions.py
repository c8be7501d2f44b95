"""Images per second of each corruption at 224x224, beside the same formula written plainly with SciPy or Pillow.

``python plugins/image-corruptions/benchmarks/bench_corruptions.py``. Where there is a peer, results are compared first.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import torch
from PIL import Image
from practicum_image_corruptions.filters import disk
from scipy import ndimage

import practicum as pm
from practicum.registry import default_registry

COUNT, ROUNDS = 4, 3


def seconds(work: Callable[[], Any]) -> float:
    """Median time of a call, after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def jpeg(image: Any) -> Any:
    """Pillow called directly at severity 3."""
    coded = BytesIO()
    Image.fromarray(image).save(coded, "JPEG", quality=15)
    return np.asarray(Image.open(coded))


def defocus(image: Any) -> Any:
    """SciPy's direct correlation at severity 3, as OpenCV's filter2D does it in the released code."""
    values = image / 255.0
    done = np.stack([ndimage.correlate(values[:, :, c], disk(6, 0.5), mode="mirror") for c in range(3)], axis=-1)
    return np.rint(done * 255).astype(np.uint8)


PEERS: dict[str, Callable[[Any], Any]] = {"jpeg-compression": jpeg, "defocus-blur": defocus}


def main() -> None:
    """Print the table."""
    data = torch.randint(256, (COUNT, 3, 224, 224), generator=torch.Generator().manual_seed(0)).byte()
    pictures = [np.ascontiguousarray(p) for p in data.numpy().transpose(0, 2, 3, 1)]
    print("| corruption | images/s, severity 3 | written plainly | ratio |")
    print("|---|---|---|---|")
    for spec in default_registry().techniques("transformation", "image"):
        if spec.plugin != "image-corruptions":
            continue
        technique: Any = pm.get(spec.name, severity=3)
        rate = COUNT / seconds(lambda technique=technique: technique(data, seed=0))
        peer = PEERS.get(spec.short)
        if peer is None:
            print(f"| `{spec.short}` | {rate:,.0f} | | |")
            continue
        np.testing.assert_array_equal(technique(data, seed=0).numpy().transpose(0, 2, 3, 1),
                                      np.stack([peer(p) for p in pictures]))
        plain = COUNT / seconds(lambda peer=peer: [peer(p) for p in pictures])
        print(f"| `{spec.short}` | {rate:,.0f} | {plain:,.0f} | {rate / plain:.1f} |")


if __name__ == "__main__":
    main()

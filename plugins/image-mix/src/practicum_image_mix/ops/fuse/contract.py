"""What the kernel contract checks of the fuse operation."""

from __future__ import annotations

from typing import Any

from practicum.kernels import KernelOp, Variant

_HERE = "practicum_image_mix.ops.fuse"
_SHORT = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


def inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> Any:
    """Images with a partner each, weights (some 0 and 1), boxes on half of them, and rectangles to erase: none, filled,
    or of noise, by the width. ``dtype`` is the output's."""
    import torch

    from practicum_image_mix.ops.fuse.normal import Noise

    count, channels, height, width = shape
    x = torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
    lam = torch.rand(count, generator=generator).numpy()
    lam[2::5], lam[4::7] = 1.0, 0.0

    def rectangles(every: int) -> Any:
        made = torch.zeros(count, 4, dtype=torch.int64)
        for row in range(0, count, every):
            ys = torch.randint(0, height + 1, (2,), generator=generator).sort().values
            xs = torch.randint(0, width + 1, (2,), generator=generator).sort().values
            made[row] = torch.cat([ys, xs])
        return made

    case = {"mean": torch.rand(channels, generator=generator).tolist(), "std": 0.225, "dtype": dtype, "lam": lam,
            "partner": torch.randperm(count, generator=generator).numpy(), "box": rectangles(2).numpy()}
    if width % 3:
        case["erase"] = torch.stack([rectangles(1), rectangles(3)], dim=1).numpy()
    if width % 3 == 1:
        case["fill"] = torch.randn(count, 2, channels, generator=generator).numpy()
    elif width % 3 == 2:
        ids = torch.randint(0, 1 << 62, (count,), generator=generator).numpy().astype("uint64") * 3
        case["noise"] = Noise(0xFEDCBA9876543210, 7, ids)
    return (x,), case


def fewest_bytes(x: Any, mean: Any, std: Any, partner: Any = None, lam: Any = None, box: Any = None, erase: Any = None,
                 fill: Any = None, noise: Any = None, dtype: Any = None) -> int:
    """Every byte of ``x`` that some output needs read once, every output written once, each sample's draws, a scale and
    shift for each channel, and a table entry of each element of noise."""
    import numpy as np

    from practicum_image_mix.ops.fuse.plan import make_plan

    plan = make_plan(x, mean, std, partner, lam, box, erase, fill, noise, dtype)
    count, channels, height, width = x.shape
    ys, xs = np.arange(height).reshape(1, -1, 1), np.arange(width).reshape(1, 1, -1)

    def inside(rectangles: Any) -> Any:
        y0, y1, x0, x1 = (side.reshape(-1, 1, 1) for side in rectangles.T)
        return (ys >= y0) & (ys < y1) & (xs >= x0) & (xs < x1)

    erased = np.zeros((count, height, width), bool)
    for k in range(plan.erase.shape[1]):
        erased |= inside(plan.erase[:, k])
    weight = np.where(inside(plan.box), 0, plan.lam.reshape(-1, 1, 1))
    needed = ~erased & (weight != 0)
    np.logical_or.at(needed, plan.partner, ~erased & (weight != 1))
    draws = 7 + plan.erase.shape[1] * (4 + (0 if noise is not None else channels)) + (2 if noise is not None else 0)
    table = int(erased.sum()) * channels * 4 if noise is not None else 0
    pixels = int(needed.sum()) * channels + x.numel() * plan.dtype.itemsize
    return int(pixels + 4 * draws * count + 8 * channels + table)


OP = KernelOp(
    name="image-mix/fuse",
    reference=f"{_HERE}.reference:fuse",
    launch=f"{_HERE}.kernel:fuse",
    cpu=f"{_HERE}.cpu:fuse",
    cpu_dtypes=("float32", "float16", "bfloat16"),
    inputs=f"{_HERE}.contract:inputs",
    shapes=((5, 3, 7, 9), (1, 1, 1, 1), (7, 1, 11, 13), (0, 3, 8, 8), (9, 3, 37, 35)),
    dtypes=("float32", "float16", "bfloat16"),
    variants=tuple(
        Variant(f"{dtype}-{'noise' if noise else f'fill{spots}'}", f"{_HERE}.kernel:fuse_kernel",
                {"x_ptr": "*u8", "out_ptr": f"*{short}", "table_ptr": "*i32", "normal_ptr": "*fp32", "count": "i32",
                 "channels": "i32", "plane": "i32", "width": "i32", "chain": "i32"},
                {"SPOTS": spots, "NOISE": noise, "BLOCK": 1024},
                divisible=("x_ptr", "out_ptr", "table_ptr", "normal_ptr", "plane", "width"))
        for dtype, short in _SHORT.items() for spots, noise in ((0, False), (1, False), (1, True))
        if noise or dtype == "float32"),
    fewest_bytes=f"{_HERE}.contract:fewest_bytes",
    bytes_shape=(8, 3, 64, 64),
    byte_limit=1.2,
    install="pip install 'practicum-image-mix[triton]'",
)

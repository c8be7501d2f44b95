"""What the kernel contract checks of the mix operation."""

from __future__ import annotations

from typing import Any

from practicum.kernels import KernelOp, Variant

_HERE = "practicum_image_mix.ops.mix"
_SHORT = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "uint8": "u8"}


def inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> Any:
    """Images with a partner each, per-sample weights (some 0 and 1), boxes on half of them; every third case fills."""
    import torch

    count, _, height, width = shape
    x = torch.rand(shape, generator=generator)
    x = (x * 255).to(dtype) if not dtype.is_floating_point else x.to(dtype)
    lam = torch.rand(count, generator=generator).numpy()
    lam[2::5], lam[4::7] = 1.0, 0.0
    box = torch.zeros(count, 4, dtype=torch.int64)
    for row in range(0, count, 2):
        ys = torch.randint(0, height + 1, (2,), generator=generator).sort().values
        xs = torch.randint(0, width + 1, (2,), generator=generator).sort().values
        box[row] = torch.cat([ys, xs])
    partner = torch.randperm(count, generator=generator).numpy()
    return (x,), {"partner": partner, "lam": lam, "box": box.numpy(), "fill": 0.5 if width % 3 == 0 else None}


def fewest_bytes(x: Any, partner: Any, lam: Any, box: Any, fill: Any) -> int:
    """Every element of ``x`` that some output needs read once, every output written once, seven draws a sample."""
    import numpy as np

    from practicum_image_mix.ops.mix.plan import make_plan

    plan = make_plan(x, partner, lam, box, fill)
    count, channels, height, width = x.shape
    y0, y1, x0, x1 = (side.reshape(-1, 1, 1) for side in plan.box.T)
    ys, xs = np.arange(height).reshape(1, -1, 1), np.arange(width).reshape(1, 1, -1)
    inside = (ys >= y0) & (ys < y1) & (xs >= x0) & (xs < x1)
    weight = plan.lam.reshape(-1, 1, 1)
    needed = ~inside & (weight != 0)
    from_mate = (inside | (weight != 1)) if fill is None else (~inside & (weight != 1))
    np.logical_or.at(needed, plan.partner, from_mate)
    return int((int(needed.sum()) * channels + x.numel()) * x.element_size() + 7 * 4 * count)


OP = KernelOp(
    name="image-mix/mix",
    reference=f"{_HERE}.reference:mix",
    launch=f"{_HERE}.kernel:mix",
    cpu=f"{_HERE}.cpu:mix",
    cpu_dtypes=("float32", "uint8"),
    inputs=f"{_HERE}.contract:inputs",
    shapes=((5, 3, 7, 9), (1, 1, 1, 1), (7, 1, 11, 13), (0, 3, 8, 8), (9, 3, 37, 35)),
    dtypes=("float32", "float16", "bfloat16", "uint8"),
    variants=tuple(
        Variant(f"{dtype}-{'paste' if paste else 'fill'}", f"{_HERE}.kernel:mix_kernel",
                {"x_ptr": f"*{short}", "out_ptr": f"*{short}", "table_ptr": "*i32", "fill": "fp32", "count": "i32",
                 "size": "i32", "plane": "i32", "width": "i32", "chain": "i32"},
                {"PASTE": paste, "ROUND": dtype == "uint8", "BLOCK": 1024},
                divisible=("x_ptr", "out_ptr", "table_ptr", "size", "plane", "width"))
        for dtype, short in _SHORT.items() for paste in (True, False)),
    fewest_bytes=f"{_HERE}.contract:fewest_bytes",
    bytes_shape=(8, 3, 32, 32),
    byte_limit=1.2,
    install="pip install 'practicum-image-mix[triton]'",
)

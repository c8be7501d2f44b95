"""What the kernel contract checks of the warp."""

from __future__ import annotations

from typing import Any

from practicum.kernels import KernelOp, Variant

_HERE = "practicum_image_basic.ops.warp"
_SHORT = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "uint8": "u8"}
_BORDERS = ("constant", "edge", "reflect")


def inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> Any:
    """Images with a mild projective map each; border and interpolation depend on the shape."""
    import torch

    count, _, height, width = shape
    x = torch.rand(shape, generator=generator)
    x = (x * 255).to(dtype) if not dtype.is_floating_point else x.to(dtype)
    matrices = torch.eye(3, dtype=torch.float64).repeat(count, 1, 1)
    matrices += 0.2 * torch.randn(count, 3, 3, dtype=torch.float64, generator=generator)
    matrices[:, 2] = torch.tensor([0.002, -0.003, 1.0], dtype=torch.float64)
    return (x,), {"inverse": matrices.numpy(), "size": (height, width + 2),
                  "interpolation": "nearest" if height % 5 == 0 else "bilinear", "border": _BORDERS[width % 3],
                  "fill": 0.5 if dtype.is_floating_point else 7.0, "flow": None}


def fewest_bytes(images: Any, inverse: Any, size: Any, interpolation: str, border: str, fill: float, flow: Any) -> int:
    """Every pixel that has a weight somewhere read once, every output written once, nine numbers a sample."""
    import torch

    from practicum_image_basic.ops.warp.reference import warp

    count, channels, height, width = images.shape
    needed = 0
    for n in range(count):  # the gradient of the sum is not zero where a pixel has a weight
        ones = torch.ones(1, 1, height, width, dtype=torch.float64, requires_grad=True)
        warp(ones, inverse[n:n + 1], size, interpolation, border, 0.0, None).sum().backward()  # type: ignore[no-untyped-call]  # torch's annotation
        assert ones.grad is not None
        needed += int((ones.grad != 0).sum())
    out = count * channels * size[0] * size[1]
    return int((needed * channels + out) * images.element_size()) + 72 * count


OP = KernelOp(
    name="image-basic/warp",
    reference=f"{_HERE}.reference:warp",
    launch=f"{_HERE}.kernel:warp",
    cpu=f"{_HERE}.cpu:warp",
    cpu_dtypes=("float32", "float16", "bfloat16", "uint8"),
    inputs=f"{_HERE}.contract:inputs",
    shapes=((3, 3, 7, 9), (1, 1, 1, 1), (2, 1, 15, 13), (0, 3, 8, 8), (3, 2, 37, 35), (2, 3, 32, 33)),
    dtypes=("float32", "float16", "bfloat16", "uint8"),
    variants=(*(Variant(f"{dtype}-{border}", f"{_HERE}.kernel:warp_kernel",
                        {"x_ptr": f"*{_SHORT[dtype]}", "out_ptr": f"*{_SHORT[dtype]}", "matrix_ptr": "*fp64",
                         "fill": "fp32", "channels": "i32", "height": "i32", "width": "i32", "rows": "i32",
                         "columns": "i32", "horizon": "fp32"},
                        {"BORDER": _BORDERS.index(border), "NEAREST": nearest, "ROUND": dtype == "uint8",
                         "BLOCK": 256}, divisible=("x_ptr", "out_ptr", "matrix_ptr"))
                for dtype, border, nearest in (("float32", "constant", False), ("float16", "edge", False),
                                               ("bfloat16", "reflect", False), ("uint8", "constant", False),
                                               ("uint8", "reflect", True))),),
    fewest_bytes=f"{_HERE}.contract:fewest_bytes",
    bytes_shape=(2, 3, 32, 33),
    byte_limit=3.0,
    tolerance={"uint8": 1.0},
    install="pip install 'practicum-image-basic[triton]'",
)

"""What is checked of the APGD kernels."""

from __future__ import annotations

from typing import Any

from practicum.kernels import KernelOp, Variant

_HERE = "practicum_gradient_attacks.ops.apgd"
_TYPES = {"float32": "*fp32", "float16": "*fp16", "bfloat16": "*bf16"}
_POINTS = ("x_ptr", "gradient_ptr", "centre_ptr", "previous_ptr", "best_ptr", "best_gradient_ptr", "out_ptr",
           "kept_ptr", "kept_gradient_ptr")


def linf_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Images in [0, 1], some values on the box and one outside; some rows have a new best point, some go back."""
    import torch

    centre, *points = (torch.rand(shape, generator=generator) for _ in range(4))
    gradient, best_gradient = (2 * torch.rand(shape, generator=generator) - 1 for _ in range(2))
    if centre.numel():
        centre[0, 0], gradient[-1, -1] = 1.0, 0.0
        centre.view(-1)[-1] = 1.5
    x, previous, best = (torch.where(centre > 1, centre, torch.lerp(centre, p, 0.2)).to(dtype) for p in points)
    rows = torch.arange(shape[0])
    flags = {"better": rows % 3 == 1, "back": rows % 4 >= 2}
    size = torch.full((shape[0],), 0.1, dtype=torch.float64) * (1 + rows)
    return ((x, gradient.to(dtype), centre.to(dtype), previous, best, best_gradient.to(dtype)),
            {**flags, "norm": "linf", "size": size, "eps": 0.3, "bounds": (0.0, 1.0), "momentum": 0.75})


def l2_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same for L2, with a radius that makes some values meet the box."""
    args, kwargs = linf_inputs(shape, dtype, generator)
    eps = 0.25 * max(shape[1], 1) ** 0.5
    return args, {**kwargs, "norm": "l2", "eps": eps, "size": 2 * eps * kwargs["size"] / 0.1 / max(shape[0], 1)}


def fewest_bytes(x: Any, gradient: Any, centre: Any, previous: Any, best: Any, best_gradient: Any, *, better: Any,
                 **_: Any) -> int:
    """Point, gradient, centre and previous point read once, what is best so far read where it stays, three written."""
    width, old = x.shape[1], int((~better).sum())
    read = x.numel() * (2 * x.element_size() + gradient.element_size() + centre.element_size())
    read += old * width * (best.element_size() + best_gradient.element_size())
    return int(read + x.numel() * (2 * x.element_size() + best_gradient.element_size()))


def _variant(name: str) -> Variant:
    signature = {**dict.fromkeys(_POINTS[:6], _TYPES[name]), "better_ptr": "*u8", "back_ptr": "*u8",
                 **dict.fromkeys(_POINTS[6:], _TYPES[name]), "width": "i32", "size": "*fp64", "eps": "*fp64",
                 "low": "fp32", "high": "fp32", "momentum": "fp32"}
    return Variant(f"{name}-1024", f"{_HERE}.kernel:linf_kernel", signature, {"BLOCK": 1024},
                   divisible=(*_POINTS, "size", "eps"), num_warps=4)


LINF = KernelOp(name="gradient-attacks/apgd-linf", inputs=f"{_HERE}.contract:linf_inputs",
                reference=f"{_HERE}.reference:advance", launch=f"{_HERE}.launch:advance", cpu=f"{_HERE}.cpu:advance",
                cpu_dtypes=("float32",), fewest_bytes=f"{_HERE}.contract:fewest_bytes",
                shapes=((1, 1), (3, 5), (7, 333), (4, 1024), (0, 5)), byte_limit=1.02,
                variants=tuple(_variant(name) for name in _TYPES),
                install="pip install 'practicum-gradient-attacks[triton]'")

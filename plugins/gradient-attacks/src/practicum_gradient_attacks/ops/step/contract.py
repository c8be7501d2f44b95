"""What is checked of the step kernels."""

from __future__ import annotations

from typing import Any

from practicum.kernels import KernelOp, Variant

_HERE = "practicum_gradient_attacks.ops.step"
_TYPES = {"float32": "*fp32", "float16": "*fp16", "bfloat16": "*bf16"}


def linf_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Images in [0, 1], some values on the box and one outside, at a point in the ball."""
    return _inputs("linf", 0.3, shape, dtype, generator)


def l2_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same for L2, with a radius that makes some values meet the box, and a step that leaves the ball."""
    args, kwargs = _inputs("l2", 0.25 * max(shape[1], 1) ** 0.5, shape, dtype, generator)
    return args, {**kwargs, "size": 2 * kwargs["eps"]}


def l1_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same for L1, with equal gradients, and a step that fills several entries to the box."""
    args, kwargs = _inputs("l1", 0.1 * max(shape[1], 1), shape, dtype, generator)
    return (args[0], (4 * args[1]).round() / 4, args[2]), kwargs


def _inputs(norm: str, eps: float, shape: tuple[int, ...], dtype: Any,
            generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    import torch

    centre, point, gradient = (torch.rand(shape, generator=generator) for _ in range(3))
    gradient = 2 * gradient - 1
    if centre.numel():
        centre[0, 0], gradient[-1, -1] = 1.0, 0.0
        centre.view(-1)[-1] = 1.5
    point = torch.where(centre > 1, centre, torch.lerp(centre, point, 0.2))
    return ((point.to(dtype), gradient.to(dtype), centre.to(dtype)),
            {"norm": norm, "size": 0.5 * eps, "eps": eps, "bounds": (0.0, 1.0)})


def linf_row_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """As :func:`linf_inputs`, with a radius and a step for each row, the first of them nothing."""
    return _by_row(*linf_inputs(shape, dtype, generator))


def l2_row_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """As :func:`l2_inputs`, likewise."""
    return _by_row(*l2_inputs(shape, dtype, generator))


def l1_row_inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """As :func:`l1_inputs`, likewise."""
    return _by_row(*l1_inputs(shape, dtype, generator))


def _by_row(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    import torch

    rows = len(args[0])
    shares = torch.linspace(0.0, 1.0, rows, dtype=torch.float64) if rows > 1 else torch.ones(rows, dtype=torch.float64)
    return args, {**kwargs, "size": kwargs["size"] * shares, "eps": kwargs["eps"] * shares}


def fewest_bytes(x: Any, gradient: Any, centre: Any, **_: Any) -> int:
    """Point, gradient and centre read once, the new point written once."""
    return int(x.numel() * (2 * x.element_size() + gradient.element_size() + centre.element_size()))


def _variants(kernel: str, count: str, constexprs: dict[str, int], warps: int, *, rows: int = 0,
              types: tuple[str, ...] = tuple(_TYPES)) -> tuple[Variant, ...]:
    pointers = ("x_ptr", "gradient_ptr", "centre_ptr", "out_ptr")
    scalars = {count: "i32", **dict.fromkeys(("size", "eps"), "*fp64" if rows else "fp32"), "low": "fp32",
               "high": "fp32"}
    constants: dict[str, Any] = {**constexprs, "ROWS": rows}
    if kernel != "kernel:linf_kernel":
        constants["INWARD"] = 1.0 - 1e-6 if rows else 1.0
    aligned = (*pointers, "size", "eps") if rows else pointers
    return tuple(Variant(f"{name}-{constexprs['BLOCK']}{'-rows' if rows else ''}", f"{_HERE}.{kernel}",
                         {**dict.fromkeys(pointers, _TYPES[name]), **scalars}, constants, divisible=aligned,
                         num_warps=warps) for name in types)


_COMMON: dict[str, Any] = {
    "reference": f"{_HERE}.reference:step", "launch": f"{_HERE}.launch:step", "cpu": f"{_HERE}.cpu:step",
    "cpu_dtypes": ("float32",), "fewest_bytes": f"{_HERE}.contract:fewest_bytes",
    "install": "pip install 'practicum-gradient-attacks[triton]'",
}

LINF = KernelOp(name="gradient-attacks/step-linf", inputs=f"{_HERE}.contract:linf_inputs",
                shapes=((1, 1), (3, 5), (7, 333), (4, 1024), (0, 5)),
                variants=_variants("kernel:linf_kernel", "count", {"BLOCK": 1024}, 4), **_COMMON)

L2 = KernelOp(name="gradient-attacks/step-l2", inputs=f"{_HERE}.contract:l2_inputs",
              shapes=((1, 1), (3, 5), (7, 333), (4, 1024), (0, 5)),
              variants=(*_variants("kernel:l2_kernel", "width", {"BLOCK": 1024, "ROUNDS": 16}, 2),
                        *_variants("kernel:l2_kernel", "width", {"BLOCK": 8192, "ROUNDS": 16}, 16)),
              byte_limit=1.25, **_COMMON)

L1 = KernelOp(name="gradient-attacks/step-l1", inputs=f"{_HERE}.contract:l1_inputs",
              shapes=((1, 1), (3, 5), (3, 333), (2, 1024), (0, 5)),
              variants=(*_variants("kernel_l1:l1_kernel", "width", {"BLOCK": 1024, "LOG_BLOCK": 10}, 4),
                        *_variants("kernel_l1:l1_kernel", "width", {"BLOCK": 4096, "LOG_BLOCK": 12}, 16)), **_COMMON)

_LONG: dict[str, Any] = {**_COMMON, "launch": f"{_HERE}.launch:long_step",
                         "shapes": ((1, 1), (3, 5), (1, 2048), (2, 2309), (0, 5))}

LINF_ROWS = KernelOp(name="gradient-attacks/step-linf-rows", inputs=f"{_HERE}.contract:linf_row_inputs",
                     shapes=((1, 1), (3, 5), (7, 333), (4, 1024), (0, 5)),
                     variants=_variants("kernel:linf_kernel", "count", {"BLOCK": 1024}, 4, rows=1,
                                        types=("float32",)), byte_limit=1.01,
                     **_COMMON)

L2_ROWS = KernelOp(name="gradient-attacks/step-l2-rows", inputs=f"{_HERE}.contract:l2_row_inputs",
                   shapes=((1, 1), (3, 5), (7, 333), (4, 1024), (0, 5)),
                   variants=_variants("kernel:l2_kernel", "width", {"BLOCK": 8192, "ROUNDS": 16}, 16, rows=1,
                                      types=("float32",)),
                   byte_limit=1.26, **_COMMON)

L1_ROWS = KernelOp(name="gradient-attacks/step-l1-rows", inputs=f"{_HERE}.contract:l1_row_inputs",
                   shapes=((1, 1), (3, 5), (3, 333), (2, 1024), (0, 5)), byte_limit=1.01,
                   variants=_variants("kernel_l1:l1_kernel", "width", {"BLOCK": 4096, "LOG_BLOCK": 12}, 16, rows=1,
                                      types=("float32",)),
                   **_COMMON)

L2_LONG = KernelOp(name="gradient-attacks/step-l2-long", inputs=f"{_HERE}.contract:l2_inputs",
                   variants=_variants("kernel_long:l2_long_kernel", "width", {"BLOCK": 2048, "ROUNDS": 40}, 16)
                   + _variants("kernel_long:l2_long_kernel", "width", {"BLOCK": 2048, "ROUNDS": 40}, 16, rows=1,
                               types=("float32",)),
                   byte_limit=6.0, **_LONG)

L1_LONG = KernelOp(name="gradient-attacks/step-l1-long", inputs=f"{_HERE}.contract:l1_inputs",
                   variants=_variants("kernel_long:l1_long_kernel", "width", {"BLOCK": 2048, "WAYS": 16, "BITS": 4},
                                      16)
                   + _variants("kernel_long:l1_long_kernel", "width", {"BLOCK": 2048, "WAYS": 16, "BITS": 4}, 16,
                               rows=1, types=("float32",)),
                   byte_limit=15.5, **_LONG)

"""Declarations of the toy kernels; importable without Triton."""

from dataclasses import replace

from practicum.kernels import KernelOp, Variant


def reference(x, factor):
    return (x.float() * factor + 0.25).to(x.dtype)


def inputs(shape, dtype, generator):
    import torch

    return (torch.randn(shape, generator=generator).to(dtype), 1.3), {}


def fewest_bytes(x, factor):
    return 2 * x.numel() * x.element_size()


def _variants(kernel):
    types = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}
    return tuple(Variant(name, f"toy_kernels:{kernel}",
                         {"x_ptr": f"*{short}", "out_ptr": f"*{short}", "n": "i32", "factor": "fp32"},
                         {"BLOCK": 1024}, divisible=("x_ptr", "out_ptr")) for name, short in types.items())


SCALE = KernelOp(name="toy/scale", reference="toy_declared:reference", launch="toy_kernels:scale",
                 inputs="toy_declared:inputs", shapes=((3, 5), (1, 1), (7, 33), (0, 5)),
                 variants=_variants("scale_kernel"), fewest_bytes="toy_declared:fewest_bytes", gradients=(0,))
WRONG_MASK = replace(SCALE, launch="toy_kernels:wrong_mask", gradients=())
SHORT_MASK = replace(SCALE, launch="toy_kernels:short_mask", gradients=())
NO_UPCAST = replace(SCALE, launch="toy_kernels:no_upcast", gradients=())
WRONG_GRADIENT = replace(SCALE, launch="toy_kernels:wrong_gradient")
READS_TWICE = replace(SCALE, launch="toy_kernels:reads_twice", gradients=())
LAUNCHES_TWICE = replace(SCALE, launch="toy_kernels:launches_twice", gradients=())
WRITES_INPUT = replace(SCALE, launch="toy_kernels:writes_input", gradients=())
ASSUMES_CONTIGUOUS = replace(SCALE, launch="toy_kernels:assumes_contiguous", gradients=())
BAD_SIGNATURE = replace(SCALE, variants=(replace(SCALE.variants[0], signature={"x_ptr": "*fp32"}),))
MATMUL = replace(SCALE, name="toy/matmul", variants=(Variant(
    "dot", "toy_kernels:matmul_kernel", {"a_ptr": "*fp16", "b_ptr": "*fp16", "out_ptr": "*fp32", "K": "i32"},
    {"M": 64, "N": 64, "BLOCK": 32}, divisible=("a_ptr", "b_ptr", "out_ptr", "K"), tensor_cores=True),))

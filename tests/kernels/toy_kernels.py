"""One right toy kernel, and wrong ones that the kernel contract has to catch."""

import torch
import triton
import triton.language as tl


@triton.jit
def scale_kernel(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    x = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32)
    tl.store(out_ptr + at, (x * factor + 0.25).to(out_ptr.dtype.element_ty), mask=inside)


@triton.jit
def wrong_mask_kernel(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at <= n
    x = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32)
    tl.store(out_ptr + at, (x * factor + 0.25).to(out_ptr.dtype.element_ty), mask=inside)


@triton.jit
def short_mask_kernel(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n - 1
    x = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32)
    tl.store(out_ptr + at, (x * factor + 0.25).to(out_ptr.dtype.element_ty), mask=inside)


@triton.jit
def no_upcast_kernel(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    x = tl.load(x_ptr + at, mask=inside, other=0)
    tl.store(out_ptr + at, x * factor + 0.25, mask=inside)


@triton.jit
def twice_kernel(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    x = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32)
    again = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32)
    tl.store(out_ptr + at, ((x + again) * 0.5 * factor + 0.25).to(out_ptr.dtype.element_ty), mask=inside)


@triton.jit
def in_place_kernel(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    x = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32)
    tl.store(out_ptr + at, (x * factor + 0.25).to(out_ptr.dtype.element_ty), mask=inside)
    tl.store(x_ptr + at, (x * 0).to(x_ptr.dtype.element_ty), mask=inside)


BLOCK = 64


def _launch(kernel, x, factor):
    flat = x.contiguous()
    out = torch.empty_like(flat)
    if flat.numel():
        kernel[(triton.cdiv(flat.numel(), BLOCK),)](flat, out, flat.numel(), factor, BLOCK=BLOCK)
    return out


class _Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor, wrong):
        ctx.factor, ctx.wrong = factor, wrong
        return _launch(scale_kernel, x, factor)

    @staticmethod
    def backward(ctx, up):
        return (up.float() * ctx.factor * (2 if ctx.wrong else 1)).to(up.dtype), None, None


def scale(x, factor):
    return _Scale.apply(x, factor, False)


def wrong_gradient(x, factor):
    return _Scale.apply(x, factor, True)


def wrong_mask(x, factor):
    return _launch(wrong_mask_kernel, x, factor)


def short_mask(x, factor):
    return _launch(short_mask_kernel, x, factor)


def no_upcast(x, factor):
    return _launch(no_upcast_kernel, x, factor)


def reads_twice(x, factor):
    return _launch(twice_kernel, x, factor)


def launches_twice(x, factor):
    _launch(scale_kernel, x, factor)
    return _launch(scale_kernel, x, factor)


def writes_input(x, factor):
    return _launch(in_place_kernel, x, factor)


def assumes_contiguous(x, factor):
    out = torch.empty(x.shape, dtype=x.dtype)
    if x.numel():
        scale_kernel[(triton.cdiv(x.numel(), BLOCK),)](x, out, x.numel(), factor, BLOCK=BLOCK)
    return out


@triton.jit
def matmul_kernel(a_ptr, b_ptr, out_ptr, K, M: tl.constexpr, N: tl.constexpr, BLOCK: tl.constexpr):
    rows, cols, inner = tl.arange(0, M), tl.arange(0, N), tl.arange(0, BLOCK)
    total = tl.zeros((M, N), dtype=tl.float32)
    for start in range(0, K, BLOCK):
        a = tl.load(a_ptr + rows[:, None] * K + (start + inner)[None, :], mask=(start + inner)[None, :] < K, other=0)
        b = tl.load(b_ptr + (start + inner)[:, None] * N + cols[None, :], mask=(start + inner)[:, None] < K, other=0)
        total = tl.dot(a, b, total)
    tl.store(out_ptr + rows[:, None] * N + cols[None, :], total)

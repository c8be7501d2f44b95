"""The operation fused for the CPU: every image is read from memory about once and every output written once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit
from numba.extending import overload

from practicum.kernels.memory import SMALLEST, fresh
from practicum.keys.philox_numba import philox4x32
from practicum_image_mix.ops.fuse.normal import HALF, Noise, quantiles
from practicum_image_mix.ops.fuse.plan import make_plan
from practicum_image_mix.ops.fuse.stream import PER_LINE, stream_mixed, stream_scaled
from practicum_image_mix.ops.mix.cpu import in_threads
from practicum_image_mix.ops.mix.stream import LINE, stream_copy, stream_end

_BLOCK = 8192  # pixels; own and partner of a block, and the buffer, stay in the first-level caches
_SIGN, _REST = np.uint32(HALF), np.uint32(HALF - 1)


@njit(nogil=True, cache=True, inline="always")
def _ahead(o: Any) -> Any:
    """Elements before the first one that starts a cache line."""
    return min(len(o), (-o.ctypes.data % LINE) // o.itemsize)


@njit(nogil=True, cache=True, error_model="numpy")
def _blend(o: Any, a: Any, b: Any, weight: Any, scale: Any, shift: Any) -> None:
    rest = np.float32(1) - weight
    if weight == 1:
        for i in range(len(o)):
            o[i] = np.float32(a[i]) * scale + shift
    elif weight == 0:
        for i in range(len(o)):
            o[i] = np.float32(b[i]) * scale + shift
    else:
        for i in range(len(o)):
            o[i] = (weight * np.float32(a[i]) + rest * np.float32(b[i])) * scale + shift


@njit(nogil=True, cache=True, error_model="numpy")
def _blend_past(o: Any, a: Any, b: Any, weight: Any, scale: Any, shift: Any) -> None:
    """The same, streamed."""
    rest = np.float32(1) - weight
    head = _ahead(o)
    done = head + (len(o) - head) // PER_LINE * PER_LINE
    _blend(o[:head], a[:head], b[:head], weight, scale, shift)
    if weight == 1:
        for i in range(head, done, PER_LINE):
            stream_scaled(o, a, i, scale, shift)
    elif weight == 0:
        for i in range(head, done, PER_LINE):
            stream_scaled(o, b, i, scale, shift)
    else:
        for i in range(head, done, PER_LINE):
            stream_mixed(o, a, b, i, weight, rest, scale, shift)
    _blend(o[done:], a[done:], b[done:], weight, scale, shift)


@njit(nogil=True, cache=True, error_model="numpy")
def fill_noise(o: Any, first: int, table: Any, key_lo: Any, key_hi: Any, lane: Any, sample: Any) -> None:
    """Noise of elements ``first ..`` of one image; ``sample`` is its id's hash (uint64), ``table`` the quantiles."""
    lo, hi = np.uint32(sample), np.uint32(sample >> np.uint64(32))
    i = 0
    while i < len(o):
        block = (first + i) // 8
        w = philox4x32(np.uint32(block), lane, lo, hi, key_lo, key_hi)
        stop = min(len(o), 8 * (block + 1) - first)
        while i < stop:
            at = first + i - 8 * block
            word = w[0] if at < 2 else (w[1] if at < 4 else (w[2] if at < 6 else w[3]))
            bits = (word >> np.uint32(16)) if at % 2 else (word & np.uint32(0xFFFF))
            value = table[bits & _REST]
            o[i] = -value if bits & _SIGN else value
            i += 1


def _put(o: Any, values: Any, stream: bool) -> None:
    """Write a buffer of float32 to the output in its own type."""


@overload(_put)
def _put_typed(o: Any, values: Any, stream: Any) -> Any:
    if o.dtype == values.dtype:
        def put_floats(o: Any, values: Any, stream: Any) -> None:
            done = 0
            if stream:
                head = _ahead(o)
                o[:head] = values[:head]
                done = head + (len(o) - head) // PER_LINE * PER_LINE
                for i in range(head, done, PER_LINE):
                    stream_copy(o, values, i)
            for i in range(done, len(o)):
                o[i] = values[i]

        return put_floats

    def put_bfloat16(o: Any, values: Any, stream: Any) -> None:
        # Round to nearest, ties to even; finite values only.
        bits = values.view(np.uint32)
        for i in range(len(o)):
            o[i] = np.uint16((bits[i] + np.uint32(0x7FFF) + ((bits[i] >> np.uint32(16)) & np.uint32(1)))
                             >> np.uint32(16))

    return put_bfloat16


@njit(nogil=True, cache=True, error_model="numpy")
def _fuse_lines(x: Any, out: Any, order: Any, partner: Any, lam: Any, box: Any, erase: Any, fill: Any, noisy: bool,
                table: Any, key_lo: Any, key_hi: Any, lane: Any, ids: Any, scale: Any, shift: Any, stream: bool,
                height: int, width: int, lines: int, first: int, last: int) -> None:
    """Lines ``first .. last-1`` (a line is one row of one channel) of all samples; x and out are [N, C*H*W].

    Blocks that no rectangle meets go straight to memory. Others are put together in a buffer first, since streaming
    part of a cache line costs a full one.
    """
    buffer = np.empty(lines * width, np.float32)
    whole = out.itemsize == 4 and stream
    start = first
    while start < last:
        channel = start // height
        stop = min(start + lines, last, (channel + 1) * height)
        top, bottom = start - channel * height, stop - channel * height
        lo, hi = start * width, stop * width
        times, plus = scale[channel], shift[channel]
        for step in range(len(order)):
            row = order[step]
            o, a, b, weight = out[row, lo:hi], x[row, lo:hi], x[partner[row], lo:hi], lam[row]
            y0, y1, x0, x1 = box[row, 0], box[row, 1], box[row, 2], box[row, 3]
            cut = x1 > x0 and y1 > y0 and y0 < bottom and y1 > top
            spots = False
            for k in range(erase.shape[1]):
                spots |= (erase[row, k, 3] > erase[row, k, 2] and erase[row, k, 1] > erase[row, k, 0]
                          and erase[row, k, 0] < bottom and erase[row, k, 1] > top)
            if whole and not cut and not spots:
                _blend_past(o, a, b, weight, times, plus)
                continue
            values = buffer[:hi - lo]
            _blend(values, a, b, weight, times, plus)
            if cut:
                for y in range(max(y0, top), min(y1, bottom)):
                    left, right = (y - top) * width + x0, (y - top) * width + x1
                    _blend(values[left:right], a[left:right], b[left:right], np.float32(0), times, plus)
            if spots:
                for k in range(erase.shape[1]):
                    e0, e1, f0, f1 = erase[row, k, 0], erase[row, k, 1], erase[row, k, 2], erase[row, k, 3]
                    for y in range(max(e0, top), min(e1, bottom)):
                        left, right = (y - top) * width + f0, (y - top) * width + f1
                        if right <= left:
                            continue
                        if noisy:
                            fill_noise(values[left:right], lo + left, table, key_lo, key_hi, lane, ids[row])
                        else:
                            values[left:right] = fill[row, k, channel]
            _put(o, values, stream)
        start = stop
    stream_end()


def fuse(x: torch.Tensor, mean: Any, std: Any, partner: Any = None, lam: Any = None, box: Any = None, erase: Any = None,
         fill: Any = None, noise: Noise | None = None, dtype: torch.dtype | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.fuse.fuse`; float16 is rounded from float32 in a pass of its own."""
    narrow = dtype == torch.float16
    out = fresh(x.shape, torch.float32 if narrow else dtype or torch.float32)
    fuse_into(out, x, mean, std, partner, lam, box, erase, fill, noise, stream=out.nbytes >= SMALLEST)
    return out.to(torch.float16) if narrow else out


def fuse_into(out: torch.Tensor, x: torch.Tensor, mean: Any, std: Any, partner: Any = None, lam: Any = None,
              box: Any = None, erase: Any = None, fill: Any = None, noise: Noise | None = None, *,
              stream: bool = False) -> torch.Tensor:
    """Write to a contiguous float32 or bfloat16 tensor of the caller's; ``stream`` writes past the caches."""
    plan = make_plan(x, mean, std, partner, lam, box, erase, fill, noise, out.dtype)
    if not x.numel():
        return out
    count, channels, height, width = x.shape
    target = (out if out.dtype == torch.float32 else out.view(torch.uint16)).reshape(count, -1).numpy()
    key = np.uint64(0 if noise is None else noise.stream)
    # Copies where needed: compiled code is made anew for arrays with gaps or without leave to write.
    draws = [np.require(v, requirements=["C", "W"]) for v in (plan.order, plan.partner, plan.lam, plan.box, plan.erase,
                                                        plan.fill)]
    ids = np.zeros(1, np.uint64) if noise is None else np.require(noise.ids, np.uint64, ["C", "W"])
    shared = (x.contiguous().reshape(count, -1).numpy(), target, *draws, noise is not None, quantiles(),
              np.uint32(key & np.uint64(0xFFFFFFFF)), np.uint32(key >> np.uint64(32)),
              np.uint32(0 if noise is None else noise.lane),
              ids, plan.scale, plan.shift, stream, height, width, max(1, _BLOCK // width))
    in_threads(_fuse_lines, shared, channels * height, x.numel())
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_box(out: Any, height: int, width: int, y0: int, x0: int, table: Any, key_lo: Any, key_hi: Any, lane: Any,
              sample: Any) -> None:
    for c in range(out.shape[0]):
        for y in range(out.shape[1]):
            fill_noise(out[c, y], (c * height + y0 + y) * width + x0, table, key_lo, key_hi, lane, sample)


def noise_box(out: Any, stream: int, lane: int, sample: Any, height: int, width: int, y0: int, x0: int) -> None:
    """Fill ``out``, float32 [C, h, w], with the noise that an image of ``height`` x ``width`` has from (y0, x0) on."""
    _fill_box(out, height, width, int(y0), int(x0), quantiles(), np.uint32(stream & 0xFFFFFFFF),
              np.uint32(stream >> 32), np.uint32(lane), np.uint64(sample))

"""The operation fused for the CPU: every image is read from memory about once and every output written once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit
from numba.extending import overload

from practicum.kernels.memory import SMALLEST, fresh
from practicum.kernels.threads import in_threads
from practicum.keys.philox_numba import philox4x32
from practicum_image_mix.ops.fuse.normal import HALF, Noise, quantiles
from practicum_image_mix.ops.fuse.plan import make_plan
from practicum_image_mix.ops.fuse.stream import PER_LINE, stream_line, stream_mixed, stream_scaled, stream_shared
from practicum_image_mix.ops.mix.stream import LINE, stream_end

_BAND = 1 << 16  # pixels; own and partner of a band stay in the second-level cache until the partner's turn comes
_BUFFER = 8192  # pixels; stays in the first-level cache
_REST = np.uint32(HALF - 1)


@njit(nogil=True, cache=True, error_model="numpy")
def _blend(o: Any, out: int, x: Any, own: int, other: int, count: int, weight: Any, scale: Any, shift: Any) -> None:
    """Elements ``out ..`` of o from ``own ..`` and ``other ..`` of x. Offsets, since slices cost as much as a line;
    unsigned, since negative ones would count from the end, and asking that of each element keeps loops from being
    vectorised."""
    rest = np.float32(1) - weight
    to, a, b = np.uint64(out), np.uint64(own), np.uint64(other)
    if weight == 1 or weight == 0:
        only = a if weight == 1 else b
        for i in range(np.uint64(count)):
            o[to + i] = np.float32(x[only + i]) * scale + shift
    else:
        for i in range(np.uint64(count)):
            o[to + i] = (weight * np.float32(x[a + i]) + rest * np.float32(x[b + i])) * scale + shift


@njit(nogil=True, cache=True, error_model="numpy")
def _blend_past(o: Any, out: int, x: Any, own: int, other: int, count: int, weight: Any, scale: Any,
                shift: Any) -> None:
    """The same, streamed."""
    rest = np.float32(1) - weight
    head = min(count, (-(o.ctypes.data + out * o.itemsize) % LINE) // o.itemsize)
    done = head + (count - head) // PER_LINE * PER_LINE
    _blend(o, out, x, own, other, head, weight, scale, shift)
    if weight == 1 or weight == 0:
        only = own if weight == 1 else other
        for i in range(head, done, PER_LINE):
            stream_scaled(o, out + i, x, only + i, scale, shift)
    else:
        for i in range(head, done, PER_LINE):
            stream_mixed(o, out + i, x, own + i, other + i, weight, rest, scale, shift)
    _blend(o, out + done, x, own + done, other + done, count - done, weight, scale, shift)


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_noise(o: Any, out: int, first: int, count: int, words: Any, halves: Any, table: Any, key_lo: Any,
                key_hi: Any, lane: Any, sample: Any) -> None:
    """Noise of elements ``first ..`` of one image into ``out ..`` of o; ``sample`` is its id's hash (uint64), ``table``
    holds the quantiles, ``halves`` are the 16-bit halves of the workspace ``words``, the low one first."""
    lo, hi = np.uint32(sample), np.uint32(sample >> np.uint64(32))
    start = first // 8
    for block in range(np.uint64((first + count + 7) // 8 - start)):
        w0, w1, w2, w3 = philox4x32(np.uint32(np.uint64(start) + block), lane, lo, hi, key_lo, key_hi)
        at = np.uint64(4) * block
        words[at], words[at + np.uint64(1)], words[at + np.uint64(2)], words[at + np.uint64(3)] = w0, w1, w2, w3
    to, at = np.uint64(out), np.uint64(first - 8 * start)
    for i in range(np.uint64(count)):
        bits = np.uint32(halves[at + i])
        sign = np.float32(1) - np.float32(2) * np.float32(bits >> np.uint32(15))
        o[to + i] = sign * table[bits & _REST]


def _put(o: Any, out: int, values: Any, count: int, stream: bool) -> None:
    """Write a buffer of float32 to elements ``out ..`` of the output, in its own type."""


@overload(_put)
def _put_typed(o: Any, out: Any, values: Any, count: Any, stream: Any) -> Any:
    if o.dtype == values.dtype:
        def put_floats(o: Any, out: Any, values: Any, count: Any, stream: Any) -> None:
            done = 0
            if stream:
                head = min(count, (-(o.ctypes.data + out * o.itemsize) % LINE) // o.itemsize)
                for i in range(head):
                    o[out + i] = values[i]
                done = head + (count - head) // PER_LINE * PER_LINE
                for i in range(head, done, PER_LINE):
                    stream_line(o, out + i, values, i)
            for i in range(done, count):
                o[out + i] = values[i]

        return put_floats

    def put_bfloat16(o: Any, out: Any, values: Any, count: Any, stream: Any) -> None:
        # Round to nearest, ties to even; finite values only.
        bits, to = values.view(np.uint32), np.uint64(out)
        for i in range(np.uint64(count)):
            o[to + i] = np.uint16((bits[i] + np.uint32(0x7FFF) + ((bits[i] >> np.uint32(16)) & np.uint32(1)))
                                  >> np.uint32(16))

    return put_bfloat16


@njit(nogil=True, cache=True, error_model="numpy")
def _touched(rectangles: Any, top: int, bottom: int) -> Any:
    """The lines between ``top`` and ``bottom`` that one of some rectangles meets: first, and one past the last."""
    first, last = bottom, top
    for k in range(rectangles.shape[0]):
        if rectangles[k, 1] > rectangles[k, 0] and rectangles[k, 3] > rectangles[k, 2]:
            low, high = max(top, rectangles[k, 0]), min(bottom, rectangles[k, 1])
            if low < high:
                first, last = min(first, low), max(last, high)
    return first, max(first, last)


@njit(nogil=True, cache=True, error_model="numpy")
def _cut_past(o: Any, x: Any, own: int, other: int, low: int, high: int, width: int, box: Any, shares: Any, weight: Any,
              scale: Any, shift: Any) -> None:
    """Lines ``low .. high-1`` with a box, streamed: in its lines every column has its own weights. Lines must begin
    where cache lines do."""
    y0, y1 = min(max(box[0], low), high), min(max(box[1], low), high)
    if y1 <= y0 or box[3] <= box[2]:
        y0 = y1 = high
    _blend_past(o, own + low * width, x, own + low * width, other + low * width, (y0 - low) * width, weight, scale,
                shift)
    if y1 > y0:
        for j in range(width):
            inside = box[2] <= j < box[3]
            shares[j] = np.float32(0) if inside else weight
            shares[width + j] = np.float32(1) - shares[j]
        for y in range(y0, y1):
            for j in range(0, width, PER_LINE):
                at = y * width + j
                stream_shared(o, own + at, x, own + at, other + at, shares, j, width + j, scale, shift)
    _blend_past(o, own + y1 * width, x, own + y1 * width, other + y1 * width, (high - y1) * width, weight, scale, shift)


@njit(nogil=True, cache=True, error_model="numpy")
def _fuse_bands(x: Any, out: Any, order: Any, partner: Any, lam: Any, spots: Any, fill: Any, noisy: bool, table: Any,
                key_lo: Any, key_hi: Any, lane: Any, ids: Any, scale: Any, shift: Any, stream: bool, size: int,
                height: int, width: int, lines: int, first: int, last: int) -> None:
    """Bands ``first .. last-1``; a band is at most ``lines`` lines of one channel of one sample, and the same lines of
    all samples follow each other in ``order``. x and out are flat, ``size`` elements a sample; ``spots`` holds the box
    to cut and the rectangles to erase, [N, 1 + K, 4].

    Lines that no rectangle to erase meets go straight to memory, those of a box only where lines are made of whole
    cache lines. Others are put together in a buffer first, since streaming part of a cache line costs a full one.
    """
    piece = min(lines, max(1, _BUFFER // width))
    buffer = np.empty(piece * width, np.float32)
    words = np.empty(4 * (width // 8 + 2), np.uint32)
    halves = words.view(np.uint16)  # low half first: every machine that numba runs on is little-endian
    aligned = width % PER_LINE == 0 and out.ctypes.data % LINE == 0
    shares = np.empty(2 * width, np.float32)
    straight, area, bands = stream and out.itemsize == 4, height * width, (height + lines - 1) // lines
    for band in range(first, last):
        row, place = order[band % len(order)], band // len(order)
        channel = place // bands
        top = (place - channel * bands) * lines
        bottom = min(top + lines, height)
        times, plus, weight = scale[channel], shift[channel], lam[row]
        # Where line 0 of this channel would begin, in the own image (and output) and in the partner's.
        own, other = row * size + channel * area, partner[row] * size + channel * area
        start, end = top, bottom
        if straight:
            start, end = _touched(spots[row, 1:] if aligned else spots[row], top, bottom)
            for low, high in ((top, start), (end, bottom)):
                if aligned:
                    _cut_past(out, x, own, other, low, high, width, spots[row, 0], shares, weight, times, plus)
                else:
                    _blend_past(out, own + low * width, x, own + low * width, other + low * width, (high - low) * width,
                                weight, times, plus)
        for low in range(start, end, piece):
            high = min(low + piece, end)
            _blend(buffer, 0, x, own + low * width, other + low * width, (high - low) * width, weight, times, plus)
            for k in range(spots.shape[1]):
                y0, y1, x0, x1 = spots[row, k, 0], spots[row, k, 1], spots[row, k, 2], spots[row, k, 3]
                if x1 <= x0:
                    continue
                for y in range(max(y0, low), min(y1, high)):
                    at, line = (y - low) * width + x0, y * width + x0
                    if k == 0:
                        _blend(buffer, at, x, own + line, other + line, x1 - x0, np.float32(0), times, plus)
                    elif noisy:
                        _fill_noise(buffer, at, own - row * size + line, x1 - x0, words, halves, table, key_lo, key_hi,
                                    lane, ids[row])
                    else:
                        for i in range(at, at + x1 - x0):
                            buffer[i] = fill[row, k - 1, channel]
            _put(out, own + low * width, buffer, (high - low) * width, stream)
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
    channels, height, width = x.shape[1:]
    target = (out if out.dtype == torch.float32 else out.view(torch.uint16)).reshape(-1).numpy()
    key = np.uint64(0 if noise is None else noise.stream)
    # Copies where needed: compiled code is made anew for arrays with gaps or without leave to write.
    spots = np.concatenate([plan.box[:, None], plan.erase], axis=1)
    draws = [np.require(v, requirements=["C", "W"]) for v in (plan.order, plan.partner, plan.lam, spots, plan.fill)]
    ids = np.zeros(1, np.uint64) if noise is None else np.require(noise.ids, np.uint64, ["C", "W"])
    lines = max(1, min(height, _BAND // width))
    shared = (x.contiguous().reshape(-1).numpy(), target, *draws, noise is not None, quantiles(),
              np.uint32(key & np.uint64(0xFFFFFFFF)), np.uint32(key >> np.uint64(32)),
              np.uint32(0 if noise is None else noise.lane),
              ids, plan.scale, plan.shift, stream, channels * height * width, height, width, lines)
    bands = len(x) * channels * -(-height // lines)
    in_threads(lambda first, last: _fuse_bands(*shared, first, last), bands, x.numel())
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_box(out: Any, height: int, width: int, y0: int, x0: int, table: Any, key_lo: Any, key_hi: Any, lane: Any,
              sample: Any) -> None:
    words = np.empty(4 * (out.shape[2] // 8 + 2), np.uint32)
    halves = words.view(np.uint16)
    for c in range(out.shape[0]):
        for y in range(out.shape[1]):
            _fill_noise(out[c, y], 0, (c * height + y0 + y) * width + x0, out.shape[2], words, halves, table, key_lo,
                        key_hi, lane, sample)


def noise_box(out: Any, stream: int, lane: int, sample: Any, height: int, width: int, y0: int, x0: int) -> None:
    """Fill ``out``, float32 [C, h, w], with the noise that an image of ``height`` x ``width`` has from (y0, x0) on."""
    _fill_box(out, height, width, int(y0), int(x0), quantiles(), np.uint32(stream & 0xFFFFFFFF),
              np.uint32(stream >> 32), np.uint32(lane), np.uint64(sample))

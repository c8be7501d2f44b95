"""The operations that move pixels, against their specification, scipy, OpenCV, Pillow and torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from practicum_image_basic.affine import Rotate, inverted
from practicum_image_basic.ops.erase import erase
from practicum_image_basic.ops.resize import resize
from practicum_image_basic.ops.take import take
from practicum_image_basic.ops.warp import warp
from scipy import ndimage

from practicum.batch import Batch
from practicum.errors import KernelUnavailable
from practicum.keys import Keys
from practicum.keys.philox import words as philox_words

SCIPY_BORDERS = {"constant": "grid-constant", "edge": "nearest", "reflect": "mirror"}
DTYPES = (torch.uint8, torch.float32, torch.float64)


def images(count: int, height: int, width: int, dtype: torch.dtype = torch.float64, channels: int = 2) -> torch.Tensor:
    values = torch.from_numpy(np.random.default_rng(height * 100 + width).random((count, channels, height, width)))
    return (values * 255).to(dtype) if dtype == torch.uint8 else values.to(dtype)


def maps(count: int, projective: bool) -> np.ndarray:
    rng = np.random.default_rng(count)
    out = np.eye(3) + 0.3 * rng.normal(size=(count, 3, 3))
    out[:, :2, 2] *= 8
    out[:, 2] = np.array([0.02, -0.01, 1.0]) * rng.random((count, 3)) if projective else [0.0, 0.0, 1.0]
    return np.asarray(out)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_warp_equals_scipy(border: Any, dtype: torch.dtype) -> None:
    matrices, x = maps(6, projective=False), images(6, 9, 12, dtype)
    out = warp(x, matrices, (11, 7), border=border, fill=3.0)
    for n, matrix in enumerate(matrices):
        linear, move = matrix[:2, :2][::-1, ::-1], matrix[:2, 2][::-1]
        offset = linear @ [0.5, 0.5] + move - 0.5  # scipy counts from centres
        for c in range(2):
            expected = ndimage.affine_transform(x[n, c].numpy().astype(float), linear, offset, output_shape=(11, 7),
                                                order=1, mode=SCIPY_BORDERS[border], cval=3.0)
            found = out[n, c].numpy().astype(float)
            assert np.abs(found - expected).max() <= (0.501 if dtype == torch.uint8 else 1e-5)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("border", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("projective", [False, True])
def test_compiled_warp_equals_the_specification_bit_for_bit(interpolation: Any, border: Any, projective: bool) -> None:
    flow = np.random.default_rng(0).normal(size=(3, 2, 70, 5)).astype(np.float32)
    for height, width in ((1, 1), (1, 6), (7, 1), (8, 11)):
        for dtype in (torch.uint8, torch.float32, torch.bfloat16):
            for moved in (None, flow):
                x = images(3, height, width, dtype).transpose(2, 3).contiguous().transpose(2, 3)
                given: dict[str, Any] = {"interpolation": interpolation, "border": border, "fill": 2.0, "flow": moved}
                found = warp(x, maps(3, projective), (70, 5), impl="cpu", **given)
                assert torch.equal(found, warp(x, maps(3, projective), (70, 5), impl="reference", **given))


def test_warp_of_rows_longer_than_a_block() -> None:
    x = images(1, 3, 700, torch.uint8, channels=1)
    for dtype in (torch.uint8, torch.float32):
        found = warp(x.to(dtype), maps(1, projective=True), (4, 700), border="edge", impl="cpu")
        assert torch.equal(found, warp(x.to(dtype), maps(1, projective=True), (4, 700), border="edge",
                                       impl="reference"))


def test_large_images_are_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    x = images(2, 20, 30, torch.uint8)
    given: dict[str, Any] = {"border": "reflect", "impl": "cpu"}
    packed = warp(x, maps(2, False), (25, 70), **given)
    monkeypatch.setattr("practicum_image_basic.ops.warp.cpu.LARGEST_PACKED", 100)
    assert torch.equal(warp(x, maps(2, False), (25, 70), **given), packed)


def test_nearest_moves_any_dtype() -> None:
    for dtype in (torch.bool, torch.int16, torch.int64, torch.float64):
        x = (images(3, 5, 6, torch.float64) * 5).to(dtype)
        found = warp(x, maps(3, False), (4, 9), interpolation="nearest", fill=1.0)
        assert found.dtype == dtype
        assert torch.equal(found, warp(x, maps(3, False), (4, 9), interpolation="nearest", fill=1.0, impl="reference"))


def test_a_quarter_turn_equals_rot90_bit_for_bit() -> None:
    for dtype in DTYPES:
        x = images(4, 8, 8, dtype)
        for interpolation in ("bilinear", "nearest"):
            turned = Rotate(interpolation=interpolation).pixels(
                x, {"angle": np.array([90.0, 180.0, -90.0, 360.0])}, mask=False).numpy()
            for n, quarters in enumerate((1, 2, 3, 0)):
                assert np.array_equal(turned[n], np.rot90(x[n].numpy(), quarters, axes=(1, 2)))


def test_warp_agrees_with_opencv_within_a_level() -> None:
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.random((40, 50)), 3)
    levels = np.rint((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)
    for angle in (-20.0, 7.0, 33.0):
        forward = Rotate().forward({"angle": np.array([angle])}, 40, 50)
        ours = warp(torch.from_numpy(levels)[None, None], inverted(forward), (40, 50), border="edge")[0, 0].numpy()
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from centres
        matrix = (np.linalg.inv(half) @ forward[0] @ half)[:2]
        theirs = cv2.warpAffine(levels, matrix, (50, 40), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        assert np.abs(ours.astype(int) - theirs).max() <= 1
        assert np.abs(ours.astype(int) - theirs).mean() < 0.2


@pytest.mark.parametrize("shape", [(9, 14), (1, 1), (16, 5)])
def test_take_equals_indexing(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    height, width = shape
    runs = np.r_[-1, np.arange(width)[::-1], -1, np.arange(width), 0]
    across = np.stack([runs, rng.integers(-1, width, len(runs)), np.arange(len(runs)) % width]).astype(np.int32)
    down = rng.integers(-1, height, (3, 6)).astype(np.int32)
    for dtype in (torch.uint8, torch.int16, torch.float32, torch.float64, torch.bool):
        x = (images(3, height, width) * 9).to(dtype)
        found = take(x, down, across, fill=1.0, impl="cpu")
        for n in range(3):
            padded = np.pad(x[n].numpy(), ((0, 0), (0, 1), (0, 1)), constant_values=1)  # index -1 reads the padding
            assert np.array_equal(found[n].numpy(), padded[:, down[n]][:, :, across[n]])
        assert torch.equal(found, take(x, down, across, fill=1.0, impl="reference"))


def test_take_with_swapped_rows_and_columns() -> None:
    x = images(2, 40, 37, torch.uint8)
    down, across = np.tile(np.arange(37, dtype=np.int32), (2, 1)), np.tile(np.arange(40, dtype=np.int32), (2, 1))
    for impl in ("cpu", "reference"):
        assert torch.equal(take(x, down, across, swap=np.array([True, True]), impl=impl), x.transpose(2, 3))  # type: ignore[arg-type]  # two of the names


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_resize_equals_torch(interpolation: Any, antialias: bool) -> None:
    for height, width, size in ((9, 14, (5, 4)), (7, 5, (20, 13)), (12, 12, (12, 12)), (31, 8, (3, 9))):
        x = images(2, height, width)
        boxes = np.array([[0, 0, height, width]] * 2)
        expected = torch.nn.functional.interpolate(x, size, mode=interpolation, antialias=antialias,
                                                   align_corners=False)
        found = resize(x, boxes, size, interpolation=interpolation, antialias=antialias)
        assert (found - expected).abs().max() < 1e-12
        narrow = resize(x.float(), boxes, size, interpolation=interpolation, antialias=antialias)
        assert (narrow - expected).abs().max() < 1e-6


def test_resize_nearest_and_area() -> None:
    x = images(1, 12, 18)
    whole = np.array([[0, 0, 12, 18]])
    exact = torch.nn.functional.interpolate(x, (5, 7), mode="nearest-exact")
    assert torch.equal(resize(x, whole, (5, 7), interpolation="nearest"), exact)
    blocks = x.reshape(1, 2, 4, 3, 6, 3).mean(dim=(3, 5))
    assert (resize(x, whole, (4, 6), interpolation="area") - blocks).abs().max() < 1e-12
    fine = np.kron(x[0, 0].numpy(), np.ones((5, 7)))  # 60 x 126: every output pixel covers whole pieces
    expected = fine.reshape(5, 12, 7, 18).mean(axis=(1, 3))
    assert np.abs(resize(x, whole, (5, 7), interpolation="area")[0, 0].numpy() - expected).max() < 1e-12


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "area"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_resized_boxes(interpolation: Any, dtype: torch.dtype) -> None:
    x = images(4, 17, 23, dtype)
    boxes = np.array([[0, 0, 17, 23], [3, 5, 1, 1], [2, 0, 15, 9], [16, 0, 1, 23]])
    for antialias in (True, False):
        given: dict[str, Any] = {"interpolation": interpolation, "antialias": antialias}
        found = resize(x, boxes, (70, 6), impl="cpu", **given)
        specified = resize(x, boxes, (70, 6), impl="reference", **given)
        assert (found.double() - specified.double()).abs().max() <= (1 if dtype == torch.uint8 else 1e-6)
        for n, (top, left, tall, wide) in enumerate(boxes.tolist()):
            part = x[n:n + 1, :, top:top + tall, left:left + wide]
            alone = resize(part, np.array([[0, 0, tall, wide]]), (70, 6), **given)
            assert torch.equal(found[n:n + 1], alone)


def test_halving_rounds_means_of_four_to_even() -> None:
    four = np.array(np.meshgrid(*[[0, 1, 2, 3, 254, 255]] * 4)).reshape(2, 2, -1)
    x = torch.from_numpy(np.ascontiguousarray(four.transpose(0, 2, 1)).reshape(1, 1, 2, -1).astype(np.uint8))
    expected = np.rint(four.mean(axis=(0, 1))).astype(np.uint8)
    box = np.array([[0, 0, *x.shape[2:]]])
    for given in ({"interpolation": "area"}, {"antialias": False}):
        found = resize(x, box, (1, x.shape[3] // 2), **given)[0, 0, 0].numpy()  # type: ignore[arg-type]  # literals
        assert np.array_equal(found, expected), given
    inside = images(3, 11, 14, torch.uint8)
    boxes = np.array([[0, 0, 8, 10], [3, 4, 8, 10], [2, 1, 8, 10]])
    whole = [resize(inside[n:n + 1, :, y:y + 8, x:x + 10], np.array([[0, 0, 8, 10]]), (4, 5), interpolation="area")
             for n, (y, x) in enumerate(boxes[:, :2].tolist())]
    assert torch.equal(resize(inside, boxes, (4, 5), interpolation="area"), torch.cat(whole))


@pytest.mark.parametrize("width", [2, 3, 17, 40])
def test_two_taps_at_the_end_of_memory_and_far_from_it(width: int) -> None:
    x = images(2, 3, width, torch.uint8)
    box = np.array([[0, 0, 3, width]] * 2)
    exact = torch.nn.functional.interpolate(x.double(), (5, 33), mode="bilinear", align_corners=False)
    found = resize(x, box, (5, 33), antialias=False, impl="cpu")
    assert (found.double() - exact).abs().max() <= 0.5 + 1e-4
    longer = torch.cat([x, torch.full_like(x[:1], 255)])[:2]  # the same images with memory after the last of them
    assert torch.equal(found, resize(longer, box, (5, 33), antialias=False, impl="cpu"))


def test_resize_equals_pillow_within_its_roundings() -> None:
    x = images(1, 30, 41, torch.uint8, channels=1)
    for name, number, most in (("bilinear", 2, 1), ("bicubic", 3, 1)):
        smooth = torch.from_numpy(ndimage.gaussian_filter(x.numpy(), (0, 0, 2, 2)))
        pillow = np.asarray(Image.fromarray(smooth[0, 0].numpy()).resize((19, 50), number))
        found = resize(smooth, np.array([[0, 0, 30, 41]]), (50, 19), interpolation=name)[0, 0].numpy()  # type: ignore[arg-type]  # one of the names
        assert np.abs(found.astype(int) - pillow).max() <= most


def test_resize_equals_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    x = images(1, 30, 41, torch.float32, channels=1)
    whole, plane = np.array([[0, 0, 30, 41]]), x[0, 0].numpy()
    linear = cv2.resize(plane, (19, 50), interpolation=cv2.INTER_LINEAR)
    assert np.abs(resize(x, whole, (50, 19), antialias=False)[0, 0].numpy() - linear).max() < 1e-5
    area = cv2.resize(plane, (19, 13), interpolation=cv2.INTER_AREA)
    assert np.abs(resize(x, whole, (13, 19), interpolation="area")[0, 0].numpy() - area).max() < 1e-5


@pytest.mark.parametrize("dtype", DTYPES)
def test_erase(dtype: torch.dtype) -> None:
    x, keys = images(3, 6, 7, dtype), Keys(1).bind(Batch.of(torch.zeros(3, 1, 1, 1)).ids)
    rng = np.random.default_rng(0)
    down, across = rng.random((3, 6)) < 0.5, rng.random((3, 7)) < 0.5
    hit = np.broadcast_to((down[:, :, None] & across[:, None])[:, None], x.shape)
    fill = rng.integers(0, 256, (3, 2)).astype(float)
    words = philox_words(keys.stream, 1, keys.hashes, 2 * 6 * 7).reshape(x.shape)
    noise = words >> 24 if dtype == torch.uint8 else (words >> 8) * 2.0**-24
    for new, given in ((fill[:, :, None, None], (fill, None)), (noise, (None, keys))):
        expected = np.where(hit, new, x.numpy()).astype(x.numpy().dtype)
        assert np.array_equal(erase(x, down, across, *given, impl="cpu").numpy(), expected)
        assert np.array_equal(erase(x, down, across, *given, impl="reference").numpy(), expected)


def test_a_form_that_cant_run_says_so() -> None:
    with pytest.raises(KernelUnavailable, match="float64"):
        warp(images(1, 2, 2), maps(1, False), (2, 2), impl="cpu")
    with pytest.raises(KernelUnavailable, match="meta"):
        take(torch.zeros(1, 1, 2, 2, device="meta"), np.zeros((1, 2), np.int32), np.zeros((1, 2), np.int32), impl="cpu")

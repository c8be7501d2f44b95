"""Techniques that move pixels: what they draw, what they leave, and what moves along."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
from practicum_image_basic.affine import Affine, Rotate, Shear, Translate, Warping, Zoom
from practicum_image_basic.crops import CenterCrop, PadCrop, RandomCrop
from practicum_image_basic.elastic import Elastic
from practicum_image_basic.erasing import Erasing, GridDropout
from practicum_image_basic.moving import Moving
from practicum_image_basic.perspective import Perspective
from practicum_image_basic.resizing import RandomResizedCrop, Resize
from practicum_image_basic.symmetries import D4, Rotate90, Transpose
from scipy import ndimage, stats

from practicum.batch import Batch
from practicum.errors import ConfigError, DataError
from practicum.keys import Keys
from practicum.targets import Target
from practicum.transformation import Transformation

WARPS: list[Warping] = [Rotate(degrees=40), Shear(degrees=20), Zoom(amount=0.3), Translate(), Affine(),
                        Perspective(distortion=0.3)]
EXACT: list[Moving] = [Rotate90(), D4(), Transpose(p=0.5), RandomCrop(fraction=0.9), CenterCrop(size=(28, 33)),
                       PadCrop(pad=4)]
RESIZED: list[Moving] = [RandomResizedCrop(size=(36, 44), scale=(0.6, 1.0)), Resize(size=(50, 30))]
AT_ZERO: list[Transformation] = [
    Rotate(degrees=0.0), Shear(degrees=0.0), Zoom(amount=0.0), Translate(max_fraction=0.0), Affine(strength=0.0),
    Perspective(distortion=0.0), Rotate90(p=0.0), D4(p=0.0), Transpose(p=0.0), RandomCrop(fraction=1.0),
    CenterCrop(fraction=1.0), PadCrop(pad=0), Erasing(p=0.0), GridDropout(ratio=0.0), Resize(size=(31, 40)),
    Resize(size=(31, 40), interpolation="bicubic"), Resize(size=(31, 40), interpolation="area"),
    RandomResizedCrop(size=(31, 40), scale=(1.0, 1.0), ratio=(40 / 31, 40 / 31))]


def pictures(count: int = 6, height: int = 31, width: int = 40, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    values = np.random.default_rng(0).random((count, 3, height, width))
    return torch.from_numpy(values * (255 if dtype == torch.uint8 else 1)).to(dtype)


def marked(count: int = 24, height: int = 36, width: int = 44) -> Batch:
    """Dark images with one bright rectangle near the middle, with its mask, its box and its centre."""
    rng, images = np.random.default_rng(0), np.zeros((count, 1, height, width), np.float32)
    boxes, masks, points = [], [], []
    for row in range(count):
        (y, x), (tall, wide) = rng.integers(9, 14, 2), rng.integers(8, 13, 2)
        images[row, 0, y:y + tall, x:x + wide] = 1.0
        boxes.append(np.array([[x, y, x + wide, y + tall]], dtype=np.float64))
        masks.append((images[row, 0] > 0).astype(np.int16) * 7)
        points.append(np.array([[x + wide / 2, y + tall / 2]]))
    return Batch.of(torch.from_numpy(images), targets={"boxes": Target("boxes", boxes), "masks": Target("masks", masks),
                                                       "keypoints": Target("keypoints", points)})


def applied(technique: Transformation, batch: Batch, seed: int = 0) -> dict[str, np.ndarray]:
    edits = technique.run(batch.recording(), Keys(seed)).edits
    assert edits is not None
    assert edits.steps[0].params is not None
    return dict(edits.steps[0].params)


@pytest.mark.parametrize("technique", AT_ZERO, ids=str)
def test_strength_zero_is_the_identity_bit_for_bit(technique: Transformation) -> None:
    for dtype in (torch.uint8, torch.float32, torch.float64):
        x = pictures(dtype=dtype)
        assert torch.equal(technique(x, seed=3), x)


@pytest.mark.parametrize("technique", [*WARPS, *EXACT, *RESIZED], ids=lambda t: t.label)
def test_masks_boxes_and_keypoints_follow_the_picture(technique: Moving) -> None:
    batch = marked()
    out = technique.run(batch, Keys(5))
    targets = (out.targets[kind].data for kind in ("masks", "boxes", "keypoints"))
    for image, mask, boxes, points in zip(out.to_list(), *targets, strict=True):
        lit = image[:, :, 0]
        assert mask.shape == lit.shape
        assert set(np.unique(mask)) == {0, 7}
        assert ((mask == 7) != (lit > 0.5)).mean() < 0.02  # nearest and bilinear differ on some pixels of the outline
        y, x = np.nonzero(mask)
        assert np.abs(boxes[0] - [x.min(), y.min(), x.max() + 1, y.max() + 1]).max() <= 1.0
        if not isinstance(technique, Perspective):  # there the middle of the object is not that of its picture
            assert np.abs(points[0] - [x.mean() + 0.5, y.mean() + 0.5]).max() < 1.0


@pytest.mark.parametrize("technique", [*WARPS, *EXACT], ids=lambda t: t.label)
def test_masks_of_one_pixel_are_where_keypoints_say(technique: Moving) -> None:
    """Exact operations keep a pixel; of a warp, the pixel at a moved keypoint looks at where the keypoint was."""
    batch = marked()
    params = applied(technique, batch)
    for row in range(len(batch)):
        one = {k: float(v[row]) for k, v in params.items()}
        corners = np.array([[3.25, 30.5], [20.0, 11.0], [40.0, 35.5]])
        there = technique.points(corners, one, (36, 44))
        if isinstance(technique, Warping):
            forward = technique.forward({k: v[row:row + 1] for k, v in params.items()}, 36, 44)[0]
            back = np.linalg.solve(forward, np.concatenate([there, np.ones((3, 1))], axis=1).T).T
            assert np.abs(back[:, :2] / back[:, 2:] - corners).max() < 1e-9
        else:
            assert np.abs(np.linalg.norm(there[0] - there[1]) - np.linalg.norm(corners[0] - corners[1])) < 1e-9


def test_rotation_follows_its_formula() -> None:
    """"image-basic/rotate" by a, counter-clockwise about the centre; the log has a."""
    batch, technique = Batch.of(pictures(200)), Rotate(degrees=50.0)
    angle = applied(technique, batch)["angle"]
    assert stats.kstest(angle, stats.uniform(-50, 100).cdf).pvalue > 0.01
    half = applied(Rotate(degrees=25.0), batch)["angle"]
    assert np.array_equal(half, angle / 2)
    out = technique.run(batch, Keys(0)).data
    for row in range(5):
        expected = ndimage.rotate(pictures()[row, 0].numpy().astype(float), angle[row], reshape=False, order=1,
                                  mode="grid-constant")
        assert np.abs(out[row, 0].numpy() - expected).max() < 1e-5


def test_affine_is_its_parts_one_after_the_other() -> None:
    """"image-basic/affine" = shear, zoom, rotate, translate, each as the technique of its name."""
    batch = Batch.of(pictures())
    params, technique = applied(Affine(strength=2.0), batch), Affine()
    parts: list[tuple[Warping, tuple[str, ...]]] = [
        (Shear(), ("angle_x", "angle_y")), (Zoom(), ("factor",)), (Rotate(), ("angle",)), (Translate(), ("dx", "dy"))]
    whole = technique.forward(params, 31, 40)
    one_by_one = np.tile(np.eye(3), (6, 1, 1))
    for part, names in parts:
        one_by_one = part.forward({n: params[n] for n in names}, 31, 40) @ one_by_one
    assert np.abs(whole - one_by_one).max() < 1e-12
    assert all(len(np.unique(v)) == 6 for v in params.values())


def test_shear_zoom_and_translate_move_points_as_documented() -> None:
    """"image-basic/shear", "image-basic/zoom", "image-basic/translate" on hand-computed points."""
    point, size = np.array([[30.0, 20.0]]), (20, 40)  # centre (20, 10)
    assert np.allclose(Shear().points(point, {"angle_x": 45.0, "angle_y": 0.0}, size), [[40.0, 20.0]])
    assert np.allclose(Shear().points(point, {"angle_x": 0.0, "angle_y": 45.0}, size), [[30.0, 30.0]])
    assert np.allclose(Zoom().points(point, {"factor": 0.5}, size), [[25.0, 15.0]])
    assert np.allclose(Translate().points(point, {"dx": 1.5, "dy": -2.0}, size), [[31.5, 18.0]])
    assert np.allclose(Rotate().points(point, {"angle": 90.0}, size), [[30.0, 0.0]])
    factors = applied(Zoom(amount=1.0), Batch.of(pictures(300)))["factor"]
    assert stats.kstest(np.log2(factors), stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_perspective_moves_the_corners_where_it_says() -> None:
    """"image-basic/perspective": the four corners, and the share they move."""
    technique, batch = Perspective(distortion=0.5), Batch.of(pictures(200))
    params = applied(technique, batch)
    corners = np.array([[0, 0], [40, 0], [40, 31], [0, 31]], dtype=float)
    for row in range(20):
        one = {k: float(v[row]) for k, v in params.items()}
        moves = np.array([[one[f"d{axis}{k}"] for axis in "xy"] for k in range(4)])
        assert np.abs(technique.points(corners, one, (31, 40)) - corners - moves).max() < 1e-9
        assert (moves * [[1, 1], [-1, 1], [-1, -1], [1, -1]] >= 0).all()
    assert stats.kstest(params["dx0"], stats.uniform(0, 10).cdf).pvalue > 0.01


def test_symmetries_equal_numpy() -> None:
    """"image-basic/rotate90", "image-basic/d4" and "image-basic/transpose", square and not, uint8 and bool."""
    views = [lambda m: m, lambda m: np.rot90(m), lambda m: np.rot90(m, 2), lambda m: np.rot90(m, 3), np.transpose,
             np.fliplr, lambda m: np.rot90(m, 2).T, np.flipud]
    for height, width in ((7, 7), (5, 8)):
        x = (pictures(60, height, width) * 255).to(torch.uint8)
        for technique, kinds in ((Rotate90(), range(4)), (D4(), range(8)), (Transpose(), (0, 4))):
            params = applied(technique, Batch.of(x))["symmetry"]
            assert set(params.tolist()) == set(kinds)
            out = technique.run(Batch.of(x), Keys(0))
            assert isinstance(out.data, list) == (height != width)
            for row, found in enumerate(out.to_list()):
                assert np.array_equal(found[:, :, 1], views[params[row]](x[row, 1].numpy()))
    counts = np.bincount(applied(D4(), Batch.of(pictures(1600, 2, 2)))["symmetry"], minlength=8)
    assert stats.chisquare(counts).pvalue > 0.001


def test_crops_are_slices() -> None:
    """"image-basic/random-crop", "image-basic/center-crop" and "image-basic/pad-crop"."""
    x = pictures(80)
    params = applied(RandomCrop(size=(20, 33)), Batch.of(x))
    out = RandomCrop(size=(20, 33))(x)
    for row, (top, left) in enumerate(zip(params["y"], params["x"], strict=True)):
        assert torch.equal(out[row], x[row, :, top:top + 20, left:left + 33])
    assert set(params["y"].tolist()) == set(range(12))
    assert set(params["x"].tolist()) == set(range(8))
    assert torch.equal(CenterCrop(size=20)(x), x[:, :, 5:25, 10:30])
    borders: tuple[Literal["constant", "edge", "reflect"], ...] = ("constant", "edge", "reflect")
    for border in borders:
        technique = PadCrop(pad=50, border=border, fill=0.25 if border == "constant" else 0.0)
        params = applied(technique, Batch.of(x))
        out = technique(x)
        for row in range(10):
            extra: dict[str, Any] = {"constant_values": 0.25} if border == "constant" else {}
            padded = np.pad(x[row].numpy(), ((0, 0), (50, 50), (50, 50)), mode=border, **extra)
            top, left = params["y"][row] + 50, params["x"][row] + 50
            assert np.array_equal(out[row].numpy(), padded[:, top:top + 31, left:left + 40])


def test_a_crop_that_does_not_fit_names_the_sample() -> None:
    with pytest.raises(DataError, match=r"random-crop, sample 'b': a crop of 9x9 doesn't fit in an image of 8x12"):
        RandomCrop(size=9).run(Batch.of([np.zeros((9, 9)), np.zeros((8, 12))], ids=["a", "b"]), Keys(0))


def test_random_resized_crop_draws_area_and_aspect() -> None:
    """"image-basic/random-resized-crop": area uniform and aspect log-uniform where every box fits."""
    keys = Keys(0).bind(Batch.of(torch.zeros(2000, 1, 1, 1)).ids)
    technique = RandomResizedCrop(size=2, scale=(0.1, 0.5))
    params = technique.draw(keys, [(600, 600)] * 2000)
    area = params["height"] * params["width"] / 600**2
    aspect = params["width"] / params["height"]
    assert stats.kstest(area, stats.uniform(0.1, 0.4).cdf).pvalue > 0.01
    assert stats.kstest(np.log(aspect), stats.uniform(np.log(0.75), 2 * np.log(4 / 3)).cdf).pvalue > 0.01
    share = params["y"] / (600 - params["height"])
    assert stats.kstest(share, stats.uniform(0, 1).cdf).pvalue > 0.01
    assert abs(np.corrcoef(area, aspect)[0, 1]) < 0.06
    narrow = applied(technique, Batch.of(torch.zeros(3, 1, 4, 1000)))
    assert narrow["height"].tolist() == [4, 4, 4]  # no box of these areas fits: the largest middle part
    assert narrow["width"].tolist() == [5, 5, 5]
    assert narrow["x"].tolist() == [497, 497, 497]


def test_resizing_keeps_the_aspect_where_it_is_asked_to() -> None:
    """"image-basic/resize" by the shorter and the longer side."""
    x = torch.zeros(1, 1, 30, 45)
    assert Resize(size=10, side="shorter")(x).shape == (1, 1, 10, 15)
    assert Resize(size=10, side="longer")(x).shape == (1, 1, 7, 10)
    assert Resize(size=(3, 4))([np.zeros((5, 9, 3)), np.zeros((7, 2, 3))])[1].shape == (3, 4, 3)
    with pytest.raises(ConfigError, match="size is one number"):
        Resize(size=(3, 4), side="longer")
    with pytest.raises(ConfigError, match="0 < least <= greatest"):
        RandomResizedCrop(scale=(0.5, 0.2))


def test_erasing_draws_its_rectangle() -> None:
    """"image-basic/erasing": share, aspect and place of the rectangle; how often it comes."""
    x, technique = torch.ones(1500, 1, 100, 100), Erasing(p=0.6, scale=(0.1, 0.3), ratio=(0.5, 2.0))
    params, gone = applied(technique, Batch.of(x)), (technique(x) == 0)[:, 0].numpy()
    hit = params["height"] > 0
    assert 0.55 < hit.mean() < 0.65
    assert np.array_equal(gone.sum(axis=(1, 2)), params["height"] * params["width"])
    tall, wide = params["height"][hit], params["width"][hit]
    area, aspect = tall * wide / 100**2, tall / wide
    assert stats.kstest(area, stats.uniform(0.1, 0.2).cdf).pvalue > 0.01
    assert stats.kstest(np.log(aspect), stats.uniform(np.log(0.5), 2 * np.log(2)).cdf).pvalue > 0.001
    for row in np.flatnonzero(hit)[:20]:
        top, left = params["y"][row], params["x"][row]
        assert gone[row, top:top + params["height"][row], left:left + params["width"][row]].all()


def test_erasing_modes() -> None:
    x = torch.full((40, 3, 16, 16), 9, dtype=torch.uint8)
    shared: dict[str, Any] = {"p": 1.0, "scale": (0.25, 0.25), "ratio": (1.0, 1.0)}
    constant, random, pixel = (Erasing(**shared, **extra)(x) for extra in (
        {"fill": 1.0}, {"mode": "random"}, {"mode": "pixel"}))
    hit = constant != x
    assert int(hit.sum()) == 40 * 3 * 64
    assert set(constant[hit].tolist()) == {255}
    assert torch.equal(random[~hit], x[~hit])
    assert all(len(set(random[n, c][hit[n, c]].tolist())) == 1 for n in range(40) for c in range(3))
    assert len(set(random[hit].tolist())) > 80
    assert stats.chisquare(np.bincount(pixel[hit].numpy(), minlength=256)).pvalue > 0.001
    floats = Erasing(mode="pixel", **shared)(x / 255)
    assert stats.kstest(floats[hit].numpy(), stats.uniform(0, 1).cdf).pvalue > 0.01


def test_grid_dropout_takes_squares_of_a_grid() -> None:
    """"image-basic/grid-dropout": pitch, offset and side are in the log, and the share is ratio squared."""
    x, technique = torch.ones(30, 1, 48, 60), GridDropout(ratio=0.5, pitch=(0.25, 0.25))
    params, gone = applied(technique, Batch.of(x)), (technique(x) == 0)[:, 0].numpy()
    assert set(params["pitch"].tolist()) == {12}
    assert np.abs(gone.mean(axis=(1, 2)) - 0.25).max() < 1e-12
    for row in range(30):
        y, x0 = params["y"][row], params["x"][row]
        cell = np.roll(gone[row], (-y, -x0), axis=(0, 1))[:12, :12]
        assert np.array_equal(cell, np.kron([[1, 0], [0, 0]], np.ones((6, 6))) > 0)
    assert len(set(params["y"].tolist())) > 6


def test_ragged_images_draw_as_stacked_ones_do() -> None:
    pictures_of = [np.random.default_rng(i).random((14 + i, 19 - i, 3)).astype(np.float32) for i in range(4)]
    resized = RandomResizedCrop(size=7)
    for technique in (*WARPS, D4(), RandomCrop(), PadCrop(border="reflect"), resized, Erasing(mode="pixel", p=1.0),
                      GridDropout(mode="random")):
        out = technique.run(Batch.of(pictures_of, modality="image"), Keys(2)).to_list()
        for row, image in enumerate(pictures_of):
            alone = Batch.of(torch.from_numpy(image.transpose(2, 0, 1)[None].copy()), ids=[row])
            assert np.array_equal(out[row], technique.run(alone, Keys(2)).to_list()[0])
    assert resized(pictures_of)[3].shape == (7, 7, 3)


def test_a_box_without_area_gains_none() -> None:
    """What was cut to a line at the border isn't given an area by a turn."""
    boxes = np.array([[40.0, 5.0, 40.0, 15.0], [10.0, 10.0, 20.0, 10.0], [10.0, 10.0, 20.0, 18.0]])
    out = Rotate().moved(Target("boxes", [boxes]), {"angle": np.array([30.0])}, [(31, 40)]).data[0]
    assert ((out[:, 2:] - out[:, :2]).prod(axis=1) > 0).tolist() == [False, False, True]
    middle = Rotate().points(np.array([[15.0, 10.0]]), {"angle": 30.0}, (31, 40))
    assert np.allclose(out[1], np.tile(middle, 2))
    bent = Elastic().run(Batch.of(pictures(1), targets={"boxes": Target("boxes", [boxes])}), Keys(0))
    found = bent.targets["boxes"].data[0]
    assert ((found[:, 2:] - found[:, :2]).prod(axis=1) > 0).tolist() == [False, False, True]

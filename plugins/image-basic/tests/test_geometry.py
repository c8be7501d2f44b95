"""Shift and flip against NumPy and scipy, with everything that refers to places."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_image_basic.geometry import Flip, Shift
from practicum_image_basic.operation import ImageOperation
from scipy import ndimage

from practicum.batch import Batch
from practicum.errors import TargetError
from practicum.keys import Keys
from practicum.targets import Target


def marked(count: int = 24, height: int = 9, width: int = 13) -> Batch:
    """Images with one block of 2x3 lit, its mask, its box and the centre of its first pixel."""
    rng, images = np.random.default_rng(0), np.zeros((count, 1, height, width), np.float32)
    boxes, masks, points = [], [], []
    for row in range(count):
        y, x = int(rng.integers(height - 1)), int(rng.integers(width - 2))
        images[row, 0, y:y + 2, x:x + 3] = [[0.5, 0.9, 0.9], [0.9, 0.9, 0.9]]
        boxes.append(np.array([[x, y, x + 3, y + 2]], dtype=np.float64))
        masks.append((images[row, 0] > 0).astype(np.uint8))
        points.append(np.array([[x + 0.5, y + 0.5]]))
    targets = {"boxes": Target("boxes", boxes), "masks": Target("masks", masks),
               "keypoints": Target("keypoints", points)}
    return Batch.of(torch.from_numpy(images), targets=targets)


def params(out: Batch) -> dict[str, np.ndarray]:
    assert out.edits is not None
    applied = out.edits.steps[0].params
    assert applied is not None
    return dict(applied)


@pytest.mark.parametrize("axes", ["both", "horizontal", "vertical"])
def test_shift_equals_scipy(axes: str) -> None:
    batch = marked()
    out = Shift(max_fraction=0.4, axes=axes, fill=0.25).run(batch.recording(), Keys(3))
    applied = params(out)
    for row in range(len(batch)):
        offset = (int(applied["dy"][row]), int(applied["dx"][row]))
        expected = ndimage.shift(batch.data[row, 0].numpy(), offset, order=0, mode="constant", cval=0.25)
        assert np.array_equal(out.data[row, 0].numpy(), expected)
    reach = {"dx": 5 if axes != "vertical" else 0, "dy": 4 if axes != "horizontal" else 0}
    for name, most in reach.items():
        assert np.abs(applied[name]).max() <= most
        assert len(np.unique(applied[name])) > most


def test_shift_reaches_all_offsets_alike_and_grows_with_its_fraction() -> None:
    batch = Batch.of(torch.zeros(2200, 1, 1, 20))
    dx = params(Shift(max_fraction=0.25).run(batch.recording(), Keys(0)))["dx"]
    counts = np.bincount(dx + 5, minlength=11)
    assert len(counts) == 11
    assert ((counts - 200.0) ** 2 / 200.0).sum() < 29.6  # chi-squared, 10 degrees of freedom, p = 0.001
    sizes = [np.abs(params(Shift(max_fraction=f).run(batch.recording(), Keys(0)))["dx"]).mean() for f in (0, 0.1, 0.5)]
    assert sizes[0] == 0 < sizes[1] < sizes[2]


def test_whatever_refers_to_places_moves_along() -> None:
    batch = marked()
    for technique in (Shift(max_fraction=0.5), Flip(p=0.5, axes="both")):
        out = technique.run(batch, Keys(1))
        assert not torch.equal(out.data, batch.data)
        for row, image in enumerate(out.data[:, 0].numpy()):
            assert np.array_equal(out.targets["masks"].data[row], (image > 0).astype(np.uint8))
            x0, y0, x1, y1 = out.targets["boxes"].data[row][0].astype(int)
            lit = np.zeros_like(image, dtype=bool)
            lit[y0:y1, x0:x1] = True
            assert np.array_equal(image > 0, lit)
            x, y = out.targets["keypoints"].data[row][0]
            inside = 0 <= x < image.shape[1] and 0 <= y < image.shape[0]
            assert inside == bool((image == 0.5).any())
            if inside:
                assert image[int(y), int(x)] == 0.5


@pytest.mark.parametrize("axes", ["horizontal", "vertical", "both"])
def test_flip_equals_numpy(axes: str) -> None:
    batch = Batch.of(torch.rand(40, 3, 4, 5, generator=torch.Generator().manual_seed(0)))
    out = Flip(axes=axes).run(batch.recording(), Keys(0))
    applied = params(out)
    for row in range(40):
        expected = batch.data[row].numpy()
        expected = expected[:, :, ::-1] if applied["horizontal"][row] else expected
        expected = expected[:, ::-1] if applied["vertical"][row] else expected
        assert np.array_equal(out.data[row].numpy(), expected)
    assert applied["horizontal"].any() == (axes != "vertical")
    assert applied["vertical"].any() == (axes != "horizontal")
    assert not applied["horizontal"].all()


def test_extremes() -> None:
    x = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Flip(p=0.0)(x), x)
    assert torch.equal(Flip(p=1.0, axes="both")(Flip(p=1.0, axes="both")(x)), x)
    assert torch.equal(Shift(max_fraction=0.0)(x), x)
    gone = Shift(max_fraction=1.0, axes="horizontal", fill=1.0).run(
        Batch.of(torch.zeros(300, 1, 1, 2)).recording(), Keys(0))
    away = np.abs(params(gone)["dx"]) == 2
    assert away.any()
    assert bool((gone.data[torch.from_numpy(away)] == 1).all())
    levels = torch.full((20, 1, 3, 3), 7, dtype=torch.uint8)
    assert set(Shift(max_fraction=0.5, fill=1.0)(levels).unique().tolist()) == {7, 255}


def test_ragged_images_keep_their_sizes_and_draws() -> None:
    images = [np.random.default_rng(i).random((4 + i, 9 - i, 3)).astype(np.float32) for i in range(4)]
    techniques: list[ImageOperation] = [Shift(max_fraction=0.5), Flip(axes="both")]
    for technique in techniques:
        out = technique.run(Batch.of(images, modality="image"), Keys(2))
        for row, image in enumerate(images):
            alone = Batch.of(torch.from_numpy(image.transpose(2, 0, 1)[None].copy()), ids=[row])
            assert np.array_equal(out.to_list()[row], technique.run(alone, Keys(2)).to_list()[0])


def test_text_spans_are_refused() -> None:
    batch = Batch.of(torch.zeros(1, 1, 2, 2), targets={"spans": [[(0, 1, "x")]]})
    with pytest.raises(TargetError, match="can't carry target 'spans'"):
        Shift().run(batch, Keys(0))

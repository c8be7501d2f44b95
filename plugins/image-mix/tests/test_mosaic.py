"""Mosaic: painted rectangles tell where boxes went, masks where pixels went, labels how much of each is seen."""

import numpy as np
import pytest
import torch
from practicum_image_mix.mosaic import Mosaic

import practicum as pm
from practicum.errors import ConfigError, TargetError

COUNT, HEIGHT, WIDTH = 12, 40, 52


def painted(seed=0, boxes_each=2):
    """Image i is 100 * (i + 1) with rectangles of 100 * (i + 1) + k + 1."""
    rng = np.random.default_rng(seed)
    x = torch.zeros(COUNT, 1, HEIGHT, WIDTH)
    boxes = []
    for i in range(COUNT):
        x[i] = 100 * (i + 1)
        mine = []
        for k in range(boxes_each):
            # Side by side, so that none covers another.
            x0 = k * 26 + int(rng.integers(0, 8))
            y0, x1, y1 = int(rng.integers(0, 15)), x0 + int(rng.integers(6, 18)), 0
            y1 = y0 + int(rng.integers(6, 24))
            x[i, 0, y0:y1, x0:x1] = 100 * (i + 1) + k + 1
            mine.append([x0, y0, x1, y1, k + 1])
        boxes.append(np.array(mine))
    return x, boxes


def test_boxes_lie_around_what_was_painted():
    x, boxes = painted()
    batch = pm.Batch.of(x, targets={"boxes": boxes, "label": np.arange(COUNT)})
    out = Mosaic(min_visible=0.0)(batch, seed=4)
    kept = 0
    for row in range(COUNT):
        image, found = out.data[row, 0].numpy(), out.targets["boxes"].data[row]
        assert found.dtype == boxes[0].dtype
        painted_pixels = image % 100 > 0
        covered = np.zeros_like(painted_pixels)
        for x0, y0, x1, y1, mark in found:
            values = np.unique(image[y0:y1, x0:x1])
            assert len(values) == 1
            assert values[0] % 100 == mark
            covered[y0:y1, x0:x1] = True
            kept += 1
        assert np.array_equal(covered, painted_pixels)
    assert kept > COUNT


def test_small_remains_of_boxes_are_dropped():
    x, boxes = painted()
    batch = pm.Batch.of(x, targets={"boxes": boxes})
    every, half = (Mosaic(min_visible=v)(batch, seed=4).targets["boxes"].data for v in (0.0, 0.5))
    sizes = {(i + 1) * 100 + b[4]: (b[2] - b[0]) * (b[3] - b[1]) for i, image in enumerate(boxes) for b in image}
    out = Mosaic(min_visible=0.5)(batch, seed=4)
    dropped = 0
    for row in range(COUNT):
        image = out.data[row, 0].numpy()
        for x0, y0, x1, y1, _ in every[row]:
            seen = (x1 - x0) * (y1 - y0) >= 0.5 * sizes[int(image[y0, x0])]
            assert bool((half[row][:, :4] == [x0, y0, x1, y1]).all(axis=1).any()) == bool(seen)
            dropped += not seen
    assert dropped > 3


def test_the_label_is_what_is_seen():
    x = torch.arange(COUNT, dtype=torch.float32).reshape(-1, 1, 1, 1).expand(COUNT, 3, HEIGHT, WIDTH).contiguous()
    out = Mosaic()(pm.Batch.of(x, targets={"label": np.arange(COUNT), "height": np.arange(COUNT) * 2.0}), seed=1)
    dense = out.targets["label"].data.dense(COUNT)
    for row in range(COUNT):
        counted = np.bincount(out.data[row, 0].long().flatten().numpy(), minlength=COUNT) / (HEIGHT * WIDTH)
        np.testing.assert_allclose(dense[row], counted, atol=1e-6)
        assert dense[row, row] > 0
        assert (dense[row] > 0).sum() == 4
    np.testing.assert_allclose(out.targets["height"].data, 2.0 * dense @ np.arange(COUNT), rtol=1e-6)


def test_masks_go_where_their_pixels_go():
    x, _ = painted()
    masks = [image[0].numpy().astype(np.int32) for image in x]
    batch = pm.Batch.of(x, targets={"masks": masks})
    out = Mosaic()(batch, seed=6)
    assert all(np.array_equal(m, image[0].numpy().astype(np.int32))
               for m, image in zip(out.targets["masks"].data, out.data, strict=True))
    assert batch.targets["masks"].data[0] is masks[0]
    assert np.array_equal(masks[3], x[3, 0].numpy())


def test_quadrants_show_the_corner_that_touches_the_point():
    ys, xs = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    x = torch.stack([torch.stack([torch.full_like(ys, i), ys, xs]) for i in range(5)]).float()
    out = Mosaic()(pm.Batch.of(x), seed=2, log=True)
    log = out.edits.steps[0].params
    for row in range(5):
        y, z = int(log["y"][row]), int(log["x"][row])
        which, at_y, at_x = out.data[row]
        assert bool((at_y[:y, :z] == ys[HEIGHT - y:, WIDTH - z:]).all())
        assert bool((at_x[:y, :z] == xs[HEIGHT - y:, WIDTH - z:]).all())
        assert bool((at_y[y:, z:] == ys[:HEIGHT - y, :WIDTH - z]).all())
        assert bool((at_x[:y, z:] == xs[HEIGHT - y:, :WIDTH - z]).all())
        seen = {str(int(part[0, 0])) for part in (which[:y, :z], which[:y, z:], which[y:, :z], which[y:, z:])}
        assert seen == {str(log[f"quadrant{q}"][row]) for q in range(4)}
        assert 0.25 * HEIGHT - 1 <= y <= 0.75 * HEIGHT + 1


def test_the_same_ids_give_the_same_bits_in_any_order():
    x, boxes = painted()
    batch = pm.Batch.of(x, ids=[f"s{i}" for i in range(COUNT)], targets={"boxes": boxes, "label": np.arange(COUNT)})
    order = np.random.default_rng(0).permutation(COUNT)
    assert Mosaic()(batch, seed=8).take(order).equals(Mosaic()(batch.take(order), seed=8))


def test_few_samples_no_boxes_and_what_is_refused():
    empty = [np.zeros((0, 4), np.float32)] * 2
    out = Mosaic()(pm.Batch.of(torch.rand(2, 3, 8, 8), targets={"boxes": empty, "label": [0, 1]}), seed=1)
    assert [b.shape for b in out.targets["boxes"].data] == [(0, 4)] * 2
    np.testing.assert_allclose(out.targets["label"].data.dense(2).sum(axis=1), 1.0, rtol=1e-6)
    with pytest.raises(TargetError, match="keypoints"):
        Mosaic()(pm.Batch.of(torch.rand(2, 3, 8, 8), targets={"keypoints": [np.zeros((1, 2))] * 2}), seed=1)
    with pytest.raises(TargetError, match="8x8"):
        Mosaic()(pm.Batch.of(torch.rand(2, 3, 8, 8), targets={"masks": [np.zeros((4, 4))] * 2}), seed=1)
    with pytest.raises(ConfigError, match="swap them"):
        Mosaic(low=0.8, high=0.2)

"""Elastic displacements and shuffled tiles: what they draw, and what moves along."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_image_basic.elastic import Elastic, followed
from practicum_image_basic.shuffling import GridShuffle
from scipy import ndimage, stats

from practicum.batch import Batch
from practicum.errors import TargetError
from practicum.keys import Keys
from practicum.targets import Target


def test_elastic_looks_where_its_flow_says() -> None:
    """"image-basic/elastic" equals scipy's map_coordinates on the smoothed draws of the key."""
    technique = Elastic(alpha=60.0)
    batch = Batch.of(torch.rand(3, 2, 24, 30, generator=torch.Generator().manual_seed(0)))
    keys = Keys(4).child(technique.name).bind(batch.ids)
    noise = 2.0 * keys.uniform(2 * 24 * 30).reshape(3, 2, 24, 30) - 1.0
    out, flow = technique.run(batch, Keys(4)).data.numpy(), technique.flow(keys, (24, 30))
    y, x = np.mgrid[:24, :30]
    for n in range(3):
        for axis in range(2):
            expected = 60.0 * ndimage.gaussian_filter(noise[n, axis].astype(np.float64), 4.0, mode="mirror")
            assert np.abs(flow[n, axis] - expected).max() < 1e-5
        for c in range(2):
            seen = ndimage.map_coordinates(batch.data[n, c].numpy().astype(float), [y + flow[n, 1], x + flow[n, 0]],
                                           order=1, mode="mirror")
            assert np.abs(out[n, c] - seen).max() < 1e-5


def test_elastic_displacements_have_the_deviation_of_the_formula() -> None:
    keys = Keys(0).bind(Batch.of(torch.zeros(40, 1, 1, 1)).ids)
    inner = Elastic().flow(keys, (80, 80))[:, :, 20:-20, 20:-20]
    assert abs(inner.std() / (34 / (4 * np.sqrt(12 * np.pi))) - 1) < 0.05
    assert np.allclose(Elastic(alpha=17.0).flow(keys, (80, 80)), Elastic().flow(keys, (80, 80)) / 2)


def test_elastic_carries_masks_boxes_and_keypoints() -> None:
    images, points = np.zeros((12, 1, 64, 64), np.float32), []
    images[:, 0, 20:40, 18:44] = 1.0
    for _ in range(12):
        points.append(np.array([[31.0, 30.0], [18.0, 20.0]]))
    batch = Batch.of(torch.from_numpy(images), targets={
        "masks": Target("masks", [(i[0] > 0).astype(np.uint8) for i in images]),
        "boxes": Target("boxes", [np.array([[18.0, 20.0, 44.0, 40.0]])] * 12),
        "keypoints": Target("keypoints", points)})
    technique = Elastic(alpha=60.0, sigma=5.0)
    out, keys = technique.run(batch, Keys(0)), Keys(0).child(technique.name).bind(batch.ids)
    flow = technique.flow(keys, (64, 64))
    for row, image in enumerate(out.data[:, 0].numpy()):
        mask = out.targets["masks"].data[row]
        assert ((mask > 0) != (image > 0.5)).mean() < 0.01
        y, x = np.nonzero(mask)
        assert np.abs(out.targets["boxes"].data[row][0] - [x.min(), y.min(), x.max() + 1, y.max() + 1]).max() <= 1.0
        there = out.targets["keypoints"].data[row]
        seen = [ndimage.map_coordinates(flow[row, axis].astype(float), there[:, ::-1].T - 0.5, order=1, mode="nearest")
                for axis in (0, 1)]
        assert np.abs(there + np.stack(seen, axis=1) - points[row]).max() < 1e-3
    assert np.abs(out.targets["keypoints"].data[0] - points[0]).max() > 0.2


def test_followed_points_on_one_pixel() -> None:
    assert followed(np.array([[0.5, 0.5], [9.0, -3.0]]), np.full((2, 1, 1), 2.0, np.float32)).tolist() == [
        [-1.5, -1.5], [7.0, -5.0]]


def test_shuffled_tiles_are_the_logged_ones() -> None:
    """"image-basic/grid-shuffle": tile k comes from where tile``k`` of the log was; every order is as likely."""
    x = torch.arange(600 * 12 * 9, dtype=torch.float32).reshape(600, 1, 12, 9)
    out = GridShuffle(grid=3).run(Batch.of(x).recording(), Keys(0))
    assert out.edits is not None
    params = out.edits.steps[0].params
    assert params is not None
    source = np.stack([params[f"tile{k}"] for k in range(9)], axis=1)
    assert (np.sort(source, axis=1) == np.arange(9)).all()
    for row in range(20):
        for k, came in enumerate(source[row]):
            to, given = ((i // 3 * 4, i % 3 * 3) for i in (k, int(came)))
            assert torch.equal(out.data[row, 0, to[0]:to[0] + 4, to[1]:to[1] + 3],
                               x[row, 0, given[0]:given[0] + 4, given[1]:given[1] + 3])
    assert stats.chisquare(np.bincount(source[:, 0], minlength=9)).pvalue > 0.001


def test_shuffling_keeps_every_pixel_whatever_the_size() -> None:
    for height, width in ((10, 7), (2, 2), (1, 30)):
        x = torch.arange(8.0 * height * width).reshape(8, 1, height, width)
        masks = [image[0].numpy() for image in x]
        spots = [(np.random.default_rng(0).random((5, 2)) * [width, height])] * 8
        batch = Batch.of(x, targets={"masks": Target("masks", masks), "keypoints": Target("keypoints", spots)})
        out = GridShuffle(grid=4).run(batch, Keys(1))
        assert torch.equal(out.data.flatten(1).sort(dim=1).values, x.flatten(1))
        assert all(np.array_equal(m, i[0].numpy()) for m, i in zip(out.targets["masks"].data, out.data, strict=True))
        for row in range(8):  # the pixel under a keypoint is the same as before
            before, after = (np.floor(p).astype(int) for p in (spots[row], out.targets["keypoints"].data[row]))
            assert np.array_equal(x[row, 0].numpy()[before[:, 1], before[:, 0]],
                                  out.data[row, 0].numpy()[after[:, 1], after[:, 0]])


def test_shuffling_refuses_boxes_and_leaves_one_tile() -> None:
    x = torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(GridShuffle(grid=1)(x), x)
    with pytest.raises(TargetError, match="boxes"):
        GridShuffle().run(Batch.of(x, targets={"boxes": Target("boxes", [np.zeros((1, 4))] * 2)}), Keys(0))

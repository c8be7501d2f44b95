"""Masks, boxes and keypoints go with their image, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_albumentations.places import POINT_ROWS, Places

import practicum as pm
from practicum import Target
from practicum.errors import TargetError

H, W = 20, 30


def batch(count: int = 3, **targets: Target) -> pm.Batch:
    return pm.Batch.of(torch.rand(count, 3, H, W, generator=torch.Generator().manual_seed(0)), targets=targets)


def test_horizontal_flip_moves_targets_by_its_closed_form() -> None:
    mask = np.arange(H * W).reshape(H, W)
    boxes, points = np.array([[2.0, 3.0, 10.0, 12.0], [0.0, 0.0, 30.0, 20.0]]), np.array([[4.0, 5.0]])
    out = pm.get("albumentations/horizontal-flip")(
        batch(masks=Target("masks", [mask] * 3), boxes=Target("boxes", [boxes] * 3),
              keypoints=Target("keypoints", [points] * 3)))
    for row in range(3):
        np.testing.assert_array_equal(out.targets["masks"].data[row], mask[:, ::-1])
        assert out.targets["masks"].data[row].dtype == mask.dtype
        np.testing.assert_allclose(out.targets["boxes"].data[row], [[20, 3, 28, 12], [0, 0, 30, 20]], atol=1e-4)
        np.testing.assert_allclose(out.targets["keypoints"].data[row], [[W - 1 - 4, 5]], atol=1e-4)


def test_crop_keeps_the_rows_of_boxes_that_fall_out() -> None:
    boxes = np.array([[0.0, 0.0, 3.0, 3.0], [8.0, 8.0, 16.0, 14.0], [5.0, 5.0, 5.0, 9.0]])
    out = pm.get("albumentations/crop", x_min=6, y_min=6, x_max=16, y_max=16)(batch(boxes=Target("boxes", [boxes] * 3)))
    assert tuple(out.column().shape) == (3, 3, 10, 10)
    np.testing.assert_allclose(out.targets["boxes"].data[1], [[0, 0, 0, 0], [2, 2, 10, 8], [0, 0, 0, 0]], atol=1e-4)


def test_several_targets_of_one_kind_are_kept_apart() -> None:
    cars, people = np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([[20.0, 10.0, 30.0, 20.0], [1.0, 2.0, 3.0, 4.0]])
    a, b = np.zeros((H, W), np.uint8), np.ones((H, W), np.int64)
    a[0, 0], b[0, 0] = 7, 70000
    out = pm.get("albumentations/vertical-flip")(batch(
        cars=Target("boxes", [cars] * 3), people=Target("boxes", [people] * 3), a=Target("masks", [a] * 3),
        b=Target("masks", [b] * 3)))
    np.testing.assert_allclose(out.targets["cars"].data[2], [[0, 10, 10, 20]], atol=1e-4)
    np.testing.assert_allclose(out.targets["people"].data[2], [[20, 0, 30, 10], [1, 16, 3, 18]], atol=1e-4)
    np.testing.assert_array_equal(out.targets["a"].data[0], a[::-1])
    np.testing.assert_array_equal(out.targets["b"].data[0], b[::-1])


def test_geometry_of_masks_is_that_of_images() -> None:
    """A mask that is the image's own bright part stays it, under a drawn rotation by right angles."""
    images = torch.zeros(4, 1, 16, 16)
    images[:, :, 2:5, 1:9] = 1.0
    masks = [images[i, 0].numpy().astype(np.uint8) for i in range(4)]
    out = pm.get("albumentations/d4")(pm.Batch.of(images, targets={"masks": Target("masks", masks)}), seed=3)
    got = out.column()[:, 0].numpy()
    assert any(not np.array_equal(got[i], masks[i]) for i in range(4))
    for row in range(4):
        np.testing.assert_array_equal(got[row] > 0, out.targets["masks"].data[row] > 0)


def test_pixel_transforms_leave_targets_as_they_are() -> None:
    given = batch(boxes=Target("boxes", [np.array([[1.5, 2.5, 9.0, 9.0]])] * 3),
                  masks=Target("masks", [np.eye(20, 30)] * 3))
    out = pm.get("albumentations/gauss-noise")(given, seed=1)
    assert out.targets["boxes"] is given.targets["boxes"]
    assert out.targets["masks"] is given.targets["masks"]


def test_a_dropout_covers_keypoints_without_moving_them() -> None:
    points = np.array([[x + 0.5, y + 0.5] for x in range(0, W, 3) for y in range(0, H, 3)])
    out = pm.get("albumentations/coarse-dropout", hole_height_range=(0.5, 0.5), hole_width_range=(0.5, 0.5))(
        batch(keypoints=Target("keypoints", [points] * 3)), seed=1)
    for row in range(3):
        np.testing.assert_allclose(out.targets["keypoints"].data[row], points, atol=1e-4)


@pytest.mark.parametrize(("name", "kind"), [("mask-dropout", "masks"), ("random-crop-near-bbox", "boxes"),
                                            ("bbox-safe-random-crop", "boxes")])
def test_a_needed_target_is_asked_for_by_name(name: str, kind: str) -> None:
    with pytest.raises(TargetError, match=f"albumentations/{name} needs {kind}: give the batch a target"):
        pm.get(f"albumentations/{name}")(batch())


def test_mosaic_refuses_boxes_that_it_could_repeat() -> None:
    with pytest.raises(TargetError, match="can't carry target 'boxes'"):
        pm.get("albumentations/mosaic", references=("no-such.png",))(
            batch(boxes=Target("boxes", [np.ones((1, 4))] * 3)))


@pytest.mark.parametrize(("mask", "message"), [(np.zeros((3, 3)), "are \\[H, W\\] of the image's size"),
                                               (np.full((H, W), 2**25), "holds values beyond")])
def test_masks_that_cannot_be_moved_are_refused(mask: Any, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        pm.get("albumentations/rotate")(batch(masks=Target("masks", [mask] * 3)))


def test_crop_near_the_box_contains_the_box() -> None:
    boxes = np.array([[10.0, 5.0, 22.0, 15.0]])
    out = pm.get("albumentations/random-crop-near-bbox", max_part_shift=0.0)(
        batch(boxes=Target("boxes", [boxes] * 3)), seed=2)
    data = batch().column()
    for row, image in enumerate(out.to_list()):
        np.testing.assert_array_equal(image, data[row, :, 5:15, 10:22].numpy().transpose(1, 2, 0))
        np.testing.assert_allclose(out.targets["boxes"].data[row], [[0, 0, 12, 10]], atol=1e-4)


def test_whole_numbers_are_rounded_and_dropped_keypoints_marked() -> None:
    boxes = np.array([[3, 3, 8, 8]])
    out = pm.get("albumentations/resize", height=32, width=48)(batch(boxes=Target("boxes", [boxes] * 3)))
    assert out.targets["boxes"].data[2].tolist() == [[5, 5, 13, 13]]  # 1.6 times: 4.8 and 12.8
    dropped = Places({"points": Target("keypoints", [np.array([[4.0, 5.0], [7.0, 8.0]])])}, "any").outputs(
        0, {"image": np.zeros((H, W, 3)), "keypoints": [[1.0, 2.0]], POINT_ROWS: [1]})
    assert dropped["points"].tolist() == [[-1, -1], [1, 2]]


def test_each_sample_is_cropped_near_its_own_box() -> None:
    boxes = [np.array([[2.0 + k, 3.0, 12.0 + k, 11.0], [0.0, 0.0, 5.0, 5.0]]) for k in range(3)]
    given = batch(boxes=Target("boxes", boxes))
    out = pm.get("albumentations/random-crop-near-bbox", max_part_shift=0.0)(given, seed=1)
    for k, image in enumerate(out.to_list()):
        np.testing.assert_array_equal(image, given.to_list()[k][3:11, 2 + k:12 + k])

"""Policies take masks, boxes and keypoints along: "image-basic/rand-augment", "image-basic/trivial-augment",
"image-basic/auto-augment"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from practicum_image_basic.affine import Rotate, Translate, Warping
from practicum_image_basic.policies.augmix import AugMix
from practicum_image_basic.policies.autoaugment import AutoAugment
from practicum_image_basic.policies.carrying import Chain
from practicum_image_basic.policies.policy import MOVING
from practicum_image_basic.policies.randaugment import RandAugment, TrivialAugment

from practicum.batch import Batch
from practicum.errors import TargetError
from practicum.keys import Keys
from practicum.targets import Target

HEIGHT, WIDTH = 48, 60
POLICIES: list[Chain] = [RandAugment(num_ops=1, magnitude=20), RandAugment(num_ops=3, magnitude=9),
                         TrivialAugment(space="standard"), AutoAugment(policy="svhn")]


def marked(count: int = 160) -> Batch:
    """Grey images with a bright rectangle, its mask, its box, the middle of it and a box elsewhere."""
    rng = np.random.default_rng(1)
    images, boxes, masks, points = np.full((count, 3, HEIGHT, WIDTH), 40, np.uint8), [], [], []
    for row in range(count):
        (y, x), (tall, wide) = rng.integers(15, 21, 2), rng.integers(10, 17, 2)
        images[row, :, y:y + tall, x:x + wide] = 200
        boxes.append(np.array([[x, y, x + wide, y + tall], [0, 0, 5, HEIGHT]], dtype=np.float64))
        masks.append((images[row, 0] > 100).astype(np.int64) * -3)
        points.append(np.array([[x + wide / 2, y + tall / 2], [0.0, float(HEIGHT)]]))
    return Batch.of(torch.from_numpy(images), targets={"boxes": Target("boxes", boxes), "masks": Target("masks", masks),
                                                       "keypoints": Target("keypoints", points)})


def ran(technique: Any, batch: Batch, seed: int = 0) -> tuple[Batch, Any, Any]:
    """The output, and ``op`` and ``magnitude`` [N, turns]."""
    out = technique.run(batch.recording(), Keys(seed))
    params = out.edits.steps[-1].params
    return out, *(params[k].reshape(len(batch), -1) for k in ("op", "magnitude"))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda t: t.label)
def test_masks_boxes_and_keypoints_follow_the_picture(policy: Chain) -> None:
    batch = marked()
    out, ops, _ = ran(policy, batch, 3)
    moving = np.isin(ops, MOVING).sum(axis=1)
    assert (moving > 0).sum() > 30
    targets = (out.targets[kind].data for kind in ("masks", "boxes", "keypoints"))
    for row, (mask, boxes, points) in enumerate(zip(*targets, strict=True)):
        assert mask.dtype == np.int64
        y, x = np.nonzero(mask)
        if not len(x):
            assert boxes[0, 0] == boxes[0, 2] or boxes[0, 1] == boxes[0, 3]
            continue
        found, box = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1]), boxes[0]
        assert (box[:2] - found[:2]).max() <= 1.0  # the box holds the object
        assert (found[2:] - box[2:]).max() <= 1.0
        if moving[row] == 1:  # tightly; more than one turn gives the box of a box
            touches = (found[0] == 0) | (found[1] == 0) | (found[2] == WIDTH) | (found[3] == HEIGHT)
            assert touches or np.abs(box - found).max() <= 1.0
            assert touches or np.abs(points[0] - [x.mean() + 0.5, y.mean() + 0.5]).max() < 1.0
        if moving[row] == 0:
            for kind in ("masks", "boxes", "keypoints"):
                assert np.array_equal(out.targets[kind].data[row], batch.targets[kind].data[row])


def test_masks_are_what_happens_to_the_pixels() -> None:
    """An image that is its own mask, where only moves were drawn, stays its own mask bit for bit."""
    batch = marked()
    policy = RandAugment(num_ops=2, magnitude=25)
    image = torch.from_numpy(np.stack(batch.targets["masks"].data))[:, None].to(torch.uint8)
    out, ops, _ = ran(policy, replace(batch, columns={"image": replace(batch.columns["image"], data=image)}), 5)
    only = np.isin(ops, (*MOVING, "Identity")).all(axis=1) & np.isin(ops, MOVING).any(axis=1)
    assert only.sum() > 10
    for row in np.flatnonzero(only).tolist():
        assert np.array_equal(out.data[row, 0].numpy(), out.targets["masks"].data[row].astype(np.uint8))


def test_equals_the_single_technique_at_the_drawn_magnitude() -> None:
    batch = marked()
    out, ops, values = ran(RandAugment(num_ops=1, magnitude=20), batch, 1)
    seen = set()
    for row in range(len(batch)):
        op, value = ops[row, 0], np.array([values[row, 0]])
        single: Warping = Rotate() if op == "Rotate" else Translate()
        zero = np.zeros(1)
        if op == "Rotate":
            params = {"angle": value}
        elif op.startswith("Translate"):
            params = {"dx": value if op == "TranslateX" else zero, "dy": value if op == "TranslateY" else zero}
        else:
            continue
        seen.add(op)
        single = single.model_copy(update={"interpolation": "nearest"})
        assert torch.equal(single.pixels(batch.data[row:row + 1], params, mask=False)[0], out.data[row])
        for kind in ("masks", "boxes", "keypoints"):
            alone = Target(kind, batch.targets[kind].data[row:row + 1])
            expected = single.moved(alone, params, [(HEIGHT, WIDTH)]).data[0]
            assert np.array_equal(expected, out.targets[kind].data[row])
    assert seen == {"Rotate", "TranslateX", "TranslateY"}


@pytest.mark.parametrize("op", ["ShearX", "ShearY"])
def test_shears_move_points_by_the_papers_formula(op: Literal["ShearX", "ShearY"]) -> None:
    """Output (x, y) shows input (x + m y, y): a point moves left by m times its height; ShearY the same upwards."""
    points = np.array([[30.0, 20.0], [3.5, 40.0]])
    moved = RandAugment().points(points, {"op": np.array(["Invert", op]), "magnitude": np.array([0.0, 0.25])}, (48, 60))
    expected = points - 0.25 * (points[:, ::-1] * ([1, 0] if op == "ShearX" else [0, 1]))
    assert np.abs(moved - expected).max() < 1e-12


def test_what_left_the_image_does_not_come_back() -> None:
    row = {"op": np.array(["TranslateX", "TranslateX", "Rotate"]), "magnitude": np.array([50.0, -50.0, 30.0])}
    params = {k: v[None] for k, v in row.items()}
    boxes = Target("boxes", [np.array([[20.0, 20.0, 30.0, 30.0], [2.0, 20.0, 8.0, 30.0]])])
    gone, kept = RandAugment().moved(boxes, params, [(HEIGHT, WIDTH)]).data[0]
    assert gone[0] == gone[2]
    assert gone[1] == gone[3]
    assert (kept[2:] > kept[:2]).all()
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:30, 20:30] = 1
    assert not RandAugment().moved(Target("masks", [mask]), params, [(HEIGHT, WIDTH)]).data[0].any()
    points = Target("keypoints", [np.array([[25.0, 25.0]])])
    turned = Rotate().points(points.data[0], {"angle": 30.0}, (HEIGHT, WIDTH))
    assert np.array_equal(RandAugment().moved(points, params, [(HEIGHT, WIDTH)]).data[0], turned)


@pytest.mark.parametrize("policy", POLICIES[1:], ids=lambda t: t.label)
def test_ragged_and_stacked_images_agree(policy: Chain) -> None:
    batch = marked(24)
    ragged = Batch.of([i.numpy().transpose(1, 2, 0).copy() for i in batch.data], targets=dict(batch.targets))
    one, other = policy.run(batch, Keys(2)), policy.run(ragged, Keys(2))
    for kind in ("masks", "boxes", "keypoints"):
        for a, b, before in zip(*(x.targets[kind].data for x in (one, other, batch)), strict=True):
            assert np.array_equal(a, b)
            assert not np.shares_memory(b, before) or np.array_equal(b, before)


def test_augmix_refuses_places() -> None:
    with pytest.raises(TargetError, match="aug-mix can't carry target"):
        AugMix().run(marked(2), Keys(0))

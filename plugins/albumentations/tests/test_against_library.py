"""The wrapped transforms give the bits that albumentations gives when it is called directly with the sample's seed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from practicum_albumentations.specs import specs

import practicum as pm
from practicum.keys import Keys

PLAIN = sorted(w for w, facts in specs().items() if not facts["needs"])
"""Transforms that need nothing but the image."""


def images(facts: Any, dtype: torch.dtype, count: int = 3) -> torch.Tensor:
    size = max(24, facts["min_size"])
    drawn = torch.rand(count, facts["shown_channels"], size, size + 4, generator=torch.Generator().manual_seed(3))
    return (drawn * 255).byte() if dtype == torch.uint8 else drawn.to(dtype)


def seed_of(name: str, ids: list[int], row: int, seed: int) -> int:
    """The documented seed: four 32-bit words of the sample's key, the first lowest."""
    words = Keys(seed).child(name).bind(pm.Batch.of(["x"] * len(ids), ids=ids).ids).words(4)[row]
    return int.from_bytes(words.astype("<u4").tobytes(), "little")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32], ids=["uint8", "float32"])
@pytest.mark.parametrize("wrapped", PLAIN)
def test_equals_a_direct_call(wrapped: str, dtype: torch.dtype, lib: Any) -> None:
    facts = specs()[wrapped]
    if facts["values"] != "any" and (facts["values"] == "uint8") != (dtype == torch.uint8):
        pytest.skip(f"takes {facts['values']} only")
    name, data = f"albumentations/{facts['name']}", images(facts, dtype)
    out = pm.get(name, **facts["example"])(data, seed=9)
    own = {k: facts["fields"][k]["default"] for k in facts["own_defaults"]}
    transform = getattr(lib, wrapped)(p=1.0, **own | facts["example"])
    for row, image in enumerate(data.numpy().transpose(0, 2, 3, 1)):
        compose = lib.Compose([transform], seed=seed_of(name, [0, 1, 2], row, 9))
        expected = compose(image=np.ascontiguousarray(image))["image"]
        expected = expected[:, :, None] if expected.ndim == 2 else expected
        got = out[row].numpy().transpose(1, 2, 0) if isinstance(out, torch.Tensor) else out[row]
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("wrapped", PLAIN)
def test_acts_on_whole_levels_and_stops_at_p_zero(wrapped: str) -> None:
    """uint8 images, where no rounding of floats can pass for an effect."""
    facts = specs()[wrapped]
    floats = facts["values"] == "float"
    data = images(facts, torch.float32 if floats else torch.uint8, count=8)
    changed = pm.get(f"albumentations/{facts['name']}", **facts["example"])(data, seed=1)
    same = isinstance(changed, torch.Tensor) and changed.dtype == data.dtype and changed.shape == data.shape
    assert not (same and torch.equal(changed, data))
    if not facts["changes_dtype"]:
        still = pm.get(f"albumentations/{facts['name']}", **facts["example"] | {"p": 0.0})(data, seed=1)
        assert torch.equal(still, data)


WITH_TARGETS = sorted(w for w, facts in specs().items() if facts["needs"] in ("masks", "boxes", "box"))


@pytest.mark.parametrize("wrapped", WITH_TARGETS)
def test_transforms_that_need_targets_equal_a_direct_call(wrapped: str, lib: Any) -> None:
    facts = specs()[wrapped]
    name, data = f"albumentations/{facts['name']}", images(facts, torch.uint8)
    mask = np.zeros((24, 28), np.uint8)
    mask[2:11, 3:14], mask[14:20, 15:26] = 1, 2
    boxes = np.array([[3.0, 2.0, 14.0, 11.0], [15.0, 14.0, 26.0, 20.0]])
    masks, kind = facts["needs"] == "masks", "masks" if facts["needs"] == "masks" else "boxes"
    target = pm.Target(kind, [mask if masks else boxes] * 3)  # type: ignore[arg-type]  # one of the kinds by construction
    out = pm.get(name, **facts["example"])(pm.Batch.of(data, targets={kind: target}), seed=2)
    params = lib.BboxParams(format="pascal_voc", label_fields=["rows"])
    for row, image in enumerate(data.numpy().transpose(0, 2, 3, 1)):
        given: dict[str, Any] = {"mask": mask} if masks else {"bboxes": boxes.astype(np.float32), "rows": [0, 1]}
        if facts["needs"] == "box":
            given["cropping_bbox"] = [3, 2, 14, 11]
        compose = lib.Compose([getattr(lib, wrapped)(p=1.0, **facts["example"])], bbox_params=None if masks else params,
                              seed=seed_of(name, [0, 1, 2], row, 2))
        expected = compose(image=np.ascontiguousarray(image), **given)
        np.testing.assert_array_equal(out.to_list()[row], expected["image"])
        if masks:
            np.testing.assert_array_equal(out.targets["masks"].data[row], expected["mask"])
        else:
            kept = out.targets["boxes"].data[row][[int(r) for r in expected["rows"]]]
            np.testing.assert_allclose(kept, np.array(expected["bboxes"]).reshape(-1, 4), atol=1e-4)


def test_mosaic_puts_references_beside_the_image(lib: Any, tmp_path: Path) -> None:
    import cv2

    data = torch.full((2, 3, 16, 16), 200, dtype=torch.uint8)
    other = np.full((16, 16, 3), 40, np.uint8)
    cv2.imwrite(str(tmp_path / "other.png"), other)
    fields = {"target_size": (24, 24), "cell_shape": (24, 24)}
    out = pm.get("albumentations/mosaic", references=(str(tmp_path / "other.png"),) * 3, **fields)(data, seed=1)
    assert tuple(out.shape) == (2, 3, 24, 24)
    for row in range(2):
        compose = lib.Compose([lib.Mosaic(p=1.0, **fields)], seed=seed_of("albumentations/mosaic", [0, 1], row, 1))
        expected = compose(image=np.full((16, 16, 3), 200, np.uint8), mosaic_metadata=[{"image": other}] * 3)["image"]
        np.testing.assert_array_equal(out[row].numpy().transpose(1, 2, 0), expected)
        assert {40, 200} <= set(np.unique(expected).tolist())


def test_p_is_the_share_of_samples_changed() -> None:
    data = torch.rand(400, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    half = pm.get("albumentations/invert-img", p=0.5)(data, seed=0)
    quarter = pm.get("albumentations/invert-img", p=0.25)(data, seed=0)
    inverted = (half != data).flatten(1).any(1)
    assert 0.4 < inverted.double().mean() < 0.6
    torch.testing.assert_close(half[inverted], 1 - data[inverted])
    few = (quarter != data).flatten(1).any(1)
    assert 0.17 < few.double().mean() < 0.33
    assert not bool((few & ~inverted).any()), "a larger p must change the samples that a smaller one changes"


CHILD = """
import hashlib, sys, torch, cv2, practicum as pm
cv2.setNumThreads(int(sys.argv[1]))
data = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
for name in ("elastic-transform", "random-rain", "gauss-noise", "affine", "clahe", "additive-noise"):
    out = pm.get("albumentations/" + name)(data, seed=4)
    print(hashlib.sha256(out.numpy().tobytes()).hexdigest())
assert cv2.getNumThreads() == int(sys.argv[1])
"""


def test_other_processes_and_thread_counts_give_the_same_bits() -> None:
    outs = [subprocess.run([sys.executable, "-c", CHILD, threads], capture_output=True, text=True, check=True).stdout
            for threads in ("1", "2")]
    assert outs[0] == outs[1]
    assert len(set(outs[0].split())) == 6


def test_wider_and_narrower_floats_keep_their_dtype() -> None:
    data = torch.rand(2, 3, 16, 16, dtype=torch.float64)
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        out = pm.get("albumentations/gaussian-blur")(data.to(dtype), seed=1)
        assert out.dtype == dtype
        reference = pm.get("albumentations/gaussian-blur")(data.to(dtype).float(), seed=1)
        torch.testing.assert_close(out.float(), reference, rtol=0, atol=0.01)

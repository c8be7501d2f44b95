"""What is drawn, recomputed from the sample's own draws as the docstrings say; and shares by their distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from practicum_image_basic.blur import MotionBlur, line
from practicum_image_basic.boxes import drawn_boxes
from practicum_image_basic.crops import PadCrop
from practicum_image_basic.erasing import Erasing, GridDropout
from practicum_image_basic.geometry import Shift
from practicum_image_basic.jitter import ColorJitter
from practicum_image_basic.light import Gamma
from practicum_image_basic.resizing import RandomResizedCrop
from scipy import stats

from practicum.batch import Batch
from practicum.keys import Keys


def logged(technique: Any, images: torch.Tensor, draws: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The log, and the first uniform draws of each sample, float64 [N, draws]."""
    batch = Batch.of(images)
    out = technique.run(batch.recording(), Keys(3))
    u = Keys(3).child(technique.name).bind(batch.ids).uniform(draws).astype(np.float64)
    return dict(out.edits.steps[-1].params), u


def test_gamma_reaches_both_ends() -> None:
    """"image-basic/gamma": (1 + amount) ** (2 u - 1)."""
    log, u = logged(Gamma(amount=1.0), torch.zeros(500, 1, 1, 1), 1)
    assert np.allclose(log["gamma"], 2.0 ** (2.0 * u[:, 0] - 1.0))
    assert log["gamma"].min() < 0.51
    assert log["gamma"].max() > 1.98


def test_color_jitter_takes_four_different_draws() -> None:
    """"image-basic/color-jitter": draws 0, 1 and 2 are factors, 3 is the turn of the hue."""
    log, u = logged(ColorJitter(brightness=0.4, contrast=0.3, saturation=0.2, hue=0.1), torch.zeros(50, 3, 1, 1), 4)
    for position, (name, amount, middle) in enumerate((("brightness", 0.4, 1.0), ("contrast", 0.3, 1.0),
                                                       ("saturation", 0.2, 1.0), ("hue", 0.1, 0.0))):
        assert np.allclose(log[name], middle + amount * (2.0 * u[:, position] - 1.0))


def test_pad_crop_offsets_are_uniform_from_minus_pad_to_pad() -> None:
    """"image-basic/pad-crop": 2 pad + 1 offsets, each as likely."""
    log, u = logged(PadCrop(pad=2), torch.zeros(3000, 1, 4, 4), 2)
    for position, axis in enumerate("yx"):
        assert np.array_equal(log[axis], np.floor(5 * u[:, position]) - 2)
        assert np.bincount(log[axis] + 2).size == 5
        assert stats.chisquare(np.bincount(log[axis] + 2)).pvalue > 0.001


def test_erasing_places_and_shapes() -> None:
    """"image-basic/erasing": every place is as likely, up to the far border; ratio is height over width."""
    log, u = logged(Erasing(p=1.0, scale=(0.25, 0.25), ratio=(0.25, 0.25)), torch.zeros(3000, 1, 8, 8), 23)
    assert set(log["height"].tolist()) == {2}  # 2 x 8 = 16 of 64 pixels
    assert set(log["width"].tolist()) == {8}
    assert np.array_equal(log["y"], np.floor(7 * u[:, 21]))
    assert stats.chisquare(np.bincount(log["y"], minlength=7)).pvalue > 0.001
    assert not log["x"].any()
    assert drawn_boxes(np.full((1, 20), 0.5), np.array([[8, 8]]), (0.25, 0.25), (4.0, 4.0))[0].tolist() == [[8, 2]]


def test_random_resized_crop_draws_and_falls_back() -> None:
    """"image-basic/random-resized-crop": ratio is width over height; the middle comes when no attempt fits."""
    wide = RandomResizedCrop(size=4, scale=(0.25, 0.25), ratio=(4.0, 4.0))
    log, u = logged(wide, torch.zeros(400, 1, 8, 8), 22)
    assert set(zip(log["height"].tolist(), log["width"].tolist(), strict=True)) == {(2, 8)}
    assert np.array_equal(log["y"], np.floor(7 * u[:, 20]))
    for size, box in (((10, 100), (10, 20, 0, 40)), ((100, 10), (20, 10, 40, 0)), ((20, 20), (20, 20, 0, 0))):
        technique = RandomResizedCrop(size=4, scale=(1.0, 1.0), ratio=(0.5, 2.0) if box[0] != box[1] else (1.0, 1.0))
        log, _ = logged(technique, torch.zeros(3, 1, *size), 1)
        assert [log[k].tolist() for k in ("height", "width", "y", "x")] == [[v] * 3 for v in box]
    log, _ = logged(RandomResizedCrop(size=4, scale=(1.0, 1.0), ratio=(0.5, 4.0)), torch.zeros(30, 1, 100, 10), 1)
    assert (int(log["height"][0]), int(log["y"][0])) == (20, 40)  # the least ratio bounds tall images, not the greatest


def test_grid_dropout_rounds_sides_and_draws_its_pitch() -> None:
    """"image-basic/grid-dropout": whole pitches between two shares of the shorter side; round(ratio * pitch) goes."""
    log, u = logged(GridDropout(ratio=0.45, pitch=(0.25, 0.5)), torch.zeros(300, 1, 24, 40), 3)
    assert np.array_equal(log["pitch"], 6 + np.floor(7 * u[:, 0]))
    assert np.array_equal(log["side"], np.rint(0.45 * log["pitch"]))
    assert np.array_equal(log["y"], np.floor(log["pitch"] * u[:, 1]))
    assert np.array_equal(log["x"], np.floor(log["pitch"] * u[:, 2]))


def test_motion_blur_takes_every_direction() -> None:
    """"image-basic/motion-blur": the angle is uniform in 0..180 degrees, counted from the row upwards."""
    log, u = logged(MotionBlur(size=3), torch.zeros(300, 1, 1, 1), 1)
    assert np.allclose(log["angle"], 180.0 * u[:, 0])
    assert log["angle"].max() > 175.0
    rising = line(3, 45.0)  # from lower left to upper right
    assert rising[0, 2] > rising[0, 0]
    assert line(3, 135.0)[0, 0] > line(3, 135.0)[0, 2]


def test_shift_rounds_its_largest_offset() -> None:
    """"image-basic/shift": a tenth of 16 pixels is 2, so five offsets; a tenth of 24 is 2 too."""
    log, u = logged(Shift(max_fraction=0.1), torch.zeros(300, 1, 24, 16), 2)
    assert np.array_equal(log["dx"], np.floor(5 * u[:, 0]) - 2)
    assert np.array_equal(log["dy"], np.floor(5 * u[:, 1]) - 2)

"""References, texts and the log."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFont

import practicum as pm
from practicum.edits import EditLog
from practicum.errors import ConfigError, DataError


def images(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, 24, 24, generator=torch.Generator().manual_seed(1)) * 0.3


def test_histogram_matching_reaches_the_histogram_of_its_reference() -> None:
    """Full blending gives the reference's mean in each channel, whichever way the reference is named."""
    data = (images() * 255).byte()
    other = (torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(2)) * 100 + 150).byte()
    batch = pm.Batch.of(columns={"image": pm.Column("image", data), "other": pm.Column("image", other)})
    match = pm.get("albumentations/histogram-matching", on="image", reference_column="other", blend_ratio=(1.0, 1.0))
    out = match(batch, seed=0)
    means = out.column("image").double().mean(dim=(2, 3))
    assert float((means - other.double().mean(dim=(2, 3))).abs().max()) < 2.0
    assert torch.equal(out.column("other"), other)


def test_references_come_from_files_too(tmp_path: Path) -> None:
    path = tmp_path / "reference ü.png"
    other = np.random.default_rng(0).integers(150, 250, (24, 24, 3), dtype=np.uint8)
    Image.fromarray(other).save(path)
    data = (images() * 255).byte()
    from_file = pm.get("albumentations/histogram-matching", references=(str(path),))(data, seed=0)
    column = torch.from_numpy(np.stack([other.transpose(2, 0, 1)] * 2))
    batch = pm.Batch.of(columns={"image": pm.Column("image", data), "other": pm.Column("image", column)})
    from_column = pm.get("albumentations/histogram-matching", on="image", reference_column="other")
    direct = pm.Batch.of(columns={"image": pm.Column("image", data)})
    assert torch.equal(from_file, pm.get("albumentations/histogram-matching", references=(str(path),))(direct).column())
    assert torch.equal(from_file, from_column(batch, seed=0).column("image"))


def test_a_missing_reference_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it needs reference images: give either references="):
        pm.get("albumentations/fda")
    with pytest.raises(DataError, match=r"the reference image .*gone.png does not exist"):
        pm.get("albumentations/fda", references=(str(tmp_path / "gone.png"),))(images())
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(DataError, match="is no image that OpenCV reads"):
        pm.get("albumentations/fda", references=(str(tmp_path / "text.png"),))(images())
    with pytest.raises(DataError, match="no column 'style'"):
        pm.get("albumentations/fda", reference_column="style")(images())


def test_an_overlay_is_pasted_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    Image.fromarray(np.full((6, 5, 3), 255, np.uint8)).save(path)
    out = pm.get("albumentations/overlay-elements", references=(str(path),))(images(4), seed=3)
    white = (out == 1.0).all(dim=1)
    assert white.flatten(1).sum(1).tolist() == [30] * 4
    assert len({tuple(torch.nonzero(w)[0].tolist()) for w in white}) > 1, "each sample draws its own place"
    assert torch.equal(out.movedim(1, -1)[~white], images(4).movedim(1, -1)[~white])


def test_a_text_is_written_inside_its_box(tmp_path: Path) -> None:
    font = tmp_path / "font.ttf"
    font.write_bytes(ImageFont.load_default(12).font_bytes)
    data = torch.ones(2, 3, 40, 80)
    batch = pm.Batch.of(columns={"image": pm.Column("image", data), "words": pm.Column("text", ["one", "other"])})
    write = pm.get("albumentations/text-image", font_path=str(font), text_column="words",
                   text_box=(0.1, 0.25, 0.9, 0.75))
    out = write(batch, seed=0).column("image")
    dark = (out < 0.5).any(dim=1)
    assert dark[:, 10:30].flatten(1).sum(1).min() > 20
    assert not bool(dark[:, :10].any())
    assert not bool(dark[:, 30:].any())
    assert not torch.equal(out[0], out[1])
    with pytest.raises(ConfigError, match="is no box"):
        pm.get("albumentations/text-image", font_path=str(font), text_box=(0.9, 0.1, 0.1, 0.2))


def test_applied_parameters_are_logged() -> None:
    out = pm.get("albumentations/rotate", p=0.5)(pm.Batch.of(images(12)), seed=1, log=True)
    assert out.edits is not None
    params = out.edits.steps[0].params
    assert params is not None
    assert 0 < params["applied"].sum() < 12
    assert [m is not None for m in params["matrix"]] == params["applied"].tolist()
    first = json.loads(next(m for m in params["matrix"] if m is not None))
    np.testing.assert_allclose(np.linalg.det(np.array(first)), 1.0, atol=1e-6)
    back = EditLog.from_table(out.edits.to_table()).steps[0].params
    assert back is not None
    assert list(back["matrix"]) == list(params["matrix"])


def test_a_reference_takes_the_dtype_of_its_image() -> None:
    data = (images() * 255).byte()
    other = (torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(2)) * 100 + 150).byte()
    match = pm.get("albumentations/histogram-matching", on="image", reference_column="other")
    columns = [{"image": pm.Column("image", image), "other": pm.Column("image", reference)}
               for image, reference in ((data, other), (data, other / 255))]
    whole, scaled = (match(pm.Batch.of(columns=c), seed=0).column("image") for c in columns)
    assert torch.equal(whole, scaled)

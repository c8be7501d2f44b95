"""Licence, network, listing, errors, and that the shipped table is that of the installed library."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from practicum_albumentations import generate
from practicum_albumentations.catalogue.choices import NOT_WRAPPED
from practicum_albumentations.library import library, refuse_drop_in
from practicum_albumentations.specs import specs

import practicum as pm
from practicum.errors import ConfigError, DataError, MissingRequirement


def dist_info(folder: Path, name: str, version: str) -> None:
    made = folder / f"{name}-{version}.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_the_agpl_drop_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist_info(tmp_path, "albumentationsx", "2.5.1")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = r"albumentationsx 2\.5\.1 .* AGPL-3\.0 .*pip uninstall albumentationsx"
    with pytest.raises(MissingRequirement, match=found):
        refuse_drop_in()


def test_a_release_of_another_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist_info(tmp_path, "albumentations", "3.0.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MissingRequirement, match=r"albumentations 3\.0\.0 is installed, but .* is of 2\.0\.x"):
        refuse_drop_in()


def test_the_import_asks_nobody_for_updates_and_leaves_the_environment() -> None:
    code = ("import os, urllib.request as u; u.OpenerDirector.open = lambda *a, **k: 1 / 0\n"
            "from practicum_albumentations.library import library; lib = library()\n"
            "print('NO_ALBUMENTATIONS_UPDATE' in os.environ, lib.__version__[:4])")
    env = {k: v for k, v in os.environ.items() if k != "NO_ALBUMENTATIONS_UPDATE"}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == ["False", "2.0."]


def test_listing_imports_neither_the_library_nor_opencv() -> None:
    code = ("import sys; from practicum_albumentations._plugin import register_techniques as r; n = len(list(r()))\n"
            "print(n, sorted({'albumentations', 'cv2', 'numpy', 'torch', 'pydantic'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(specs())} []\n"


def test_the_shipped_table_is_that_of_the_installed_library() -> None:
    shipped = json.loads(generate.PATH.read_text("utf-8"))
    made = json.loads(generate.text())
    assert made["library"].split(".")[:2] == shipped["library"].split(".")[:2]
    for new, old in zip(made["transforms"], shipped["transforms"], strict=True):
        assert new == old, f"{old['class']}: run python -m practicum_albumentations.generate"


def test_every_public_transform_is_wrapped_or_left_out_with_a_reason() -> None:
    assert set(generate.public()) == set(specs()) | set(NOT_WRAPPED)
    assert not set(specs()) & set(NOT_WRAPPED)
    assert len(specs()) == 108


def test_the_card_lists_every_transform() -> None:
    card = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    assert generate.card_table() in card
    assert all(f"`{name}`" in card for name in NOT_WRAPPED)


@pytest.mark.parametrize(("name", "fields", "message"), [
    ("clahe", {"clip_limit": -3}, r"field 'clip_limit': Value error, All values in \(-3.0, 1.0\) must be >= 1"),
    ("clahe", {"clip_limitt": 3}, "unknown field 'clip_limitt'; did you mean 'clip_limit'"),
    ("random-crop", {"height": 4}, "field 'width' is missing"),
    ("rotate", {"interpolation": 99}, "field 'interpolation'"),
    ("auto-contrast", {"cutoff": 101}, "field 'cutoff': Input should be less than or equal to 100"),
    ("crop-and-pad", {}, "Both px and percent"),
    ("rotate", {"p": 1.5}, "field 'p'"),
])
def test_a_wrong_configuration_is_explained(name: str, fields: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        pm.get(f"albumentations/{name}", **fields)
    assert f"albumentations/{name}: " in str(caught.value)
    assert "errors.pydantic.dev" not in str(caught.value)


def test_images_that_do_not_fit_are_named() -> None:
    with pytest.raises(DataError, match="sample 0 is 4x9 pixels, and it needs at least 10x10"):
        pm.get("albumentations/superpixels")(torch.zeros(2, 3, 4, 9))
    with pytest.raises(DataError, match="sample 0 has 1 channel, and it takes 3"):
        pm.get("albumentations/random-rain")(torch.zeros(2, 1, 16, 16))
    with pytest.raises(DataError, match=r"sample 0 .* is refused by albumentations: Crop size .* exceeds"):
        pm.get("albumentations/random-crop", height=9, width=9)(torch.zeros(2, 3, 8, 8))
    with pytest.raises(DataError, match="sample 0 is uint8, and it takes float images"):
        pm.get("albumentations/from-float")(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))


def test_a_class_made_on_first_use_is_one_class() -> None:
    from practicum_albumentations import transforms
    from practicum_albumentations.transforms import CLAHE

    assert CLAHE is transforms.CLAHE
    assert pm.get("albumentations/clahe") == pickle.loads(pickle.dumps(CLAHE()))
    assert "CLAHE" in dir(transforms)
    with pytest.raises(AttributeError, match="no attribute 'NoSuch'"):
        _ = transforms.NoSuch


def test_opencv_threads_are_restored_after_an_error() -> None:
    import cv2

    library()
    before = cv2.getNumThreads()
    with pytest.raises(DataError):
        pm.get("albumentations/random-crop", height=9, width=9)(torch.zeros(2, 3, 8, 8))
    assert cv2.getNumThreads() == before

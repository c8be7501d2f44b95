"""Pictures, text differences, hidden characters."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from PIL import Image

from practicum.errors import DataError
from practicum.report.images import largest_side, overlay, png_uri, saliency_map, to_pixels
from practicum.report.shown import shown, shown_text
from practicum.report.textdiff import diff_parts, shades, strongest


def decoded(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def test_a_small_picture_survives_pixel_for_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 5, 3), dtype=np.uint8)
    assert np.array_equal(decoded(png_uri(pixels, 32)), pixels)
    assert png_uri(pixels, 32) == png_uri(pixels, 32)


def test_a_large_picture_is_the_mean_of_its_areas() -> None:
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, ::2] = 200
    small = decoded(png_uri(pixels, 64))
    assert small.shape == (32, 64, 3)
    assert np.all(small == 100)


@pytest.mark.parametrize(("image", "layout", "bounds", "expected"), [
    (np.array([[[0.0, 0.5, 1.0]]]), "chw", None, [[0] * 3, [128] * 3, [255] * 3]),
    (np.array([[[0.0, 128.0, 255.0]]]), "chw", None, [[0] * 3, [128] * 3, [255] * 3]),
    (np.array([[[-1.0, 0.0, 1.0]]]), "chw", (-1.0, 1.0), [[0] * 3, [128] * 3, [255] * 3]),
    (np.array([[[10, 20, 30]]], np.uint8), "hwc", None, [[10, 20, 30]]),
    (np.array([[[10, 20, 30, 99]]], np.uint8), "hwc", None, [[10, 20, 30]]),
    (np.array([[[np.nan]], [[2.0]], [[-3.0]]]) / 2, "chw", (0.0, 1.0), [[0, 255, 0]]),
    (np.array([[0, 7]], np.uint8), "chw", None, [[0] * 3, [7] * 3])])
def test_pictures_of_any_range_and_layout(image: np.ndarray, layout: str, bounds: object, expected: object) -> None:
    assert to_pixels(image, layout, bounds)[0].tolist() == expected  # type: ignore[arg-type]  # parametrised


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(DataError, match=r"not shape \(2, 2, 2, 2\)"):
        to_pixels(np.zeros((2, 2, 2, 2)), "chw")


def test_overlay_colours_what_matters_and_leaves_the_rest_grey() -> None:
    saliency = np.zeros((4, 4))
    saliency[1, 2] = 3.0
    out = overlay(np.full((4, 4, 3), 100, np.uint8), saliency).astype(int)
    spread = out.max(axis=2) - out.min(axis=2)
    assert spread[1, 2] > 60
    assert np.delete(spread.ravel(), 6).max() == 0
    assert np.array_equal(overlay(np.full((4, 4, 3), 100, np.uint8), np.zeros((4, 4))).std(axis=2), np.zeros((4, 4)))


def test_saliency_sums_absolute_values_over_the_channel_axis() -> None:
    values = np.array([[[1.0, -2.0]], [[-3.0, 0.5]]])
    assert saliency_map(values, "chw").tolist() == [[4.0, 2.5]]
    assert saliency_map(values.transpose(1, 2, 0), "hwc").tolist() == [[4.0, 2.5]]


def test_many_large_pictures_stay_within_the_budget() -> None:
    side = largest_side(54)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert 54 * len(png_uri(noise, side)) < 1_300_000


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_diff_parts_hold_both_texts(before: str, after: str) -> None:
    parts = diff_parts(before, after)
    assert "".join(p.text for p in parts if p.mark != "added") == before
    assert "".join(p.text for p in parts if p.mark != "removed") == after


def test_a_long_text_is_shortened_around_its_change() -> None:
    parts = diff_parts("a" * 1000 + "x" + "b" * 1000, "a" * 1000 + "y" + "b" * 1000)
    assert [p.text for p in parts if p.mark != "same"] == ["x", "y"]
    assert sum(len(p.text) for p in parts) <= 600
    assert sum(len(p.text) for p in diff_parts("", "z" * 9000)) <= 601


def test_shades_are_relative_signed_and_ranked() -> None:
    found = shades(["a", "b", "c", "d"], [0.0, -4.0, 2.0, float("nan")])
    assert [(s.weight, s.toward) for s in found] == [(0.0, True), (1.0, False), (0.5, True), (0.0, True)]
    assert [s.text for s in strongest(found)] == ["b", "c"]
    assert shades([], []) == []


def test_hidden_characters_are_spelt_out_everywhere() -> None:
    assert shown_text("a\x00b\u202ec\ud800d\te\n") == "a⟨U+0000⟩b⟨U+202E⟩c⟨U+D800⟩d\te\n"
    nested = shown(({"k\x01": ("v\x02", Markup("<b>\x03</b>"))}, 3))
    assert nested == ({"k⟨U+0001⟩": ("v⟨U+0002⟩", "<b>⟨U+0003⟩</b>")}, 3)
    assert isinstance(nested[0]["k⟨U+0001⟩"][1], Markup)  # type: ignore[index]  # a dictionary

"""A page of an explanation in a real browser: legible in light and dark, on a phone too, and a silent console."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from practicum import Explanation

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--hide-scrollbars", "--enable-logging=stderr")


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        if os.environ.get("PRACTICUM_REQUIRE_BROWSER") == "1":
            pytest.fail(f"none of {', '.join(NAMES)} is installed")
        pytest.skip(f"none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)")
    return found


@pytest.mark.parametrize(("scheme", "ground"), [(1, (255, 255, 255)), (0, (20, 23, 27))])
def test_a_page_follows_the_readers_colours(chromium: str, tmp_path: Path, scheme: int,
                                            ground: tuple[int, int, int]) -> None:
    values = np.array([[1.0, -2.0, 0.5]])
    e = Explanation(values, np.zeros(1, np.int64), ["<b>x</b>"], base_value=np.zeros(1), score=values.sum(axis=1),
                    modality="state", method="explain/shapley")
    page, shot = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(e.html(), "utf-8")
    done = subprocess.run([chromium, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}",
                           "--window-size=600,800", f"--blink-settings=preferredColorScheme={scheme}", page.as_uri()],
                          capture_output=True, text=True, timeout=120, check=True)
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    pixels = np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3)
    assert tuple(pixels[0]) == ground
    seen = {tuple(c) for c in pixels.tolist()}
    toward = {1: "c04a00", 0: "ff9d5c"}[scheme]
    assert tuple(int(h, 16) for h in re.findall("..", toward)) in seen, "bars toward the class are drawn in its colour"

"""The report in a real browser: themes, the toggle, a phone's width, and a silent console."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from practicum.evaluate.report import Report
from practicum.report import render

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--hide-scrollbars", "--enable-logging=stderr",
         "--virtual-time-budget=2000")
DARK = "--blink-settings=preferredColorScheme=0"
PROBE = """
var root = document.documentElement, style = getComputedStyle(document.body);
function seen() { return getComputedStyle(document.body).backgroundColor; }
var button = document.getElementById("theme");
var facts = {scroll: root.scrollWidth, width: root.clientWidth, before: seen(),
  button: !button.hidden, pressed: button.getAttribute("aria-pressed"),
  chart: getComputedStyle(document.querySelector(".chart text")).fill, ink: style.color,
  small: Array.from(document.querySelectorAll(".chart text, main p, main td, main small")).filter(function (e) {
    var box = e.getBoundingClientRect(); return box.width > 2 && e.closest("details") === null &&
      e.closest(".vh") === null && parseFloat(getComputedStyle(e).fontSize) * (e.closest("svg") ?
      e.closest("svg").getBoundingClientRect().width / e.closest("svg").viewBox.baseVal.width : 1) < 9; }).length,
  wide: Array.from(document.querySelectorAll("main *")).filter(function (e) {
    return !e.closest(".scroll, svg, .vh") && e.getBoundingClientRect().right > root.clientWidth + 1;
  }).map(function (e) { return e.tagName + "." + e.className; })};
button.click();
facts.after = seen();
parent.postMessage(JSON.stringify(facts), "*");
"""
FRAME = """<!DOCTYPE html><title>none</title><script>
addEventListener("message", function (event) { document.title = "FACTS" + event.data; });
</script>
<iframe src="probe.html" style="border:0;width:%dpx;height:844px"></iframe>"""

Probe = Callable[..., tuple[dict[str, object], list[str]]]


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        reason = f"none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
        if os.environ.get("PRACTICUM_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def browse(chromium: str, page: Path, *options: str) -> tuple[str, list[str]]:
    """What the browser prints, and what the page said on its console."""
    profile = page.parent / "profile"
    done = subprocess.run([chromium, *QUIET, f"--user-data-dir={profile}", *options, page.as_uri()],
                          capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture
def probe(chromium: str, tmp_path: Path) -> Probe:
    """Measures a report in a frame of some width (a window can't be as narrow as a phone).

    The page's own policy is lifted for the measuring script only.
    """
    def measure(report: Report, width: int, *options: str) -> tuple[dict[str, object], list[str]]:
        source = render(report)
        page = tmp_path / "probe.html"
        lifted = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n', "", source)
        assert lifted != source
        page.write_text(lifted.replace("</body>", f"<script>{PROBE}</script></body>"), "utf-8")
        page.with_name("frame.html").write_text(FRAME % width, "utf-8")
        dom, console = browse(chromium, page.with_name("frame.html"), "--dump-dom", *options)
        title = re.search(r"<title>FACTS(.*?)</title>", dom)
        assert title is not None, dom[:500]
        facts: dict[str, object] = json.loads(title.group(1).replace("&amp;", "&"))
        return facts, console

    return measure


@pytest.mark.parametrize(("options", "before", "after", "pressed"), [
    ((), "rgb(255, 255, 255)", "rgb(20, 23, 27)", "false"),
    ((DARK,), "rgb(20, 23, 27)", "rgb(255, 255, 255)", "true")])
def test_themes_follow_the_system_and_the_button(probe: Probe, digits: Report, options: tuple[str, ...], before: str,
                                                 after: str, pressed: str) -> None:
    facts, console = probe(digits, 1100, "--window-size=1200,900", *options)
    assert (facts["before"], facts["after"], facts["pressed"]) == (before, after, pressed)
    assert facts["button"] is True
    assert facts["chart"] == facts["ink"]
    assert facts["scroll"] == facts["width"] == 1100
    assert console == []


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("which", ["digits", "texts", "hostile"])
def test_a_phone_scrolls_down_only(probe: Probe, request: pytest.FixtureRequest, which: str, width: int) -> None:
    report = request.getfixturevalue(which)
    if which == "hostile":
        report = report("unbroken-" + "x" * 300)
    facts, _ = probe(report, width)
    assert facts["width"] == width
    assert facts["scroll"] == width, facts["wide"]
    assert facts["wide"] == []
    assert facts["small"] == 0


@pytest.mark.parametrize("options", [(), (DARK,)])
def test_the_page_as_it_is_draws_in_silence(chromium: str, digits: Report, tmp_path: Path,
                                            options: tuple[str, ...]) -> None:
    page, shot = tmp_path / "report.html", tmp_path / "shot.png"
    page.write_text(render(digits), "utf-8")
    _, console = browse(chromium, page, "--window-size=1100,2200", f"--screenshot={shot}", *options)
    assert console == []
    pixels = np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3)
    paper, bars = ((20, 23, 27), (255, 157, 92)) if options else ((255, 255, 255), (192, 74, 0))
    assert (pixels == paper).all(axis=1).mean() > 0.6
    assert (pixels == bars).all(axis=1).sum() > 5000


def test_the_pages_policy_stops_foreign_scripts(chromium: str, digits: Report, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(digits).replace("</body>", "<script>document.title='ran'</script></body>"), "utf-8")
    dom, console = browse(chromium, page, "--dump-dom")
    assert "<title>ran</title>" not in dom
    assert any("Content Security Policy" in line for line in console)

"""The example of the card of text-attacks prints what the card says, and each technique has a row."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from practicum.registry import default_registry

CARD = (Path(__file__).parents[2] / "plugins" / "text-attacks" / "README.md").read_text("utf-8")


def test_example() -> None:
    code, printed = re.findall(r"```python\n(.*?)```\s*```\n(.*?)```", CARD, re.DOTALL)[0]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "README.md", "exec"), {})
    assert shown.getvalue() == printed


def test_every_technique_has_a_row() -> None:
    names = [s.short for s in default_registry().techniques() if s.plugin == "text-attacks"]
    assert len(names) == 12
    assert [n for n in names if f"`{n}`" not in CARD] == []

"""The card's example of geometry prints what the card says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path


def test_example() -> None:
    card = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8").split("## Geometry", 1)[1]
    found = re.search(r"```python\n(.*?)```\s*```\n(.*?)```", card, re.DOTALL)
    assert found
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(found[1], "README.md", "exec"), {})
    assert shown.getvalue() == found[2]

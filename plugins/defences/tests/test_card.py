"""The example of the card prints what the card says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

CARD = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_example_prints_what_the_card_says() -> None:
    found = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", CARD, re.DOTALL)
    assert found
    code, printed = found.groups()
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "README.md", "exec"), {})
    assert shown.getvalue() == printed

"""The card's examples print what the card says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path


def test_examples_print_what_the_card_shows() -> None:
    card = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", card, re.DOTALL)
    assert len(found) == card.count("```python")
    for example, shown in found:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(example, {})
        assert printed.getvalue() == shown

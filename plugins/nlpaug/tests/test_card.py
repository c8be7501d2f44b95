"""The card's example prints what the card says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path


def test_example_prints_what_the_card_shows() -> None:
    card = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", card, re.DOTALL)
    assert found is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(found[1], {})
    assert printed.getvalue() == found[2]

"""The example of the card prints what the card says."""

import contextlib
import io
import re
from pathlib import Path


def test_example():
    card = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    code, printed = re.search(r"```python\n(.*?)```\s*```\n(.*?)```", card, re.DOTALL).groups()
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "README.md", "exec"), {})
    assert shown.getvalue() == printed

"""The examples of the card print what the card says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

CARD = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\s*```\n(.*?)```", CARD, re.DOTALL)


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_example(code, printed):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "README.md", "exec"), {})
    assert shown.getvalue() == printed


def test_every_technique_has_a_row():
    from practicum_image_mix.catalogue import erasing, labels, mixing

    assert len(EXAMPLES) == 3
    for family in (mixing, erasing, labels):
        for short, *_ in family.TECHNIQUES:
            assert f"| `{short}` | [arXiv:" in CARD

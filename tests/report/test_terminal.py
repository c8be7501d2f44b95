"""What `practicum run` prints: the same figures as the HTML report, in a table and sentences."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from rich.console import Console

from practicum.evaluate.report import Report
from practicum.report.terminal import print_report, summary_sentence


def printed(report: Report, width: int = 140) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True)
    print_report(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


def test_every_row_has_its_figures(digits: Report) -> None:
    lines = printed(digits).splitlines()
    assert re.split(r"\s{2,}", lines[0].strip()) == ["technique", "label", "accuracy", "drop", "changed", "hardened",
                                                     "gain", "failed"]
    rows = digits.select(split="test", phase="before")
    for line, row in zip(lines[2:], rows, strict=False):
        cells = re.split(r"\s{2,}", line.strip())
        assert cells[0].startswith(row.perturbation.group)
        assert cells[1] == row.label_policy
        shown = float(cells[2].lstrip("≤ ").rstrip("%"))
        assert abs(shown - 100 * row.perturbed.value) < 0.0501
        assert ("≤" in cells[2]) == row.perturbation.upper_bound
        if row.failed:
            assert cells[-1] == str(row.failed)
    assert "Accuracy falls from 98.0% to" in " ".join(lines)


def test_one_sentence(digits: Report, texts: Report) -> None:
    worst, clean = digits.worst(1)[0], digits.clean_row().clean
    after = next(g.after for g in digits.gains if g.perturbation and g.perturbation.key == worst.perturbation.key)
    assert summary_sentence(digits) == (
        f"Accuracy falls from {clean.value:.1%} to {worst.perturbed.value:.1%} under shift at pixels 2; hardening "
        f"brings it to {after.value:.1%}.")
    assert summary_sentence(texts).endswith("under char-swap at rate 0.2.")


def test_markup_in_names_is_printed_as_it_is(hostile: Callable[[str], Report]) -> None:
    text = printed(hostile("[red]x[/red]\x1b[2J"), width=400)
    assert "char-[red]x[/red]⟨U+001B⟩[2J" in text
    assert "\x1b" not in text

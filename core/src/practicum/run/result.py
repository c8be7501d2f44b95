"""What a run returns, and what it tells while it works."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from practicum.evaluate.report import Report

Stage = Literal["data", "fit", "stress", "explain", "harden", "stress-after", "report"]


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a run, for a progress display.

    Args:
        stage: which stage.
        done, total: units of it.
        what: the unit just finished, in words.
        resumed: it was finished by an earlier process.
    """

    stage: Stage
    done: int
    total: int
    what: str = ""
    resumed: bool = False


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Args:
        report: everything found.
        run_dir: where it is kept.
        html: the HTML report, if one was asked for.
        seconds: wall time of this process.
    """

    report: Report
    run_dir: Path
    html: Path | None
    seconds: float

    @property
    def findings(self) -> list[str]:
        """Sentences in plain words."""
        return self.report.findings()

"""What loading returns, and what happens to rows that can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from practicum.errors import DataError, UsageError

if TYPE_CHECKING:
    from practicum.batch import Batch
    from practicum.data.splits import Splits

OnError = Literal["error", "skip"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """One row that was left out.

    Args:
        file: where it was.
        place: its line or row in the file, counted from 1; 0 when the whole file is meant.
        field: the field that was wrong, ``""`` when it was the whole row.
        reason: what was wrong.
    """

    file: str
    place: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.place}: {self.field + ': ' if self.field else ''}{self.reason}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of loading: the data, and the rows that were left out on the way.

    Args:
        data: the samples, or splits of them.
        skipped: rows left out under ``on_error="skip"``, in file order.
        facts: counts a source tells about itself, as ``{"packages_absent": 2}``.
    """

    data: Batch | Splits
    skipped: tuple[Skipped, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def summary(self) -> str:
        """One line for a warning or a log; ``""`` when nothing was left out."""
        if not self.skipped:
            return ""
        shown = "; ".join(map(str, self.skipped[:3]))
        more = f"; and {len(self.skipped) - 3} more" if len(self.skipped) > 3 else ""
        return f"{len(self.skipped)} bad rows were left out: {shown}{more}"


class SkippedRows(UserWarning):
    """Rows were left out under ``on_error="skip"``; ``skipped`` lists all of them."""

    def __init__(self, message: str, skipped: tuple[Skipped, ...]) -> None:
        super().__init__(message)
        self.skipped = skipped


class BadRows:
    """Raises at a bad row, or lists it, as the user asked.

    Args:
        file: path for messages.
        on_error: ``error`` or ``skip``.
        unit: what places are called: ``line``, ``row`` or ``file``.
        skippable: whether the user can ask for ``skip``, so that errors may say so.
    """

    def __init__(self, file: str, on_error: str = "error", unit: str = "line", *, skippable: bool = True) -> None:
        if on_error not in ("error", "skip"):
            raise UsageError(f"on_error={on_error!r} is neither 'error' nor 'skip'")
        self.file, self.on_error, self.unit = file, on_error, unit
        self.skippable = skippable
        self.found: list[Skipped] = []

    def add(self, place: int, reason: str, *, field: str = "", mend: str = "") -> None:
        """A row can't be used.

        Raises:
            DataError: unless bad rows are skipped.
        """
        if self.on_error == "error":
            at = f", {self.unit} {place}" if place else ""
            what = f", field {field!r}" if field else ""
            skip = ", or leave such rows out with on_error='skip'" if self.skippable else ""
            raise DataError(f"{self.file}{at}{what}: {reason}; {mend or 'mend it'}{skip}")
        self.found.append(Skipped(self.file, place, field, reason))

    def done(self) -> tuple[Skipped, ...]:
        """All rows left out, in file order."""
        return tuple(sorted(self.found, key=lambda s: s.place))

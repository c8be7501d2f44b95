"""The edit log: what an operation did to each sample, in columns.

Offsets are in characters (code points). From the log the core remaps spans, tags and answers, replays a run,
computes how strong it was, and shows differences.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from practicum.batch import Batch

I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TextEdits:
    """Simultaneous replacements in one text column, sorted by (row, start) and not overlapping.

    Args:
        row: batch row of each edit, int32 [E].
        start, stop: replaced characters ``[start, stop)`` of the text before, int32 [E]; equal for an insertion.
        text: replacement of each edit, ``LargeStringArray`` [E]; empty for a deletion.
        source: where a replacement was moved from: start in the text before, or -1 for new text; int32 [E].
    """

    row: I32
    start: I32
    stop: I32
    text: pa.LargeStringArray
    source: I32 | None = None

    def __len__(self) -> int:
        return len(self.row)

    def lengths(self) -> I32:
        """Characters of each replacement."""
        import pyarrow.compute as pc

        return np.asarray(pc.utf8_length(self.text).to_numpy(zero_copy_only=False), dtype=np.int32)

    def new_starts(self) -> I32:
        """Start of each replacement in the text after."""
        if not len(self.row):
            return np.zeros(0, np.int32)
        growth = np.cumsum(self.lengths() - (self.stop - self.start)) - (self.lengths() - (self.stop - self.start))
        first = np.searchsorted(self.row, self.row, side="left")
        return np.asarray(self.start + growth - growth[first], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation's entry in the log.

    Args:
        op: path of the technique in the composition, joined by ``" > "``.
        column: the column it worked on.
        ids: ids of the batch the rows refer to.
        edits: text replacements, or ``None``.
        params: applied parameters by name, each an array [N] (image operations), or ``None``.
    """

    op: str
    column: str
    ids: Any
    edits: TextEdits | None = None
    params: Mapping[str, npt.NDArray[Any]] | None = None


@dataclass(frozen=True, slots=True)
class EditLog:
    """All steps, in the order in which they were applied."""

    steps: tuple[Step, ...] = ()

    def plus(self, *steps: Step) -> EditLog:
        """A longer log."""
        return EditLog(self.steps + steps)

    def to_table(self) -> pa.Table:
        """One row per edit: step, op, column, id, start, stop, text, source, params (JSON, or null)."""
        import pyarrow as pa

        rows: dict[str, list[Any]] = {k: [] for k in ("step", "op", "column", "id", "start", "stop", "text", "source",
                                                      "params")}

        def add(number: int, step: Step, row: int, start: Any, stop: Any, text: Any, source: Any, params: Any) -> None:
            values = (number, step.op, step.column, str(step.ids[row]), start, stop, text, source, params)
            for key, value in zip(rows, values, strict=True):
                rows[key].append(value)

        for number, step in enumerate(self.steps):
            if step.edits is not None:
                e = step.edits
                sources = e.source if e.source is not None else np.full(len(e), -1, np.int32)
                for row, start, stop, text, source in zip(e.row.tolist(), e.start.tolist(), e.stop.tolist(),
                                                          e.text.to_pylist(), sources.tolist(), strict=True):
                    add(number, step, row, start, stop, text, source, None)
            if step.params is not None:
                for row in range(len(step.ids)):
                    applied = {k: np.asarray(v[row]).tolist() for k, v in step.params.items()}
                    add(number, step, row, None, None, None, None, json.dumps(applied, sort_keys=True))
        types = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.int32(), pa.int32(), pa.large_string(),
                 pa.int32(), pa.string())
        return pa.table({k: pa.array(v, type=t) for (k, v), t in zip(rows.items(), types, strict=True)})

    @classmethod
    def from_table(cls, table: pa.Table) -> EditLog:
        """Read back :meth:`to_table`."""
        import pyarrow as pa

        steps: dict[int, list[dict[str, Any]]] = {}
        for item in table.to_pylist():
            steps.setdefault(item["step"], []).append(item)
        out = []
        for _, items in sorted(steps.items()):
            ids = list(dict.fromkeys(i["id"] for i in items))
            at = {sample: row for row, sample in enumerate(ids)}
            text = [i for i in items if i["start"] is not None]
            applied = [i for i in items if i["params"] is not None]
            edits = params = None
            if text:
                row, start, stop, source = (np.array(v, np.int32) for v in (
                    [at[i["id"]] for i in text], *([i[field] for i in text] for field in ("start", "stop", "source"))))
                edits = TextEdits(row, start, stop, pa.array([i["text"] for i in text], pa.large_string()), source)
            if applied:
                decoded = [json.loads(i["params"]) for i in applied]
                params = {k: np.array([d[k] for d in decoded]) for k in decoded[0]}
            out.append(Step(items[0]["op"], items[0]["column"], ids, edits, params))
        return cls(tuple(out))

    def strength(self) -> dict[str, int]:
        """Characters replaced or inserted, per sample id."""
        total: dict[str, int] = {}
        for step in self.steps:
            if step.edits is None:
                continue
            size = np.maximum(step.edits.lengths(), step.edits.stop - step.edits.start)
            for row, n in zip(step.edits.row.tolist(), size.tolist(), strict=True):
                total[str(step.ids[row])] = total.get(str(step.ids[row]), 0) + n
        return total


Edit = tuple[int, int, str] | tuple[int, int, str, int]
"""``(start, stop, replacement)`` in one text; a fourth item says where in the text a moved piece stood."""


def column_edits(rows: Sequence[Sequence[Edit]]) -> TextEdits:
    """The edits of a column from those of each of its texts, which are sorted and don't overlap."""
    import pyarrow as pa

    counts = [len(edits) for edits in rows]
    every = [edit for edits in rows for edit in edits]
    start, stop, source = (np.array(v, np.int32) for v in (
        [e[0] for e in every], [e[1] for e in every], [e[3] if len(e) == 4 else -1 for e in every]))
    return TextEdits(np.repeat(np.arange(len(rows), dtype=np.int32), counts), start, stop,
                     pa.array([e[2] for e in every], pa.large_string()),
                     source if bool((source >= 0).any()) else None)


class EditError(ValueError):
    """Edits of one text that can't be: the message says which, and what they must be."""


def revised(text: str, edits: Sequence[Edit]) -> str:
    """The text after its edits, once they are known to be in order.

    Raises:
        EditError: they aren't sorted, overlap, lie outside the text, or a moved piece has another length than before.

    Example:
        >>> revised("a text", [(2, 6, "book")])
        'a book'
    """
    at, size = 0, len(text)
    out: list[str] = []
    for edit in edits:
        start, stop, new = edit[0], edit[1], edit[2]
        if not at <= start <= stop <= size:
            raise EditError(f"edit {edit!r} after position {at} of a text of {size} characters: give edits (start, "
                            "stop, replacement) in order, without overlap, inside the text")
        if len(edit) == 4 and not 0 <= edit[3] <= size - len(new):
            raise EditError(f"edit {edit!r} moves {len(new)} characters from position {edit[3]} of a text of {size}: "
                            "the fourth item is where a piece of the same length stood")
        out += (text[at:start], new)
        at = stop
    out.append(text[at:])
    return "".join(out)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Apply sorted, non-overlapping ``(start, stop, replacement)`` to one text.

    Example:
        >>> apply_edits("a text", [(2, 6, "book")])
        'a book'
    """
    out, at = [], 0
    for start, stop, new, *_ in edits:
        out += [text[at:start], new]
        at = stop
    return "".join([*out, text[at:]])


def replay(batch: Batch, log: EditLog) -> Batch:
    """Repeat the text edits of a log on the inputs it was written for.

    Args:
        batch: the samples before, found by id in any order.
        log: the log of a run over them.

    Returns:
        the batch after, equal to what the run returned.

    Raises:
        DataError: the log speaks of an id that the batch lacks, or of operations without text edits.
    """
    at = {str(sample): row for row, sample in enumerate(batch.ids)}
    for step in log.steps:
        if step.edits is None:
            raise DataError(f"step {step.op!r} recorded parameters but no text edits; run the technique again with the "
                            "same seed instead")
        pending: dict[int, list[Edit]] = {}
        e = step.edits
        for row, start, stop, new in zip(e.row.tolist(), e.start.tolist(), e.stop.tolist(), e.text.to_pylist(),
                                         strict=True):
            sample = str(step.ids[row])
            if sample not in at:
                raise DataError(f"step {step.op!r} edits sample {sample!r}, which the batch doesn't hold")
            pending.setdefault(at[sample], []).append((start, stop, new))
        values = batch.to_list(step.column)
        for row, edits in pending.items():
            values[row] = apply_edits(values[row], edits)
        batch = batch.with_column(step.column, values)
    return batch

"""The report: everything an evaluation found, with tables, findings, and its own file format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practicum.evaluate.result import (
    Cell,
    CleanRow,
    Examples,
    Faithfulness,
    Gain,
    Hardening,
    Meta,
    Perturbation,
    Phase,
    Row,
    Shift,
)

if TYPE_CHECKING:
    import pandas as pd

    from practicum.technique import Technique


@dataclass(frozen=True)
class Report:
    """Results of :func:`practicum.stress`, and of hardening when there was any.

    Args:
        meta: what it ran on.
        rows: one line per perturbation, split and phase, in the order given.
        clean: the model on clean inputs, per split and phase.
        cells: the sample-by-sample results the rows are made of.
        examples: the worst failures, worst perturbation first.
        gains: what hardening bought, clean inputs first; empty before hardening.
        hardening: what hardening did.
        shifts: how far explanations moved under the worst perturbations, before and after hardening.
        faithfulness: whether the explainers' attributions say what the model's answers rest on.
        techniques: perturbation key -> the technique, in the process that ran it; not saved with the report.
    """

    meta: Meta
    rows: tuple[Row, ...]
    clean: tuple[CleanRow, ...]
    cells: tuple[Cell, ...]
    examples: tuple[Examples, ...] = ()
    gains: tuple[Gain, ...] = ()
    hardening: Hardening | None = None
    shifts: tuple[Shift, ...] = ()
    faithfulness: tuple[Faithfulness, ...] = ()
    techniques: Mapping[str, Technique] = field(default_factory=dict, compare=False, repr=False)

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits, the one to report on last."""
        return tuple(self.meta.splits)

    @property
    def main_split(self) -> str:
        """The split that figures are quoted from: ``test`` where there is one."""
        return "test" if "test" in self.meta.splits else self.splits[-1]

    @property
    def perturbations(self) -> tuple[Perturbation, ...]:
        """Each perturbation once, in the order given."""
        return tuple({r.perturbation.key: r.perturbation for r in self.rows}.values())

    def select(self, *, split: str | None = None, phase: Phase | None = None) -> list[Row]:
        """Rows of one split and phase, in order."""
        return [r for r in self.rows if (split is None or r.split == split) and (phase is None or r.phase == phase)]

    def clean_row(self, split: str | None = None, phase: Phase = "before") -> CleanRow:
        """The clean result of a split.

        Raises:
            KeyError: there is none.
        """
        split = split or self.main_split
        for row in self.clean:
            if row.split == split and row.phase == phase:
                return row
        raise KeyError(f"no clean result for split {split!r}, phase {phase!r}")

    def worst(self, k: int = 3, *, split: str | None = None, phase: Phase = "before") -> list[Row]:
        """The ``k`` rows with the largest drop among label-preserving perturbations, worst first; the strongest
        strength of a sweep stands for its group, and attacks without a largest distance come last."""
        rows = [r for r in self.select(split=split or self.main_split, phase=phase) if r.label_policy == "preserves"]
        rows.sort(key=lambda r: (r.perturbation.unlimited, -r.drop.value, r.perturbation.key))
        best: dict[str, Row] = {}
        for row in rows:
            best.setdefault(row.perturbation.group, row)
        return list(best.values())[:k]

    def table(self, *, split: str | None = None, phase: Phase | None = None) -> pd.DataFrame:
        """The rows as a frame, one line each; print it, or ``.to_csv()`` it."""
        from practicum.evaluate.table import rows_table

        return rows_table(self, split=split, phase=phase)

    def per_class(self, perturbation: str | Perturbation, *, split: str | None = None,
                  phase: Phase = "before") -> pd.DataFrame:
        """Class by class: ``n``, clean and perturbed metric, and drop, the largest drop first.

        Args:
            perturbation: a :class:`Perturbation`, its key, or its label.
        """
        from practicum.evaluate.table import class_table

        return class_table(self, perturbation, split=split, phase=phase)

    def findings(self) -> list[str]:
        """Sentences in plain words: the three worst weaknesses, and what hardening bought."""
        from practicum.report.from_report import build_view

        view = build_view(self, pictures=False)
        return [*view.weaknesses, *view.findings]

    def to_html(self, path: str | Path) -> Path:
        """Write one self-contained HTML file and return its path."""
        from practicum.report import write_html

        target = Path(path)
        write_html(self, target)
        return target

    def save(self, directory: str | Path) -> Path:
        """Write ``report.json``, ``samples.parquet`` and the examples' inputs into a directory, and return it."""
        from practicum.evaluate.store import save_report

        return save_report(self, Path(directory))

    @staticmethod
    def load(directory: str | Path) -> Report:
        """Read back :meth:`save`.

        Raises:
            RunError: the directory holds no report.
        """
        from practicum.evaluate.store import load_report

        return load_report(Path(directory))

    def with_meta(self, **changes: Any) -> Report:
        """The report with fields of :attr:`meta` changed."""
        return replace(self, meta=replace(self.meta, **changes))

    def to_json(self) -> Mapping[str, Any]:
        """Everything but samples and inputs as plain data."""
        from practicum.evaluate.store import report_facts

        return report_facts(self)

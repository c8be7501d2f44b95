"""What a gain measurement found: one row for each augmentation and number of labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from practicum.atomic import write_atomic
from practicum.errors import RunError
from practicum.evaluate.result import Direction, Estimate
from practicum.evaluate.store import read_facts, to_text

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
Reading = Literal["gain", "loss", "no gain seen", "unknown"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A score without and with an augmentation.

    Args:
        without, with_: the mean score of the models trained without and with it, over seeds and test samples.
        gain: how much better the second is, paired by seed and sample; positive is better whatever the metric's
            direction.
    """

    without: Estimate
    with_: Estimate
    gain: Estimate

    @property
    def reading(self) -> Reading:
        """``gain`` or ``loss`` where the whole interval lies on one side of zero, ``no gain seen`` where it holds
        zero, ``unknown`` where there is none."""
        if not (math.isfinite(self.gain.low) and math.isfinite(self.gain.high)):
            return "unknown"
        return "gain" if self.gain.low > 0 else "loss" if self.gain.high < 0 else "no gain seen"


@dataclass(frozen=True, slots=True)
class GainRow:
    """One augmentation at one number of labels.

    Args:
        augmentation: short name with the fields that differ from their defaults.
        config: the technique as plain data.
        label_effect: ``preserves``, ``changes`` or ``mixes``.
        labels: number of labelled training samples.
        clean: on the test samples as they are.
        robust: on the test samples under each stress, the mean over them; ``None`` without stress.
        stressed: under each stress by itself, by its label.
        per_seed: the clean gain of each seed.
        failed: trainings that failed, without or with the augmentation, of ``trainings``.
        failed_samples: test samples, over all seeds and stresses, on which a technique or model failed.
    """

    augmentation: str
    config: Mapping[str, Any]
    label_effect: str
    labels: int
    clean: Effect
    robust: Effect | None
    stressed: Mapping[str, Effect]
    per_seed: tuple[float, ...]
    failed: int
    trainings: int
    failed_samples: int


@dataclass(frozen=True)
class GainTable:
    """The result of :func:`practicum.evaluate.gain`.

    Args:
        rows: augmentations in the order given, each at every number of labels.
        metric, direction: what was measured.
        model, data: what was trained on what, as plain data.
        stress: labels of the stresses.
        seeds: of subsets, initial weights, batch order and draws.
        sizes: samples of the training and the test split.
        level: of the intervals.
        errors: what failed trainings said, by the key of their cell.
    """

    rows: tuple[GainRow, ...]
    metric: str
    direction: Direction
    model: Mapping[str, Any]
    data: Mapping[str, Any]
    stress: tuple[str, ...]
    seeds: tuple[int, ...]
    sizes: Mapping[str, int]
    level: float
    errors: Mapping[str, str]

    def table(self) -> pd.DataFrame:
        """One line a row: ``augmentation, labels, without, with, gain, gain_low, gain_high, reading``; the same with
        ``robust_`` before (mean over stresses) and with a stress's label and a blank before; ``failed, seeds, n``."""
        import pandas as pd

        lines = []
        for row in self.rows:
            line: dict[str, Any] = {"augmentation": row.augmentation, "labels": row.labels, **_columns("", row.clean)}
            if row.robust is not None:
                line |= _columns("robust_", row.robust)
            for label, effect in row.stressed.items():
                line |= _columns(f"{label} ", effect)
            lines.append(line | {"failed": row.failed, "seeds": len(self.seeds), "n": row.clean.gain.n})
        return pd.DataFrame(lines)

    def row(self, augmentation: str, labels: int) -> GainRow:
        """The row of an augmentation's label.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            if (row.augmentation, row.labels) == (augmentation, labels):
                return row
        raise KeyError(f"no row for {augmentation!r} with {labels} labels; there are "
                       f"{', '.join(sorted({r.augmentation for r in self.rows}))}")

    def to_json(self, path: str | Path) -> Path:
        """Everything, as JSON; :meth:`load` reads it back."""
        write_atomic(path, to_text({"format": FORMAT, **asdict(self)}))
        return Path(path)

    def to_parquet(self, path: str | Path) -> Path:
        """The table, as Parquet."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        made = pa.Table.from_pandas(self.table(), preserve_index=False)
        write_atomic(path, lambda file: pq.write_table(made, file))
        return Path(path)

    def to_html(self, path: str | Path) -> Path:
        """One self-contained page."""
        from practicum.report.gain import render_gain

        write_atomic(path, render_gain(self))
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> GainTable:
        """Read back :meth:`to_json`.

        Raises:
            RunError: the file is missing, damaged, or of another format.
        """
        facts = read_facts(Path(path), "gain table")
        if facts.pop("format", None) != FORMAT:
            raise RunError(f"{path} holds no gain table of format {FORMAT}: measure it again")
        rows = tuple(GainRow(**{**row, "clean": _effect(row["clean"]),
                                "robust": None if row["robust"] is None else _effect(row["robust"]),
                                "stressed": {k: _effect(v) for k, v in row["stressed"].items()},
                                "per_seed": tuple(math.nan if v is None else v for v in row["per_seed"])})
                     for row in facts.pop("rows"))
        return cls(rows, **{**facts, "seeds": tuple(facts["seeds"]), "stress": tuple(facts["stress"])})


def _columns(prefix: str, effect: Effect) -> dict[str, Any]:
    return {f"{prefix}without": effect.without.value, f"{prefix}with": effect.with_.value,
            f"{prefix}gain": effect.gain.value, f"{prefix}gain_low": effect.gain.low,
            f"{prefix}gain_high": effect.gain.high, f"{prefix}reading": effect.reading}


def _effect(facts: Mapping[str, Any]) -> Effect:
    return Effect(*(_estimate(facts[f.name]) for f in fields(Effect)))


def _estimate(facts: Mapping[str, Any]) -> Estimate:
    value, low, high = (math.nan if facts[n] is None else float(facts[n]) for n in ("value", "low", "high"))
    return Estimate(value, low, high, int(facts["n"]))

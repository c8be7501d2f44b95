"""A report on disk: ``report.json``, ``samples.parquet``, and the examples' inputs as Arrow files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from practicum.atomic import write_atomic
from practicum.attack import Note
from practicum.batch import Batch
from practicum.errors import RunError
from practicum.evaluate.report import Report
from practicum.evaluate.result import (
    Cell,
    CleanRow,
    Estimate,
    Examples,
    Faithfulness,
    Gain,
    Hardening,
    Meta,
    Perturbation,
    Row,
    Shift,
)
from practicum.explanation import Explanation

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 2
"""Version of the files; another one is refused."""


def save_report(report: Report, directory: Path) -> Path:
    """See :meth:`Report.save`. Each file is written whole or not at all, ``report.json`` last."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if report.cells:
        table = pa.concat_tables([_with_cell(c) for c in report.cells], promote_options="permissive")
        write_atomic(directory / "samples.parquet", lambda file: pq.write_table(table, file, compression="zstd"))
    for number, found in enumerate(report.examples):
        save_examples(found, directory / "examples" / f"{number:03d}")
    write_atomic(directory / "report.json", to_text({"format": FORMAT, **report_facts(report)}))
    return directory


def load_report(directory: Path) -> Report:
    """See :meth:`Report.load`."""
    facts = read_facts(directory / "report.json", "report")
    if facts.get("format") != FORMAT:
        raise RunError(f"{directory} holds a report of format {facts.get('format')!r}, this version reads {FORMAT}: "
                       "make it again, or install the practicum that wrote it")
    made = {k: _perturbation(v) for k, v in facts["perturbations"].items()}
    rows = tuple(Row(**{**r, "perturbation": made[r["perturbation"]], "seeds": tuple(r["seeds"]),
                        "notes": _notes(r),
                        **{n: _estimate(r[n]) for n in ("clean", "perturbed", "drop", "flip_rate")}})
                 for r in facts["rows"])
    clean = tuple(CleanRow(**{**r, "clean": _estimate(r["clean"])}) for r in facts["clean"])
    gains = tuple(Gain(made[g["perturbation"]] if g["perturbation"] else None, g["split"], g["metric"],
                       *(_estimate(g[n]) for n in ("before", "after", "gain"))) for g in facts["gains"])
    done = facts["hardening"]
    hardening = None if done is None else Hardening(**{**done, "chosen": tuple(done["chosen"]),
                                                       "notes": tuple(done["notes"])})
    meta = facts["meta"]
    meta |= {"classes": tuple(meta["classes"]), "seeds": tuple(meta["seeds"])}
    examples = tuple(load_examples(directory / "examples" / f"{k:03d}") for k in range(facts["examples"]))
    shifts = tuple(shift_of(f, made[f["perturbation"]]) for f in facts.get("shifts", ()))
    return Report(Meta(**meta), rows, clean, _cells(directory, facts["cells"], made), examples, gains, hardening,
                  shifts, tuple(faithfulness_of(f) for f in facts.get("faithfulness", ())))


def report_facts(report: Report) -> dict[str, Any]:
    """Everything but samples and inputs, as plain data."""
    known = {r.perturbation.key: asdict(r.perturbation) for r in report.rows}
    return {
        "meta": asdict(report.meta), "perturbations": known,
        "rows": [{**_flat(r), "perturbation": r.perturbation.key} for r in report.rows],
        "clean": [asdict(r) for r in report.clean],
        "gains": [{**_flat(g), "perturbation": g.perturbation.key if g.perturbation else None} for g in report.gains],
        "cells": [{"key": c.key, "perturbation": c.perturbation.key, "split": c.split, "seed": c.seed, "phase": c.phase,
                   "seconds": c.seconds, "notes": [asdict(n) for n in c.notes]} for c in report.cells],
        "shifts": [shift_facts(s) for s in report.shifts],
        "faithfulness": [asdict(f) for f in report.faithfulness],
        "examples": len(report.examples),
        "hardening": None if report.hardening is None else asdict(report.hardening)}


def shift_facts(found: Shift) -> dict[str, Any]:
    """A shift as plain data, its perturbation by key."""
    return {**asdict(found), "perturbation": found.perturbation.key}


def shift_of(fact: Mapping[str, Any], perturbation: Perturbation) -> Shift:
    """Inverse of :func:`shift_facts`."""
    estimates = {n: _estimate(fact[n]) for n in ("similarity", "rank", "top", "flipped", "chance", "beyond")}
    return Shift(fact["explainer"], perturbation, fact["split"], fact["phase"], **estimates)


def faithfulness_of(fact: Mapping[str, Any]) -> Faithfulness:
    """Faithfulness from its plain data."""
    return Faithfulness(**{**fact, "figures": {n: _estimate(e) for n, e in fact["figures"].items()}})


def _flat(row: Row | Gain) -> dict[str, Any]:
    return {f.name: asdict(v) if isinstance(v, Estimate) else [asdict(n) for n in v] if f.name == "notes" else v
            for f in fields(row)
            if (v := getattr(row, f.name)) is not None or f.name != "perturbation"}


def _with_cell(cell: Cell) -> pa.Table:
    import pyarrow as pa

    names = pa.array([cell.key] * cell.samples.num_rows).dictionary_encode()
    return cell.samples.add_column(0, "cell", names)


def _cells(directory: Path, facts: list[dict[str, Any]], made: Mapping[str, Perturbation]) -> tuple[Cell, ...]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not facts:
        return ()
    try:
        table = pq.read_table(directory / "samples.parquet")
    except (OSError, ValueError) as error:
        raise RunError(f"{directory / 'samples.parquet'} can't be read ({error}): make the report again") from error
    out = []
    for fact in facts:
        samples = table.filter(pc.equal(table["cell"].cast("string"), fact["key"])).drop_columns(["cell"])
        out.append(Cell(made[fact["perturbation"]], fact["split"], fact["seed"], fact["phase"], samples,
                        fact["seconds"], _notes(fact)))
    return tuple(out)


def _notes(fact: Mapping[str, Any]) -> tuple[Note, ...]:
    return tuple(Note(**n) for n in fact.get("notes", ()))


def _estimate(fact: Mapping[str, Any]) -> Estimate:
    value, low, high = (math.nan if fact[n] is None else float(fact[n]) for n in ("value", "low", "high"))
    return Estimate(value, low, high, fact["n"])


def _perturbation(fact: Mapping[str, Any]) -> Perturbation:
    return Perturbation(**fact)


def save_examples(found: Examples, directory: Path) -> None:
    """One perturbation's examples: ``before.arrow``, ``after.arrow``, attributions, and ``examples.json`` last."""
    import pyarrow as pa

    def write(name: str, batch: Batch) -> None:
        table = batch.to_arrow()

        def content(file: Any) -> None:
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)

        write_atomic(directory / name, content)

    write("before.arrow", found.before)
    write("after.arrow", found.after)
    facts: dict[str, Any] = {f.name: getattr(found, f.name) for f in fields(found)
                             if f.name not in ("before", "after", "explanations", "perturbation")}
    facts["perturbation"] = asdict(found.perturbation)
    facts["explanations"] = {name: [_explanation(e, directory / f"{k}-{phase}.npz") for e, phase in
                                    zip(pair, ("before", "after"), strict=True)]
                             for k, (name, pair) in enumerate(found.explanations.items())}
    write_atomic(directory / "examples.json", to_text(facts))


def load_examples(directory: Path) -> Examples:
    """Inverse of :func:`save_examples`.

    Raises:
        RunError: they are missing or damaged.
    """
    import pyarrow as pa

    facts = read_facts(directory / "examples.json", "examples")
    try:
        files = [pa.BufferReader((directory / f"{n}.arrow").read_bytes()) for n in ("before", "after")]
        batches = [Batch.from_arrow(pa.ipc.open_file(file).read_all()) for file in files]
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"the examples in {directory} can't be read ({error}): make the report again") from error
    explanations = {name: tuple(_read_explanation(e, directory) for e in pair)
                    for name, pair in facts["explanations"].items()}
    again = facts["hardened_predictions"]
    clean_losses, losses = (tuple(math.nan if v is None else v for v in facts[n]) for n in ("clean_losses", "losses"))
    return Examples(_perturbation(facts["perturbation"]), facts["split"], facts["seed"], batches[0], batches[1],
                    tuple(facts["labels"]), tuple(facts["clean_predictions"]), tuple(facts["predictions"]),
                    clean_losses, losses, cast(Any, explanations), None if again is None else tuple(again))


def _explanation(found: Explanation, path: Path) -> dict[str, Any]:
    return {"file": found.save(path).name}


def _read_explanation(fact: Mapping[str, Any], directory: Path) -> Explanation:
    if Path(fact["file"]).name != fact["file"]:
        raise RunError(f"the examples in {directory} name a file outside it ({fact['file']!r}): they are damaged")
    return Explanation.load(directory / fact["file"])


def to_text(facts: Any) -> str:
    """JSON that other programs can read: NaN and infinity become null."""
    return json.dumps(_finite(facts), indent=1, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def read_facts(path: Path, what: str) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        RunError: the file is missing or no JSON object.
    """
    if not path.is_file():
        raise RunError(f"{path.parent} holds no {what} ({path.name} is missing)")
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise RunError(f"{path} can't be read ({error}): it is damaged, make the {what} again") from error
    if not isinstance(facts, dict):
        raise RunError(f"{path} holds no {what}: it is damaged, make it again")
    return facts

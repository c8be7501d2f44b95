"""``practicum apply``: one technique over a file, with bounded memory and atomic output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import typer

from practicum.atomic import writing
from practicum.cli.apply_batch import apply_batch, is_batch
from practicum.cli.pool import Chunk, Job, pieces
from practicum.cli.rows_out import Row, open_writer
from practicum.cli.settings import parse_settings
from practicum.data.rowfiles import count_rows, file_format, parquet_schema, read_chunks
from practicum.errors import DataError, ModalityError, UsageError


def apply(
    name: str = typer.Argument(help="plugin/technique, or a bare name that is unique."),
    source: Path = typer.Argument(metavar="IN", help="jsonl, csv or parquet."),
    target: Path = typer.Argument(metavar="OUT", help="jsonl, csv or parquet; written whole or not at all."),
    settings: list[str] = typer.Option([], "--set", metavar="FIELD=VALUE", help="A field of the technique."),
    seed: int = typer.Option(0, "--seed", help="Any integer."),
    epoch: int = typer.Option(0, "--epoch", help="Other draws for the same seed."),
    batch_size: int = typer.Option(4096, "--batch-size", min=1, help="Rows held at once by each worker."),
    workers: int = typer.Option(1, "--workers", min=1, help="Processes."),
    text_field: str = typer.Option("text", "--text-field", help="The field to transform, for text techniques."),
    log: Path | None = typer.Option(None, "--log", help="Write the edit log here (jsonl, csv or parquet)."),
    outputs: int = typer.Option(1, "--outputs", min=1, help="Outputs per row; their ids end in #0, #1, ..."),
) -> None:
    """Apply a transformation to a file. A row's id is its `id` field, else its index; other fields pass through.

    The output of a row depends on its id, seed and epoch only: not on batch size, row order or workers. A technique
    of scope batch takes the whole file as one batch. Images and other data come as a Parquet file that Batch.to_arrow
    made.
    """
    from practicum.registry import default_registry
    from practicum.transformation import Transformation

    _check_paths(source, target, log)
    technique = default_registry().get(name, **parse_settings(settings))
    if not isinstance(technique, Transformation):
        raise UsageError(f"{technique.name} is an {technique.kind}; apply takes transformations")
    if is_batch(source):
        if workers > 1 or log is not None:
            raise UsageError("--workers and --log are for files of rows, not for a stored batch")
        count = apply_batch(technique, source, target, seed=seed, epoch=epoch, size=batch_size, outputs=outputs)
        typer.echo(f"{technique.name}: {count} samples -> {target}", err=True)
        return
    modality = next((m for m in ("text", "record") if m in technique.modalities), "")
    if not modality:
        raise ModalityError(f"{technique.name} takes {' or '.join(sorted(technique.modalities))}; apply reads rows of "
                            "text or records, or a Parquet file that Batch.to_arrow made: store your batch first")
    job = Job(technique.config(), modality, seed, epoch, outputs, log is not None)
    size = batch_size if technique.scope == "sample" else sys.maxsize
    done = written = 0
    with ExitStack() as stack:
        out_file = stack.enter_context(writing(target))
        log_file = stack.enter_context(writing(log)) if log else None
        files = stack.enter_context(ExitStack())
        write = open_writer(out_file, target, files, _types(source, outputs) if modality == "text" else {})
        write_log = open_writer(log_file, log, files, _log_types()) if log_file and log else None
        progress = stack.enter_context(_progress(count_rows(source)))
        steps = 0
        chunks = _chunks(source, size, text_field if modality == "text" else None, numbered=outputs > 1)
        for chunk, piece in pieces(job, chunks, workers):
            write([_row(chunk.rows, k, modality, text_field, outputs) for k in piece.kept])
            written += len(piece.kept)
            if write_log is not None:
                for output, table in piece.edits:
                    entries = [{"output": output, **e, "step": e["step"] + steps} for e in table.to_pylist()]
                    write_log(entries)
                    steps += 1 + max((e["step"] for e in table.to_pylist()), default=-1)
            done += len(chunk.rows)
            progress(done)
    rows = f"{written} of {done * outputs}" if technique.filters else str(done)
    typer.echo(f"{technique.name}: {rows} rows -> {target}", err=True)


def _check_paths(source: Path, target: Path, log: Path | None) -> None:
    """Refuse what can't work before any work is done."""
    if not source.is_file():
        raise UsageError(f"there is no file {str(source)!r}")
    for path, role in ((target, "output"), (log, "log")):
        if path is None:
            continue
        file_format(path, role)
        if not path.parent.is_dir():
            raise UsageError(f"the folder {str(path.parent)!r} of the {role} doesn't exist: create it first")
        if path.is_dir():
            raise UsageError(f"the {role} {str(path)!r} is a folder: name a file")
    if log is not None and log.resolve() in (target.resolve(), source.resolve()):
        raise UsageError(f"the log {str(log)!r} would overwrite the input or the output: name another file")


def _types(source: Path, outputs: int) -> dict[str, Any]:
    """What a Parquet input's fields are, so that an output in Parquet has the same types."""
    schema = parquet_schema(source)
    if schema is None:
        return {}
    return {field.name: field.type for field in schema if not (outputs > 1 and field.name == "id")}


def _log_types() -> dict[str, Any]:
    import pyarrow as pa

    from practicum.edits import EditLog

    return {"output": pa.int32(), **{field.name: field.type for field in EditLog().to_table().schema}}


def _row(rows: list[Row], kept: tuple[int, int, Any], modality: str, text_field: str, outputs: int) -> Row:
    at, output, value = kept
    row = rows[at]
    new = {**row, text_field: value} if modality == "text" else {**{k: v for k, v in row.items() if k == "id"}, **value}
    if outputs > 1:
        new["id"] = f"{row.get('id', row.get(_INDEX))}#{output}"
    new.pop(_INDEX, None)
    return new


_INDEX = "\0index"


def _chunks(source: Path, size: int, text_field: str | None, *, numbered: bool) -> Iterator[Chunk]:
    """The input, checked; ``numbered`` keeps each row's id beside it."""
    seen: set[int] = set()
    index = 0
    for rows in read_chunks(source, size):
        ids = [row["id"] if row.get("id") is not None else index + at for at, row in enumerate(rows)]
        _refuse_repeats(ids, seen, source, index)
        values = [_value(row, text_field, source, index + at) for at, row in enumerate(rows)]
        if numbered:
            rows = [{**row, _INDEX: i} for row, i in zip(rows, ids, strict=True)]
        yield Chunk(f"{source}, rows {index} to {index + len(rows) - 1}", rows, ids, values)
        index += len(rows)


def _refuse_repeats(ids: list[Any], seen: set[int], source: Path, start: int) -> None:
    from practicum.keys import hash_ids

    for at, one in enumerate(ids):
        if isinstance(one, bool) or not isinstance(one, (int, str)):
            raise DataError(f"{source}, row {start + at}: id {one!r} is a {type(one).__name__}; ids are integers or "
                            "texts: convert it, or drop the field to number the rows")
        if isinstance(one, str) and any("\ud800" <= c <= "\udfff" for c in one):
            raise DataError(f"{source}, row {start + at}: id {one!r} holds a lone surrogate, which UTF-8 can't hold: "
                            "clean it")
    for at, value in enumerate(hash_ids(ids).tolist()):
        if value in seen:
            raise DataError(f"{source}, row {start + at}: id {ids[at]!r} occurs twice; ids must differ, since equal "
                            "ids draw equal randomness: make them unique, or drop the field to number the rows")
        seen.add(value)


def _value(row: Row, text_field: str | None, source: Path, number: int) -> Any:
    if text_field is None:
        return {k: v for k, v in row.items() if k != "id"}
    if text_field not in row:
        import difflib

        close = difflib.get_close_matches(text_field, [str(k) for k in row], n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, row))}"
        raise DataError(f"{source}, row {number}: no field {text_field!r}; {hint} Name it with --text-field")
    if not isinstance(row[text_field], str):
        raise DataError(f"{source}, row {number}, field {text_field!r}: {type(row[text_field]).__name__} where a text "
                        "is expected; convert the field, or name another with --text-field")
    return row[text_field]


def _progress(total: int | None) -> Any:
    """A context manager that yields ``update(rows_done)``: a bar on a terminal, silent elsewhere."""
    from contextlib import contextmanager

    @contextmanager
    def bar() -> Iterator[Any]:
        if not sys.stderr.isatty():
            yield lambda done: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as shown:
            task = shown.add_task("rows", total=total)
            yield lambda done: shown.update(task, completed=done)

    return bar()

"""Odd samples of each modality: a transformation takes them, or refuses them in so many words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.errors import DataError
from practicum.testing import samples
from practicum.testing.compare import column_lengths_agree
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, accepting_refusal, broken


def _run(subject: Subject, modality: str, data: Any, what: str) -> Batch | None:
    """The output for odd data, or ``None`` where the technique refuses them with a DataError."""
    given = samples.labelled(modality, data)
    out: Batch | None = None
    with accepting_refusal(DataError):
        out = subject.run(given, 1)
    if out is not None:
        if not subject.technique.filters and len(out) != len(given):
            raise broken(f"{what}: {len(given)} samples became {len(out)}")
        if not column_lengths_agree(out):
            raise broken(f"{what}: a column or target has another number of rows than there are ids")
    return out


def _single_column(subject: Subject) -> None:
    if len(subject.batch.columns) > 1:
        raise NotApplicable("the samples have several columns; put odd values into them with samples=")


@contract_check("non-ASCII text", "transformation", modalities=("text",))
def non_ascii(subject: Subject) -> None:
    """Emoji, combining marks, right-to-left text, astral characters: all are text and come out as valid text."""
    _text(subject, samples.NON_ASCII)


@contract_check("empty and tiny text", "transformation", modalities=("text",))
def empty_text(subject: Subject) -> None:
    """Texts without words, or without anything."""
    _text(subject, samples.EMPTY)


def _text(subject: Subject, texts: tuple[str, ...]) -> None:
    _single_column(subject)
    given = samples.labelled("text", list(texts))
    for seed in range(3):
        out = subject.run(given, seed)
        if not subject.technique.filters and len(out) != len(given):
            raise broken(f"{len(given)} texts became {len(out)}")
        for sample, value in zip(out.ids, out.to_list(), strict=True):
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise broken(f"sample {sample!r}: the output is no valid text ({error})") from error
        out.column().validate(full=True)


@contract_check("one-pixel images", "transformation", modalities=("image",))
def one_pixel(subject: Subject) -> None:
    """Images of 1 by 1, of one row and of one column."""
    import torch

    for height, width in ((1, 1), (1, 5), (5, 1)):
        _run(subject, "image", torch.full((3, 3, height, width), 0.5), f"images of {height}x{width}")


@contract_check("uint8 and float images", "transformation", modalities=("image",))
def image_dtypes(subject: Subject) -> None:
    """The dtype stays, and float images stay finite; one channel works like three."""
    import torch

    base = samples.images()
    for channels in (1, 3):
        for dtype in (torch.uint8, torch.float32, torch.float64):
            data = base[:, :channels]
            data = (data * 255).to(torch.uint8) if dtype == torch.uint8 else data.to(dtype)
            what = f"{dtype} images with {channels} channel{'s' if channels > 1 else ''}"
            out = _run(subject, "image", data, what)
            if out is None:
                continue
            found = out.column()
            got = found.dtype if isinstance(found, torch.Tensor) else torch.from_numpy(found[0]).dtype
            if got != dtype:
                raise broken(f"{what} came out as {got}: cast back to the input's dtype")
            if isinstance(found, torch.Tensor) and not bool(torch.isfinite(found.double()).all()):
                raise broken(f"{what} came out with values that are not finite")


@contract_check("images of different sizes", "transformation", modalities=("image",))
def ragged(subject: Subject) -> None:
    """A list of images of different sizes works, or is refused with a DataError that says so."""
    base = samples.images(4).numpy().transpose(0, 2, 3, 1)
    _run(subject, "image", [base[0], base[1][:5], base[2][:, :4], base[3]], "images of different sizes")


@contract_check("missing values", "transformation", modalities=("record", "table", "series", "state"))
def missing_values(subject: Subject) -> None:
    """Nulls and NaN pass through or are refused with a DataError."""
    make: dict[str, Callable[[], Any]] = {"record": _record_nulls, "table": _table_nulls, "series": _series_nan,
                                          "state": _state_nan}
    _single_column(subject)
    _run(subject, subject.modality, make[subject.modality](), "missing values")


def _record_nulls() -> Any:
    rows = samples.records()
    for i, row in enumerate(rows):
        row[list(row)[i % len(row)]] = None
    return rows


def _table_nulls() -> Any:
    import pyarrow as pa

    return [pa.table({"team": ["Reds", None], "points": [None, 3 + i], "rating": [float("nan"), None]})
            for i in range(3)]


def _series_nan() -> Any:
    made = samples.series()
    values, mask = made.values.copy(), made.mask.copy()
    values[0, 3], values[1, -4:], mask[1, -4:], values[2], mask[2] = np.nan, np.nan, False, np.nan, False
    return Series(values, mask)


def _state_nan() -> Any:
    made = samples.states()
    made[0, 0], made[1, 1] = np.nan, np.inf
    return made


@contract_check("no rows and no fields", "transformation", modalities=("record", "table"))
def zero_rows(subject: Subject) -> None:
    """Tables without rows, records without fields."""
    import pyarrow as pa

    _single_column(subject)
    if subject.modality == "table":
        _run(subject, "table", [t.slice(0, 0) for t in samples.tables(2)] + [pa.table({})], "tables without rows")
    else:
        _run(subject, "record", [{}, {}], "records without fields")


@contract_check("shortest series", "transformation", modalities=("series",))
def shortest_series(subject: Subject) -> None:
    """Series of one step, and of one channel."""
    _single_column(subject)
    _run(subject, "series", samples.series(3, 1, 1), "series of one step")


@contract_check("smallest graph", "transformation", modalities=("graph",))
def smallest_graph(subject: Subject) -> None:
    """Graphs of one node without edges, and of two nodes."""
    import torch

    _single_column(subject)
    base = samples.graphs(2)
    made = []
    for graph, nodes, edges in ((base[0], 1, []), (base[1], 2, [[0, 1], [1, 0]])):
        small = graph.clone()
        small.x, small.y = graph.x[:nodes], graph.y[:nodes]
        small.edge_index = torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T.contiguous()
        made.append(small)
    _run(subject, "graph", made, "graphs of one and two nodes")

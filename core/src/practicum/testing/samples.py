"""Tiny samples of each modality: ordinary ones, and the odd ones that break careless code."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch, Column
from practicum.columns.arrays import Series
from practicum.keys import Keys
from practicum.targets import Target
from practicum.testing.result import NotApplicable

COUNT = 9
"""Rows of an ordinary sample batch: batch sizes 1, 7 and 9 split it differently."""

TEXTS = (
    "The quick brown fox jumps over the lazy dog.",
    "A good teacher explains hard things in simple words!",
    "On Monday, 3 of the 12 trains to Paris were late.",
    "She didn't like the film, but her brother loved it.",
    "Water boils at 100 degrees; ice melts at 0.",
    "Please send the report to the whole team before noon.",
    "Nothing in the small garden was green after the long summer.",
    "Why do some birds fly south in winter?",
    "The old bridge (built in 1901) carries two roads.",
)

NON_ASCII = (
    "Zoë naïvely coöperated — “très bien”, said the café owner.",
    "e\u0301clair and n\u0303andu\u0301 with combining marks",
    "family 👨‍👩‍👧‍👦 and flag 🇫🇷 and skin tone 👍🏽 emoji",
    "שלום עולם, this is mixed with مرحبا بالعالم text",
    "中文句子没有空格 日本語もあります 한국어 문장",
    "astral 𝒜𝓁𝓅𝒽𝒶 and 𐍈 letters",
    "zero\u200bwidth, no\u00a0break, line\u2028separator, bom\ufeff",
    "ß ſ İ ı ŉ ǆ case traps",
)

EMPTY = ("", " ", "\n\t", "a", "ab", ".", "a b")


def _uniform(shape: tuple[int, ...], seed: int) -> npt.NDArray[np.float64]:
    size = int(np.prod(shape[1:]))
    ids = Batch.of(np.zeros((shape[0], 1)), modality="state").ids
    return np.asarray(Keys(seed).bind(ids).uniform53(size).reshape(shape))


def _labels(count: int) -> npt.NDArray[np.int64]:
    return np.arange(count, dtype=np.int64) % 3


def images(count: int = COUNT, channels: int = 3, size: int = 8) -> Any:
    """Float32 images [count, channels, size, size] in 0..1: a smooth gradient plus texture, all different."""
    import torch

    ramp = np.linspace(0.1, 0.6, size)
    smooth = ramp[None, None, :, None] * 0.5 + ramp[None, None, None, :] * 0.5
    data = smooth + 0.35 * _uniform((count, channels, size, size), 11)
    return torch.from_numpy(np.clip(data, 0.0, 1.0).astype(np.float32))


def records(count: int = COUNT) -> list[dict[str, Any]]:
    """People with names, places, numbers, dates and flags."""
    names = ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Kurt Gödel", "Emmy Noether", "Srinivasa Ramanujan",
             "Sophie Germain", "John von Neumann", "Mary Somerville")
    cities = ("London", "Wilmslow", "New York", "Brno", "Erlangen", "Erode", "Paris", "Budapest", "Jedburgh")
    return [{"name": names[i % 9], "city": cities[i % 9], "street": f"{10 + i} Station Road", "age": 30 + 3 * i,
             "height": 1.6 + 0.03 * i, "joined": f"20{10 + i % 10}-0{1 + i % 9}-1{i % 10}", "member": i % 2 == 0}
            for i in range(count)]


def tables(count: int = COUNT) -> list[Any]:
    """Tables of four rows with a text, an integer and a float column."""
    import pyarrow as pa

    return [pa.table({"team": ["Reds", "Blues", "Greens", "Golds"], "points": [3 * i + k for k in (9, 7, 4, 1)],
                      "rating": [0.5 + 0.1 * i + 0.2 * k for k in range(4)]}) for i in range(count)]


def series(count: int = COUNT, steps: int = 16, channels: int = 2) -> Series:
    """Float64 series [count, steps, channels]: waves of differing pace with texture, fully observed."""
    t = np.linspace(0.0, 1.0, steps)[None, :, None]
    pace = (1.0 + np.arange(count))[:, None, None] + np.arange(channels)[None, None, :]
    values = np.sin(2 * np.pi * pace * t / 3.0) + 0.1 * _uniform((count, steps, channels), 12)
    return Series(values, np.ones((count, steps), dtype=bool))


def states(count: int = COUNT, width: int = 6) -> npt.NDArray[np.float64]:
    """Float64 states [count, width] in 0.1..0.9."""
    return 0.1 + 0.8 * _uniform((count, width), 13)


def graphs(count: int = COUNT) -> list[Any]:
    """Undirected rings of 5 or more nodes with a chord, float features [n, 4] and integer node labels.

    Raises:
        NotApplicable: torch_geometric is not installed.
    """
    torch, data = _graph_classes()
    made = []
    for i in range(count):
        n = 5 + i % 3
        ring = [(a, (a + 1) % n) for a in range(n)] + [(0, 2)]
        edges = sorted({*ring, *((b, a) for a, b in ring)})
        made.append(data(x=torch.from_numpy(_uniform((n, 4), 20 + i)).float(),
                         edge_index=torch.tensor(edges, dtype=torch.int64).T.contiguous(),
                         y=torch.arange(n) % 2))
    return made


def _graph_classes() -> tuple[Any, Any]:
    if importlib.util.find_spec("torch_geometric") is None:
        raise NotApplicable("torch_geometric is not installed: pip install torch-geometric")
    import torch
    from torch_geometric.data import Data

    return torch, Data


_ORDINARY: dict[str, Callable[[], Any]] = {
    "text": lambda: list(TEXTS), "image": images, "record": records, "table": tables, "series": series,
    "state": states, "graph": graphs,
}


def sample_batch(modality: str) -> Batch:
    """The ordinary sample batch of a modality: 9 samples with text ids and a ``label`` of three classes.

    Example:
        >>> sample_batch("text").to_list()[0]
        'The quick brown fox jumps over the lazy dog.'
    """
    return labelled(modality, _ORDINARY[modality]())


def labelled(modality: str, data: Any) -> Batch:
    """A batch of given data with text ids and labels."""
    batch = Batch.of(columns={modality: Column(modality, data)})
    count = len(batch)
    return Batch.of(columns=batch.columns, ids=[f"s{i}" for i in range(count)], targets={"label": _labels(count)})


def positional_targets(batch: Batch, column: str) -> dict[str, Target]:
    """One target of each positional kind that fits the column's modality, with values inside the input."""
    modality = batch.columns[column].modality
    if modality == "text":
        from practicum.remap import tokens

        values = batch.to_list(column)
        spans = [[(*t, "X") for t in tokens(v)[1:3]] for v in values]
        return {
            "spans": Target("spans", spans, column),
            "tags": Target("tags", [[f"T{k % 2}" for k, _ in enumerate(tokens(v))] for v in values], column),
            "answer": Target("answer", [s[0][:2] if s else None for s in spans], column),
        }
    if modality == "image":
        sizes = [np.shape(v)[:2] for v in batch.to_list(column)]
        boxes = [np.array([[0.0, 0.0, w / 2, h / 2], [w / 4, h / 4, w, h]]) for h, w in sizes]
        masks = [(np.add.outer(np.arange(h), np.arange(w)) % 3 == 0).astype(np.uint8) for h, w in sizes]
        points = [np.array([[0.5, 0.5], [w / 2, h / 2]]) for h, w in sizes]
        return {"boxes": Target("boxes", boxes, column), "masks": Target("masks", masks, column),
                "keypoints": Target("keypoints", points, column)}
    return {}

"""Attributions of a graph's nodes: colour and size of discs, laid out so that neighbours stand together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.explained.charts import number
from practicum.explained.drawing import Canvas, Drawing, short
from practicum.explained.table import flat
from practicum.explanation import Explanation

Floats = npt.NDArray[np.float64]

SIDE, MOST = 420.0, 60
"""Pixels of the drawing's side, and nodes drawn at most (more are shown as bars)."""


def nodes(explanation: Explanation, row: int, graph: Any) -> Drawing:
    """One sample's graph: nodes toward the class filled, those against it ringed too, larger for larger values.

    Args:
        explanation: of nodes.
        row: the sample's row.
        graph: with ``edge_index`` [2, E].
    """
    values = flat(explanation)[row]
    units = explanation.units[row] if explanation.units is not None else [str(k) for k in range(len(values))]
    index: Any = graph.edge_index
    edges = np.asarray(index.detach().cpu().numpy() if hasattr(index, "detach") else index, dtype=np.int64)
    pairs = sorted({(min(a, b), max(a, b)) for a, b in edges.T.tolist() if a != b and max(a, b) < len(values)})
    places = layout(len(values), pairs)
    top = float(np.abs(values).max(initial=0.0)) or 1.0
    largest = sorted(range(len(values)), key=lambda k: -abs(values[k]))[:8]
    canvas = Canvas(SIDE, SIDE, f"Graph {explanation.ids[row]} and the attributions of its nodes",
                    "; ".join(f"node {short(units[k], 30)}: {number(float(values[k]))}" for k in largest) + ".")

    def at(k: int) -> tuple[float, float]:
        return 36 + places[k, 0] * (SIDE - 72), 36 + places[k, 1] * (SIDE - 72)

    for a, b in pairs:
        canvas.line(*at(a), *at(b), "line", 1.2)
    for k in range(len(values)):
        size = abs(float(values[k])) / top
        canvas.dot(*at(k), 6, "paper")
        canvas.dot(*at(k), 6 + 8 * size, "toward" if values[k] >= 0 else "against", opacity=0.15 + 0.85 * size,
                   rim="faint" if values[k] >= 0 else "against",
                   tip=f"node {short(units[k], 30)}: {number(float(values[k]))}")
    for k in range(len(values)):
        x, y = at(k)
        label = short(units[k], 10) + (f" {number(float(values[k]))}" if k in largest and values[k] else "")
        canvas.text(x, y - 17 if y > 40 else y + 27, label, size=11, anchor="middle", most=18, colour="soft")
    return canvas.done()


def layout(count: int, pairs: list[tuple[int, int]]) -> Floats:
    """Places of nodes in the unit square, [count, 2]: springs between neighbours, all others push each other away
    (after Fruchterman and Reingold, DOI 10.1002/spe.4380211102), from a circle, without random draws.

    Example:
        >>> bool(np.ptp(layout(4, [(0, 1), (2, 3)]), axis=0).max() <= 1)
        True
    """
    angle = 2 * np.pi * np.arange(count) / max(count, 1)
    at = np.stack([np.cos(angle), np.sin(angle) * 0.98], axis=1)
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    near = 1.6 / np.sqrt(max(count, 1))
    for turn in range(120):
        apart = at[:, None] - at[None]
        far = np.maximum(np.linalg.norm(apart, axis=2, keepdims=True), 1e-3)
        push = (apart / far * near**2 / far).sum(axis=1)
        way = at[ends[:, 0]] - at[ends[:, 1]]
        pull = way * np.linalg.norm(way, axis=1, keepdims=True) / near
        np.subtract.at(push, ends[:, 0], pull)
        np.add.at(push, ends[:, 1], pull)
        length = np.maximum(np.linalg.norm(push, axis=1, keepdims=True), 1e-9)
        at = at + push / length * np.minimum(length, 0.12 * (1 - turn / 120))
    if not count:
        return at
    centred = (at - at.min(axis=0)) / (float(np.ptp(at, axis=0).max()) or 1.0)
    return np.asarray(centred + (1 - np.ptp(centred, axis=0)) / 2)

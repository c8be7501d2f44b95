"""Explanation shift: how far the reasons for a class move when the input does."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES, FloatColumn
from practicum.errors import DataError
from practicum.evaluate.bootstrap import paired_bootstrap
from practicum.evaluate.cells import predict
from practicum.evaluate.examples import made_again
from practicum.evaluate.expand import Planned, short_label
from practicum.evaluate.result import Cell, Estimate, Row, Shift
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.model import Model

Floats = npt.NDArray[np.float64]

TOP = 0.1
"""Share of the units that count as the most important ones; at least one."""
_NONE = Estimate(float("nan"), float("nan"), float("nan"), 0)
MOST = 64
"""Samples whose explanations are compared, at most."""


def explanation_shift(model: Model, batch: Batch, rows: Sequence[Row], cells: Sequence[Cell],
                      planned: Sequence[Planned], explainers: Sequence[Explainer], *, count: int = MOST,
                      batch_size: int = 256, level: float = 0.95) -> tuple[Shift, ...]:
    """How far each explainer's attributions move under each of some perturbations.

    The class explained is the one predicted on the clean input, before and after: what is compared is the ground for
    one answer, not two answers. Beside it stands the same comparison after a random change of the same L2 length (for
    inputs that are arrays), because attributions move a little under any change: only what goes beyond that is the
    perturbation's doing. Ghorbani, Abid and Zou, "Interpretation of Neural Networks is Fragile", arXiv:1710.10547,
    measure the same two agreements (rank correlation, intersection of the most important units) for perturbations made
    to move explanations; here they are measured for those made to move predictions.

    Args:
        model: the model that was evaluated.
        batch: the split.
        rows: the perturbations, of one split and phase.
        cells: the evaluation's results.
        planned: perturbations with their techniques.
        explainers: whose attributions.
        count: samples compared, from the first ``batch_size`` of the split: those of lowest hash of the id.
        batch_size: as in the evaluation, so that the inputs are the ones that were measured.
        level: of the intervals.

    Returns:
        one :class:`Shift` for each row and explainer, in that order.
    """
    if model.task != "classification" or not explainers:
        return ()
    techniques = {p.perturbation.key: p for p in planned}
    out = []
    for row in rows:
        cell = min((c for c in cells if c.perturbation.key == row.perturbation.key and c.phase == row.phase
                    and c.split == row.split), key=lambda c: row.seeds.index(c.seed))
        chosen = _chosen(cell, batch, min(count, batch_size), batch_size)
        if not len(chosen):
            continue
        before = batch.take(chosen)
        after = made_again(model, batch, cell, techniques[row.perturbation.key], chosen, batch_size)
        said = predict(model, before).labels
        flipped = (predict(model, after).labels != said).astype(np.float64)
        control = _randomly_moved(model, before, after, cell.seed)
        for explainer in explainers:
            plain = explainer.run(model, before, said, Keys(cell.seed))
            moved = agreement(plain, explainer.run(model, after, said, Keys(cell.seed)))
            series = [*moved, flipped]
            if control is not None:
                random = agreement(plain, explainer.run(model, control, said, Keys(cell.seed)))[0]
                series += [random, moved[0] - random]
            similarity, rank, top, turned, *rest = paired_bootstrap(*series, level=level)
            chance, beyond = rest or (_NONE, _NONE)
            out.append(Shift(short_label(explainer), row.perturbation, row.split, row.phase, similarity, rank, top,
                             turned, chance, beyond))
    return tuple(out)


def _chosen(cell: Cell, batch: Batch, count: int, batch_size: int) -> npt.NDArray[np.int64]:
    failed = np.asarray(cell.samples["failed"].to_numpy(zero_copy_only=False), dtype=bool)[:batch_size]
    usable = np.flatnonzero(~failed)
    order = np.argsort(batch.ids.hashes[usable], kind="stable")
    return np.asarray(np.sort(usable[order[:count]]), dtype=np.int64)


def _randomly_moved(model: Model, before: Batch, after: Batch, seed: int) -> Batch | None:
    """Each sample moved as far in L2 as it was, in a direction drawn for it, and kept in the model's box (where that
    leaves no room for the length: as far as four times it would reach)."""
    name = _changed(before, after)
    if name is None or before.columns[name].modality not in FLOAT_MODALITIES:
        return None
    try:
        column, moved = (FloatColumn.of(b, name, by="explanation shift") for b in (before, after))
    except DataError:  # whole numbers, or images of differing sizes: no direction to draw
        return None
    import torch

    free = torch.isfinite(column.x) if column.free is None else column.free
    wide = free.flatten(1)
    length = torch.where(free, moved.x - column.x, 0.0).flatten(1).norm(dim=1, keepdim=True)
    way = torch.from_numpy(Keys(seed, path=("explanation-shift",)).bind(before.ids).normal(wide.shape[1]))
    way = torch.where(wide, way.to(length), 0.0)
    start, bounds = column.x.flatten(1), getattr(model, "bounds", None)

    def reached(scale: torch.Tensor) -> torch.Tensor:
        goal = start + scale * way
        return torch.where(wide, goal if bounds is None else goal.clamp(*bounds), start)

    low = torch.zeros_like(length)
    high = 4.0 * length / way.norm(dim=1, keepdim=True).clamp_min(1e-30)  # the box takes some of the length away
    for _ in range(30):
        middle = (low + high) / 2
        short = torch.where(wide, reached(middle) - start, 0.0).norm(dim=1, keepdim=True) < length
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    goal = reached(low).reshape(column.x.shape)
    return column.restored(goal)


def _changed(before: Batch, after: Batch) -> str | None:
    from practicum.columns import column_kind

    for name, column in before.columns.items():
        if bool(column_kind(column.modality).changed(column.data, after.columns[name].data).any()):
            return name
    return None


def agreement(a: Explanation, b: Explanation) -> tuple[Floats, Floats, Floats]:
    """How alike two explanations of the same samples are: three arrays, float64 [N].

    Cosine similarity, Spearman's rank correlation, and the share of the :data:`TOP` most important units (by size) of
    the first that are among those of the second. Units of texts are lined up; what has no counterpart stands against
    zero. Two explanations without any attribution agree; one without and one with are as unlike as can be (0).

    Example:
        >>> def of(*values):
        ...     return Explanation(np.array([values]), np.array([0]), [0])
        >>> [float(v[0].round(3)) for v in agreement(of(3.0, 1.0, 0.0), of(6.0, 2.0, 0.0))]
        [1.0, 1.0, 1.0]
        >>> [float(v[0].round(3)) for v in agreement(of(3.0, 0.0, 1.0), of(0.0, 3.0, 1.0))]
        [0.1, -1.0, 0.0]
    """
    found = np.zeros((3, len(a)))
    for row in range(len(a)):
        x, y = _lined_up(a, b, row)
        found[:, row] = _cosine(x, y), _spearman(x, y), _top_kept(x, y)
    return found[0], found[1], found[2]


def _lined_up(a: Explanation, b: Explanation, row: int) -> tuple[Floats, Floats]:
    x, y = (np.asarray(getattr(v, "detach", lambda v=v: v)(), dtype=np.float64).reshape(-1)
            for v in (a.values[row], b.values[row]))
    if a.units is None or b.units is None:
        return x, y
    left, right = a.units[row], b.units[row]
    pairs: list[tuple[float, float]] = []
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        both = min(i1 - i0, j1 - j0) if tag in ("equal", "replace") else 0
        pairs += zip(x[i0:i0 + both], y[j0:j0 + both], strict=True)
        pairs += [(v, 0.0) for v in x[i0 + both:i1]] + [(0.0, v) for v in y[j0 + both:j1]]
    lined = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return lined[:, 0], lined[:, 1]


def _cosine(x: Floats, y: Floats) -> float:
    sizes = float(np.linalg.norm(x)), float(np.linalg.norm(y))
    if sizes[0] == 0 or sizes[1] == 0:
        return float(sizes[0] == sizes[1])
    return float(np.dot(x / sizes[0], y / sizes[1]))


def _spearman(x: Floats, y: Floats) -> float:
    from scipy.stats import rankdata

    if len(x) < 2:
        return 1.0
    return _cosine(*(r - r.mean() for r in (rankdata(x), rankdata(y))))


def _top_kept(x: Floats, y: Floats) -> float:
    if not len(x):
        return 1.0
    k = max(1, round(TOP * len(x)))
    first, second = (set(np.argsort(-np.abs(v), kind="stable")[:k].tolist()) for v in (x, y))
    return len(first & second) / k

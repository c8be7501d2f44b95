"""Gradients of the margin in the embeddings of a text's units, and what they promise for other texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import CapabilityError
from practicum.guard import untouched
from practicum_text_attacks.player import Slope

if TYPE_CHECKING:
    from practicum_text_attacks.judge import Judge

Floats = npt.NDArray[np.float64]
_ROWS = 64  # texts of one backward pass
_TEXTS = 1024  # texts cut into units at a time


class Gradients:
    """First-order views of a model.

    Units are the model's own (``units``), and their ids reach ``embed`` and ``logits_from`` as the model gave them:
    nothing is decoded and cut anew.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.model: Any = judge.model

    def slopes(self, wanted: Sequence[tuple[int, str]]) -> list[Slope]:
        """The slope at each (row, text), by one forward and one backward pass a text.

        Raises:
            CapabilityError: the scores don't depend on the embeddings.
        """
        out: list[Slope] = []
        for start in range(0, len(wanted), _ROWS):
            out += self._slopes(wanted[start:start + _ROWS])
        return out

    def _slopes(self, wanted: Sequence[tuple[int, str]]) -> list[Slope]:
        import torch

        judge = self.judge
        rows = np.array([row for row, _ in wanted], dtype=np.int64)
        facts = {name: values[rows] for name, values in judge.facts.items()}
        with untouched(self.model.modules()):
            _, ids, mask = self.model.units(judge.asked(rows, [text for _, text in wanted]))
            leaf = self.model.embed(ids).detach().requires_grad_(True)
            logits = self.model.logits_from(leaf, mask)
            margin = judge.criterion.margin(logits, facts)
            found: Any = None
            if margin.requires_grad:
                found = torch.autograd.grad(margin.sum(), leaf, allow_unused=True)[0]
            if found is None:
                raise CapabilityError(f"{judge.attack.name} needs scores that depend on the embeddings, but "
                                      f"logits_from of {self.model.name} is cut off from them: don't detach, convert "
                                      "to NumPy or use torch.no_grad in it")
            answers = judge.judge(rows, logits.detach().cpu().numpy())
            gradient = torch.nan_to_num(found.double(), nan=0.0).cpu().numpy()
            embedding = leaf.detach().double().cpu().numpy()
        return [Slope(i[m], g[m], e[m], *answer) for i, m, g, e, answer in zip(
            ids.cpu().numpy(), mask.cpu().numpy().astype(bool), gradient, embedding, answers, strict=True)]

    def estimates(self, wanted: Sequence[tuple[int, Slope, Sequence[str]]]) -> list[Floats]:
        """For each (row, slope, texts) the first-order change of margin from the slope's text to each of the texts."""
        rows = np.repeat([row for row, _, _ in wanted], [len(texts) for _, _, texts in wanted]).astype(np.int64)
        flat = [text for _, _, texts in wanted for text in texts]
        units = self.units(list(zip(rows.tolist(), flat, strict=True)))
        slopes = [slope for _, slope, texts in wanted for _ in texts]
        spans = [changed(slope.ids, new) for slope, new in zip(slopes, units, strict=True)]
        fresh = [new[a:len(new) - b] for new, (a, b) in zip(units, spans, strict=True)]
        vectors = self._vectors(fresh)
        gains = [promised(slope, span, [vectors[int(u)] for u in new])
                 for slope, span, new in zip(slopes, spans, fresh, strict=True)]
        return np.split(np.array(gains, dtype=np.float64), np.cumsum([len(texts) for _, _, texts in wanted])[:-1])

    def units(self, wanted: Sequence[tuple[int, str]]) -> list[npt.NDArray[np.int64]]:
        """The ids of the units of each (row, text), as the model cuts it."""
        out: list[npt.NDArray[np.int64]] = []
        for start in range(0, len(wanted), _TEXTS):
            part = wanted[start:start + _TEXTS]
            rows = np.array([row for row, _ in part], dtype=np.int64)
            _, ids, mask = self.model.units(self.judge.asked(rows, [text for _, text in part]))
            keep = mask.cpu().numpy().astype(bool)
            out += [i[m] for i, m in zip(ids.cpu().numpy(), keep, strict=True)]
        return out

    def _vectors(self, units: Sequence[npt.NDArray[np.int64]]) -> dict[int, Floats]:
        import torch

        distinct = np.unique(np.concatenate(units)) if units else np.zeros(0, np.int64)
        if not len(distinct):
            return {}
        with untouched(self.model.modules()), torch.no_grad():
            found = self.model.embed(torch.from_numpy(distinct.astype(np.int64))[None])[0].double().cpu().numpy()
        return dict(zip(distinct.tolist(), found, strict=True))


def changed(old: npt.NDArray[np.int64], new: npt.NDArray[np.int64]) -> tuple[int, int]:
    """How many units at the start, and how many at the end, two texts have in common.

    Example:
        >>> changed(np.array([1, 2, 3, 4]), np.array([1, 9, 4]))
        (1, 1)
    """
    most = min(len(old), len(new))
    same = old[:most] == new[:most]
    start = most if bool(same.all()) else int(np.argmin(same))
    most -= start
    tail = old[len(old) - most:][::-1] == new[len(new) - most:][::-1]
    return start, most if bool(tail.all()) else int(np.argmin(tail))


def promised(slope: Slope, span: tuple[int, int], new: Sequence[Floats]) -> float:
    """The first-order change of margin when the units between ``span`` become ``new`` embeddings.

    Where their number stays, the sum of (new embedding - old embedding) . gradient, unit by unit, which is exact for
    models that are linear in the embeddings. Where it doesn't, the mean gradient of the units replaced stands for each
    new one.
    """
    start, stop = span[0], len(slope.ids) - span[1]
    old, gradient = slope.embedding[start:stop], slope.gradient[start:stop]
    before = float((old * gradient).sum())
    if len(new) == len(old):
        return float(sum(float(e @ g) for e, g in zip(new, gradient, strict=True))) - before
    mean = (gradient if len(gradient) else slope.gradient).mean(axis=0) if len(slope.gradient) else 0.0
    return float(np.sum([np.sum(e * mean) for e in new])) - before

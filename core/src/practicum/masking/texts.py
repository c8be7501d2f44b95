"""Texts as boards: players are words, or the model's own units."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from practicum.batch import Batch
from practicum.errors import DataError, ModelOutputError
from practicum.guard import untouched
from practicum.masking.absent import Token
from practicum.masking.board import Board, InputBoard, Present, Rows, by_unit
from practicum.masking.score import Floats, Scorer

_WORD = re.compile(r"\S+")


class TextBoard(InputBoard):
    """White-space words, written as another text or left out (with the white space before them)."""

    def __init__(self, batch: Batch, name: str, absent: Token) -> None:
        super().__init__(batch, name)
        texts = batch.to_list(name)
        self.units = [_WORD.findall(text) for text in texts]
        self.counts = np.array([len(words) for words in self.units], dtype=np.int64)
        self.cost = 64 * max(map(len, texts), default=1)
        self._pieces = [_pieces(text, absent.text) for text in texts]

    def masked(self, rows: Rows, present: Present) -> Any:
        made = []
        for row, seen in zip(rows.tolist(), present, strict=True):
            there, gone, end = self._pieces[row]
            chosen = [a if keep else b for a, b, keep in zip(there, gone, seen.tolist(), strict=False)]
            made.append("".join(chosen).lstrip() + end if not chosen or not chosen[0] else "".join(chosen) + end)
        return pa.array(made, type=pa.large_string())

    def spread(self, values: Floats) -> list[Floats]:
        return by_unit(values, self.counts)


def _pieces(text: str, token: str) -> tuple[list[str], list[str], str]:
    """What each word adds to the text when it is present and when it is absent, and the text's end."""
    there, gone, last = [], [], 0
    for found in _WORD.finditer(text):
        gap = text[last:found.start()]
        there.append(gap + found.group())
        gone.append(gap + token if token else "")
        last = found.end()
    return there, gone, text[last:]


class HiddenBoard(Board):
    """The model's units, hidden by its own mask: the ids of those present reach it unchanged.

    Units that a model lists in an attribute ``special_units`` (``[CLS]`` and ``[SEP]``, without which it was never
    trained) are always there: they are units, but no players.
    """

    def __init__(self, batch: Batch, name: str, model: Any) -> None:
        super().__init__(batch, name)
        with untouched(model.modules()):
            names, _, mask = model.units(batch)
        self.units = [list(map(str, row)) for row in names]
        lengths = mask.sum(dim=1).cpu().numpy().astype(np.int64)
        for sample, row, count in zip(batch.ids, self.units, lengths.tolist(), strict=True):
            if len(row) != count:
                raise ModelOutputError(f"{model.name} names {len(row)} units for sample {sample!r} but its mask marks "
                                       f"{count}: units() must return one text for each")
        special = frozenset(getattr(model, "special_units", ()))
        self.places = [np.array([k for k, unit in enumerate(row) if unit not in special], dtype=np.int64)
                       for row in self.units]
        self.counts = np.array([len(places) for places in self.places], dtype=np.int64)
        self.cost = 4096 * int(lengths.max(initial=1))
        self._player = np.full((len(self.units), int(lengths.max(initial=0))), -1, dtype=np.int64)
        for player, places in zip(self._player, self.places, strict=True):
            player[places] = np.arange(len(places))

    def scores(self, scorer: Scorer, rows: Rows, present: Present, target: npt.NDArray[np.int64]) -> Floats:
        import torch

        model: Any = scorer.model
        with untouched(model.modules()), torch.no_grad():
            _, ids, mask = model.units(self.batch.take(rows))
            # A row's units are those of its mask in order, wherever its padding lies.
            unit = (mask.long().cumsum(dim=1) - 1).clamp(min=0).cpu().numpy()
            player = np.take_along_axis(self._player[rows], unit, axis=1)
            shown = np.pad(present, ((0, 0), (1, 0)), constant_values=True)[np.arange(len(rows))[:, None], player + 1]
            seen = mask & torch.from_numpy(shown).to(mask.device)
            return scorer.of_logits(model.logits_from(model.embed(ids), seen), target)

    def spread(self, values: Floats) -> list[Floats]:
        made = [np.zeros(len(units)) for units in self.units or ()]
        for row, places in enumerate(self.places):
            made[row][places] = values[row, :len(places)]
        return made

    def gather(self, values: Any) -> Floats:
        """The players' own; what attributions say of special units has no player."""
        for row, (mine, units) in enumerate(zip(values, self.units or (), strict=True)):
            if len(mine) != len(units):
                raise DataError(f"sample {self.batch.ids[row]!r} has attributions of {len(mine)} units, but "
                                f"{len(units)} parts that the model sees: choose players that are the units explained")
        return super().gather([np.asarray(mine)[places] for mine, places in zip(values, self.places, strict=True)])

    @property
    def names(self) -> list[list[str]]:
        return [[units[k] for k in places] for units, places in zip(self.units or (), self.places, strict=True)]

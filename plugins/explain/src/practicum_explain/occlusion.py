"""Occlusion: what the score loses under a sliding window."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum.masking import Game, Pixels, Players, Steps, Values
from practicum.model import Model
from practicum_explain.perturbation import Found, Perturbation

Length = Annotated[int, Field(ge=1)]
Size = Length | tuple[Length, Length]
Windows = npt.NDArray[np.bool_]


class Occlusion(Perturbation):
    """What the score loses when a window hides a part of the input, for a window that slides over it.

    Follows Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", arXiv:1311.2901, with the loss of
    the score instead of the score itself, averaged over the windows that hide a place. Windows slide over the pixels of
    an image, the steps of a series, and the values, words, fields or nodes of anything else; the last one ends where
    the input does. With windows of one part it is :class:`~practicum_explain.ablation.Ablation`.

    Args:
        window: how many parts a window hides: for an image a side in pixels, or (height, width).
        stride: how far it moves at a time, at most ``window``, so that every part is hidden.
        per_channel: image: windows hide one channel at a time, instead of all.
        players: left out, since it is the windows that are absent.

    Raises:
        ConfigError: ``stride`` is larger than ``window``, ``players`` was given, or two sizes are given where there is
            one axis.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, 1.0, 1.0, 1.0]])
        >>> Occlusion(window=2, stride=1)(model, torch.tensor([[1.0, 2.0, 0.0, 4.0]]), target=0).values
        array([[3. , 2.5, 3. , 4. ]], dtype=float32)
    """

    name: ClassVar[str] = "explain/occlusion"

    window: Size | None = Field(default=None, description="parts hidden at once; when left out: an eighth of each side "
                                "of an image, of a series an eighth of its length, else one part")
    stride: Size | None = Field(default=None, description="parts a window moves by; when left out: half a window")
    per_channel: bool = Field(default=False, description="image: hide one channel at a time")

    def game(self, model: Model, batch: Batch, target: npt.NDArray[np.int64]) -> Game:
        """The game whose players are the smallest parts."""
        if self.players is not None:
            raise ConfigError(f"{self.name} hides windows, so it takes no players: set window and stride instead")
        modality = batch.columns[batch.column_name(self.on)].modality
        players: Players | None = Steps() if modality == "series" else None
        if modality == "image":
            players = Values() if self.per_channel else Pixels()
        return Game(model, batch, target, self.absent, players, on=self.on, output=self.output, by=self.name)

    def solve(self, game: Game, keys: Keys) -> Found:
        windows = self._windows(game)
        starts = np.concatenate([[0], np.cumsum([len(w) for w in windows])]).astype(np.int64)
        scores = np.zeros(int(starts[-1]))
        for part in game.parts(len(scores)):
            rows = np.searchsorted(starts, np.arange(part.start, part.stop), side="right") - 1
            hidden = [windows[row][max(part.start, starts[row]) - starts[row]:part.stop - starts[row]]
                      for row in np.unique(rows).tolist()]
            scores[part] = game(rows, ~np.concatenate(hidden))
        values = np.zeros((len(game), game.width))
        for row, hides in enumerate(windows):
            lost = game.full[row] - scores[starts[row]:starts[row + 1]]
            values[row] = lost @ hides / np.maximum(hides.sum(axis=0), 1)
        return Found(values)

    def _windows(self, game: Game) -> list[Windows]:
        """For each sample its windows, bool [windows, width of the game]."""
        if game.modality == "image":
            channels, height, width = game.batch.column(game.board.name).shape[1:]
            flat = self._plane(height, width).reshape(-1, height * width)
            if self.per_channel:
                flat = np.kron(np.eye(channels, dtype=bool), flat)
            return [flat] * len(game)
        made: dict[int, Windows] = {}
        for count in game.counts.tolist():
            if count not in made:
                hides = self._line(count, self.window or (max(1, count // 8) if game.modality == "series" else 1))
                made[count] = np.pad(hides, ((0, 0), (0, game.width - count)))
        return [made[count] for count in game.counts.tolist()]

    def _plane(self, height: int, width: int) -> Windows:
        window = self.window or (max(1, height // 8), max(1, width // 8))
        tall, wide = window if isinstance(window, tuple) else (window, window)
        stride = self.stride or (max(1, tall // 2), max(1, wide // 2))
        down, across = stride if isinstance(stride, tuple) else (stride, stride)
        rows, columns = self._slid(height, tall, down), self._slid(width, wide, across)
        return rows[:, None, :, None] & columns[None, :, None, :]

    def _line(self, count: int, window: Size) -> Windows:
        stride = self.stride or max(1, window // 2 if isinstance(window, int) else 1)
        if isinstance(window, tuple) or isinstance(stride, tuple):
            raise ConfigError(f"{self.name}: window and stride have two sizes, height and width, for images only; give "
                              "one number")
        return self._slid(count, window, stride)

    def _slid(self, count: int, window: int, stride: int) -> Windows:
        """Windows along one axis, bool [windows, count]."""
        if stride > window:
            raise ConfigError(f"{self.name}: stride {stride} is larger than window {window}, so some parts would never "
                              "be hidden: choose a stride of at most the window")
        last = max(count - window, 0)
        starts = np.array(sorted({*range(0, last, stride), last}) if count else [], dtype=np.int64)
        place = np.arange(count)
        return np.asarray((place >= starts[:, None]) & (place < starts[:, None] + window))

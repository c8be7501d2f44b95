"""One sample under attack: what a search sees of it, and what it may ask for."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from practicum_text_attacks.constraints.base import Change, Mask, word_cost
from practicum_text_attacks.sentence import Sentence

Floats = npt.NDArray[np.float64]


class State(NamedTuple):
    """A text that the model has judged.

    Args:
        words: its words, in the places of the original's; an empty one is deleted.
        visits: how often each has been replaced.
        text: the whole text.
        margin: how far the criterion is reached; larger is nearer.
        won: whether it is reached.
        position: the word replaced last, -1 for the original.
        moved: words replaced, as the budget counts them.
    """

    words: tuple[str, ...]
    visits: tuple[int, ...]
    text: str
    margin: float
    won: bool
    position: int = -1
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Slope:
    """The gradient of the margin at one text.

    Args:
        ids: units of the text, int64 [U].
        gradient: of the margin in their embeddings, float64 [U, D].
        embedding: of the units, float64 [U, D].
        margin, won: of the text.
    """

    ids: npt.NDArray[np.int64]
    gradient: Floats
    embedding: Floats
    margin: float
    won: bool


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Asks for the options around a text at some positions."""

    player: Player
    state: State
    positions: Sequence[int]


@dataclass(frozen=True, slots=True)
class Keeps:
    """Asks which options keep to the constraints, bool [N]."""

    player: Player
    options: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Asks for the cosines of options to the original by the attack's similarity constraint, float64 [N]."""

    player: Player
    options: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Asks for the first-order change of margin of texts beside a slope, float64 [N]; costs no query."""

    player: Player
    slope: Slope
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks the model about texts: (margin, won) each, ``None`` where the sample's budget of queries is spent."""

    player: Player
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Climb:
    """Asks for the slopes at texts, a query each; ``None`` where the sample's budget of queries is spent."""

    player: Player
    texts: Sequence[str]


Request = Neighbours | Keeps | Likeness | Estimates | Ask | Climb
T = TypeVar("T")
Search = Generator[Request, Any, T]
"""A search over one sample: yields requests, is sent what it asked for, and returns its result."""


@dataclass(frozen=True)
class Player:
    """One sample as a search sees it.

    Args:
        row: in the batch.
        sample: its id.
        text, sentence: before the attack.
        free: which words may be replaced, bool [L].
        draws: uniform in [0, 1), one for each word; float [L].
        start: the original, judged.
    """

    row: int
    sample: Any
    text: str
    sentence: Sentence
    free: Mask
    draws: Floats
    start: State

    @property
    def positions(self) -> list[int]:
        """Words that may be replaced."""
        return [int(p) for p in np.flatnonzero(self.free)]

    def neighbours(self, state: State, positions: Sequence[int] | None = None) -> Search[list[Change]]:
        """Options that replace one more word of ``state``, position by position."""
        found: list[Change] = yield Neighbours(self, state, self.positions if positions is None else positions)
        return found

    def ask(self, options: Sequence[Change]) -> Search[list[State]]:
        """The options as the model judges them; those that the budget of queries doesn't reach are left out."""
        answers = yield Ask(self, [o.after for o in options])
        return [self.judged(o, *answer) for o, answer in zip(options, answers, strict=True) if answer is not None]

    def margins(self, texts: Sequence[str]) -> Search[list[float] | None]:
        """The margins of texts; ``None`` where the budget of queries doesn't reach all of them."""
        answers = yield Ask(self, texts)
        return None if any(a is None for a in answers) else [a[0] for a in answers]

    def climb(self, texts: Sequence[str]) -> Search[list[Slope | None]]:
        """The slopes at texts; ``None`` for those that the budget of queries doesn't reach."""
        found: list[Slope | None] = yield Climb(self, texts)
        return found

    def estimates(self, slope: Slope, texts: Sequence[str]) -> Search[Floats]:
        """First-order changes of margin, float64 [N]."""
        found: Floats = yield Estimates(self, slope, texts)
        return found

    def keeps(self, options: Sequence[Change]) -> Search[Mask]:
        """Which options keep to the constraints, bool [N]."""
        found: Mask = yield Keeps(self, options)
        return found

    def likeness(self, options: Sequence[Change]) -> Search[Floats]:
        """How like the original options are, float64 [N]."""
        found: Floats = yield Likeness(self, options)
        return found

    def judged(self, option: Change, margin: float, won: bool) -> State:
        """An option with what the model says."""
        visits = list(option.visits)
        visits[option.position] += 1
        return State(option.words, tuple(visits), option.after, margin, won, option.position, option.words_moved())

    def options(self, state: State, position: int, substitutes: Sequence[str]) -> list[Change]:
        """``state`` with one word replaced by each substitute, whether or not the constraints allow it."""
        old, words = self.sentence.words[position], list(state.words)
        rest = state.moved - word_cost(old, state.words[position])
        before, after = self.sentence.around(words, position)
        out = []
        for word in substitutes:
            words[position] = word
            text = before + word + after if word and before is not None else self.sentence.text(words)
            out.append(Change(self.sentence, self.text, tuple(words), position, text, rest + word_cost(old, word),
                              state.visits))
        return out


def best(states: Sequence[State]) -> State:
    """The state of largest margin, the first of equals."""
    return max(states, key=lambda s: s.margin)

"""Many searches at once: whatever they ask for in a round is answered together, by one call of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.model import Model
from practicum_text_attacks.constraints.after import Similarity
from practicum_text_attacks.constraints.base import Change, Constraint, Mask
from practicum_text_attacks.gradients import Gradients
from practicum_text_attacks.judge import Answer, Judge
from practicum_text_attacks.player import (
    Ask,
    Climb,
    Estimates,
    Keeps,
    Likeness,
    Neighbours,
    Player,
    Request,
    Search,
    Slope,
    State,
)
from practicum_text_attacks.sentence import Sentence
from practicum_text_attacks.sources import Place, substitutes

if TYPE_CHECKING:
    from practicum_text_attacks.attack import TextAttack


class Rounds(Judge):
    """Runs one search for each sample, and answers them in rounds.

    A search is a generator of requests. All searches run until each waits for the model; then one call of
    ``model.predict`` answers every text that any of them asks about, and one pass answers every gradient. A text that a
    sample has asked about before is answered from memory and costs no query.

    Args:
        attack: whose criterion, constraints, sources and budgets hold.
        model: the model, as the core hands it over.
        batch: the samples.
        keys: bound to them.
    """

    def __init__(self, attack: TextAttack, model: Model, batch: Batch, keys: Keys) -> None:
        super().__init__(attack, model, batch)
        self.keys, self.worded, self.queries = keys, attack.worded, attack.queries
        self.sources = attack.substitutes_from()
        self.constraints = attack.rules()
        limits = [n for n in (c.visits() for c in self.constraints) if n is not None]
        self.visits = min(limits, default=None)
        self.spent = np.zeros(len(batch), dtype=np.int64)
        self.known: list[dict[str, Answer]] = [{} for _ in self.texts]
        self._made: dict[tuple[int, int, int, str], list[str]] = {}

    def run(self, search: Callable[[Player], Search[State]]) -> list[str]:
        """The attacked texts; those that the criterion doesn't concern, or that win as they are, stay."""
        rows = [int(r) for r in np.flatnonzero(self.criterion.concerns(self.facts))]
        rows = [r for r in rows if self.texts[r].split()]
        answers = self._answers([(r, self.texts[r]) for r in rows])
        judged = [(r, a) for r, a in zip(rows, answers, strict=True) if a is not None and not a[1]]
        running = {p.row: search(p) for p in self._players(judged)}
        out = list(self.texts)
        for row, state in self.play(running).items():
            out[row] = state.text
        return out

    def play(self, running: dict[int, Search[Any]]) -> dict[int, Any]:
        """What each search returns."""
        done: dict[int, Any] = {}
        waiting: dict[int, Request] = {}

        def advance(row: int, reply: Any) -> None:
            try:
                waiting[row] = running[row].send(reply)
            except StopIteration as stop:
                done[row] = stop.value
                waiting.pop(row, None)

        for row in running:
            advance(row, None)
        cheap: tuple[tuple[type, Callable[[Any], Sequence[Any]]], ...] = (
            (Neighbours, self._neighbours), (Keeps, self._keeps), (Likeness, self._likeness),
            (Estimates, self._estimates))
        dear: tuple[tuple[type, Callable[[Any], Sequence[Any]]], ...] = ((Ask, self._ask), (Climb, self._climb))
        while waiting:
            kinds = {type(request) for request in waiting.values()}
            table = [entry for entry in cheap if entry[0] in kinds] or [entry for entry in dear if entry[0] in kinds]
            for kind, serve in table:
                rows = [row for row, request in waiting.items() if type(request) is kind]
                for row, reply in zip(rows, serve([waiting[row] for row in rows]), strict=True):
                    advance(row, reply)
        return done

    def _players(self, judged: Sequence[tuple[int, Answer]]) -> list[Player]:
        sentences = [Sentence.of(self.texts[row]) for row, _ in judged]
        free = [np.array(s.worded if self.worded else [True] * len(s.words), dtype=bool) for s in sentences]
        for rule in self.constraints:
            if type(rule).free is not Constraint.free:
                free = [a & b for a, b in zip(free, rule.free(sentences), strict=True)]
        longest = max((len(s.words) for s in sentences), default=1)
        draws = self.keys.child("order").uniform53(longest)
        return [Player(row, self.batch.ids[row], self.texts[row], s, f, draws[row, :len(s.words)],
                       State(s.words, (0,) * len(s.words), self.texts[row], *answer))
                for (row, answer), s, f in zip(judged, sentences, free, strict=True)]

    def left(self, row: int) -> float:
        """Queries that a sample may still cost."""
        return float("inf") if self.queries is None else self.queries - int(self.spent[row])

    def _ask(self, requests: Sequence[Ask]) -> list[list[Answer | None]]:
        flat = self._answers([(r.player.row, text) for r in requests for text in r.texts])
        out, at = [], 0
        for request in requests:
            out.append(flat[at:at + len(request.texts)])
            at += len(request.texts)
        return out

    def _answers(self, wanted: Sequence[tuple[int, str]]) -> list[Answer | None]:
        """Each text's answer for its row; new ones are asked in one call, in the order given, while queries last."""
        new: dict[tuple[int, str], None] = {}
        for row, text in wanted:
            if text not in self.known[row] and (row, text) not in new and self.left(row) >= 1:
                new[row, text] = None
                self.spent[row] += 1
        if new:
            rows = np.array([row for row, _ in new], dtype=np.int64)
            answers = self.answers(rows, [text for _, text in new])
            for (row, text), answer in zip(new, answers, strict=True):
                self.known[row][text] = answer
        return [self.known[row].get(text) for row, text in wanted]

    def _neighbours(self, requests: Sequence[Neighbours]) -> list[list[Change]]:
        places: dict[tuple[int, int, int, str], Place] = {}
        spots: list[list[tuple[int, tuple[int, int, int, str]]]] = []
        for r in requests:
            mine = []
            for p in r.positions:
                visit, word = r.state.visits[p], r.state.words[p]
                if not word or not r.player.free[p] or (self.visits is not None and visit >= self.visits):
                    continue
                key = (r.player.row, p, visit, word)
                mine.append((p, key))
                if key not in self._made:
                    places[key] = Place(r.player.sample, p, visit, word)
            spots.append(mine)
        found = substitutes(self.sources, list(places.values()), self.keys.child("substitutes"))
        self._made.update(zip(places, found, strict=True))
        options = [[o for p, key in mine for o in r.player.options(r.state, p, self._made[key])]
                   for r, mine in zip(requests, spots, strict=True)]
        kept = self._allowed([o for some in options for o in some])
        out, at = [], 0
        for some in options:
            out.append([o for o, fine in zip(some, kept[at:at + len(some)].tolist(), strict=True) if fine])
            at += len(some)
        return out

    def _allowed(self, changes: Sequence[Change]) -> Mask:
        """Which changes all rules allow; a rule sees only what those before it let through."""
        kept = np.ones(len(changes), dtype=bool)
        for rule in self.constraints:
            if type(rule).allows is Constraint.allows or not kept.any():
                continue
            if kept.all():
                kept = rule.allows(changes)
            else:
                rows = np.flatnonzero(kept)
                kept[rows] = rule.allows([changes[r] for r in rows.tolist()])
        return kept

    def _keeps(self, requests: Sequence[Keeps]) -> list[Mask]:
        return [self._allowed(r.options) for r in requests]

    def _likeness(self, requests: Sequence[Likeness]) -> list[npt.NDArray[np.float64]]:
        rule = next(rule for rule in self.constraints if isinstance(rule, Similarity))
        flat = rule.cosines([o for r in requests for o in r.options])
        ends = np.cumsum([len(r.options) for r in requests])
        return np.split(flat, ends[:-1])

    def _climb(self, requests: Sequence[Climb]) -> list[list[Slope | None]]:
        able: list[tuple[int, str]] = []
        for r in requests:
            reach = min(len(r.texts), self.left(r.player.row))
            able += [(r.player.row, text) for text in r.texts[:int(reach)]]
            self.spent[r.player.row] += int(reach)
        found = Gradients(self).slopes(able)
        for (row, text), slope in zip(able, found, strict=True):
            self.known[row].setdefault(text, (slope.margin, slope.won))
        by_row: dict[int, list[Slope]] = {}
        for (row, _), slope in zip(able, found, strict=True):
            by_row.setdefault(row, []).append(slope)
        out: list[list[Slope | None]] = []
        for r in requests:
            mine = by_row.get(r.player.row, [])
            out.append([*mine, *[None] * (len(r.texts) - len(mine))])
        return out

    def _estimates(self, requests: Sequence[Estimates]) -> list[npt.NDArray[np.float64]]:
        found = Gradients(self).estimates([(r.player.row, r.slope, r.texts) for r in requests])
        return [self.steady(np.full(len(gains), r.player.row), gains) for r, gains in zip(requests, found, strict=True)]

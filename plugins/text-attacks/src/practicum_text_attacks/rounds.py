"""Many searches at once: whatever they ask for in a round is answered together, by one call of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.errors import DataError, ModelOutputError
from practicum.keys import Keys
from practicum.model import Model
from practicum_text_attacks.constraints.after import Similarity
from practicum_text_attacks.constraints.base import Change, Constraint, Mask
from practicum_text_attacks.gradients import Gradients
from practicum_text_attacks.player import (
    Ask,
    Climb,
    Estimates,
    Keeps,
    Likeness,
    Neighbours,
    Option,
    Player,
    Request,
    Search,
    Slope,
    State,
)
from practicum_text_attacks.sentence import Sentence
from practicum_text_attacks.sources import Place, Source, substitutes

if TYPE_CHECKING:
    from practicum_text_attacks.attack import TextAttack

Answer = tuple[float, bool]
_COARSE, _FINE = 20, 36  # bits of a margin that count, of 24 and of 53: what lies below changes with the batch


class Rounds:
    """Runs one search for each sample, and answers them in rounds.

    A search is a generator of requests. All searches run until each waits for the model; then one call of
    ``model.predict`` answers every text that any of them asks about, and one pass answers every gradient. A text that a
    sample has asked about before is answered from memory and costs no query.

    Margins are rounded to a grid of 2**-20 (for scores of single precision) or 2**-36 of the sample's largest clean
    score: batches of other sizes round sums differently, and equally good texts must not be told apart by that.

    Args:
        attack: whose criterion, constraints, sources and budgets hold.
        model: the model, as the core hands it over.
        batch: the samples.
        keys: bound to them.
    """

    def __init__(self, attack: TextAttack, model: Model, batch: Batch, keys: Keys) -> None:
        self.attack, self.model, self.keys = attack, model, keys
        self.column = batch.column_name(attack.on, attack.modalities)
        self.batch = Batch(batch.ids, batch.columns, {})
        self.criterion = attack.aim()
        self.facts = self.criterion.facts(batch)
        self.texts: list[str] = batch.to_list(self.column)
        self.sources = attack.substitutes_from()
        self.constraints = attack.rules()
        limits = [n for n in (c.visits() for c in self.constraints) if n is not None]
        self.visits = min(limits, default=None)
        self.spent = np.zeros(len(batch), dtype=np.int64)
        self.known: list[dict[str, Answer]] = [{} for _ in self.texts]
        self.grid = np.full(len(batch), np.nan)
        self._made: dict[tuple[int, int, int, str, tuple[Source, ...]], list[str]] = {}

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
        free = [np.array(s.worded, dtype=bool) for s in sentences]
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
        return float("inf") if self.attack.queries is None else self.attack.queries - int(self.spent[row])

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
            scores = self._scores(rows, [text for _, text in new])
            for (row, text), answer in zip(new, self.judge(rows, scores), strict=True):
                self.known[row][text] = answer
        return [self.known[row].get(text) for row, text in wanted]

    def asked(self, rows: npt.NDArray[np.int64], texts: Sequence[str]) -> Batch:
        """The samples ``rows`` with other texts."""
        return self.batch.take(rows).with_column(self.column, list(texts))

    def _scores(self, rows: npt.NDArray[np.int64], texts: Sequence[str]) -> npt.NDArray[Any]:
        made = self.model.predict(self.asked(rows, texts))
        scores = np.asarray(made.values)
        if scores.ndim != 2 or scores.shape[1] < 2:
            raise ModelOutputError(f"{self.attack.name}: {self.model.name} returned scores of shape {scores.shape}; "
                                   "they must be [N, C] with at least two classes")
        return scores

    def judge(self, rows: npt.NDArray[np.int64], scores: npt.NDArray[Any]) -> list[Answer]:
        """Margin and verdict of scores [N, C] of the samples ``rows``."""
        import torch

        facts = {name: values[rows] for name, values in self.facts.items()}
        label = facts["label"]
        if len(label) and int(label.max()) >= scores.shape[1]:
            row = int(rows[int(label.argmax())])
            raise DataError(f"{self.attack.name}: sample {self.batch.ids[row]!r} has class {int(label.max())}, but "
                            f"{self.model.name} knows {scores.shape[1]} classes (0 to {scores.shape[1] - 1}): fix the "
                            "labels or the model's number of classes")
        exact = scores.astype(np.float64)
        margins = self.criterion.margin(torch.from_numpy(exact), facts).numpy()
        fresh = np.isnan(self.grid[rows])
        if fresh.any():
            bits = _FINE if scores.dtype == np.float64 else _COARSE
            size = np.abs(np.where(np.isfinite(exact), exact, 0.0)).max(axis=1)
            scale = np.exp2(np.floor(np.log2(np.where(size > 0, size, 1.0))) - bits)
            for row, value in zip(rows[fresh].tolist(), scale[fresh].tolist(), strict=True):
                if np.isnan(self.grid[row]):
                    self.grid[row] = value
        grid = self.grid[rows]
        steady = np.where(np.isfinite(margins), np.round(margins / grid) * grid, margins)
        return list(zip(steady.tolist(), self.criterion.reached(scores, facts).tolist(), strict=True))

    def _neighbours(self, requests: Sequence[Neighbours]) -> list[list[Option]]:
        places: dict[tuple[Source, ...], dict[tuple[int, int, int, str], Place]] = {}
        spots: list[list[tuple[int, tuple[int, int, int, str, tuple[Source, ...]]]]] = []
        for r in requests:
            sources = self.sources if r.sources is None else r.sources
            mine = []
            for p in r.positions:
                visit, word = r.state.visits[p], r.state.words[p]
                if not word or not r.player.free[p] or (self.visits is not None and visit >= self.visits):
                    continue
                key = (r.player.row, p, visit, word)
                mine.append((p, (*key, sources)))
                if (*key, sources) not in self._made:
                    places.setdefault(sources, {})[key] = Place(r.player.sample, p, visit, word)
            spots.append(mine)
        for sources, wanted in places.items():
            found = substitutes(sources, list(wanted.values()), self.keys.child("substitutes"))
            self._made.update({(*key, sources): words for key, words in zip(wanted, found, strict=True)})
        options = [[r.player.option(r.state, p, word) for p, key in mine for word in self._made[key]]
                   for r, mine in zip(requests, spots, strict=True)]
        kept = self._allowed([o.change for some in options for o in some])
        out, at = [], 0
        for some in options:
            out.append([o for o, fine in zip(some, kept[at:at + len(some)].tolist(), strict=True) if fine])
            at += len(some)
        return out

    def _allowed(self, changes: Sequence[Change]) -> Mask:
        """Which changes all rules allow; a rule sees only what those before it let through."""
        kept = np.ones(len(changes), dtype=bool)
        for rule in self.constraints:
            rows = np.flatnonzero(kept)
            if type(rule).allows is not Constraint.allows and len(rows):
                kept[rows] = rule.allows([changes[r] for r in rows.tolist()])
        return kept

    def _keeps(self, requests: Sequence[Keeps]) -> list[Mask]:
        return [self._allowed([o.change for o in r.options]) for r in requests]

    def _likeness(self, requests: Sequence[Likeness]) -> list[npt.NDArray[np.float64]]:
        rule = next(rule for rule in self.constraints if isinstance(rule, Similarity))
        flat = rule.cosines([o.change for r in requests for o in r.options])
        ends = np.cumsum([len(r.options) for r in requests])
        return np.split(flat, ends[:-1])

    def _climb(self, requests: Sequence[Climb]) -> list[Slope | None]:
        able = []
        for r in requests:
            if self.left(r.player.row) >= 1:
                self.spent[r.player.row] += 1
                able.append(r)
        found = Gradients(self).slopes([(r.player.row, r.text) for r in able])
        made = dict(zip(map(id, able), found, strict=True))
        for r, slope in zip(able, found, strict=True):
            self.known[r.player.row].setdefault(r.text, (slope.margin, slope.won))
        return [made.get(id(r)) for r in requests]

    def _estimates(self, requests: Sequence[Estimates]) -> list[npt.NDArray[np.float64]]:
        return Gradients(self).estimates([(r.player.row, r.slope, r.texts) for r in requests])

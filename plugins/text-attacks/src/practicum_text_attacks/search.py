"""Searches over one sample, as generators of requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from practicum_text_attacks.constraints.base import Change
from practicum_text_attacks.player import Player, Search, State, best


def beam(player: Player, width: int, positions: Sequence[int] | None = None) -> Search[State]:
    """Replace any one word more, keep the ``width`` best texts, and go on from them until one wins or none gains.

    With ``width`` 1 it is the plain greedy search: the best of all single replacements, again and again. Where scores
    are sums over words, that takes the fewest words possible.
    """
    found, going, seen = player.start, [player.start], {player.text}
    while True:
        options: list[Change] = []
        for state in going:
            options += yield from player.neighbours(state, positions)
        fresh = {o.after: o for o in options if o.after not in seen}
        seen |= fresh.keys()
        states = yield from player.ask(list(fresh.values()))
        winners = [s for s in states if s.won]
        if winners:
            return best(winners)
        if not states or best(states).margin <= found.margin:
            return found
        found = best(states)
        going = sorted(states, key=lambda s: -s.margin)[:width]


Choice = Callable[[Player, Sequence[Change], Sequence[State]], Search[State]]
"""Which of several winning texts is kept."""


def in_order(player: Player, order: Sequence[int], choose: Choice | None = None,
             narrow: Callable[[list[Change]], list[Change]] | None = None) -> Search[State]:
    """Visit words in an order; at each, ask about all its substitutes and keep the best where it gains, until one wins.

    Args:
        player: the sample.
        order: positions.
        choose: which of several winning texts is kept; the one of largest margin when ``None``.
        narrow: which options of a word are asked about; all when ``None``.
    """
    found = player.start
    for position in order:
        options = yield from player.neighbours(found, [position])
        options = options if narrow is None else narrow(options)
        states = yield from player.ask(options)
        winners = [s for s in states if s.won]
        if winners:
            if choose is None:
                return best(winners)
            by_text = {o.after: o for o in options}
            return (yield from choose(player, [by_text[s.text] for s in winners], winners))
        if states and best(states).margin > found.margin:
            found = best(states)
        if len(states) < len(options):
            break  # the budget of queries is spent
    return found


def ordered(positions: Sequence[int], importance: Sequence[float]) -> list[int]:
    """Positions by falling importance, earlier words first among equals.

    Example:
        >>> ordered([0, 3, 5], [1.0, 2.0, 1.0])
        [3, 0, 5]
    """
    return [positions[k] for k in np.lexsort((np.asarray(positions), -np.asarray(importance, dtype=np.float64)))]


def replaceable(player: Player) -> Search[dict[int, list[Change]]]:
    """The options of each word of the original that has any."""
    options = yield from player.neighbours(player.start)
    out: dict[int, list[Change]] = {}
    for option in options:
        out.setdefault(option.position, []).append(option)
    return out


def left_out(player: Player, position: int, token: str = "") -> str:
    """The original without one word, or with ``token`` in its place."""
    words = player.sentence.words
    return player.sentence.text((*words[:position], token, *words[position + 1:]))

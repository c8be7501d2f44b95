"""Greedy replacement in the order of how much words matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from practicum_text_attacks.attack import TextAttack
from practicum_text_attacks.constraints.base import Change
from practicum_text_attacks.player import Player, Search, State
from practicum_text_attacks.search import in_order, left_out, ordered, replaceable

Ranking = Literal["delete", "unk", "weighted", "random"]


class WordImportance(TextAttack):
    """Ranks words by how much they matter, then replaces them in that order until the criterion is reached.

    A word's importance is by how much the margin rises when it is deleted (``delete``), replaced by a token that the
    model doesn't know (``unk``), or replaced by the best of its substitutes (``weighted``, times the softmax of its
    ``unk`` importance, as in PWWS), or it is drawn (``random``). At each word all substitutes are asked about and the
    best is kept where it gains.

    Queries of a sample: 1 for the clean text, then 1 for each of the L words that have substitutes (none for
    ``random``; for ``weighted`` also one for each substitute of every word), then one for each substitute of each word
    visited. A text asked about before costs nothing.

    Follows Li et al., arXiv:1612.08220 (importance by deletion), and the comparison of rankings in Yoo et al.,
    arXiv:2009.06368. What differs: importance is measured in margin, whose order scale and shift of logits don't
    change; words without substitutes are not ranked.

    Args:
        ranking: ``delete``, ``unk``, ``weighted`` or ``random``.
        token: what ``unk`` and ``weighted`` write in place of a word.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        MissingRequirement: no sources are given and ``text-noise/synonym`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "fine"], [[1.0], [0.5], [-0.1]], [[-1.0], [1.0]])
        >>> attack = WordImportance(eps=2, sources=[{"source": "unknown"}])
        >>> result = attack(model, Batch.of(["A good fine film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.queries
        (['A [UNK] [UNK] film'], array([6]))
    """

    name: ClassVar[str] = "text-attacks/word-importance"

    ranking: Ranking = Field(default="delete", description="how words are ranked")
    token: str = Field(default="[UNK]", min_length=1, description="what unk and weighted write in place of a word")

    def search(self, player: Player) -> Search[State]:
        options = yield from replaceable(player)
        order = yield from self.order(player, options)
        return (yield from in_order(player, order, self.choose))

    def choose(self, player: Player, options: Sequence[Change], winners: Sequence[State]) -> Search[State]:
        """Which of several winning texts is kept: the one of largest margin."""
        yield from ()
        return max(winners, key=lambda s: s.margin)

    def order(self, player: Player, options: dict[int, list[Change]]) -> Search[list[int]]:
        """Positions, the most important first; none when the budget of queries doesn't reach for the ranking."""
        positions = list(options)
        if self.ranking == "random":
            return ordered(positions, [float(player.draws[p]) for p in positions])
        if self.ranking == "weighted":
            ranked = yield from weighted(player, options, self.token)
            return [position for position, _ in ranked]
        token = "" if self.ranking == "delete" else self.token
        margins = yield from player.margins([left_out(player, p, token) for p in positions])
        return [] if margins is None else ordered(positions, margins)


def weighted(player: Player, options: dict[int, list[Change]], token: str,
             salient: bool = True) -> Search[list[tuple[int, State]]]:
    """Positions with their best substitutes, by gain times softmax of saliency, as in PWWS.

    Gains and saliencies are rises of margin in units of the clean margin, so that the scale of logits doesn't matter.

    Args:
        player: the sample.
        options: of each position.
        token: what stands for a word that is gone.
        salient: whether gains are weighted; else positions are ranked by gain alone.

    Returns:
        positions whose best substitute gains, the first first; none when the budget of queries doesn't reach.
    """
    positions = list(options)
    weight = np.ones(len(positions))
    unit = abs(player.start.margin) or 1.0
    if salient and positions:
        margins = yield from player.margins([left_out(player, p, token) for p in positions])
        if margins is None:
            return []
        saliency = (np.array(margins) - player.start.margin) / unit
        weight = np.exp(saliency - saliency.max())
        weight /= weight.sum()
    states = yield from player.ask([o for some in options.values() for o in some])
    if len(states) < sum(map(len, options.values())):
        return []
    found: dict[int, State] = {}
    for state in states:
        known = found.get(state.position)
        if known is None or state.margin > known.margin:
            found[state.position] = state
    gains = [(found[p].margin - player.start.margin) / unit for p in positions]
    order = ordered(range(len(positions)), [w * g for w, g in zip(weight.tolist(), gains, strict=True)])
    return [(positions[k], found[positions[k]]) for k in order if gains[k] > 0]

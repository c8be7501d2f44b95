"""Probability-weighted word saliency."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from practicum_text_attacks.attack import TextAttack
from practicum_text_attacks.player import Player, Search, State
from practicum_text_attacks.search import replaceable
from practicum_text_attacks.word_importance import weighted


class PWWS(TextAttack):
    """Replaces words by their best substitutes in the order of gain times saliency, all chosen on the clean text.

    Each word's best substitute is found on the clean text; its gain is weighted by the softmax of the word's saliency
    (how much the margin rises when the word is unknown); words are then replaced one after another until the criterion
    is reached.

    Queries of a sample with L words that have substitutes, C substitutes in all: 1 + L + C, then one for each word
    replaced after the first. Without ``salient``: 1 + C and those. Where the score is a sum over words,
    ``salient=False`` changes the fewest words possible.

    Follows Ren, Deng, He and Che, ACL 2019 (P19-1103, doi:10.18653/v1/P19-1103). What differs: gain and saliency are
    measured in margin, in units of the clean margin, where the paper takes probabilities, which say nothing once they
    are saturated; synonyms are inflected, from ``text-noise/synonym``; named entities are not swapped.

    Args:
        salient: whether gains are weighted by saliency.
        token: what stands for a word to measure its saliency.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        MissingRequirement: no sources are given and ``text-noise/synonym`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "fine", "dull"], [[1.0], [0.5], [-0.9], [0.0]], [[-1.0], [1.0]])
        >>> attack = PWWS(eps=2, sources=[{"source": "listed", "entries": {"good": ["fine"], "film": ["dull"]}}])
        >>> result = attack(model, Batch.of(["A good film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.queries
        (['A fine dull'], array([6]))
    """

    name: ClassVar[str] = "text-attacks/pwws"

    salient: bool = Field(default=True, description="whether gains are weighted by saliency")
    token: str = Field(default="[UNK]", min_length=1, description="what stands for a word to measure its saliency")

    def search(self, player: Player) -> Search[State]:
        options = yield from replaceable(player)
        ranked = yield from weighted(player, options, self.token, self.salient)
        found = player.start
        for position, substitute in ranked:
            option = player.options(found, position, [substitute.words[position]])[0]
            fine = yield from player.keeps([option])
            if not fine[0]:
                continue
            states = yield from player.ask([option])
            if not states:
                break
            if states[0].won or states[0].margin > found.margin:
                found = states[0]
            if found.won:
                break
        return found

"""Flips that the gradient promises most of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_attacks.attack import TextAttack
from practicum_text_attacks.constraints import AnyConstraint, MinLength, Repeat
from practicum_text_attacks.constraints.base import Change
from practicum_text_attacks.player import Player, Search, State, best
from practicum_text_attacks.search import in_order, ordered, replaceable
from practicum_text_attacks.sources import Source


class HotFlip(TextAttack):
    """Flips of characters or words, ranked by the change of margin that one gradient promises for each.

    Each round takes the gradient of the margin in the embeddings of each text kept, estimates every substitute by
    (new embedding - old embedding) . gradient, and asks about the ``width`` best. On a model that is linear in its
    embeddings the estimate is the change. Where a substitute has more or fewer units than the word, the mean gradient
    of the word's units stands for those of the new one.

    Queries of a sample: 2, and ``width`` a round; as many backward passes, less one.

    Follows Ebrahimi, Rao, Lowd and Dou (arXiv:1712.06751). What differs: the loss is the margin; candidates are a
    source's substitutes (single edits of characters by registered techniques by default; for flips of words give
    ``sources=[{source: vocabulary, words: [...]}]``), so that insertions, deletions and multi-unit words are estimated
    alike.

    Args:
        width: texts kept after each round.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        CapabilityError: the model has no embedding gradients.
        MissingRequirement: no sources are given and ``practicum-text-noise`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "dull", "fine"], [[1.0], [-2.0], [0.5], [0.0]], [[-1.0], [1.0]])
        >>> words = {"source": "vocabulary", "words": ["fine", "dull"]}
        >>> attack = HotFlip(width=1, norm="words", eps=2, sources=[words])
        >>> result = attack(model, Batch.of(["good film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.queries, result.gradients
        (['dull film'], array([3]), array([2]))
    """

    name: ClassVar[str] = "text-attacks/hotflip"
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (2, 4, 8)}

    width: int = Field(default=4, ge=1, description="texts kept after each round")
    norm: Literal["words", "edits"] = Field(default="edits", description="what the budget counts")
    eps: float = Field(default=4.0, gt=0.0, description="of edits: characters; of words: below 1 a share, "
                                                        "else how many")
    constraints: tuple[AnyConstraint, ...] = Field(default=(MinLength(characters=2), Repeat(times=2)),
                                                   description="which words, and what texts, are allowed")

    def own_sources(self) -> tuple[Source, ...]:
        """Single edits by three techniques of text-noise."""
        return tuple(self.applied(f"text-noise/{n}", draws=d, singly=True) for n, d in (
            ("char-substitute", 8), ("char-insert", 4), ("char-delete", 1)))

    def search(self, player: Player) -> Search[State]:
        found, states, seen = player.start, [player.start], {player.text}
        slopes = yield from player.climb([player.text])
        while True:
            promises: dict[str, tuple[float, Change]] = {}
            for state, slope in zip(states, slopes, strict=True):
                if slope is None:
                    continue
                options = yield from player.neighbours(state)
                options = [o for o in options if o.after not in seen]
                gains = yield from player.estimates(slope, [o.after for o in options])
                for option, gain in zip(options, gains.tolist(), strict=True):
                    text, promise = option.after, state.margin + gain
                    if text not in promises or promise > promises[text][0]:
                        promises[text] = (promise, option)
            chosen = [o for _, o in sorted(promises.values(), key=lambda pair: -pair[0])[:self.width]]
            slopes = yield from player.climb([o.after for o in chosen])
            reached = [(o, s) for o, s in zip(chosen, slopes, strict=True) if s is not None]
            states = [player.judged(o, s.margin, s.won) for o, s in reached]
            slopes = [s for _, s in reached]
            seen |= {s.text for s in states}
            if any(s.won for s in states):
                return best([s for s in states if s.won])
            if not states or best(states).margin <= found.margin:
                return found
            found = best(states)


class GradientImportance(TextAttack):
    """Ranks words by what the gradient promises for the best of their substitutes, then replaces them in that order.

    One gradient of the clean text estimates every substitute as in HotFlip; words are visited by the best estimate, and
    at each the ``top`` best substitutes are asked about. On a model that is linear in its embeddings this changes the
    fewest words that any choice of substitutes could.

    Queries of a sample: 2, then at most ``top`` for each word visited; one backward pass.

    The gradient ranking of Yoo and Qi, A2T (arXiv:2109.00544), which takes the norm of a word's gradient; here the
    estimated gain itself, which also says in which direction it helps.

    Args:
        top: substitutes asked about at each word, those of highest estimate.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        CapabilityError: the model has no embedding gradients.
        MissingRequirement: no sources are given and ``text-noise/synonym`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "dull", "fine"], [[1.0], [-2.0], [0.5], [0.0]], [[-1.0], [1.0]])
        >>> attack = GradientImportance(top=1, sources=[{"source": "vocabulary", "words": ["fine", "dull"]}])
        >>> result = attack(model, Batch.of(["good film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.queries, result.gradients
        (['dull film'], array([3]), array([1]))
    """

    name: ClassVar[str] = "text-attacks/gradient-importance"
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"

    top: int = Field(default=8, ge=1, description="substitutes asked about at each word")

    def search(self, player: Player) -> Search[State]:
        options = yield from replaceable(player)
        flat = [o for some in options.values() for o in some]
        slopes = yield from player.climb([player.text] if flat else [])
        if not flat or slopes[0] is None:
            return player.start
        gains = yield from player.estimates(slopes[0], [o.after for o in flat])
        promise: dict[tuple[int, str], float] = {(o.position, o.words[o.position]): g
                                                 for o, g in zip(flat, gains.tolist(), strict=True)}
        highest = [max(g for (p, _), g in promise.items() if p == position) for position in options]

        def promising(at: list[Change]) -> list[Change]:
            def rank(o: Change) -> float:
                return -promise.get((o.position, o.words[o.position]), 0.0)
            return sorted(at, key=rank)[:self.top]

        return (yield from in_order(player, ordered(list(options), highest), narrow=promising))

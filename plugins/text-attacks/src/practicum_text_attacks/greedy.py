"""Greedy and beam search over all single replacements, of words and of characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_attacks.attack import TextAttack
from practicum_text_attacks.constraints import AnyConstraint, MinLength, Repeat
from practicum_text_attacks.player import Player, Search, State
from practicum_text_attacks.search import beam
from practicum_text_attacks.sources import Source


class Greedy(TextAttack):
    """Asks about every single replacement, keeps the best, and goes on from there: plain greedy search, or beam search.

    Where the score is a sum over words it changes the fewest words that any choice of substitutes could, which searches
    in a fixed order of words do not; it asks for more, about words times substitutes for each word changed. Follows the
    greedy and beam searches compared by Yoo et al. (arXiv:2009.06368); with ``width`` above 1 it keeps that many texts,
    as Ebrahimi et al. (arXiv:1712.06751) do. What differs: words may be replaced by any registered technique's outputs,
    synonyms by default, and the search stops where no replacement gains.

    Args:
        width: texts kept after each round; 1 is plain greedy.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        MissingRequirement: no sources are given and ``text-noise/synonym`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "dull"], [[1.0], [-2.0], [0.0]], [[-1.0], [1.0]])
        >>> attack = Greedy(sources=[{"source": "listed", "entries": {"good": ["decent"], "film": ["dull"]}}])
        >>> result = attack(model, Batch.of(["A good film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.norm, result.queries
        (['A good dull'], array([1.]), array([3]))
    """

    name: ClassVar[str] = "text-attacks/greedy"

    width: int = Field(default=1, ge=1, description="texts kept after each round; 1 is plain greedy")

    def search(self, player: Player) -> Search[State]:
        return (yield from beam(player, self.width))


class CharGreedy(Greedy):
    """Plain greedy search over single edits of characters: swapped, replaced, deleted, inserted, mistyped.

    Every edit that the techniques make is a candidate of its own; a word may be edited several times. The budget counts
    characters (a swap of two counts as 2). The black-box greedy baseline of Ebrahimi et al. (arXiv:1806.09030), who
    compare it with gradient-led flips; here edits are drawn from registered techniques, not all edits there are.

    Args:
        width, criterion, norm, eps, sources, constraints, queries, on: as of ``text-attacks/greedy``.

    Raises:
        MissingRequirement: no sources are given and ``practicum-text-noise`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good"], [[1.0], [-0.5]], [[-1.0], [1.0]])
        >>> attack = CharGreedy(eps=2, sources=[{"source": "listed", "entries": {"good": ["bad", "gods", "goood"]}}])
        >>> result = attack(model, Batch.of(["good"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.norm, result.queries
        (['gods'], array([2.]), array([3]))
    """

    name: ClassVar[str] = "text-attacks/char-greedy"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (2, 4, 8)}

    norm: Literal["words", "edits"] = Field(default="edits", description="what the budget counts")
    eps: float = Field(default=4.0, gt=0.0, description="of edits: characters; of words: below 1 a share, "
                                                        "else how many")
    constraints: tuple[AnyConstraint, ...] = Field(default=(MinLength(characters=2), Repeat(times=2)),
                                                   description="which words, and what texts, are allowed")

    def own_sources(self) -> tuple[Source, ...]:
        """Single edits by five techniques of text-noise."""
        return tuple(self.applied(f"text-noise/{n}", draws=2, singly=True) for n in (
            "char-swap", "char-substitute", "char-delete", "char-insert", "keyboard-typo"))

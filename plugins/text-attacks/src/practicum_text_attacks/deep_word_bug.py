"""Small typos in the words that matter most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_attacks.attack import TextAttack
from practicum_text_attacks.constraints import AnyConstraint, MinLength, Repeat
from practicum_text_attacks.player import Player, Search, State
from practicum_text_attacks.search import in_order, left_out, ordered, replaceable
from practicum_text_attacks.sources import Source


class DeepWordBug(TextAttack):
    """One edit of a character in each of the words that matter most: swapped, replaced, deleted or inserted.

    A word matters by ``replace-1``: the rise of the margin when it becomes unknown; by ``head``: what it changes when
    the text is read up to it, from its beginning; by ``tail``: what it changes when read from it to the end; or by
    ``combined``, the sum of head and tail.

    Queries of a sample of L words that can be edited: 1, and L for ``replace-1``, 2L - 1 for ``combined``, L for
    ``head`` and ``tail``; then one for each edit tried, four a word.

    Follows Gao, Lanchantin, Soffa and Qi (arXiv:1801.04354). What differs: of one edit of each of the four kinds the
    best is kept, where it gains, and the attack stops when it has won; the paper makes one drawn edit in each of the
    words of highest score without asking. A swap counts as two edits.

    Args:
        scoring: how words are ranked.
        token: what ``replace-1`` writes in place of a word.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        MissingRequirement: no sources are given and ``practicum-text-noise`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good"], [[1.0], [-0.5]], [[-1.0], [1.0]])
        >>> attack = DeepWordBug(sources=[{"source": "listed", "entries": {"good": ["godo"], "film": ["fil"]}}])
        >>> result = attack(model, Batch.of(["good film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.norm, result.queries
        (['godo film'], array([2.]), array([5]))
    """

    name: ClassVar[str] = "text-attacks/deep-word-bug"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (5, 10, 30)}

    scoring: Literal["combined", "replace-1", "head", "tail"] = Field(default="combined",
                                                                      description="how words are ranked")
    token: str = Field(default="[UNK]", min_length=1, description="what replace-1 writes in place of a word")
    norm: Literal["words", "edits"] = Field(default="edits", description="what the budget counts")
    eps: float = Field(default=30.0, gt=0.0, description="of edits: characters; of words: below 1 a share, "
                                                        "else how many")
    constraints: tuple[AnyConstraint, ...] = Field(default=(MinLength(characters=2), Repeat()),
                                                   description="which words, and what texts, are allowed")

    def own_sources(self) -> tuple[Source, ...]:
        """One edit of each of four kinds, by techniques of text-noise."""
        return tuple(self.applied(f"text-noise/{n}", draws=1, singly=True, most=1)
                     for n in ("char-swap", "char-substitute", "char-delete", "char-insert"))

    def search(self, player: Player) -> Search[State]:
        options = yield from replaceable(player)
        positions = list(options)
        importance = yield from self._importance(player, positions)
        return (yield from in_order(player, [] if importance is None else ordered(positions, importance)))

    def _importance(self, player: Player, positions: list[int]) -> Search[list[float] | None]:
        if self.scoring == "replace-1":
            return (yield from player.margins([left_out(player, p, self.token) for p in positions]))
        words, total = player.sentence.words, len(player.sentence.words)
        wanted: list[tuple[str, str]] = []
        for p in positions:
            if self.scoring != "tail":
                wanted.append((_part(player, 0, p), _part(player, 0, p + 1)))
            if self.scoring != "head":
                wanted.append((_part(player, p + 1, total), _part(player, p, total)))
        margins = yield from player.margins([text for pair in wanted for text in pair])
        if margins is None or not words:
            return None
        rises = [after - before for before, after in zip(margins[::2], margins[1::2], strict=True)]
        each = 2 if self.scoring == "combined" else 1
        return [-sum(rises[k * each:(k + 1) * each]) for k in range(len(positions))]


def _part(player: Player, start: int, stop: int) -> str:
    """The words ``start`` to ``stop`` of the original."""
    words = player.sentence.words
    return player.sentence.text([w if start <= k < stop else "" for k, w in enumerate(words)])

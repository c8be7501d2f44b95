"""A few typos inside words, chosen by greedy search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_attacks.constraints import AnyConstraint, KeepsEnds, MinLength, Repeat
from practicum_text_attacks.greedy import Greedy
from practicum_text_attacks.sources import Source


class Pruthi(Greedy):
    """One typo inside each of at most ``eps`` words, the worst for the model: a letter swapped, dropped, added.

    First and last letters stay and words of fewer than four letters too, since people read over the rest.

    Follows Pruthi, Dhingra and Lipton, "Combating Adversarial Misspellings with Robust Word Recognition"
    (arXiv:1905.11268). What differs: which letters are added and mistyped is drawn by registered techniques, not tried
    in full.

    Args:
        width, criterion, norm, eps, sources, constraints, queries, on: as of ``text-attacks/greedy``; ``eps`` counts
            words.

    Raises:
        MissingRequirement: no sources are given and ``practicum-text-noise`` isn't installed.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good"], [[1.0], [-0.5]], [[-1.0], [1.0]])
        >>> attack = Pruthi(sources=[{"source": "listed", "entries": {"good": ["ogod", "god"]}}])
        >>> attack(model, Batch.of(["good"], targets={"label": [1]})).adversarial.to_pylist()
        ['god']
    """

    name: ClassVar[str] = "text-attacks/pruthi"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (1, 2, 4)}

    norm: Literal["words", "edits"] = Field(default="words", description="what the budget counts")
    eps: float = Field(default=2.0, gt=0.0, description="of words: below 1 a share (one word always), else how many; "
                                                        "of edits: characters")
    constraints: tuple[AnyConstraint, ...] = Field(default=(MinLength(characters=4), Repeat(), KeepsEnds()),
                                                   description="which words, and what texts, are allowed")

    def own_sources(self) -> tuple[Source, ...]:
        """Single edits by four techniques of text-noise."""
        return tuple(self.applied(f"text-noise/{n}", draws=d, singly=True) for n, d in (
            ("char-swap", 2), ("char-delete", 1), ("char-insert", 4), ("keyboard-typo", 2)))

"""Noise on whole words: swapped, deleted."""

from __future__ import annotations

from typing import ClassVar

from practicum_text_noise import word_kernel
from practicum_text_noise.noise import Kernel, Noise, Pool, no_pool, word_operation

_SWAP, _DELETE = word_operation(word_kernel.SWAP), word_operation(word_kernel.DELETE)


class WordSwap(Noise):
    """Swaps neighbouring words.

    A word is a longest run of characters without whitespace that holds more than punctuation; punctuation attached to
    it moves with it, a dash standing alone stays where it is. The words of a text are paired, beginning with the first
    or the second (one fair draw a text); each pair is swapped with probability ``rate``. So a word between two others
    moves with probability exactly ``rate``, the first and the last with half of that, and all whitespace stays as it
    is. Spans, tags and answers move with their words. A higher rate swaps the same pairs and more.

    The random swap of Wei and Zou, EDA (arXiv:1901.11196), which swaps any two words; here they are neighbours.

    Args:
        rate: probability in 0..1 that a pair is swapped.
        on: the text column, where there is a choice.

    Example:
        >>> WordSwap(rate=0.5)(["The quick brown fox, 42!"], seed=1)
        ['The brown quick 42! fox,']
    """

    name: ClassVar[str] = "text-noise/word-swap"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _SWAP, no_pool()


class WordDelete(Noise):
    """Deletes words, but never all words of a text.

    A word is a longest run of characters without whitespace that holds more than punctuation. Each word is deleted with
    probability ``rate``, together with the whitespace before it, or, at the head of the text, after it; where that
    would delete all words of a text, the one with the largest draw stays. A higher rate deletes the same words and
    more.

    The random deletion of Wei and Zou, EDA (arXiv:1901.11196).

    Args:
        rate: probability in 0..1 that a word is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> WordDelete(rate=0.3)(["The quick brown fox, 42!"], seed=3)
        ['quick brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/word-delete"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _DELETE, no_pool()

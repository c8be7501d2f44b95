"""A text as words and the whitespace between them, so that one word changes and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Sentence:
    """A text cut at whitespace, as the core's norm ``words`` cuts it.

    Args:
        words: longest runs without whitespace; punctuation belongs to the word it touches.
        gaps: whitespace before each word, and after the last one: one more than words.

    Example:
        >>> made = Sentence.of("A  good film.")
        >>> made.words, made.gaps
        (('A', 'good', 'film.'), ('', '  ', ' ', ''))
        >>> made.text(("A", "", "plot."))
        'A plot.'
    """

    words: tuple[str, ...]
    gaps: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Sentence:
        """Cut a text."""
        words, gaps, at = [], [], 0
        for found in _WORD.finditer(text):
            gaps.append(text[at:found.start()])
            words.append(found.group())
            at = found.end()
        return cls(tuple(words), (*gaps, text[at:]))

    def text(self, words: Sequence[str]) -> str:
        """The text with other words in these places; an empty one is gone with the whitespace before it (after it,
        where nothing comes before)."""
        if "" not in words:
            pieces = self._frame.copy()
            pieces[1::2] = words
            return "".join(pieces)
        out: list[str] = [self.gaps[0]]
        for gap, word in zip(self.gaps, words, strict=False):
            if word:
                out += [gap, word] if len(out) > 1 else [word]
        return "".join([*out, self.gaps[-1]])

    def around(self, words: Sequence[str], position: int) -> tuple[str | None, str]:
        """What stands before and after a word in :meth:`text`; ``None`` before it where some word is gone, since
        whitespace then depends on it."""
        if "" in words:
            return None, ""
        pieces = self._frame.copy()
        pieces[1::2] = words
        return "".join(pieces[:2 * position + 1]), "".join(pieces[2 * position + 2:])

    @cached_property
    def _frame(self) -> list[str]:
        """Gaps with room for a word between each two."""
        return [piece for gap in self.gaps for piece in (gap, "")][:-1]

    @cached_property
    def worded(self) -> tuple[bool, ...]:
        """Which words hold a letter or digit; the others are punctuation standing alone."""
        return tuple(any(c.isalnum() for c in word) for word in self.words)


def core(word: str) -> tuple[str, str, str]:
    """A word as what stands before its first letter or digit, the part up to its last one, and what stands after.

    Example:
        >>> core('"film",')
        ('"', 'film', '",')
    """
    first = next((i for i, c in enumerate(word) if c.isalnum()), len(word))
    last = next((i for i in range(len(word), first, -1) if word[i - 1].isalnum()), first)
    return word[:first], word[first:last], word[last:]

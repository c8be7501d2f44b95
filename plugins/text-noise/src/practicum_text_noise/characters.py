"""Noise on single characters: swapped, deleted, inserted, replaced."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from pydantic import Field, field_validator

from practicum_text_noise import char_kernel
from practicum_text_noise.noise import Kernel, Noise, Pool, char_operation, no_pool

_SWAP, _DELETE = char_operation(char_kernel.SWAP), char_operation(char_kernel.DELETE)
_INSERT, _SUBSTITUTE = char_operation(char_kernel.INSERT), char_operation(char_kernel.SUBSTITUTE)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class CharSwap(Noise):
    """Swaps neighbouring characters, as fast typing does.

    A character is one Unicode code point, and eligible unless it is whitespace or punctuation. The text is cut into
    pairs of neighbours, beginning at its first or second character (one fair draw a text); each pair of two eligible
    characters is swapped with probability ``rate``. So a character between two eligible ones moves with probability
    exactly ``rate``, one at the edge of a word with half of that, and none moves by more than one place. A higher rate
    swaps the same pairs and more.

    Follows the ``swap`` noise of Belinkov and Bisk (arXiv:1711.02173), which makes one swap in a word and spares its
    first and last letters; here every pair has the same chance.

    Args:
        rate: probability in 0..1 that a pair is swapped.
        on: the text column, where there is a choice.

    Example:
        >>> CharSwap(rate=0.5)(["The quick brown fox, 42!"], seed=2)
        ['The qiukc bornw fox, 42!']
    """

    name: ClassVar[str] = "text-noise/char-swap"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _SWAP, no_pool()


class CharDelete(Noise):
    """Deletes characters.

    A character is one Unicode code point, and eligible unless it is whitespace or punctuation. Each eligible character
    is deleted with probability ``rate``; where that would delete all of a text's eligible characters, the one with the
    largest draw stays. A higher rate deletes the same characters and more.

    The omission errors of Gao et al., DeepWordBug (arXiv:1801.04354), at random places.

    Args:
        rate: probability in 0..1 that an eligible character is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> CharDelete(rate=0.2)(["The quick brown fox, 42!"], seed=3)
        ['h uik brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/char-delete"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _DELETE, no_pool()


class _FromAlphabet(Noise):
    alphabet: str = Field(default=_LETTERS, min_length=1, max_length=65536,
                          description="the characters to draw from, each equally likely")

    @field_validator("alphabet")
    @classmethod
    def _check_alphabet(cls, value: str) -> str:
        if len(set(value)) != len(value):
            twice = next(c for i, c in enumerate(value) if c in value[:i])
            raise ValueError(f"character {twice!r} occurs twice; each is drawn equally often, so name it once")
        for character in value:
            if character.isspace():
                raise ValueError(f"{character!r} is whitespace, which would break words; leave it out")
            if 0xD800 <= ord(character) < 0xE000:
                raise ValueError(f"lone surrogate U+{ord(character):04X} is not a character UTF-8 can hold")
        return value


class CharInsert(_FromAlphabet):
    """Inserts random characters.

    A character is one Unicode code point, and eligible unless it is whitespace or punctuation. After each eligible
    character a new one is inserted with probability ``rate``, drawn from ``alphabet``; so words grow inside and at
    their end, and keep their first character. A higher rate inserts the same characters and more.

    The insertion errors of Gao et al., DeepWordBug (arXiv:1801.04354), at random places.

    Args:
        rate: probability in 0..1 that a character is inserted after an eligible one.
        alphabet: 1 to 65,536 different characters to draw from, none of them whitespace.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``alphabet`` is empty, repeats a character or holds whitespace.

    Example:
        >>> CharInsert(rate=0.2)(["The quick brown fox, 42!"], seed=3)
        ['Thxe qzuick browni fzox, 42!']
    """

    name: ClassVar[str] = "text-noise/char-insert"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _INSERT, _alphabet_pool(self.alphabet)


class CharSubstitute(_FromAlphabet):
    """Replaces characters by random others.

    A character is one Unicode code point, and eligible unless it is whitespace or punctuation. Each eligible character
    is replaced with probability ``rate`` by one of ``alphabet``, never by itself; an alphabet of one character leaves
    that character alone. A higher rate makes the same replacements and more.

    The substitution errors of Gao et al., DeepWordBug (arXiv:1801.04354), at random places.

    Args:
        rate: probability in 0..1 that an eligible character is replaced.
        alphabet: 1 to 65,536 different characters to draw from, none of them whitespace.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``alphabet`` is empty, repeats a character or holds whitespace.

    Example:
        >>> CharSubstitute(rate=0.2)(["The quick brown fox, 42!"], seed=2)
        ['The qlick bvvzi fox, 4r!']
    """

    name: ClassVar[str] = "text-noise/char-substitute"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _SUBSTITUTE, _alphabet_pool(self.alphabet)


@lru_cache(maxsize=64)
def _alphabet_pool(alphabet: str) -> Pool:
    encoded = [c.encode("utf-8") for c in alphabet]
    data = b"".join(c.ljust(4, b"\0") for c in encoded) + bytes(64)
    sizes = np.array([len(c) for c in encoded], np.int64)
    return Pool(np.frombuffer(data, np.uint8).copy(), sizes, int(sizes.max()))

"""Emoji inserted, and put in place of words or back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from practicum_text_noise import emoji_table
from practicum_text_noise.noise import Kernel
from practicum_text_noise.table_kernel import EDGE, INSERT, REPLACE
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table
from practicum_text_noise.unicode_classes import PUNCTUATION, SPACE, WORD

_AS_PICTURE = "\ufe0f"  # asks for the coloured form of a character that has a plain one, too


def _lines() -> Iterator[tuple[str, list[str], list[str]]]:
    for line in emoji_table.NAMED.strip().splitlines():
        named, _, emoticons = line.partition("|")
        emoji, *words = named.split()
        yield emoji, words, emoticons.split()


@cache
def emoji_of() -> dict[str, str]:
    """The emoji of each word, in three cases, and of each emoticon.

    Example:
        >>> emoji_of()["Cat"], emoji_of()[":-)"]
        ('🐱', '😀')
    """
    return {form: emoji for emoji, words, emoticons in _lines()
            for form in [*(f(w) for w in words for f in (str, str.capitalize, str.upper)), *emoticons]}


@cache
def text_of(form: str) -> dict[str, str]:
    """The text of each emoji, with and without the mark for its coloured form.

    Args:
        form: ``alias``, ``word`` or ``emoticon``; the last for those that have one.

    Example:
        >>> text_of("alias")["🐱"], text_of("word")["❤\\ufe0f"], text_of("emoticon")["😀"]
        (':cat:', 'love', ':-)')
    """
    out = {}
    for emoji, words, emoticons in _lines():
        if form != "emoticon" or emoticons:
            text = {"alias": f":{words[0]}:", "word": words[0], "emoticon": emoticons[0] if emoticons else ""}[form]
            out[emoji] = out[emoji + _AS_PICTURE] = text
    return out


@cache
def _from_text() -> Table:
    return build_table({text: [emoji] for text, emoji in emoji_of().items()}, whole=emoji_of().keys())


@cache
def _to_text(form: str) -> Table:
    return build_table({emoji: [text] for emoji, text in text_of(form).items()})


@lru_cache(maxsize=32)
def _insertions(emoji: tuple[str, ...]) -> Table:
    return build_table({}, classes={WORD: [f" {e}" for e in emoji], PUNCTUATION: [f" {e}" for e in emoji]})


class EmojiInsert(TableNoise):
    """Inserts emoji after words.

    Eligible is the end of each token, that is before whitespace or at the end of the text. With probability ``rate`` a
    space and one of ``emoji`` are inserted there, each equally likely. A higher rate inserts the same ones and more.
    An inserted emoji is a token of its own, with the tag ``O``.

    Like the emoji of AugLy (arXiv:2201.06494), which replace words.

    Args:
        rate: probability in 0..1 of an emoji after a token.
        emoji: 1 to 256 different texts without whitespace; 39 frequent emoji when left out.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``emoji`` is empty, repeats an entry, or an entry is empty or holds whitespace.

    Example:
        >>> EmojiInsert(rate=0.3)(["The quick brown fox, 42!"], seed=1)
        ['The quick brown fox, 😉 42! 😉']
    """

    name: ClassVar[str] = "text-noise/emoji-insert"
    operation: ClassVar[Kernel] = table_operation(INSERT, after=1 << SPACE | 1 << EDGE)

    emoji: tuple[str, ...] = Field(default=tuple(emoji_table.FREQUENT), min_length=1, max_length=256,
                                   description="what to draw from, each equally likely")

    @field_validator("emoji")
    @classmethod
    def _check_emoji(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for i, entry in enumerate(value):
            if entry in value[:i]:
                raise ValueError(f"{entry!r} occurs twice; each is drawn equally often, so name it once")
            if not entry or any(c.isspace() or 0xD800 <= ord(c) < 0xE000 for c in entry):
                raise ValueError(f"{entry!r} is empty, or holds whitespace or a lone surrogate")
        return value

    def _table(self) -> Table:
        return _insertions(self.emoji)


class TextToEmoji(TableNoise):
    """Replaces words and emoticons by emoji.

    Eligible are 251 English words, in lower case, capitalised or in capitals, and 32 emoticons such as ``:-)``,
    where no character of a word stands beside them; the longest counts. Each is replaced with probability ``rate``. A
    higher rate makes the same replacements and more.

    The emojify of NL-Augmenter (arXiv:2112.02721), with a small table of its own.

    Args:
        rate: probability in 0..1 that an eligible word or emoticon is replaced.
        on: the text column, where there is a choice.

    Example:
        >>> TextToEmoji(rate=1.0)(["I love my dog and his house :-)"])
        ['I ❤ my 🐶 and his 🏠 😀']
    """

    name: ClassVar[str] = "text-noise/text-to-emoji"

    rate: float = Field(default=0.5, ge=0.0, le=1.0, description="probability that an eligible unit is edited")

    def _table(self) -> Table:
        return _from_text()


class EmojiToText(TableNoise):
    """Replaces emoji by text.

    Eligible are the 203 emoji of the table that ``text-to-emoji`` uses, with or without the mark U+FE0F for
    their coloured form. Each is replaced with probability ``rate``. A higher rate makes the same replacements and more.

    The reverse of the emojify of NL-Augmenter (arXiv:2112.02721).

    Args:
        rate: probability in 0..1 that an eligible emoji is replaced.
        form: ``alias`` (``:cat:``), ``word`` (``cat``) or ``emoticon`` (``:-)``, for those that have one).
        on: the text column, where there is a choice.

    Example:
        >>> EmojiToText(rate=1.0)(["I ❤️ my 🐶 😀"]), EmojiToText(rate=1.0, form="emoticon")(["I ❤️ my 🐶 😀"])
        (['I :love: my :dog: :smile:'], ['I <3 my 🐶 :-)'])
    """

    name: ClassVar[str] = "text-noise/emoji-to-text"
    operation: ClassVar[Kernel] = table_operation(REPLACE)

    rate: float = Field(default=0.5, ge=0.0, le=1.0, description="probability that an eligible unit is edited")
    form: Literal["alias", "word", "emoticon"] = Field(default="alias", description="the text of an emoji")

    def _table(self) -> Table:
        return _to_text(self.form)

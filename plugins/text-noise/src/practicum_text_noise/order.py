"""Runs of words and sentences: repeated, interrupted, reordered, cut."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from practicum_text_noise import order_kernel
from practicum_text_noise.noise import Kernel, Noise, Pool, _byte_kinds, no_pool
from practicum_text_noise.unicode_classes import char_classes
from practicum_text_noise.writing import FIELDS

_FILLERS = ("um,", "uh,", "er,", "well,", "like,", "you know,", "I mean,", "actually,", "basically,", "sort of")
_LONGEST_FILLER = 60


def _operation(op: int, unit: int, span: int = 0) -> Kernel:
    """An operation in the form :func:`practicum_text_noise.noise.run` calls."""
    def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Pool, room: int,
             *outputs: Any) -> None:
        scratch = (np.empty(room, np.uint32), *(np.empty(room, np.int32) for _ in range(4)),
                   np.empty(FIELDS * room, np.int32), np.empty(room, np.uint32), np.empty(room, np.int32))
        order_kernel.order_noise(op, unit, span, limit, stream, hashes, offsets, data, char_classes(), _byte_kinds(),
                                 pool.data, pool.sizes, scratch, *outputs)
    return call


_REPEAT = _operation(order_kernel.REPEAT, order_kernel.WORDS)
_INTERRUPT = _operation(order_kernel.INTERRUPT, order_kernel.WORDS)
_CUT = _operation(order_kernel.CUT, order_kernel.WORDS)
_SENTENCE_SHUFFLE = _operation(order_kernel.SHUFFLE, order_kernel.SENTENCES)
_SENTENCE_SWAP = _operation(order_kernel.SWAP, order_kernel.SENTENCES)
_SENTENCE_DELETE = _operation(order_kernel.DELETE, order_kernel.SENTENCES)
_TWICE = Pool(np.zeros(64, np.uint8), np.zeros(1, np.int64), longest=1)  # a text may grow to twice its size


class WordRepeat(Noise):
    """Repeats words.

    A word is a longest run of characters without whitespace that holds more than punctuation. Each word is written
    twice with probability ``rate``, with the whitespace before it between the two, or, at the head of the text, that
    after it; a text of one word stays. A higher rate repeats the same words and more.

    Stutters as in the speech disfluencies of NL-Augmenter (arXiv:2112.02721).

    Args:
        rate: probability in 0..1 that a word is repeated.
        on: the text column, where there is a choice.

    Example:
        >>> WordRepeat(rate=0.3)(["The quick brown fox, 42!"], seed=3)
        ['The quick quick brown fox, fox, 42! 42!']
    """

    name: ClassVar[str] = "text-noise/word-repeat"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _REPEAT, _TWICE


class FillerInsert(Noise):
    """Inserts filler words before words, as in speech.

    A word is a longest run of characters without whitespace that holds more than punctuation. Before each word, with
    probability ``rate``, one of ``fillers`` comes in, each equally likely, and a space. A higher rate inserts the same
    fillers and more.

    The filler word augmentation of NL-Augmenter (arXiv:2112.02721), for any list of fillers.

    Args:
        rate: probability in 0..1 that a filler comes in before a word.
        fillers: 1 to 1,000 words or phrases of up to 60 bytes of UTF-8; ten English ones by default.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: a filler is empty or too long.

    Example:
        >>> FillerInsert(rate=0.3)(["The quick brown fox, 42!"], seed=2)
        ['The quick I mean, brown I mean, fox, 42!']
    """

    name: ClassVar[str] = "text-noise/filler-insert"
    fillers: tuple[str, ...] = Field(default=_FILLERS, min_length=1, max_length=1000,
                                     description="words or phrases that may come in, each equally likely")

    @field_validator("fillers")
    @classmethod
    def _check_fillers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for filler in value:
            if not filler.strip():
                raise ValueError("an empty filler would only add a space; leave it out")
            if len(filler.encode("utf-8", "surrogatepass")) > _LONGEST_FILLER:
                raise ValueError(f"filler {filler!r} has more than {_LONGEST_FILLER} bytes of UTF-8; shorten it")
            if any(0xD800 <= ord(c) < 0xE000 for c in filler):
                raise ValueError(f"filler {filler!r} holds a lone surrogate, which UTF-8 can't hold; leave it out")
        return value

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _INTERRUPT, _filler_pool(self.fillers)


class SpanShuffle(Noise):
    """Shuffles the words inside short spans.

    The words of a text are cut into spans of ``span`` words, beginning at a word that is drawn for the text (words
    before it are a span too). With probability ``rate`` the words of a span change places in one cycle (Sattolo's
    algorithm), so that none stays where it was; whitespace stays, spans, tags and answers move with their words. A
    higher rate shuffles the same spans and more.

    The span shuffling of Rotom's corruption (Miao et al., doi 10.1145/3448016.3457258).

    Args:
        rate: probability in 0..1 that a span is shuffled.
        span: words in a span, 2 to 64.
        on: the text column, where there is a choice.

    Example:
        >>> SpanShuffle(rate=0.6, span=3)(["The quick brown fox, 42!"], seed=1)
        ['The brown fox, quick 42!']
    """

    name: ClassVar[str] = "text-noise/span-shuffle"
    span: int = Field(default=3, ge=2, le=64, description="words in a span")

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _span_shuffle(self.span), no_pool()


class SpanDelete(Noise):
    """Deletes one run of neighbouring words.

    Of n words, ``rate * n`` (rounded to the nearest) are deleted, but never all; the first one is drawn, each place
    equally likely. Whitespace before the run goes with it, or, at the head of the text, that after it. Tokens of
    punctuation inside the run go too.

    Span cutoff (Shen et al., arXiv:2009.13818) on words.

    Args:
        rate: share in 0..1 of the words that is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> SpanDelete(rate=0.4)(["The quick brown fox, 42!"], seed=1)
        ['brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/span-delete"
    rate: float = Field(default=0.2, ge=0.0, le=1.0, description="share of the words that is deleted")

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _CUT, no_pool()


class _Sentences(Noise):
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.25, 0.5, 1.0)}


class SentenceShuffle(_Sentences):
    """Puts the sentences of a text in another order.

    A sentence ends at ``.``, ``!``, ``?`` or an ellipsis before whitespace, and at their ideographic and fullwidth
    forms anywhere; quotes and brackets that close belong to it. Abbreviations therefore end sentences too. With
    probability ``rate`` the sentences of a text change places in one cycle, so that none stays where it was; what
    stands between them stays. Spans, tags and answers move with their sentences.

    The sentence permutation of BART (Lewis et al., arXiv:1910.13461).

    Args:
        rate: probability in 0..1 that a text is shuffled.
        on: the text column, where there is a choice.

    Example:
        >>> SentenceShuffle(rate=1.0)(["One is here. Two? Three came too!"], seed=1)
        ['Two? Three came too! One is here.']
    """

    name: ClassVar[str] = "text-noise/sentence-shuffle"
    rate: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a text is shuffled")

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _SENTENCE_SHUFFLE, no_pool()


class SentenceSwap(_Sentences):
    """Swaps neighbouring sentences.

    Sentences as in :class:`SentenceShuffle`. They are paired, beginning with the first or the second (one fair draw a
    text); each pair is swapped with probability ``rate``. A higher rate swaps the same pairs and more.

    The sentence reordering of NL-Augmenter (arXiv:2112.02721), of neighbours.

    Args:
        rate: probability in 0..1 that a pair is swapped.
        on: the text column, where there is a choice.

    Example:
        >>> SentenceSwap(rate=1.0)(["One is here. Two? Three came too!"], seed=1)
        ['One is here. Three came too! Two?']
    """

    name: ClassVar[str] = "text-noise/sentence-swap"
    rate: float = Field(default=0.5, ge=0.0, le=1.0, description="probability that a pair is swapped")

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _SENTENCE_SWAP, no_pool()


class SentenceDelete(_Sentences):
    """Deletes sentences, but never all sentences of a text.

    Sentences as in :class:`SentenceShuffle`. Each is deleted with probability ``rate``, with the whitespace before it,
    or, at the head of the text, after it; where that would delete all, the one with the largest draw stays. A higher
    rate deletes the same sentences and more.

    Args:
        rate: probability in 0..1 that a sentence is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> SentenceDelete(rate=0.5)(["One is here. Two? Three came too!"], seed=1)
        ['One is here. Three came too!']
    """

    name: ClassVar[str] = "text-noise/sentence-delete"
    rate: float = Field(default=0.3, ge=0.0, le=1.0, description="probability that a sentence is deleted")

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _SENTENCE_DELETE, no_pool()


@lru_cache(maxsize=64)
def _span_shuffle(span: int) -> Kernel:
    return _operation(order_kernel.SHUFFLE, order_kernel.WORDS, span)


@lru_cache(maxsize=64)
def _filler_pool(fillers: tuple[str, ...]) -> Pool:
    encoded = [f"{filler} ".encode() for filler in fillers]
    slot = _LONGEST_FILLER + 4
    data = b"".join(piece.ljust(slot, b"\0") for piece in encoded) + bytes(64)
    sizes = np.array([len(piece) for piece in encoded], np.int64)
    return Pool(np.frombuffer(data, np.uint8).copy(), sizes, int(sizes.max()))

"""Counting part-of-speech tags as TextBlob's tagger gives them, without tagging a word twice.

TextBlob's English tagger looks at a token and at whether it begins a sentence, and at nothing else: its rules of
context are not in use. So each different word is cut into tokens, and each token is tagged, once, by TextBlob itself;
what is done here is to find where sentences begin. Texts that may hold an emoticon or a mark of irony, which TextBlob
puts together again over spaces, are handed to it whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from practicum.errors import MissingRequirement

_MOST = 1 << 17  # words remembered
_ENDS = frozenset(("...", ".", "!", "?"))
_FOLLOW = _ENDS | {"”", "’", ")"}
"""What still belongs to the sentence that ends."""
_PARAGRAPH = re.compile(r"\n{2,}")

Entry = tuple[int, bool, tuple[tuple[str, int, int], ...]]
"""Of a word: how many of its tokens have the tag, whether a sentence ends in it, and each token with its own count
inside a sentence and at the start of one."""


class Counter:
    """Counts the words of a text whose tag begins with ``prefix``.

    Example:
        >>> Counter("VB").count("The dog barks. Walk!")
        2
    """

    def __init__(self, prefix: str) -> None:
        try:
            from textblob import _text as shared  # type: ignore[import-untyped]  # TextBlob ships no types
            from textblob import en
        except ImportError as error:
            raise MissingRequirement("text-filters/part-of-speech needs TextBlob: pip install "
                                     "'practicum-text-filters[pos]'") from error
        self._prefix, self._parser, self._tag, self._break = prefix, en.parser, en.tag, shared.EOS
        faces = sorted(face for faces in shared.EMOTICONS.values() for face in faces if len(face) > 1)
        # A token ends behind a letter or digit only where the word does, or before n't.
        spaced = {face: r"\s*".join(map(re.escape, face)) + (r"(?!(?!n't)[^\W_])" if face[-1].isalnum() else "")
                  for face in faces}
        # Those that begin with a letter as frequent as o are looked for only where what follows it is there.
        self._faces = re.compile("|".join(spaced[face] for face in faces if face[0] != "o"))
        self._rare = re.compile("|".join(spaced[face] for face in faces if face[0] == "o") or "(?!)")
        self._known: dict[str, Entry] = {}

    def count(self, text: str) -> int:
        """How many words of the text have the tag."""
        words = text.split()
        if (not words or self._faces.search(text) is not None or ("O" in text and self._rare.search(text) is not None)
                or ("!" in text and "(" in text) or self._break in text):
            return sum(tag.startswith(self._prefix) for _, tag in self._tag(text))
        if "\n" in text:
            text = text.replace("\r\n", "\n")
            if "\n\n" in text:
                words = _PARAGRAPH.sub(f" {self._break} ", text).split()
        known, total, first, ended = self._known, 0, True, False
        for word in words:
            entry = known.get(word)
            if entry is None:
                entry = self._read(word)
            number, ends, tokens = entry
            if not (ends or first or ended):
                total += number
                continue
            for token, inside, leading in tokens:
                if ended and token not in _FOLLOW and token != self._break:
                    first, ended = True, False
                if token == self._break:
                    ended = True
                    continue
                total += leading if first else inside
                first = False
                ended = ended or token in _ENDS
        return total

    def _read(self, word: str) -> Entry:
        """TextBlob's tokens of a word, and their tags."""
        if len(self._known) >= _MOST:
            self._known.clear()
        found = [self._break] if word == self._break else " ".join(self._parser.find_tokens(word)).split(" ")
        tokens = tuple((token, self._has(["a", token]), self._has([token])) for token in found)
        entry = sum(inside for _, inside, _ in tokens), any(t in _ENDS or t == self._break for t in found), tokens
        self._known[word] = entry
        return entry

    def _has(self, tokens: list[str]) -> int:
        """Whether the last of some tokens has the tag."""
        tagged: Any = self._parser.find_tags(tokens)
        return int(tagged[-1][1].startswith(self._prefix))


@lru_cache(maxsize=8)
def counter(prefix: str) -> Counter:
    """The counter of a tag, with the words that it knows already."""
    return Counter(prefix)

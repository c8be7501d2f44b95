"""Moves what follows the first auxiliary of a sentence to its front."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from practicum.edits import Edit
from practicum.keys import SampleRng
from practicum.transformation import LabelEffect, Scope, Transformation

AUXILIARIES = frozenset({
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might", "must", "shall",
    "should", "was", "were", "will", "would"})
SMALL_AT_THE_FRONT = frozenset({
    "a", "all", "an", "each", "every", "he", "her", "his", "it", "its", "many", "most", "my", "no", "one", "our", "she",
    "some", "that", "the", "their", "there", "these", "they", "this", "those", "we", "you", "your"})
"""First words that are written small once they stand inside the sentence; others, such as names, keep their letter."""

_INSIDE = r"[^\s.!?…]*+"
_SENTENCE = re.compile(  # an end is looked for only where one can be: at whitespace and at punctuation
    rf"[^\s.!?…]{_INSIDE}(?:(?![.!?…]+(?:\s|$)|\s*(?:\n|$))[^\n]{_INSIDE})*+")
_LETTERS = "".join(sorted({word[0] for word in AUXILIARIES}))
_TURN = re.compile(rf"\s(?i:(?=[{_LETTERS}])(?:{'|'.join(sorted(AUXILIARIES))}))(\s+)(?=\S)")
_FIRST = re.compile(r"\S+")
_TORN = re.compile(r"[,:;()\[\]{}\"“”„«»]")


class YodaOrder(Transformation):
    """Moves what follows the first auxiliary of a sentence to its front, as in "Strong in the Force, you are."

    The rule, which needs no parser: in each sentence, find the first word of a closed list of English auxiliaries
    (forms of be, have and do, and modal verbs) that is not the first word. What follows it goes to the front, with a
    capital; then come a comma and what stood before, up to and with the auxiliary. A sentence stays where there is no
    such word, where nothing follows it, or where a comma, colon, semicolon, bracket or quotation mark would be torn
    apart. The idea is that of yoda_transform in NL-Augmenter (arXiv:2112.02721), which cuts by a dependency parse.

    Args:
        rate: probability that a sentence is turned, 0..1.

    Example:
        >>> YodaOrder()(["You are strong in the Force. Ask Ada!"])
        ['Strong in the Force, you are. Ask Ada!']
    """

    name: ClassVar[str] = "yoda-order/yoda-order"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    scope: ClassVar[Scope] = "sample"
    label_effect: ClassVar[LabelEffect] = "preserves"
    writes_edits: ClassVar[bool] = True

    rate: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a sentence is turned, 0..1")

    def edit_one(self, value: str, rng: SampleRng) -> list[Edit]:
        if _TURN.search(value) is None:  # soon seen, unlike where sentences end
            return []
        sentences = list(_SENTENCE.finditer(value))
        if self.rate < 1.0:  # else nothing is drawn: the rule alone decides
            draws = rng.uniform(len(sentences))
            sentences = [s for s, u in zip(sentences, draws, strict=True) if u < self.rate]
        return [edit for s in sentences for edit in turned(value, s.start(), s.end())]


def turned(text: str, start: int, stop: int) -> list[Edit]:
    """The edits that turn the sentence ``text[start:stop]``, given without its final punctuation; none where it stays.

    Example:
        >>> turned("She can sing", 0, 12)
        [(0, 7, 'Sing', 8), (7, 8, ', '), (8, 12, 'she can', 0)]
    """
    turn, first = _TURN.search(text, start + 1, stop), _FIRST.match(text, start, stop)
    if turn is None or first is None or _TORN.search(text, start, stop):
        return []
    cut, rest = turn.span(1)
    before, after = text[start:cut], text[rest:stop]
    if first[0].lower() in SMALL_AT_THE_FRONT:
        before = _one_for_one(before[0], before[0].lower()) + before[1:]
    return [(start, cut, _one_for_one(after[0], after[0].upper()) + after[1:], rest), (cut, rest, ", "),
            (rest, stop, before, start)]


def _one_for_one(letter: str, other: str) -> str:
    """The other letter unless it is written with two (ß becomes SS), which would shift all places behind it."""
    return other if len(other) == 1 else letter

"""Swaps given names for ones of the other gender."""

from __future__ import annotations

from bisect import insort
from typing import ClassVar

from pydantic import Field

from practicum.edits import Edit
from practicum.keys import SampleRng
from practicum.transformation import LabelEffect, Scope, Transformation
from practicum_gendered_name_swap.names import FEMALE, MALE, OTHER, PLACE, named


class GenderedNameSwap(Transformation):
    """Swaps given names for ones of the other gender, drawn for the sample and the same throughout it.

    Two names of a text never become one. Possessives are kept (Mary's becomes James's, James' becomes Mary's). Pronouns
    stay, so "Mary lost her key" becomes "James lost her key": what is tested is whether a model reads the name. The
    comparison is that of S. Kiritchenko and S. Mohammad (arXiv:1805.04508), on any text instead of templates; the list
    of names is a short one of its own.

    Args:
        rate: probability that a name of the text is swapped, at all its places, 0..1.

    Example:
        >>> GenderedNameSwap()(["Mary met John. John thanked Mary's aunt."], seed=1)
        ["Anthony met Diana. Diana thanked Anthony's aunt."]
    """

    name: ClassVar[str] = "gendered-name-swap/gendered-name-swap"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    scope: ClassVar[Scope] = "sample"
    label_effect: ClassVar[LabelEffect] = "preserves"
    writes_edits: ClassVar[bool] = True

    rate: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a name is swapped, 0..1")

    def edit_one(self, value: str, rng: SampleRng) -> list[Edit]:
        places = named(value)
        if not places:
            return []
        distinct = list(dict.fromkeys(name for _, name in places))
        draws = rng.uniform(2 * len(distinct))  # for each name, whether, then which
        taken: tuple[list[int], list[int]] = [], []  # places in each list of the names that the text holds, in order
        for name in distinct:
            insort(taken[OTHER[name] is FEMALE], PLACE[name])
        chosen, rate = {}, self.rate
        for k, name in enumerate(distinct):
            others = OTHER[name]
            gone = taken[others is MALE]
            free = len(others) - len(gone)
            if free and (rate == 1.0 or draws[2 * k] < rate):
                at = int(draws[2 * k + 1] * free)
                for place in gone:  # the at-th of those that are left
                    at += at >= place
                chosen[name] = others[at]
                insort(gone, at)
        edits: list[Edit] = []
        for match, name in places:
            if (new := chosen.get(name)) is not None:
                start, stop = match.span()
                had = value[start:stop]
                if had != name:
                    new = new.upper()
                if had[-1] in "sS" and _bare_possessive(value, start, stop) and new[-1] not in "sS":
                    new, stop = f"{new}{value[stop]}{'s' if had == name else 'S'}", stop + 1
                edits.append((start, stop, new))
        return edits


def _bare_possessive(text: str, start: int, stop: int) -> bool:
    """Whether a name on s is followed by the apostrophe alone, as in James' key, and stands in no quotation marks."""
    quoted = start > 0 and text[start - 1] in "'‘"
    return text[stop:stop + 2] in ("' ", "’ ") and not quoted

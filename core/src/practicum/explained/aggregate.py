"""Attributions of larger units: an image's pixels instead of their channels, words instead of pieces of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from practicum.errors import ModalityError
from practicum.explained.arithmetic import mapped
from practicum.explanation import Explanation


def per_pixel(explanation: Explanation, how: Literal["sum", "abs", "largest"] = "sum") -> Explanation:
    """See :meth:`Explanation.per_pixel`. The axis of channels stays, with length 1.

    Example:
        >>> e = Explanation(np.array([[[[1.0]], [[-3.0]]]]), np.array([0]), ["x"], modality="image")
        >>> [per_pixel(e, how).values.item() for how in ("sum", "abs", "largest")]
        [-2.0, 4.0, -3.0]
    """
    form = explanation.form
    if form not in ("image", "series"):
        raise ModalityError(f"an explanation of {form} has no channels to draw together; images and series have")
    axis = 0 if form == "image" and hasattr(explanation.values, "shape") else -1
    if how == "abs":
        made = mapped(explanation, lambda v: np.abs(v).sum(axis=axis, keepdims=True))
    elif how == "largest":
        made = mapped(explanation, lambda v: np.take_along_axis(
            v, np.abs(v).argmax(axis=axis, keepdims=True), axis=axis))
    else:
        made = mapped(explanation, lambda v: v.sum(axis=axis, keepdims=True))
    return made if how == "sum" else replace(made, base_value=None, score=None, error=None, figures={})


def per_word(explanation: Explanation) -> Explanation:
    """See :meth:`Explanation.per_word`."""
    if explanation.units is None:
        raise ModalityError(f"an explanation of {explanation.form} has no units to draw together to words")
    style = marker(explanation.units)
    values: list[npt.NDArray[Any]] = []
    units: list[list[str]] = []
    for pieces, row in zip(explanation.units, explanation.rows(), strict=True):
        groups = words(pieces, style)
        units.append(["".join(bare(pieces[k], style) for k in group) for group in groups])
        values.append(np.array([row[group].sum() for group in groups], dtype=row.dtype))
    return replace(explanation, values=values, units=units)


_BEGINS, _SPECIAL = ("▁", "Ġ"), (("<", ">"), ("[", "]"))


def marker(units: Sequence[Sequence[str]]) -> str:
    """The mark that a tokeniser puts on its units: ``##``, ``▁``, ``Ġ``, ``</w>``, or ``""`` where units are words.

    Example:
        >>> marker([["re", "##port"]]), marker([["▁a", "b"]]), marker([["plain", "words"]])
        ('##', '▁', '')
    """
    pieces = {p for row in units for p in row}
    if any(p.startswith("##") and len(p) > 2 for p in pieces):
        return "##"
    for mark in _BEGINS:
        if any(p.startswith(mark) for p in pieces):
            return mark
    return "</w>" if any(p.endswith("</w>") and p != "</w>" for p in pieces) else ""


def words(pieces: Sequence[str], mark: str) -> list[list[int]]:
    """Places of the pieces of each word, in order; special tokens (``[CLS]``, ``<s>``) are words of their own.

    Example:
        >>> words(["[CLS]", "re", "##port", "it"], "##")
        [[0], [1, 2], [3]]
        >>> words(["▁re", "port", "▁it", "</s>"], "▁")
        [[0, 1], [2], [3]]
        >>> words(["re", "port</w>", "it</w>"], "</w>")
        [[0, 1], [2]]
    """
    groups: list[list[int]] = []
    open_ = False
    for place, piece in enumerate(pieces):
        special = any(piece.startswith(a) and piece.endswith(b) and len(piece) > 2 for a, b in _SPECIAL)
        if special and piece != mark:
            goes_on, stays_open = False, False
        elif mark == "##":
            goes_on, stays_open = open_ and piece.startswith("##"), True
        elif mark == "</w>":
            goes_on, stays_open = open_, not piece.endswith("</w>")
        elif mark:
            goes_on, stays_open = open_ and not piece.startswith(mark), True
        else:
            goes_on, stays_open = False, False
        if goes_on:
            groups[-1].append(place)
        else:
            groups.append([place])
        open_ = stays_open
    return groups


def bare(piece: str, mark: str) -> str:
    if mark == "</w>":
        return piece.removesuffix(mark)
    return piece.removeprefix(mark) if mark else piece

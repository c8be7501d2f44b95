"""A slow reading of the documented rules of the order operations in plain Python, written apart from the kernel."""

from __future__ import annotations

import re
from itertools import pairwise

from text_noise_reference import Draws, split, word_char

Units = tuple[list[str], list[str]]
_CLOSING = "\"')]»’”」』）"


def sentences(text: str) -> Units:
    """Gaps and sentences by turns, as :func:`text_noise_reference.split` gives them for words."""
    gaps, units = [""], []
    pieces = re.findall(rf"[^\S]+|(?:[。！？][.!?…。！？]*[{re.escape(_CLOSING)}]*)|\S", text)
    open_, ended, wide = False, False, False
    for piece in pieces:
        if piece.isspace():
            if open_ and not ended:
                units[-1] += piece  # inside, unless nothing follows
            else:
                gaps[-1] += piece
                open_ = False
            continue
        if open_ and wide and piece[0] not in ".!?…。！？" + _CLOSING:
            open_ = False
        if not open_:
            units.append("")
            gaps.append("")
            open_, ended, wide = True, False, False
        units[-1] += piece
        if piece[0] in ".!?…。！？":
            ended, wide = True, _last_mark(piece) in "。！？"
        elif piece not in _CLOSING:
            ended, wide = False, False
    if units and open_:
        trailing = len(units[-1]) - len(units[-1].rstrip())
        if trailing:
            gaps[-1] = units[-1][-trailing:] + gaps[-1]
            units[-1] = units[-1][:-trailing]
    return gaps, units


def _last_mark(piece: str) -> str:
    return [c for c in piece if c in ".!?…。！？"][-1]


def cycle(count: int, first: int, draws: Draws) -> list[int]:
    """Sattolo's cycle of positions first, first + 1 ..."""
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = draws.pick(first + i, first + i + 1, i, lane=2)
        order[i], order[j] = order[j], order[i]
    return order


def order_result(op: str, text: str, rate: float, draws: Draws, span: int = 3, fillers: tuple[str, ...] = ()) -> str:
    """One text after one of the operations."""
    limit = round(rate * 2**32)
    gaps, units = sentences(text) if op.startswith("sentence") else split(text)
    real = [t for t, unit in enumerate(units) if any(word_char(c) for c in unit)]
    if limit == 0 or not real:
        return text
    if op in ("word-repeat", "filler-insert"):
        return _grown(op, gaps, units, real, limit, draws, fillers)
    if op in ("span-shuffle", "sentence-shuffle"):
        length = min(span, len(real)) if op == "span-shuffle" else len(real)
        phase = draws.pick(0, 1, length) if op == "span-shuffle" and length > 1 else 0
        edges = [0, *range(phase or length, len(real), max(length, 1)), len(real)]
        for window, (start, stop) in enumerate(pairwise(edges)):
            if stop - start > 1 and draws.lane(window + 1)[window] < limit:
                moved = [units[real[start + k]] for k in cycle(stop - start, start, draws)]
                for k, unit in enumerate(moved):
                    units[real[start + k]] = unit
        return "".join(g + u for g, u in zip(gaps, [*units, ""], strict=True))
    if op == "sentence-swap":
        first = draws.lane(1, 1)[0] >> 31
        for k, w in enumerate(draws.lane(max(len(real) - first, 0) // 2)):
            if w < limit:
                a, b = real[first + 2 * k], real[first + 2 * k + 1]
                units[a], units[b] = units[b], units[a]
        return "".join(g + u for g, u in zip(gaps, [*units, ""], strict=True))
    if op == "span-delete":
        gone = min((limit * len(real) + 2**31) >> 32, len(real) - 1)
        if gone == 0:
            return text
        start = draws.pick(0, 1, len(real) - gone + 1)
        out = set(range(real[start], real[start + gone - 1] + 1))
    else:
        drawn = draws.lane(len(real))
        out = {t for t, w in zip(real, drawn, strict=True) if w < limit}
        if len(out) == len(real):
            out.discard(real[drawn.index(max(drawn))])
    made, kept = gaps[0], False
    for t, unit in enumerate(units):
        if t not in out:
            made += (gaps[t] if kept else "") + unit
            kept = True
    return made + gaps[-1]


def _grown(op: str, gaps: list[str], units: list[str], real: list[int], limit: int, draws: Draws,
           fillers: tuple[str, ...]) -> str:
    made = ""
    hit = {t: k for k, (t, w) in enumerate(zip(real, draws.lane(len(real)), strict=True)) if w < limit}
    for t, unit in enumerate(units):
        made += gaps[t]
        if t in hit and op == "filler-insert":
            made += fillers[draws.pick(hit[t], len(real), len(fillers))] + " "
        if t in hit and op == "word-repeat":
            if t > 0:
                made += unit + gaps[t]
            elif len(units) > 1:
                made += unit + gaps[1]
        made += unit
    return made + gaps[-1]

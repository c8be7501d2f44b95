"""Explanations on a terminal: words shaded, features as bars, pictures as maps of coloured half blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from practicum.explained.aggregate import bare, marker, words
from practicum.explained.charts import number
from practicum.explained.drawing import short
from practicum.explained.pictures import flat_map, tinted
from practicum.explained.table import flat, places, strongest
from practicum.explanation import Explanation
from practicum.report.textdiff import shades

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

BAR, SIDE = 16, 32
"""Characters of the longest bar, and columns of the widest picture."""


def plain(explanation: Explanation, samples: int = 3, k: int = 6) -> str:
    """The largest values of the first samples as text without colour; ``▒`` marks what is against the class."""
    count = len(explanation)
    lines = [_heading(explanation)]
    for row in range(min(count, samples)):
        lines.append(_sample(explanation, row))
        lines += [f"  {name}  {figure}  {drawn}" for name, figure, drawn, _ in _bars(explanation, row, None, k)]
    if count > samples:
        lines.append(f"and {count - samples} more samples")
    return "\n".join(lines)


def show(explanation: Explanation, console: Console | None = None, names: Sequence[str] | None = None,
         samples: int = 8) -> None:
    """See :meth:`Explanation.show`."""
    from rich.console import Console
    from rich.text import Text

    out = console or Console()
    out.print(Text(_heading(explanation), style="bold"))
    for row in range(min(len(explanation), samples)):
        out.print(Text(_sample(explanation, row)))
        if explanation.form == "image":
            out.print(_picture(explanation, row))
        elif explanation.form == "text" and explanation.units is not None:
            out.print(_shaded(explanation, row))
        for name, figure, drawn, value in _bars(explanation, row, names, 8 if explanation.form != "image" else 3):
            line = Text(f"  {name}  {figure}  ")
            out.print(line.append(drawn, style="dark_orange" if value >= 0 else "dodger_blue2"))
    if len(explanation) > samples:
        out.print(Text(f"and {len(explanation) - samples} more samples"))


def _heading(explanation: Explanation) -> str:
    count = len(explanation)
    by = f" by {short(explanation.method, 80)}" if explanation.method else ""
    return f"Explanation of {count} sample{'s' if count != 1 else ''}{by}"


def _sample(explanation: Explanation, row: int) -> str:
    target = int(explanation.target[row])
    text = f"{short(str(explanation.ids[row]), 60)}, {'several classes' if target < 0 else f'class {target}'}"
    if explanation.base_value is not None and explanation.score is not None:
        text += f": from {float(explanation.base_value[row]):.4g} to {float(explanation.score[row]):.4g}"
    return text.replace(" -", " −")


def _bars(explanation: Explanation, row: int, names: Sequence[str] | None,
          k: int) -> list[tuple[str, str, str, float]]:
    """Name, figure and bar of the ``k`` largest values, names and figures of one width each."""
    values = flat(explanation)[row]
    order = [p for p in strongest(values, k) if values[p]]
    if not order:
        return []
    called = places(explanation, row, names)
    shown = [short(called[p], 32) for p in order]
    figures = [number(float(values[p])) for p in order]
    wide, figured, top = max(map(len, shown)), max(map(len, figures)), float(np.abs(values).max())
    return [(name.ljust(wide), figure.rjust(figured + 1),
             ("█" if values[p] >= 0 else "▒") * max(1, round(BAR * abs(float(values[p])) / top)), float(values[p]))
            for name, figure, p in zip(shown, figures, order, strict=True)]


def _shaded(explanation: Explanation, row: int, most: int = 120) -> Text:
    from rich.text import Text

    units, values = (explanation.units or [])[row], flat(explanation)[row]
    mark = marker([units])
    first = {group[0] for group in words(units, mark)}
    out = Text("  ")
    for place, shade in enumerate(shades([short(bare(u, mark), 40) for u in units[: len(values)]], values.tolist(),
                                         limit=most)):
        if place and place in first:
            out.append(" ")
        weight = 0.75 * shade.weight
        ground = tuple(round(255 + weight * (c - 255)) for c in ((226, 88, 0) if shade.toward else (0, 110, 190)))
        style = f"black on rgb({ground[0]},{ground[1]},{ground[2]})" if shade.weight >= 0.05 else ""
        out.append(shade.text, style=style)
    if len(values) > most:
        out.append(f" … {len(values) - most} more")
    return out


def _picture(explanation: Explanation, row: int) -> Text:
    """Two pixels a character: the upper half block's colour and its ground."""
    from PIL import Image
    from rich.text import Text

    found = flat_map(explanation.rows()[row], "chw" if hasattr(explanation.values, "shape") else "hwc")
    out = Text()
    if not found.size:
        return out
    picture = Image.fromarray(tinted(found))
    scale = min(1.0, SIDE / max(picture.size))
    wide, high = max(1, round(picture.width * scale)), max(2, 2 * round(picture.height * scale / 2))
    pixels = np.asarray(picture.resize((wide, high), Image.Resampling.BOX))
    for upper, lower in zip(pixels[::2].tolist(), pixels[1::2].tolist(), strict=True):
        out.append("  ")
        for a, b in zip(upper, lower, strict=True):
            out.append("▀", style=f"rgb({a[0]},{a[1]},{a[2]}) on rgb({b[0]},{b[1]},{b[2]})")
        out.append("\n")
    return out

"""Errors of optical character recognition."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from pydantic import Field

from practicum_text_noise.table_noise import TableNoise
from practicum_text_noise.tables import Table, build_table

# Each pair is confused both ways. Shapes that scans run together or break apart; written down here, not measured.
_SINGLE = ("0O 0o 0D 0Q OQ OD Oo OC CG Cc ce ec ea ao oc 1l 1I 1i 1t lI il iI ij tf lt rt 2Z 2z Zz 3B 8B 8S 38 5S "
           "5s Ss 6G 6b 9g 9q gq 7T 4A uv un nu hb hn hk vy vV wW xX UV UO VY MN NH HN EF PF PR KX KR FT LI TI "
           "JI DO yg fi")
_SEVERAL = ("rn-m cl-d ri-n li-h lc-k ii-u vv-w VV-W nn-m ni-m in-m iii-m ll-U LI-U IO-10 13-B I3-B l3-B lo-b ol-d "
            "fi-ﬁ fl-ﬂ ff-ﬀ")


@cache
def confusions(several: bool = True) -> dict[str, list[str]]:
    """What each character or sequence is taken for.

    Args:
        several: whether sequences are confused, too, as ``rn`` with ``m``.

    Example:
        >>> confusions()["rn"], confusions()["m"][0], confusions(several=False)["5"]
        (['m'], 'rn', ['S', 's'])
    """
    pairs = [tuple(p.split("-")) for p in _SEVERAL.split()] if several else []
    out: dict[str, dict[str, None]] = {}
    for a, b in [*pairs, *((p[0], p[1]) for p in _SINGLE.split())]:
        out.setdefault(a, {})[b] = None
        out.setdefault(b, {})[a] = None
    return {key: list(new) for key, new in out.items()}


@cache
def _table(several: bool) -> Table:
    return build_table(confusions(several))


class OcrConfusion(TableNoise):
    """Replaces characters and short sequences by others that a scanner takes them for.

    The text is cut, from the left, into the longest sequences that have confusions, such as ``rn``, and single
    characters. Each piece that has any (ASCII letters and digits, and the ligatures ``ﬁ``, ``ﬂ``, ``ﬀ``) is replaced
    with probability ``rate`` by one of its confusions, each equally likely. A higher rate makes the same replacements
    and more.

    The kinds of error (one for one, one for several, several for one) are those counted by Nguyen et al.
    (doi:10.1109/JCDL.2019.00015); the list of pairs is written down here and all are equally likely.

    Args:
        rate: probability in 0..1 that an eligible piece is replaced.
        several: whether sequences are confused, too (``rn`` with ``m``), or only single characters.
        on: the text column, where there is a choice.

    Example:
        >>> OcrConfusion(rate=0.3)(["The modern clock burns 105 times"], seed=1)
        ['Tha modcrn dock burnS 105 lima5']
    """

    name: ClassVar[str] = "text-noise/ocr-confusion"

    several: bool = Field(default=True, description="whether sequences are confused, too")

    def _table(self) -> Table:
        return _table(self.several)

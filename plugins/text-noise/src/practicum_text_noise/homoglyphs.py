"""Letters of one script in place of letters of another that look the same."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_noise.table_noise import TableNoise
from practicum_text_noise.tables import Table, build_table

# Each group: an ASCII character and letters of the script that have the same skeleton in Unicode's data on confusable
# characters (UTS #39).
_ALIKE = {
    "cyrillic": "aа bЬ cс dԁ eеҽ hһ iіꙇӏ jј lІӀ oо pр qԛ rг sѕ vѵ wѡԝ xх yуү AА BВ CС EЕ GԌ HН IІӀ JЈ KК MМ OО PР SЅ "
                "TТ VѴ WԜ XХ YУҮ 2Ꙅ 3ЗӠ 6б",
    "greek": "aα cϲ iι jϳ lΙ oοσ pρϱ rᴦ uυ vν yγ AΑ BΒ CϹ EΕ FϜ HΗ IΙ JͿ KΚ MΜϺ NΝ OΟ PΡ TΤ XΧ YΥϒ ZΖ",
    "armenian": "fք gց hհ nոռ oօ qգզ uս wա OՕ SՏ UՍ",
    "cherokee": "bᏏ cꮯ dᏧ hᏂ iꭵᎥ rꮁ sꮪ vꮩ wꮃ zꮓ AᎪ BᏴ CᏟ DᎠ "
                "EᎬ GᏀᏳ HᎻ JᎫ KᏦ LᏞ MᎷ PᏢ RᎡᏒ SᏕᏚ TᎢ VᏙ WᎳᏔ YᎩᎽ ZᏃ 4Ꮞ 6Ꮾ",
    "latin": "aɑ bƄ cᴄ eꬲ fꬵꞙſẝ gɡᶃƍ iıɪɩ lƖǀ oᴏᴑꬽ rꭇꭈ sꜱƽ uꞟᴜꭎꭒʋ vᴠ wɯᴡ "
             "yɣᶌʏỿꭚ zᴢ BꞴ FꞘ JꞲ RƦ XꞳ 2ꝚƧ 3ꞫȜƷꝪ 5Ƽ 8ȣȢ 9Ꝯ",
}


@cache
def look_alikes(script: str, direction: str = "from-ascii") -> dict[str, list[str]]:
    """What each character may become.

    Args:
        script: ``cyrillic``, ``greek``, ``armenian``, ``cherokee``, ``latin`` (beyond ASCII), or ``any`` of these.
        direction: ``from-ascii`` or ``to-ascii``.

    Example:
        >>> look_alikes("greek")["o"], look_alikes("greek", "to-ascii")["ο"]
        (['ο', 'σ'], ['o'])
    """
    out: dict[str, list[str]] = {}
    for group in " ".join(_ALIKE.values() if script == "any" else [_ALIKE[script]]).split():
        for other in group[1:]:
            key, new = (group[0], other) if direction == "from-ascii" else (other, group[0])
            out.setdefault(key, []).append(new)
    return out


@cache
def _table(script: str, direction: str) -> Table:
    return build_table(look_alikes(script, direction))


class Homoglyph(TableNoise):
    """Replaces letters by look-alikes of another script.

    Eligible are ASCII letters and digits that the script has a look-alike for; with ``direction="to-ascii"`` the
    look-alikes themselves, so that at rate 1 it cleans a text of them. Each is replaced with probability ``rate`` by
    one of its look-alikes, each equally likely. A higher rate makes the same replacements and more.

    The homoglyphs of Boucher et al., Bad Characters (arXiv:2106.09898), who search for the most harmful ones with a
    model, here at random; the pairs are those of Unicode's confusables, single letters only.

    Args:
        rate: probability in 0..1 that an eligible character is replaced.
        script: ``cyrillic``, ``greek``, ``armenian``, ``cherokee``, ``latin`` (letters beyond ASCII) or ``any``.
        direction: ``from-ascii`` or ``to-ascii``.
        on: the text column, where there is a choice.

    Example:
        >>> out = Homoglyph(rate=0.3)(["The quick brown fox, 42!"], seed=1)
        >>> out, out[0].isascii(), Homoglyph(rate=1.0, direction="to-ascii")(out)
        (['Тhe quӏck bгоwn fоx, 42!'], False, ['The quick brown fox, 42!'])
    """

    name: ClassVar[str] = "text-noise/homoglyph"

    script: Literal["cyrillic", "greek", "armenian", "cherokee", "latin", "any"] = Field(
        default="cyrillic", description="where look-alikes come from")
    direction: Literal["from-ascii", "to-ascii"] = Field(default="from-ascii", description="which side is replaced")

    def _table(self) -> Table:
        return _table(self.script, self.direction)

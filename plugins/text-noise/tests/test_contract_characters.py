"""The core's contract for the techniques that work from tables, and for normalisation."""

from __future__ import annotations

from practicum.batch import Batch
from practicum.testing import TransformationContract

MARKED = ("Zoë naïvely coöperated at the café.", "Łódź, Århus, Čakovec and Đakovo", "phở bò tái ở Hà Nội, nhé!",
          "Пётр Йоль", "ﬁne ﬂour, ½ ｗｉｄｅ and 𝐛𝐨𝐥𝐝", "e\u0301clair n\u0303o o\u0308l", "Ångström Å K Ω",
          "한국어 문장 하나", "Tiếng Việt — rất đẹp")
PICTURES = ("I ❤️ my 🐶", "😀 😀 what 😉 fun 😢", "☕ and 🍵, or 🍺?", "🚗🚌🚲 to the 🏠", "a 🐱, a 🐟 and a 🐦",
            "👍👍 yes 👎", "🌈☀☁", "plain words and 🎵", "🔥🔥 hot 🍕")
WORDS = ("I love my dog :-)", "The cat and the fish are happy :D", "Coffee or tea, Mother?", "A train, a bus and a CAR",
         "fire in the house!", "good music, bad movie", "money, key and book", "the moon, the sun, a star", "bird king")
ALIKE = ("Тhe quӏck", "bгоwn fоx", "οver αll", "ԁоgs аnd саts", "а е о р с", "хуz", "ѕіх", "Ԝіnԁ", "МОЅТ")


def labelled(texts: tuple[str, ...]) -> Batch:
    return Batch.of(list(texts), targets={"label": [i % 3 for i in range(len(texts))]})


class TestCharRepeat(TransformationContract):
    technique = "text-noise/char-repeat"
    configs = ({"rate": 1.0, "times": 4},)
    random = True


class TestDisemvowel(TransformationContract):
    technique = "text-noise/disemvowel"
    random = True


class TestKeyboardTypoLayout(TransformationContract):
    technique = "text-noise/keyboard-typo"
    config = {"layout": "dvorak"}
    random = True


class TestOcrConfusion(TransformationContract):
    technique = "text-noise/ocr-confusion"
    configs = ({"several": False},)
    random = True


class TestHomoglyph(TransformationContract):
    technique = "text-noise/homoglyph"
    random = True


class TestHomoglyphBack(TransformationContract):
    technique = "text-noise/homoglyph"
    config = {"rate": 0.5, "script": "any", "direction": "to-ascii"}
    samples = labelled(ALIKE)
    random = True


class TestDiacriticsAdd(TransformationContract):
    technique = "text-noise/diacritics-add"
    random = True


class TestDiacriticsStrip(TransformationContract):
    technique = "text-noise/diacritics-strip"
    samples = labelled(MARKED)
    random = True


class TestCaseChange(TransformationContract):
    technique = "text-noise/case-change"
    configs = ({"rate": 0.5, "mode": "title", "unit": "word"},)
    random = True


class TestLeet(TransformationContract):
    technique = "text-noise/leet"
    configs = ({"level": 3},)
    random = True


class TestFancyFont(TransformationContract):
    technique = "text-noise/fancy-font"
    configs = ({"style": "any", "unit": "word"},)
    random = True


class TestFullwidth(TransformationContract):
    technique = "text-noise/fullwidth"
    random = True


class TestUpsideDown(TransformationContract):
    technique = "text-noise/upside-down"
    random = True


class TestZeroWidthInsert(TransformationContract):
    technique = "text-noise/zero-width-insert"
    configs = ({"characters": "\u200b"},)
    random = True


class TestBidiReorder(TransformationContract):
    technique = "text-noise/bidi-reorder"
    random = True


class TestSpaceInsert(TransformationContract):
    technique = "text-noise/space-insert"
    random = True


class TestSpaceDelete(TransformationContract):
    technique = "text-noise/space-delete"
    random = True


class TestSpaceRepeat(TransformationContract):
    technique = "text-noise/space-repeat"
    configs = ({"times": 8},)
    random = True


class TestSpaceReplace(TransformationContract):
    technique = "text-noise/space-replace"
    configs = ({"spaces": "\t"},)
    random = True


class TestPunctuationInsert(TransformationContract):
    technique = "text-noise/punctuation-insert"
    configs = ({"marks": "…"},)
    random = True


class TestPunctuationDelete(TransformationContract):
    technique = "text-noise/punctuation-delete"
    random = True


class TestPunctuationReplace(TransformationContract):
    technique = "text-noise/punctuation-replace"
    configs = ({"marks": "…;"},)
    random = True


class TestPunctuationRepeat(TransformationContract):
    technique = "text-noise/punctuation-repeat"
    random = True


class TestEmojiInsert(TransformationContract):
    technique = "text-noise/emoji-insert"
    configs = ({"emoji": ["🙂", "👩‍👩‍👧"]},)
    random = True


class TestTextToEmoji(TransformationContract):
    technique = "text-noise/text-to-emoji"
    samples = labelled(WORDS)
    random = True


class TestEmojiToText(TransformationContract):
    technique = "text-noise/emoji-to-text"
    samples = labelled(PICTURES)
    random = True


class TestUnicodeNormalize(TransformationContract):
    technique = "text-noise/unicode-normalize"
    configs = ({"form": "NFD"}, {"form": "NFKD"})
    samples = labelled(MARKED)


class TestUnicodeNormalizeSometimes(TransformationContract):
    technique = "text-noise/unicode-normalize"
    config = {"rate": 0.5}
    samples = labelled(MARKED)
    random = True

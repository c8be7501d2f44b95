"""The core's contract for every technique of the plugin."""

from __future__ import annotations

from practicum.testing import TransformationContract


class TestCharSwap(TransformationContract):
    technique = "text-noise/char-swap"
    configs = ({"rate": 1.0},)
    random = True


class TestCharDelete(TransformationContract):
    technique = "text-noise/char-delete"
    configs = ({"rate": 0.5},)
    random = True


class TestCharInsert(TransformationContract):
    technique = "text-noise/char-insert"
    configs = ({"rate": 1.0, "alphabet": "xé漢😀"},)
    random = True


class TestCharSubstitute(TransformationContract):
    technique = "text-noise/char-substitute"
    configs = ({"rate": 1.0, "alphabet": "xé漢😀"},)
    random = True


class TestKeyboardTypo(TransformationContract):
    technique = "text-noise/keyboard-typo"
    configs = ({"rate": 1.0},)
    random = True


class TestWordSwap(TransformationContract):
    technique = "text-noise/word-swap"
    configs = ({"rate": 1.0},)
    random = True


class TestWordDelete(TransformationContract):
    technique = "text-noise/word-delete"
    configs = ({"rate": 0.5},)
    random = True

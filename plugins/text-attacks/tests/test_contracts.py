"""The contract of each technique."""

from __future__ import annotations

from practicum.testing import AttackContract

WORDS = {"fox": ("dog", "film"), "dog": ("fox",), "teacher": ("bridge",), "good": ("hard", "small"),
         "trains": ("birds",),
         "late": ("green",), "film": ("report", "garden"), "brother": ("team",), "water": ("ice",), "melts": ("boils",),
         "report": ("film",), "team": ("garden",), "garden": ("team", "bridge"), "green": ("late",),
         "birds": ("roads",),
         "winter": ("summer",), "bridge": ("garden",), "roads": ("trains",)}
LISTED = {"source": "listed", "entries": WORDS}


class TestGreedy(AttackContract):
    technique = "text-attacks/greedy"
    config = {"sources": [LISTED]}


class TestCharGreedy(AttackContract):
    technique = "text-attacks/char-greedy"
    config = {"sources": [LISTED], "eps": 8}


class TestWordImportance(AttackContract):
    technique = "text-attacks/word-importance"
    config = {"sources": [LISTED]}
    configs = [{"sources": [{"source": "unknown"}], "ranking": "random"}]


class TestPWWS(AttackContract):
    technique = "text-attacks/pwws"
    config = {"sources": [LISTED]}


class TestTextFooler(AttackContract):
    technique = "text-attacks/textfooler"
    config = {"sources": [LISTED]}


class TestDeepWordBug(AttackContract):
    technique = "text-attacks/deep-word-bug"
    config = {"sources": [LISTED]}
    configs = [{"sources": [LISTED], "scoring": "replace-1"}]


class TestPruthi(AttackContract):
    technique = "text-attacks/pruthi"
    config = {"sources": [LISTED], "constraints": []}


class TestInputReduction(AttackContract):
    technique = "text-attacks/input-reduction"
    config = {"eps": 3}
    skip = {"acts at its default strength": "it deletes words so that the prediction stays, its confidence may rise"}


class TestHotFlip(AttackContract):
    technique = "text-attacks/hotflip"
    config = {"sources": [LISTED], "norm": "words", "width": 2}


class TestGradientImportance(AttackContract):
    technique = "text-attacks/gradient-importance"
    config = {"sources": [LISTED]}


class TestUniversalTrigger(AttackContract):
    technique = "text-attacks/universal-trigger"
    config = {"length": 2, "top": 4, "turns": 2}

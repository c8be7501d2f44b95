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

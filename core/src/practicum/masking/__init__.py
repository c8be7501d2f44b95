"""Inputs with parts of them absent: what absent means, what the parts are, and the model's score without them.

:class:`Game` is what perturbation explainers and faithfulness measures ask. :class:`Absent` and :class:`Players`
objects are fields of theirs, as :data:`AnyAbsent` and :data:`AnyPlayers`.
"""

from __future__ import annotations

from practicum.masking.absent import (
    Absent,
    AnyAbsent,
    Background,
    Blur,
    Constant,
    Hidden,
    Mean,
    Missing,
    Token,
    default_absent,
)
from practicum.masking.game import Game
from practicum.masking.players import (
    AnyPlayers,
    Fields,
    Grid,
    Nodes,
    Pixels,
    Players,
    Steps,
    Superpixels,
    Values,
    Words,
    default_players,
)
from practicum.masking.score import Output

__all__ = [
    "Absent", "AnyAbsent", "AnyPlayers", "Background", "Blur", "Constant", "Fields", "Game", "Grid", "Hidden", "Mean",
    "Missing", "Nodes", "Output", "Pixels", "Players", "Steps", "Superpixels", "Token", "Values", "Words",
    "default_absent", "default_players",
]

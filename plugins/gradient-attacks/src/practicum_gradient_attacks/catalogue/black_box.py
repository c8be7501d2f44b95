"""Attacks that ask for scores or decisions only."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import Row

TECHNIQUES: tuple[Row, ...] = ()

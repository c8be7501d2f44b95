"""Attacks that adapt their step, and cascades of attacks."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import Row

TECHNIQUES: tuple[Row, ...] = ()

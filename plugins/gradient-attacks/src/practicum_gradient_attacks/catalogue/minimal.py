"""Attacks that look for the smallest change that wins."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import Row

TECHNIQUES: tuple[Row, ...] = ()

"""Attacks that learn one change for many inputs: universal perturbations and patches."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import Row

TECHNIQUES: tuple[Row, ...] = ()

"""Attacks that learn one change for many inputs: universal perturbations and patches."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, IMAGE, Row

TECHNIQUES: tuple[Row, ...] = (
    ("universal", "universal:Universal", "One perturbation for all inputs, learned from a data set.",
     "arXiv:1811.11304", "gradient", FLOAT, ("adversarial", "white-box", "universal", "learned", "linf", "l2", "l1")),
    ("patch", "patch:Patch", "A learned square, put at a drawn place, size and angle.", "arXiv:1712.09665", "gradient",
     IMAGE, ("adversarial", "white-box", "universal", "learned", "patch", "l0")),
)

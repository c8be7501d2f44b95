"""Attacks that follow the gradient within a budget that is given."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, Row

TECHNIQUES: tuple[Row, ...] = (
    ("fgsm", "fgsm:FGSM", "One step along the steepest direction of the loss.", "arXiv:1412.6572", "gradient", FLOAT,
     ("adversarial", "white-box", "gradient", "linf", "l2", "l1")),
    ("pgd", "pgd:PGD", "Projected gradient steps in an Lp ball and the input's box.", "arXiv:1706.06083", "gradient",
     FLOAT, ("adversarial", "white-box", "gradient", "linf", "l2", "l1")),
)

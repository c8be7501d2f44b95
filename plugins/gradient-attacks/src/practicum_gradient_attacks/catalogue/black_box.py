"""Attacks that ask for scores or decisions only."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, Row

TECHNIQUES: tuple[Row, ...] = (
    ("square", "square:Square", "Random squares at a corner of the ball, kept where the margin grows.",
     "arXiv:1912.00049", "score", FLOAT, ("adversarial", "black-box", "query", "linf", "l2")),
    ("simba", "simba:SimBA", "Steps along single values or cosine waves, each way, kept where they help.",
     "arXiv:1905.07121", "score", FLOAT, ("adversarial", "black-box", "query", "l2", "linf", "dct")),
    ("uniform-noise", "noise:UniformNoise", "The best of some points drawn uniformly from the ball.", "", "score",
     FLOAT, ("adversarial", "black-box", "baseline", "linf", "l2", "l1")),
    ("gaussian-noise", "noise:GaussianNoise", "The best of some Gaussian directions, as far as the budget goes.",
     "", "score", FLOAT, ("adversarial", "black-box", "baseline", "l2")),
)

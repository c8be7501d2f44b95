"""Attacks that ask for scores or decisions only."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, IMAGE, Row

TECHNIQUES: tuple[Row, ...] = (
    ("square", "square:Square", "Random squares at a corner of the ball, kept where the margin grows.",
     "arXiv:1912.00049", "score", FLOAT, ("adversarial", "black-box", "query", "linf", "l2")),
    ("simba", "simba:SimBA", "Steps along single values or cosine waves, each way, kept where they help.",
     "arXiv:1905.07121", "score", FLOAT, ("adversarial", "black-box", "query", "l2", "linf", "dct")),
    ("nes", "nes:NES", "Projected steps along a gradient estimated from scores.", "arXiv:1804.08598", "score", FLOAT,
     ("adversarial", "black-box", "query", "linf", "l2")),
    ("hop-skip-jump", "hopskipjump:HopSkipJump", "Steps along the boundary's normal, estimated from decisions.",
     "arXiv:1904.02144", "decision", FLOAT, ("adversarial", "black-box", "decision", "minimal", "l2", "linf")),
    ("boundary", "boundary:Boundary", "A random walk along the boundary towards the input, by decisions.",
     "arXiv:1712.04248", "decision", FLOAT, ("adversarial", "black-box", "decision", "minimal", "l2")),
    ("spatial", "spatial:Spatial", "The worst of a grid of rotations and translations.", "arXiv:1712.02779", "score",
     IMAGE, ("adversarial", "black-box", "rotation", "translation")),
    ("uniform-noise", "noise:UniformNoise", "The best of some points drawn uniformly from the ball.", "", "score",
     FLOAT, ("adversarial", "black-box", "baseline", "linf", "l2", "l1")),
    ("gaussian-noise", "noise:GaussianNoise", "The best of some Gaussian directions, as far as the budget goes.",
     "", "score", FLOAT, ("adversarial", "black-box", "baseline", "l2")),
)

"""Attacks that look for the smallest change that wins."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, Row

TECHNIQUES: tuple[Row, ...] = (
    ("cw", "cw:CW", "Minimises squared distance plus a penalty for not winning, and searches its weight.",
     "arXiv:1608.04644", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "carlini", "l2")),
    ("deepfool", "deepfool:DeepFool", "Steps onto the nearest linearised boundary until the class has changed.",
     "arXiv:1511.04599", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "l2", "linf")),
    ("ddn", "ddn:DDN", "Follows the gradient on a sphere that shrinks where the point on it wins.",
     "arXiv:1811.09600", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "l2")),
    ("ead", "ead:EAD", "Minimises an elastic net of distances plus a penalty for not winning, by shrinkage steps.",
     "arXiv:1709.04114", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "sparse", "l1", "l2")),
    ("fab", "fab:FAB", "Projects onto the linearised boundary, drawn toward the input.",
     "arXiv:1907.02044", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "l1", "l2", "linf")),
    ("fmn", "fmn:FMN", "Projects gradient steps onto a ball that closes in on the boundary.",
     "arXiv:2102.12827", "gradient", FLOAT,
     ("adversarial", "white-box", "gradient", "minimal", "l0", "l1", "l2", "linf")),
    ("jsma", "jsma:JSMA", "Changes the values of largest saliency, a pair at a time.",
     "arXiv:1511.07528", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "sparse", "l0")),
    ("sparse", "sparse:Sparse", "Moves the values that gain most to the edge of the box, as few as possible.",
     "arXiv:1811.02248", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "minimal", "sparse", "l0")),
)

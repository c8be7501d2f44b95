"""Attacks that adapt their step, and cascades of attacks."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, Row

TECHNIQUES: tuple[Row, ...] = (
    ("apgd", "apgd:APGD", "Projected steps with momentum, halved sample by sample where they stop paying.",
     "arXiv:2003.01690", "gradient", FLOAT, ("adversarial", "white-box", "gradient", "auto-pgd", "linf", "l2", "l1")),
    ("cascade", "cascade:Cascade", "APGD, APGD-T, FAB and Square on what is left standing, with checks of trust.",
     "arXiv:2003.01690", "gradient", FLOAT, ("adversarial", "autoattack", "ensemble", "worst-case", "linf", "l2",
                                             "l1")),
)

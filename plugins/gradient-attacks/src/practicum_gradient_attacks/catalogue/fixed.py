"""Attacks that follow the gradient within a budget that is given."""

from __future__ import annotations

from practicum_gradient_attacks.catalogue import FLOAT, IMAGE, Row

_WORDS = ("adversarial", "white-box", "gradient", "linf", "l2", "l1")
_TRANSFER = (*_WORDS, "transfer")

TECHNIQUES: tuple[Row, ...] = (
    ("fgsm", "fgsm:FGSM", "One step along the steepest direction of the loss.", "arXiv:1412.6572", "gradient", FLOAT,
     _WORDS),
    ("rfgsm", "random_step:RFGSM", "A random step of signs, then one of the gradient's.", "arXiv:1705.07204",
     "gradient", FLOAT, ("adversarial", "white-box", "gradient", "linf")),
    ("ffgsm", "random_step:FFGSM", "One long step from a random point of the ball.", "arXiv:2001.03994", "gradient",
     FLOAT, _WORDS),
    ("bim", "bim:BIM", "Small steps from the input itself.", "arXiv:1607.02533", "gradient", FLOAT,
     (*_WORDS, "i-fgsm")),
    ("pgd", "pgd:PGD", "Projected gradient steps in an Lp ball and the input's box.", "arXiv:1706.06083", "gradient",
     FLOAT, _WORDS),
    ("mi-fgsm", "momentum:MIFGSM", "Steps along an accumulated gradient.", "arXiv:1710.06081", "gradient", FLOAT,
     (*_TRANSFER, "momentum")),
    ("ni-fgsm", "momentum:NIFGSM", "Momentum with the gradient taken a step ahead.", "arXiv:1908.06281", "gradient",
     FLOAT, (*_TRANSFER, "momentum", "nesterov")),
    ("vmi-fgsm", "momentum:VMIFGSM", "Momentum with gradients corrected by their variance.", "arXiv:2103.15571",
     "gradient", FLOAT, (*_TRANSFER, "momentum", "variance")),
    ("di-fgsm", "invariance:DIFGSM", "Gradients of images resized and padded at random.", "arXiv:1803.06978",
     "gradient", IMAGE, (*_TRANSFER, "input-diversity")),
    ("ti-fgsm", "invariance:TIFGSM", "Gradients smoothed over the image.", "arXiv:1904.02884", "gradient", IMAGE,
     (*_TRANSFER, "translation-invariant")),
)

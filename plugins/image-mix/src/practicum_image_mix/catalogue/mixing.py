"""Images mixed with others of their batch."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("mixup", "mixup:MixUp", "Blends each image and label with a partner's, lambda ~ Beta.", "arXiv:1710.09412",
     ("mixing", "regularisation")),
    ("cutmix", "cutmix:CutMix", "Pastes a box of a partner's image; labels mix by exact area.", "arXiv:1905.04899",
     ("mixing", "regularisation")),
)
"""Short name, target, summary, what it follows (arXiv or DOI), keywords."""

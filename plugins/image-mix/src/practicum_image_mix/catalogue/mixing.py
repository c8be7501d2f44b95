"""Images mixed with others of their batch."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("mixup", "mixup:MixUp", "Blends each image and label with a partner's, lambda ~ Beta.", "arXiv:1710.09412",
     ("mixing", "regularisation")),
    ("cutmix", "cutmix:CutMix", "Pastes a box of a partner's image; labels mix by exact area.", "arXiv:1905.04899",
     ("mixing", "regularisation")),
    ("resize-mix", "resizemix:ResizeMix", "Pastes a partner's whole image, made small, at a random place.",
     "arXiv:2012.11101", ("mixing", "regularisation")),
    ("patch-mix", "patchmix:PatchMix", "Takes the cells of a grid from two images, labels by their number.",
     "arXiv:2106.09011", ("mixing", "regularisation", "grid")),
    ("fmix", "fmix:FMix", "Mixes two images by a mask of low frequency, labels by its exact area.", "arXiv:2002.12047",
     ("mixing", "regularisation", "fourier")),
    ("mosaic", "mosaic:Mosaic", "Puts pieces of four images around a random point; boxes and masks move along.",
     "arXiv:2004.10934", ("mixing", "detection", "boxes", "masks")),
    ("train-mix", "trainmix:TrainMix", "Normalise, MixUp or CutMix per sample and random erasing in one pass.",
     "arXiv:2012.12877", ("mixing", "erasing", "normalise", "fused", "training")),
)
"""Short name, target, summary, what it follows (arXiv or DOI), keywords."""

"""Gradients of a score by the input: name, target, modalities, summary, paper, keywords."""

from __future__ import annotations

from practicum.spec import Modality

_FLOATS: tuple[Modality, ...] = ("image", "series", "state")
_ALL: tuple[Modality, ...] = (*_FLOATS, "text")

TECHNIQUES: tuple[tuple[str, str, tuple[Modality, ...], str, str, tuple[str, ...]], ...] = (
    ("saliency", "saliency:Saliency", _ALL, "Gradient of a class score by the input, or times it.",
     "arXiv:1312.6034", ("gradient", "attribution", "heatmap", "input-x-gradient", "input x gradient")),
    ("integrated-gradients", "integrated_gradients:IntegratedGradients", _ALL,
     "The gradient averaged on the line from a baseline, as fine as completeness asks.", "arXiv:1703.01365",
     ("gradient", "attribution", "completeness", "path", "ig")),
)

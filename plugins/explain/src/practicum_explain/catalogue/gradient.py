"""Gradients of a score by the input: name, target, modalities, summary, paper, keywords."""

from __future__ import annotations

from practicum.spec import Modality

TECHNIQUES: tuple[tuple[str, str, tuple[Modality, ...], str, str, tuple[str, ...]], ...] = (
    ("saliency", "saliency:Saliency", ("image", "state", "series", "text"), "Gradient of a class score by the input.",
     "arXiv:1312.6034", ("gradient", "attribution", "heatmap")),
)

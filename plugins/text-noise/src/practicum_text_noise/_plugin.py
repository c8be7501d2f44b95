"""Declares the techniques of this plugin; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec
from practicum_text_noise.catalogue import characters, dictionary, words


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    """Operations on text, family by family."""
    for family in (characters, dictionary, words):
        for short, target, summary, cite, keywords in family.TECHNIQUES:
            yield TechniqueSpec(name=f"text-noise/{short}", kind="transformation",
                                target=f"practicum_text_noise.{target}", modalities=("text",), summary=summary,
                                cite=cite, keywords=("noise", "robustness", *keywords))

"""Declares the techniques of this plugin; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec
from practicum_text_attacks.catalogue import gradient, score


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    """Attacks on texts, family by family."""
    for family in (score, gradient):
        for short, target, summary, cite, keywords, access, uses in family.TECHNIQUES:
            yield TechniqueSpec(name=f"text-attacks/{short}", kind="attack", target=f"practicum_text_attacks.{target}",
                                modalities=("text",), summary=summary, cite=cite,
                                keywords=("robustness", "adversarial", *keywords), access=access,
                                requires=("torch",), requires_techniques=uses)
    yield TechniqueSpec(name="text-attacks/sentence-encoder", kind="model",
                        target="practicum_text_attacks.encoder:SentenceEncoder", modalities=("text",),
                        summary="Encodes texts as vectors, by the packaged all-MiniLM-L6-v2 or any checkpoint.",
                        cite="arXiv:1908.10084", keywords=("similarity", "minilm", "embedding"),
                        requires=("torch", "transformers"), extra="encoder")

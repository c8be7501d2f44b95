"""Declares the techniques of this plugin; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec
from practicum_text_attacks.catalogue import score


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    """Attacks on texts, family by family."""
    for family in (score,):
        for short, target, summary, cite, keywords, access, uses in family.TECHNIQUES:
            yield TechniqueSpec(name=f"text-attacks/{short}", kind="attack", target=f"practicum_text_attacks.{target}",
                                modalities=("text",), summary=summary, cite=cite,
                                keywords=("robustness", "adversarial", *keywords), access=access,
                                requires=("torch",), requires_techniques=uses)

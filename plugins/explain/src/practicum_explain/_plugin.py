"""What this plugin offers; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from practicum.hooks import hookimpl
from practicum.spec import Access, TechniqueSpec
from practicum_explain.catalogue import gradient, perturbation

_FAMILIES: tuple[tuple[tuple[Any, ...], Access], ...] = (
    (gradient.TECHNIQUES, "gradient"), (perturbation.TECHNIQUES, "score"))


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """Explainers, family by family."""
    for techniques, access in _FAMILIES:
        for short, target, modalities, summary, cite, keywords in techniques:
            yield TechniqueSpec(name=f"explain/{short}", kind="explainer", target=f"practicum_explain.{target}",
                                modalities=modalities, summary=summary, cite=cite, keywords=keywords, access=access,
                                requires=("torch",))

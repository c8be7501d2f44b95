"""What this plugin offers; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec
from practicum_image_corruptions.catalogue import blur, digital, noise, weather


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """The corruptions, family by family."""
    for family in (noise, blur, weather, digital):
        for short, target, summary, keywords in family.TECHNIQUES:
            yield TechniqueSpec(name=f"image-corruptions/{short}", kind="transformation", modalities=("image",),
                                cite="arXiv:1903.12261", target=f"practicum_image_corruptions.{target}",
                                summary=summary, requires=("torch", "numba", "scipy", "PIL"),
                                keywords=("corruption", *keywords))

"""What this plugin offers: one technique for each entry of the generated table; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec
from practicum_albumentations.catalogue.shipped import entries


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """Every wrapped transform, by the kebab-case form of its class name."""
    for facts in entries():
        yield TechniqueSpec(name=f"albumentations/{facts['name']}", kind="transformation", modalities=("image",),
                            target=f"practicum_albumentations.transforms:{facts['class']}", cite=facts["cite"],
                            summary=facts["summary"], requires=("torch", "albumentations"),
                            keywords=tuple(facts["keywords"]))

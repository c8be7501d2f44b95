"""The kit's toys as a plugin, so that combinators can name them."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    for short, cls in (("reverse", "Reverse"), ("mask-chars", "MaskChars")):
        yield TechniqueSpec(name=f"toy/{short}", kind="transformation", target=f"practicum.testing.toys:{cls}",
                            modalities=("text",), summary="A toy.")

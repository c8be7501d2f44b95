"""A declaration that disagrees with its class."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    yield TechniqueSpec(name="wrong-spec/disagrees", kind="transformation", target="wrong_declarations:Disagrees",
                        modalities=("text", "record"), summary="Disagrees with its class.")

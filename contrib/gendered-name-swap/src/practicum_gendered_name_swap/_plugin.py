"""What this plugin offers. Imports nothing but the core's declarations, so that listing stays quick."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """The plugin's techniques."""
    yield TechniqueSpec(
        name="gendered-name-swap/gendered-name-swap",
        kind="transformation",
        target="practicum_gendered_name_swap.gendered_name_swap:GenderedNameSwap",
        modalities=("text",),
        languages=("en",),
        cite="arXiv:1805.04508",
        summary="Swaps given names for ones of the other gender, consistently within a text.",
    )
    yield TechniqueSpec(
        name="gendered-name-swap/names-someone",
        kind="transformation",
        target="practicum_gendered_name_swap.names_someone:NamesSomeone",
        modalities=("text",),
        languages=("en",),
        summary="Keeps the texts that hold a name which gendered-name-swap would swap.",
    )

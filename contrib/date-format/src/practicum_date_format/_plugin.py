"""What this plugin offers. Imports nothing but the core's declarations, so that listing stays quick."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """The plugin's techniques."""
    yield TechniqueSpec(
        name="date-format/date-format",
        kind="transformation",
        target="practicum_date_format.date_format:DateFormat",
        modalities=("text",),
        languages=("en",),
        summary="Writes the dates of a text in another unambiguous format.",
    )

"""What this plugin offers. Imports nothing but the core's declarations, so that listing stays quick."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """The plugin's techniques."""
    yield TechniqueSpec(
        name="yoda-order/yoda-order",
        kind="transformation",
        target="practicum_yoda_order.yoda_order:YodaOrder",
        modalities=("text",),
        languages=("en",),
        cite="arXiv:2112.02721",
        summary="Moves what follows the first auxiliary of a sentence to its front.",
    )

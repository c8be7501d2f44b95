"""A declaration that imports what it should not."""

from __future__ import annotations

from collections.abc import Iterator

import scipy  # noqa: F401  # the mistake that the check must find

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    yield TechniqueSpec(name="wrong-heavy/heavy", kind="transformation", target="wrong_declarations:Heavy",
                        modalities=("text",), summary="Imports scipy to be listed.")

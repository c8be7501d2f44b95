"""What this plugin offers; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """One explainer and one attack, each a whole library's."""
    yield TechniqueSpec("interop/captum", "explainer", "practicum_interop.captum_explainer:Captum",
                        ("image", "series", "state"), "Any of Captum's attributions to the input, by its class's name.",
                        cite="arXiv:2009.07896", keywords=("captum", "attribution"), access="gradient",
                        requires=("torch", "captum"), extra="captum")
    yield TechniqueSpec("interop/foolbox", "attack", "practicum_interop.foolbox_attack:Foolbox",
                        ("image", "series", "state"), "Any of Foolbox's attacks, by its class's name.",
                        cite="DOI 10.21105/joss.02607", keywords=("foolbox", "attack"), access="gradient",
                        requires=("torch", "foolbox"), extra="foolbox")

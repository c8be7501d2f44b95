"""What this plugin declares."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    yield TechniqueSpec(
        name="explain/saliency", kind="explainer", target="practicum_explain.saliency:Saliency",
        modalities=("image", "state", "series", "text"), summary="Gradient of a class score by the input.",
        cite="arXiv:1312.6034", keywords=("gradient", "attribution", "heatmap"), access="gradient",
        requires=("torch",))

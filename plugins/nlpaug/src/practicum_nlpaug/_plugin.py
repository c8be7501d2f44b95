"""What this plugin offers: the generated file techniques.json; nlpaug isn't imported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """One technique for each text augmenter."""
    for entry in json.loads(files("practicum_nlpaug").joinpath("techniques.json").read_text("utf-8")):
        yield TechniqueSpec(name=entry["name"], kind="transformation", modalities=("text",),
                            target=f"practicum_nlpaug.techniques:{entry['class']}", summary=entry["summary"],
                            cite=entry["cite"], keywords=("nlpaug", *entry["keywords"]), extra=entry["extra"],
                            languages=tuple(entry["languages"]), requires=("nlpaug", *entry["requires"]))

"""Writes the shipped table ``catalogue/specs.json`` from the installed albumentations and the hand-written tables.

``python -m practicum_albumentations.generate`` writes it, and the card's table where the card is beside the sources;
``--check`` only says whether the file is up to date.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import TypeAdapter

from practicum.atomic import write_atomic
from practicum.batch import Batch
from practicum.keys import Keys
from practicum_albumentations import probe
from practicum_albumentations.catalogue import (
    blur,
    camera,
    choices,
    colour,
    crops,
    dropout,
    geometry,
    mixing,
    weather,
)
from practicum_albumentations.catalogue.shipped import entries as entries_shipped
from practicum_albumentations.library import library, one_thread
from practicum_albumentations.technique import Albumentation

PATH = Path(__file__).parent / "catalogue" / "specs.json"
FAMILIES = {"blur": blur, "camera": camera, "colour": colour, "crops": crops, "dropout": dropout, "geometry": geometry,
            "mixing": mixing, "weather": weather}
BEGIN, END = "<!-- transforms: generated -->", "<!-- end of transforms -->"
ALL_KINDS = ["boxes", "keypoints", "masks"]
_LIBRARY_KINDS = {"MASK": "masks", "BBOXES": "boxes", "KEYPOINTS": "keypoints"}
_METADATA_FIELDS = ("metadata_key", "cropping_bbox_key")


def kebab(name: str) -> str:
    """A class name in kebab case; ``BBox`` counts as one word.

    Example:
        >>> [kebab(n) for n in ("CLAHE", "RGBShift", "RandomCropNearBBox", "D4", "RandomRotate90", "HEStain")]
        ['clahe', 'rgb-shift', 'random-crop-near-bbox', 'd4', 'random-rotate90', 'he-stain']
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name.replace("BBox", "Bbox"))
    return split.lower()


def public() -> list[str]:
    """Every public transform class of the library."""
    lib = library()
    bases = {"BasicTransform", "DualTransform", "ImageOnlyTransform", "Transform3D"}
    return sorted(n for n in dir(lib) if inspect.isclass(getattr(lib, n)) and n not in bases
                  and issubclass(getattr(lib, n), lib.BasicTransform))


def entries() -> Iterator[dict[str, Any]]:
    """The facts of each wrapped transform, by class name.

    Raises:
        ValueError: the hand-written tables miss a transform of the library, or name one that it lacks.
    """
    rows = {row[0]: (family, *row) for family, module in FAMILIES.items() for row in module.TRANSFORMS}
    odd = set(rows) ^ (set(public()) - set(choices.NOT_WRAPPED))
    if odd:
        raise ValueError(f"the tables and the library differ in {', '.join(sorted(odd))}: mend catalogue/*.py")
    for wrapped in sorted(rows):
        family, _, summary, cite, keywords = rows[wrapped]
        yield _entry(wrapped, family, summary, cite, keywords)


def _entry(wrapped: str, family: str, summary: str, cite: str, keywords: tuple[str, ...]) -> dict[str, Any]:
    cls = getattr(library(), wrapped)
    signature = {k: v.default for k, v in inspect.signature(cls.__init__).parameters.items()}
    needs, example = choices.NEEDS.get(wrapped, ""), choices.EXAMPLES.get(wrapped, {})
    defaults = choices.DEFAULTS.get(wrapped, {})
    key = next((signature[f] for f in _METADATA_FIELDS if f in signature), "")
    font = {"font_path": _font()} if needs == "text" else {}

    def make() -> Any:
        return cls(p=1.0, **defaults, **example, **font)

    kinds = sorted(_LIBRARY_KINDS[t.name] for t in cls._targets if t.name in _LIBRARY_KINDS)
    channels = probe.channels_taken(make, needs, key, 32)
    least = choices.LEAST.get(wrapped) or (
        1 if wrapped in choices.SIZED_BY_FIELDS else probe.smallest(make, needs, key, channels))
    if wrapped in choices.NO_ROWS:
        kinds = [k for k in kinds if k == "masks"]
    moves = probe.kinds_moved(make, needs, key, kinds, 32)
    size = max(16, least)
    depth = 3 if 3 in channels and wrapped not in choices.GREY_ONLY else 1
    return {
        "name": kebab(wrapped), "class": wrapped, "summary": summary, "cite": cite,
        "keywords": ["albumentations", family, "spatial" if moves else "pixel", *keywords],
        "needs": needs, "metadata_key": key, "min_size": least, "channels": channels,
        "values": choices.DTYPES.get(wrapped, "any"), "changes_dtype": wrapped in choices.CHANGES_DTYPE, "moves": moves,
        "carries": moves if kinds and wrapped not in choices.STAYS else ALL_KINDS,
        "label_effect": "changes" if wrapped in choices.CHANGES_LABEL else "preserves",
        "own_defaults": sorted(defaults), "example": example, "shown_at": size, "shown_channels": depth,
        "shown": _shown(make, f"albumentations/{kebab(wrapped)}", needs, key, (size, depth)),
        "fields": dict(_fields(wrapped, cls, signature))}


def _font() -> str:
    """The font that Pillow carries, as a file."""
    from PIL import ImageFont

    path = Path(tempfile.gettempdir()) / "practicum-pillow-font.ttf"
    font: Any = ImageFont.load_default(12)
    path.write_bytes(font.font_bytes)
    return str(path)


def _fields(wrapped: str, cls: Any, signature: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for field in signature:
        told = cls.InitSchema.model_fields.get(field)
        if told is None or field == "p" or field in choices.HIDDEN | choices.HIDDEN_IN.get(wrapped, frozenset()):
            continue
        kind: Any = Annotated[(told.annotation, *told.metadata)] if told.metadata else told.annotation
        schema = _slim(TypeAdapter(kind).json_schema())
        required = signature[field] is inspect.Parameter.empty or field in choices.REQUIRED.get(wrapped, ())
        default = choices.DEFAULTS.get(wrapped, {}).get(field, signature[field])
        yield field, {"schema": schema, "required": required, "default": None if required else default}


def _slim(schema: Any) -> Any:
    """A JSON schema without titles, formats and the lengths that prefixItems repeat."""
    if isinstance(schema, list):
        return [_slim(item) for item in schema]
    if isinstance(schema, dict):
        idle = {"title", "description", "format", "minItems", "maxItems", "propertyNames", "default"}
        return {k: _slim(v) for k, v in schema.items() if k not in idle}
    return schema


def _shown(make: Any, name: str, needs: str, key: str, shape: tuple[int, int]) -> list[int] | None:
    """The output's shape in the docstring's example, or ``None`` where each sample comes out in its own size."""
    size, depth = shape
    batch = Batch.of(np.zeros((2, depth, size, size), dtype=np.float32))
    image = probe.picture(size, size, depth, "float32")
    sizes = set()
    with one_thread():
        for seed in Albumentation.seeds(Keys(1).child(name).bind(batch.ids)):
            out = probe.run(make, seed, image, probe.inputs(needs, key, image))
            sizes.add((2, 1 if out.ndim == 2 else out.shape[2], *out.shape[:2]))
    return list(sizes.pop()) if len(sizes) == 1 else None


def text() -> str:
    """The generated file."""
    from importlib.metadata import version

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {"library": f"albumentations {version('albumentations')}", "transforms": list(entries())}
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, sort_keys=False) for entry in made["transforms"])
    return f'{{"library": {json.dumps(made["library"])}, "transforms": [\n{lines}\n]}}\n'


def card_table() -> str:
    """The table of transforms in the plugin's card, from the shipped file."""
    lines = ["| technique | what it does | moves | needs | smallest | channels |", "|---|---|---|---|---|---|"]
    needs = {"box": "boxes (its first)", "images": "references", "items": "references", "text": "a font file"}
    for facts in entries_shipped():
        cells = (f"`{facts['name']}`", facts["summary"], ", ".join(facts["moves"]) or "nothing",
                 needs.get(facts["needs"], facts["needs"]), str(facts["min_size"]),
                 "any" if len(facts["channels"]) == len(probe.CHANNELS) else ", ".join(map(str, facts["channels"])))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_card(path: Path) -> None:
    """Put the table between the card's two marks."""
    before, rest = path.read_text("utf-8").split(BEGIN)
    write_atomic(path, f"{before}{BEGIN}\n{card_table()}\n{END}{rest.split(END)[1]}")


def main(arguments: list[str]) -> int:
    """Write or check; the exit status."""
    made = text()
    if "--check" in arguments:
        return 0 if PATH.is_file() and PATH.read_text("utf-8") == made else 1
    write_atomic(PATH, made)
    card = Path(__file__).parents[2] / "README.md"
    if card.is_file():
        write_card(card)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

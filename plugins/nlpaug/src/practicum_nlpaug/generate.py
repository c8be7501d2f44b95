"""Writes techniques.json from the installed nlpaug: ``python -m practicum_nlpaug.generate``."""

from __future__ import annotations

import inspect
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from practicum_nlpaug.augmenters import AUGMENTERS, Augmenter
from practicum_nlpaug.fields import FIELDS, LEFT_OUT

PLACE = Path(__file__).with_name("techniques.json")


def describe(augmenter: Augmenter) -> dict[str, Any]:
    """One entry of the file.

    Raises:
        ValueError: the installed library has an argument that we say nothing of.
    """
    library = getattr(import_module(f"nlpaug.augmenter.{augmenter.module}"), augmenter.cls)
    arguments, fields = inspect.signature(library.__init__).parameters, {}
    for name, parameter in arguments.items():
        if name == "self" or name in LEFT_OUT or (name == "action" and not augmenter.actions):
            continue
        if name not in FIELDS:
            raise ValueError(f"{augmenter.cls} of the installed nlpaug has an argument {name!r} that fields.py doesn't "
                             "know: describe it there, or add it to LEFT_OUT")
        required = parameter.default is inspect.Parameter.empty or (name == "model_path" and "files" in augmenter.needs)
        fields[name] = {"required": required, "default": None if required else parameter.default}
        choices = {"action": augmenter.actions, "mode": augmenter.modes}.get(name)
        if choices:
            fields[name]["choices"] = list(choices)
    # The library's own cache knows models by the last part of their path; ours by the whole configuration.
    fixed = augmenter.fixed | ({"force_reload": True} if "force_reload" in arguments else {})
    short = re.sub(r"(?<!^)(?=[A-Z])", "-", augmenter.cls.removesuffix("Aug")).lower().replace("tf-idf", "tfidf")
    return {"name": f"nlpaug/{short}", "class": augmenter.cls.removesuffix("Aug"), "library": augmenter.cls,
            "module": f"nlpaug.augmenter.{augmenter.module}", "summary": augmenter.summary, "cite": augmenter.cite,
            "keywords": list(augmenter.keywords), "languages": list(augmenter.languages), "extra": augmenter.extra,
            "requires": list(augmenter.requires), "needs": list(augmenter.needs), "strength": list(augmenter.strength),
            "fixed": fixed, "fields": fields}


def text() -> str:
    """The whole file."""
    return json.dumps([describe(a) for a in AUGMENTERS], indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{len(AUGMENTERS)} augmenters written to {PLACE}\n")

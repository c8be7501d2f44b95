"""The wrapped transforms as technique classes, made by name on first use from the shipped table.

``from practicum_albumentations.transforms import CLAHE`` works like for any class; so do pickling and ``target=``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from types import new_class
from typing import Any

from pydantic import Field

from practicum_albumentations.inputs import NearBox, WithReferences, WithText
from practicum_albumentations.schema import annotation, wording
from practicum_albumentations.specs import specs
from practicum_albumentations.technique import Albumentation

_BASES: dict[str, type[Albumentation]] = {"images": WithReferences, "items": WithReferences, "text": WithText,
                                          "box": NearBox}


def __getattr__(name: str) -> Any:
    if name not in specs():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _made(name)


def __dir__() -> list[str]:
    return sorted([*globals(), *specs()])


@cache
def _made(wrapped: str) -> type[Albumentation]:
    facts = specs()[wrapped]
    base = _BASES.get(facts["needs"], Albumentation)
    namespace: dict[str, Any] = {
        "__module__": __name__, "__qualname__": wrapped, "__doc__": _docstring(facts), "wrapped": wrapped,
        "name": f"albumentations/{facts['name']}", "carries": frozenset(facts["carries"]),
        "version": f"1+albumentations-{version('albumentations')}",  # a release may draw or round differently
        "label_effect": facts["label_effect"], "__annotations__": {}}
    for field, told in facts["fields"].items():
        namespace["__annotations__"][field] = annotation(told["schema"])
        own = "; the default is this plugin's, the library's does nothing" if field in facts["own_defaults"] else ""
        said = f"{wording(told['schema'])}; as {field} of albumentations.{wrapped}{own}"
        namespace[field] = Field(description=said) if told["required"] else Field(default=told["default"],
                                                                                  description=said)
    return new_class(wrapped, (base,), exec_body=lambda body: body.update(namespace))


def _docstring(facts: Any) -> str:
    fields = "\n".join(f"    {field}: {wording(told['schema'])}{_default(told)}"
                       for field, told in facts["fields"].items())
    shape = facts["shown"]
    config = "".join(f", {k}={v!r}" for k, v in facts["example"].items())
    needs = {"masks": "a target of kind masks", "boxes": "a target of kind boxes",
             "box": "a target of kind boxes; the first box of each sample is the one cropped near",
             "images": "reference images", "items": "reference images", "text": "a font file", "": ""}[facts["needs"]]
    lines = [facts["summary"], "",
             f"``albumentations.{facts['class']}``, drawn per sample. Smallest image: {facts['min_size']}x"
             f"{facts['min_size']} pixels at the library's defaults; channels: "
             f"{', '.join(str(n) for n in facts['channels'])}.{' Needs ' + needs + '.' if needs else ''}", ""]
    if fields:
        lines += ["Args:", fields, ""]
    return "\n".join([*lines, *_example(facts, config, shape)])


def _default(told: Any) -> str:
    return "" if told["required"] else f", default {told['default']!r}"


def _example(facts: Any, config: str, shape: list[int]) -> list[str]:
    name, size = f"albumentations/{facts['name']}", facts["shown_at"]
    lead = ["Example:", "    >>> import practicum as pm, torch",
            f"    >>> images = torch.rand(2, {facts['shown_channels']}, {size}, {size}, "
            "generator=torch.Generator().manual_seed(0))"]
    if facts["values"] == "uint8":
        lead[-1] = lead[-1].replace("torch.rand(", "torch.randint(256, (").replace(", generator", "), generator")
        lead[-1] += ".byte()"
    if facts["needs"] in ("masks", "boxes", "box"):
        kind = "masks" if facts["needs"] == "masks" else "boxes"
        value = "torch.ones(16, 16).numpy()" if kind == "masks" else "[[2, 2, 9, 9]]"
        value = value.replace("16", str(size))
        return [*lead, f"    >>> target = pm.Target({kind!r}, [{value}] * 2)",
                f"    >>> batch = pm.Batch.of(images, targets={{{kind!r}: target}})",
                f"    >>> pm.get({name!r}{config})(batch, seed=1).column()[0].ndim", "    3"]
    if facts["needs"] == "text":
        return [*lead, f"    >>> pm.get({name!r}, font_path='Font.ttf')(images, seed=1)  # doctest: +SKIP"]
    if facts["needs"]:
        return [*lead, "    >>> other = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))",
                "    >>> batch = pm.Batch.of(columns={'image': pm.Column('image', images), "
                "'other': pm.Column('image', other)})",
                f"    >>> changed = pm.get({name!r}, on='image', reference_column='other'{config})(batch, seed=1)",
                "    >>> tuple(changed.column('image').shape)", f"    {tuple(shape)}"]
    called = f"    >>> changed = pm.get({name!r}{config})(images, seed=1)"
    if shape is None:
        return [*lead, called, "    >>> len(changed)  # a list of arrays where each comes out in its own size", "    2"]
    return [*lead, called, "    >>> tuple(changed.shape)", f"    {tuple(shape)}"]


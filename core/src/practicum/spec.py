"""What a plugin declares about a technique without importing it.

Plugin declaration modules import only this module and :mod:`practicum.hooks`, so listing four hundred
techniques costs no torch. Standard-library dataclasses are used for the same reason.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

API_LEVEL = 1
"""The level of the plugin interface. A plugin declares the level it was written for; unequal levels are refused."""

Kind = Literal["transformation", "attack", "explainer", "model", "environment", "tracker"]
Modality = Literal["text", "image", "record", "table", "series", "graph", "state"]
Access = Literal["", "gradient", "score", "decision"]

KINDS: tuple[str, ...] = get_args(Kind)
MODALITIES: tuple[str, ...] = get_args(Modality)

_NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")


@dataclass(frozen=True, slots=True)
class TechniqueSpec:
    """One technique as its plugin declares it.

    Args:
        name: ``"plugin/technique"`` in kebab case, as ``"text-noise/char-swap"``.
        kind: one of the six kinds.
        target: where the class is, ``"package.module:Class"``; imported on first use.
        modalities: what the technique takes; empty for kinds without data (trackers, environments).
        summary: one line, shown by ``practicum list``.
        cite: arXiv id or DOI of what the technique follows; empty when there is none.
        licence: SPDX identifier of the technique's code.
        keywords: free words to search by.
        languages: BCP 47 codes, for text techniques bound to a language; empty means any.
        access: what an attack or explainer needs of a model.
        requires: importable module names that the target needs beyond the core, as ``("torch",)``.
        extra: the extra of the plugin's distribution that installs ``requires``, when it is optional.
        requires_techniques: registered names used by this technique.
        wraps: qualified class names a model adapter can wrap, as ``("torch.nn.modules.module.Module",)``.
        api: the plugin interface level.

    Example:
        >>> TechniqueSpec(name="toy/upper", kind="transformation", target="toy:Upper", modalities=("text",),
        ...               summary="Upper-cases a text.").short
        'upper'
    """

    name: str
    kind: Kind
    target: str
    modalities: tuple[Modality, ...] = ()
    summary: str = ""
    cite: str = ""
    licence: str = "MIT"
    keywords: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    access: Access = ""
    requires: tuple[str, ...] = ()
    extra: str = ""
    requires_techniques: tuple[str, ...] = ()
    wraps: tuple[str, ...] = ()
    api: int = API_LEVEL

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"technique name {self.name!r} is not 'plugin/technique' in kebab case")
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind {self.kind!r} is not one of {', '.join(KINDS)}")
        unknown = [m for m in self.modalities if m not in MODALITIES]
        if unknown:
            raise ValueError(f"{self.name}: unknown modality {unknown[0]!r}; known: {', '.join(MODALITIES)}")
        if self.target.count(":") != 1:
            raise ValueError(f"{self.name}: target {self.target!r} is not 'package.module:Class'")

    @property
    def plugin(self) -> str:
        """The part of the name before the slash."""
        return self.name.split("/", 1)[0]

    @property
    def short(self) -> str:
        """The part of the name after the slash."""
        return self.name.split("/", 1)[1]

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TechniqueSpec:
        """Build a spec from plain data (a generated file); unknown keys warn, so newer files load on older cores.

        Raises:
            ValueError: a known key has a bad value.
        """
        known = {f.name for f in fields(cls)}
        extra = sorted(set(values) - known)
        if extra:
            warnings.warn(f"spec of {values.get('name', '?')}: unknown keys {', '.join(extra)} are ignored",
                          stacklevel=2)
        clean: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known}
        return cls(**clean)


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A data source that a plugin offers to recipes and to :func:`practicum.load_data`.

    Args:
        name: ``"family/source"``, as ``"sklearn/digits"``, or a bare family, as ``"csv"``.
        target: ``"package.module:function"``; called with the recipe's other keys, returns a ``Batch``.
        modality: what it yields, empty when it depends on the options.
        summary: one line for ``practicum list``.
        options: name -> one-line description of each option.
    """

    name: str
    target: str
    modality: str = ""
    summary: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportSectionSpec:
    """A section that a plugin adds to the HTML report.

    Args:
        name: ``"plugin/section"``.
        title: its heading.
        target: ``"package.module:function"``; called with the :class:`practicum.evaluate.Report`, returns safe HTML
            (markupsafe.Markup; a plain string is shown as text) or ``None`` to leave the section out. Scripts in it
            don't run and nothing is fetched: the page's policy forbids both. An error is shown as a note.
        after: the built-in section it follows: ``summary``, ``findings``, ``curves``, ``failures``, ``classes``,
            ``table`` or ``reproducibility``.
    """

    name: str
    title: str
    target: str
    after: str = "findings"


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """Weights of a model that a plugin or package ships, found by name instead of by download.

    Args:
        name: the name a recipe uses, as ``"minilm"``.
        target: ``"package.module:function"`` returning a directory as :class:`pathlib.Path`.
        summary: one line.
    """

    name: str
    target: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """A kernel operation that a plugin ships, listed and checked by ``practicum kernels`` without importing it.

    Args:
        name: ``"plugin/operation"`` in kebab case, as ``"image-mix/mix"``.
        target: where its :class:`practicum.kernels.KernelOp` is, ``"package.module:OBJECT"``; imported on first use.
        summary: one line.
    """

    name: str
    target: str
    summary: str = ""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"kernel name {self.name!r} is not 'plugin/operation' in kebab case")
        if self.target.count(":") != 1:
            raise ValueError(f"{self.name}: target {self.target!r} is not 'package.module:OBJECT'")

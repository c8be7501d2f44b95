"""Finding, gating and loading plugins. Failures are values: one broken plugin never hides the others."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import pkgutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from practicum import hooks
from practicum.errors import (
    MissingRequirement,
    NotAllowed,
    PluginLoadError,
    PluginVersionError,
    UnknownTechnique,
)
from practicum.spec import API_LEVEL, KernelSpec, ReportSectionSpec, SourceSpec, TechniqueSpec, WeightSpec

if TYPE_CHECKING:
    from practicum.technique import Technique

ALLOW_LIST = "PRACTICUM_PLUGINS"
STRICT = "PRACTICUM_STRICT"


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin: its entry point, distribution and version."""

    name: str
    distribution: str
    version: str
    module: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plugin, or one of its specs, is not usable, and what mends it."""

    plugin: Plugin
    error: str
    fix: str


@dataclass
class Catalogue:
    """What the installed plugins declare."""

    plugins: list[Plugin] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    refused: list[Plugin] = field(default_factory=list)
    techniques: dict[str, TechniqueSpec] = field(default_factory=dict)
    owners: dict[str, Plugin] = field(default_factory=dict)
    sources: dict[str, SourceSpec] = field(default_factory=dict)
    weights: dict[str, WeightSpec] = field(default_factory=dict)
    sections: dict[str, ReportSectionSpec] = field(default_factory=dict)
    kernels: dict[str, KernelSpec] = field(default_factory=dict)


def installed_entry_points() -> list[tuple[EntryPoint, Distribution]]:
    """Entry points of the plugin group, each with its distribution; a distribution on the path twice counts once.

    Only distributions whose name starts like a plugin's, or whose metadata name the group, are read in full.
    """
    found, seen = [], set()
    for dist in distributions():
        text = dist.read_text("entry_points.txt")
        if not text or hooks.GROUP not in text:
            continue
        for point in dist.entry_points:
            if point.group == hooks.GROUP and (point.name, point.value) not in seen:
                seen.add((point.name, point.value))
                found.append((point, dist))
    return sorted(found, key=lambda pair: pair[0].name)


class Registry:
    """Techniques, data sources, weights and report sections of the installed plugins.

    Args:
        entry_points: what to load instead of the installed plugins (tests start empty with ``[]``).
        builtin: whether the core's own techniques and sources are there too.
        allow: names of the only plugins to load; the environment variable PRACTICUM_PLUGINS (comma-separated) when
            ``None``.
    """

    def __init__(self, entry_points: Iterable[tuple[EntryPoint, Distribution | None]] | None = None, *,
                 builtin: bool = True, allow: Iterable[str] | None = None) -> None:
        self._given = None if entry_points is None else list(entry_points)
        self._builtin = builtin
        self._allow = None if allow is None else frozenset(allow)
        self._loaded: tuple[Catalogue, pluggy.PluginManager] | None = None
        self._included: list[tuple[EntryPoint, Distribution | None]] = []

    @property
    def catalogue(self) -> Catalogue:
        """Everything declared; found on first use."""
        return self._load()[0]

    @property
    def hook(self) -> Any:
        """pluggy's caller for the lifecycle and command hooks."""
        return self._load()[1].hook

    def notify(self, name: str, **arguments: Any) -> None:
        """Call one hook of every plugin; a plugin that raises is warned about and stops nothing."""
        for found in getattr(self.hook, name).get_hookimpls():
            try:
                found.function(**{n: arguments[n] for n in found.argnames})
            except Exception as error:
                if os.environ.get(STRICT):
                    raise
                warnings.warn(f"plugin {found.plugin_name}: its hook {name} raised {type(error).__name__}: {error}; "
                              f"everything else goes on (practicum doctor; {STRICT}=1 shows where)", stacklevel=2)

    def refresh(self) -> None:
        """Forget what was found, so that a plugin installed in this session is seen."""
        importlib.invalidate_caches()
        self._loaded = None

    @contextmanager
    def including(self, entry_points: Iterable[tuple[EntryPoint, Distribution | None]]) -> Iterator[None]:
        """Plugins known inside besides the installed ones (a folder that is checked before it is installed)."""
        before = self._included
        self._included = [*before, *entry_points]
        self.refresh()
        try:
            yield
        finally:
            self._included = before
            self.refresh()

    def techniques(self, kind: str | None = None, modality: str | None = None) -> list[TechniqueSpec]:
        """Declared techniques by name, optionally of one kind and one modality."""
        return [s for _, s in sorted(self.catalogue.techniques.items())
                if (kind is None or s.kind == kind) and (modality is None or modality in s.modalities)]

    def spec(self, name: str) -> TechniqueSpec:
        """The spec of a full name, or of a bare name that is unique.

        Raises:
            UnknownTechnique: with the candidates, or the closest names.
        """
        known = self.catalogue.techniques
        if name in known:
            return known[name]
        matches = sorted(full for full in known if full.split("/", 1)[1] == name)
        if len(matches) == 1:
            return known[matches[0]]
        if matches:
            raise UnknownTechnique(f"{name!r} is ambiguous: {', '.join(matches)}; write the full name")
        shorts = {full.split("/", 1)[1]: full for full in known}
        close = difflib.get_close_matches(name, [*known, *shorts], n=3, cutoff=0.6)
        hint = f"did you mean {', '.join(shorts.get(c, c) for c in close)}?" if close else "see practicum list"
        broken = [f for f in self.catalogue.failures if f.plugin.name == name.split("/", 1)[0]]
        if broken:
            hint = f"its plugin {broken[0].plugin.name!r} failed to load ({broken[0].error}); {broken[0].fix}"
        elif any(p.name == name.split("/", 1)[0] for p in self.catalogue.refused):
            hint = f"its plugin is installed but not in {ALLOW_LIST}"
        raise UnknownTechnique(f"no technique {name!r} is installed; {hint}")

    def load(self, name: str) -> type[Technique]:
        """The class of a technique, imported now.

        Raises:
            MissingRequirement: an optional dependency is absent; names the command that installs it.
            PluginLoadError: the target can't be imported, or is no technique.
        """
        spec = self.spec(name)
        owner = self.catalogue.owners[spec.name]
        missing = [m for m in spec.requires if importlib.util.find_spec(m.split(".")[0]) is None]
        if missing:
            extra = f"[{spec.extra}]" if spec.extra else ""
            raise MissingRequirement(f"{spec.name} needs {', '.join(missing)}, which "
                                     f"{'is' if len(missing) == 1 else 'are'} not installed: "
                                     f"pip install '{owner.distribution}{extra}'")
        try:
            found = pkgutil.resolve_name(spec.target)
        except Exception as error:
            raise PluginLoadError(f"{spec.name}: its target {spec.target} could not be imported "
                                  f"({type(error).__name__}: {error}); reinstall {owner.distribution}, or report it to "
                                  "its authors") from error
        from practicum.technique import Technique as Base

        if not (isinstance(found, type) and issubclass(found, Base)):
            raise PluginLoadError(f"{spec.name}: its target {spec.target} is no technique class")
        return found

    def weights(self, name: str) -> Path:
        """The folder of the weights that an installed package declares under ``name``.

        Raises:
            UnknownTechnique: nobody declares them; the message has close names.
            PluginLoadError: their provider failed, or named a folder that isn't there.
        """
        known = self.catalogue.weights
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {', '.join(close)}?" if close else f"there are {', '.join(sorted(known)) or 'none'}"
            raise UnknownTechnique(f"no installed package declares weights {name!r}; {hint}")
        try:
            folder = Path(pkgutil.resolve_name(known[name].target)())
        except Exception as error:
            raise PluginLoadError(f"weights {name}: their provider {known[name].target} failed "
                                  f"({type(error).__name__}: {error}); reinstall the package that declares "
                                  "them") from error
        if not folder.is_dir():
            raise PluginLoadError(f"weights {name}: {folder} is no folder; reinstall the package that declares them")
        return folder

    def get(self, name: str, **fields: Any) -> Technique:
        """A configured technique by name.

        Example:
            >>> Registry([]).get("core/pipeline", steps=[]).config()["use"]
            'core/pipeline'
        """
        return self.load(name)(**fields)

    def _load(self) -> tuple[Catalogue, pluggy.PluginManager]:
        if self._loaded is None:
            self._loaded = self._discover()
        return self._loaded

    def _discover(self) -> tuple[Catalogue, pluggy.PluginManager]:
        manager, found = pluggy.PluginManager("practicum"), Catalogue()
        manager.add_hookspecs(hooks)
        if self._builtin:
            from practicum import _builtin
            from practicum._version import __version__

            self._register(manager, found, Plugin("core", "practicum", __version__, _builtin.__name__), _builtin)
        allowed = self._allowed()
        points: Iterable[tuple[EntryPoint, Distribution | None]] = (
            self._given if self._given is not None else installed_entry_points())
        for point, dist in [*points, *self._included]:
            plugin = Plugin(point.name, dist.name if dist else point.name, dist.version if dist else "",
                            point.value)
            if allowed is not None and point.name not in allowed:
                found.refused.append(plugin)
                continue
            try:
                module = point.load()
                self._register(manager, found, plugin, module)
            except (Exception, SystemExit) as error:  # some libraries exit where they can't be imported
                if os.environ.get(STRICT):
                    raise
                if manager.has_plugin(plugin.name):
                    manager.unregister(name=plugin.name)
                found.failures.append(_failure(plugin, error))
        return found, manager

    def _allowed(self) -> frozenset[str] | None:
        if self._allow is not None:
            return self._allow
        text = os.environ.get(ALLOW_LIST)
        return None if text is None else frozenset(n.strip() for n in text.split(",") if n.strip())

    @staticmethod
    def _register(manager: pluggy.PluginManager, found: Catalogue, plugin: Plugin, module: Any) -> None:
        """Register one plugin wholly or not at all."""
        specs = list(_declared(module, "register_techniques"))
        for spec in specs:
            if spec.api != API_LEVEL:
                newer = spec.api > API_LEVEL
                raise PluginVersionError(f"{spec.name} is written for API level {spec.api}, this core has {API_LEVEL}: "
                                         f"upgrade {'practicum' if newer else plugin.distribution}")
            if spec.name in found.techniques:
                raise PluginLoadError(f"technique {spec.name} is declared by {plugin.distribution} and by "
                                      f"{found.owners[spec.name].distribution}: uninstall one of them")
        others: list[tuple[dict[str, Any], list[Any]]] = [
            (found.sources, list(_declared(module, "register_sources"))),
            (found.weights, list(_declared(module, "register_weights"))),
            (found.sections, list(_declared(module, "register_report_sections"))),
            (found.kernels, list(_declared(module, "register_kernels")))]
        for known, declared in others:
            for item in declared:
                if item.name in known:
                    raise PluginLoadError(f"{type(item).__name__} {item.name!r} of {plugin.distribution} is declared "
                                          "already by another plugin: uninstall one of them")
        manager.register(module, name=plugin.name)
        found.plugins.append(plugin)
        found.techniques |= {s.name: s for s in specs}
        found.owners |= {s.name: plugin for s in specs}
        for known, declared in others:
            known |= {item.name: item for item in declared}


def _declared(module: Any, hook: str) -> Iterator[Any]:
    function = getattr(module, hook, None)
    yield from (function() if function is not None else ())


def _failure(plugin: Plugin, error: BaseException) -> Failure:
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, PluginVersionError):
        return Failure(plugin, str(error), str(error).rsplit(": ", 1)[-1])
    if isinstance(error, ModuleNotFoundError) and error.name:
        return Failure(plugin, text, f"pip install --force-reinstall {plugin.distribution}, or pip install "
                                     f"{error.name}")
    return Failure(plugin, text, f"pip install --force-reinstall {plugin.distribution}, or pip uninstall it")


@cache
def default_registry() -> Registry:
    """The registry of the installed plugins, one per process; ``default_registry().refresh()`` looks again."""
    return Registry()


def check_allowed_import(path: str, *, allowed: bool) -> None:
    """Refuse a Python import path from a recipe unless the user allowed it.

    Raises:
        NotAllowed: names the option.
    """
    if not allowed:
        raise NotAllowed(f"the recipe names the Python import path {path!r}, which runs code with your rights: check "
                         "it, then pass --allow-import")


def as_specs(items: Iterable[Mapping[str, Any]]) -> Iterator[TechniqueSpec]:
    """Specs from a generated file's plain data."""
    for item in items:
        yield TechniqueSpec.from_mapping(item)

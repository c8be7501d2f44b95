"""Finding plugins: one broken plugin hides no other, and every refusal says what mends it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import types
import warnings
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import practicum as pm
from practicum.errors import (
    ConfigError,
    MissingRequirement,
    NotAllowed,
    PluginLoadError,
    UnknownTechnique,
)
from practicum.hooks import hookimpl
from practicum.registry import Registry, as_specs, check_allowed_import, default_registry
from practicum.spec import KINDS, MODALITIES, TechniqueSpec

TOYS = "practicum.testing.toys"


def spec(name: str, target: str = f"{TOYS}:Reverse", **values: Any) -> TechniqueSpec:
    return TechniqueSpec(name=name, kind="transformation", target=target, modalities=("text",), **values)


def plugin(monkeypatch: pytest.MonkeyPatch, name: str, *specs: TechniqueSpec, **hooks: Any) -> tuple[EntryPoint, None]:
    """An entry point to a declaration module that exists only in memory."""
    from practicum.hooks import hookimpl

    module = types.ModuleType(f"fake_{name.replace('-', '_')}")

    def register_techniques() -> list[TechniqueSpec]:
        return list(specs)

    for hook, function in {"register_techniques": register_techniques, **hooks}.items():
        setattr(module, hook, hookimpl(function))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return EntryPoint(name, module.__name__, "practicum.plugins"), None


def missing(name: str) -> tuple[EntryPoint, None]:
    return EntryPoint(name, f"no_such_module_{name[0]}", "practicum.plugins"), None


def test_an_empty_registry_holds_the_core_only() -> None:
    registry = Registry([])
    assert {s.plugin for s in registry.techniques()} == {"core"}
    assert Registry([], builtin=False).techniques() == []
    assert {s.name for s in registry.techniques("tracker")} == {"core/local"}
    assert "core/pipeline" in {s.name for s in registry.techniques("transformation", "graph")}


def test_builtin_specs_and_classes_agree() -> None:
    registry = Registry([])
    for declared in registry.techniques():
        cls = registry.load(declared.name)
        assert (cls.name, cls.kind) == (declared.name, declared.kind)
        assert cls.modalities == frozenset(declared.modalities)


def test_one_broken_plugin_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode() -> list[TechniqueSpec]:
        raise RuntimeError("boom")

    def half() -> Any:
        yield spec("half/first")
        raise ValueError("in the middle")

    registry = Registry([
        plugin(monkeypatch, "a-good", spec("a-good/reverse")), missing("b-missing"),
        plugin(monkeypatch, "c-raises", register_techniques=explode),
        plugin(monkeypatch, "half", register_techniques=half),
        plugin(monkeypatch, "d-exits", register_techniques=lambda: sys.exit("a library is missing")),
        plugin(monkeypatch, "e-sources", spec("e-sources/x"), register_sources=explode),
        plugin(monkeypatch, "z-good", spec("z-good/mask", f"{TOYS}:MaskChars"))])
    catalogue = registry.catalogue
    assert [p.name for p in catalogue.plugins] == ["core", "a-good", "z-good"]
    assert registry.get("mask").rate == 0.3
    broken = {f.plugin.name: f for f in catalogue.failures}
    assert set(broken) == {"b-missing", "c-raises", "half", "d-exits", "e-sources"}
    assert "no_such_module_b" in broken["b-missing"].error
    assert "pip install" in broken["b-missing"].fix
    assert "boom" in broken["c-raises"].error
    for name in ("half/first", "e-sources/x"):
        assert name not in catalogue.techniques, "a plugin is there wholly or not at all"
    with pytest.raises(UnknownTechnique, match=r"its plugin 'half' failed to load.*in the middle"):
        registry.get("half/first")


def test_strict_mode_raises_for_developers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRACTICUM_STRICT", "1")
    with pytest.raises(ModuleNotFoundError):
        assert Registry([missing("b")]).catalogue


@pytest.mark.parametrize(("level", "upgrade"), [(99, "upgrade practicum"), (0, "upgrade old")])
def test_another_api_level_is_refused(monkeypatch: pytest.MonkeyPatch, level: int, upgrade: str) -> None:
    registry = Registry([plugin(monkeypatch, "old", spec("old/x", api=level))])
    (failure,) = registry.catalogue.failures
    assert f"API level {level}" in failure.error
    assert upgrade in failure.fix
    assert "old/x" not in registry.catalogue.techniques


def test_a_technique_declared_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry([plugin(monkeypatch, "a", spec("same/x")),
                         plugin(monkeypatch, "b", spec("same/x"), spec("b/y"))])
    (failure,) = registry.catalogue.failures
    assert "declared by b and by a: uninstall one" in failure.error
    assert "b/y" not in registry.catalogue.techniques


def test_a_source_declared_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum.spec import SourceSpec

    registry = Registry([plugin(monkeypatch, "a", spec("a/x"), register_sources=lambda: [SourceSpec("csv", "m:f")])])
    (failure,) = registry.catalogue.failures
    assert "SourceSpec 'csv' of a is declared already" in failure.error
    assert registry.catalogue.sources["csv"].target.startswith("practicum.data")


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry([plugin(monkeypatch, "one", spec("one/swap"), spec("one/only")),
                         plugin(monkeypatch, "two", spec("two/swap"))])
    assert registry.spec("only").name == "one/only"
    with pytest.raises(UnknownTechnique, match="'swap' is ambiguous: one/swap, two/swap; write the full name"):
        registry.spec("swap")
    with pytest.raises(UnknownTechnique, match="did you mean one/only"):
        registry.spec("onyl")
    with pytest.raises(UnknownTechnique, match="did you mean two/swap"):
        registry.spec("two/swp")
    with pytest.raises(UnknownTechnique, match="see practicum list"):
        registry.spec("qqqqqq")
    assert issubclass(UnknownTechnique, KeyError)


def test_the_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [plugin(monkeypatch, "one", spec("one/x")), plugin(monkeypatch, "two", spec("two/x"))]
    monkeypatch.setitem(sys.modules, "fake_two", None)  # importing it would fail
    registry = Registry(points, allow=["one"])
    assert [p.name for p in registry.catalogue.refused] == ["two"]
    assert registry.catalogue.failures == [], "a refused plugin isn't imported"
    with pytest.raises(UnknownTechnique, match="installed but not in PRACTICUM_PLUGINS"):
        registry.get("two/x")
    monkeypatch.setenv("PRACTICUM_PLUGINS", " one , three ")
    assert [p.name for p in Registry(points).catalogue.refused] == ["two"]
    monkeypatch.setenv("PRACTICUM_PLUGINS", "")
    assert len(Registry(points).catalogue.refused) == 2
    with pytest.raises(NotAllowed, match="--allow-import"):
        check_allowed_import("m:f", allowed=False)
    check_allowed_import("m:f", allowed=True)


def test_targets_and_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry([plugin(
        monkeypatch, "p", spec("p/gone", "no_such_module:X"), spec("p/absent", f"{TOYS}:Nothing"),
        spec("p/function", "practicum.diff:diff_text"),
        spec("p/needs", requires=("no_such_library", "json"), extra="big"),
        spec("p/raises", "practicum_raises_at_import:X"))])
    for name, said in (("p/gone", "could not be imported.*no_such_module"), ("p/absent", "could not be imported"),
                       ("p/function", "is no technique class")):
        with pytest.raises(PluginLoadError, match=said):
            registry.get(name)
    with pytest.raises(MissingRequirement, match=r"needs no_such_library, which is not installed: pip install "
                                                 r"'p\[big\]'"):
        registry.get("p/needs")
    monkeypatch.setattr("pkgutil.resolve_name", lambda _: 1 / 0)
    with pytest.raises(PluginLoadError, match="ZeroDivisionError"):
        registry.get("p/raises")


def test_targets_load_on_first_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lazy_target.py").write_text("from practicum.testing.toys import Reverse as X\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry([plugin(monkeypatch, "p", spec("p/x", "lazy_target:X"))])
    assert registry.spec("x").target == "lazy_target:X"
    assert "lazy_target" not in sys.modules
    registry.load("x")
    assert sys.modules.pop("lazy_target")


def test_sources_weights_and_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum.spec import ReportSectionSpec, SourceSpec, WeightSpec

    source, weight = SourceSpec("p/s", "m:f"), WeightSpec("w", "m:f")
    section = ReportSectionSpec("p/r", "Title", "m:f")
    found = Registry([plugin(monkeypatch, "p", register_sources=lambda: [source], register_weights=lambda: [weight],
                             register_report_sections=lambda: [section])]).catalogue
    assert (found.sources["p/s"], found.weights["w"], found.sections["p/r"]) == (source, weight, section)


def test_weights_are_found_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from practicum.spec import WeightSpec

    provider = types.ModuleType("fake_weights")
    provider.here = lambda: tmp_path  # type: ignore[attr-defined]  # a module made for the test
    provider.gone = lambda: tmp_path / "gone"  # type: ignore[attr-defined]  # a module made for the test
    monkeypatch.setitem(sys.modules, "fake_weights", provider)
    specs = [WeightSpec(n, f"fake_weights:{n}") for n in ("here", "gone", "absent")]
    registry = Registry([plugin(monkeypatch, "p", register_weights=lambda: specs)])
    assert registry.weights("here") == tmp_path
    for name, error, said in (("her", UnknownTechnique, "did you mean here"), ("gone", PluginLoadError, "is no folder"),
                              ("absent", PluginLoadError, "provider fake_weights:absent failed")):
        with pytest.raises(error, match=said):
            registry.weights(name)


def test_lifecycle_hooks_reach_every_plugin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    registry = Registry([
        plugin(monkeypatch, "a", run_finished=lambda run_dir, status: heard.append(("a", status))),
        plugin(monkeypatch, "b", run_finished=lambda status: heard.append(("b", status)))])
    registry.hook.run_finished(run_dir=tmp_path, status="FINISHED")
    assert sorted(heard) == [("a", "FINISHED"), ("b", "FINISHED")]


def install(folder: Path, name: str, code: str, version: str = "1.0") -> None:
    """What an installed distribution leaves on the path."""
    info = folder / f"practicum_{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: practicum-{name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[practicum.plugins]\n{name} = practicum_{name}\n")
    (folder / f"practicum_{name}.py").write_text(textwrap.dedent(code))


GOOD = """
from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

@hookimpl
def register_techniques():
    yield TechniqueSpec(name="NAME/x", kind="transformation", target="practicum.testing.toys:Reverse")
"""


def test_refresh_sees_what_was_installed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry()
    assert "later/x" not in registry.catalogue.techniques
    install(tmp_path, "later", GOOD.replace("NAME", "later"), "2.5")
    assert "later/x" not in registry.catalogue.techniques
    registry.refresh()
    assert registry.catalogue.owners["later/x"].distribution == "practicum-later"
    assert registry.catalogue.owners["later/x"].version == "2.5"
    sys.modules.pop("practicum_later", None)


def test_listing_is_light_even_beside_broken_plugins(tmp_path: Path) -> None:
    install(tmp_path, "fine", GOOD.replace("NAME", "fine"))
    install(tmp_path, "broken", "import no_such_module_anywhere")
    install(tmp_path, "syntax", "def broken(:")
    code = """
        import sys
        import practicum
        light = set(sys.modules)
        from practicum.registry import default_registry
        names = {s.name for s in default_registry().techniques()}
        assert "fine/x" in names, names
        failed = {f.plugin.name for f in default_registry().catalogue.failures}
        assert {"broken", "syntax"} <= failed, failed
        heavy = {"torch", "transformers", "triton", "albumentations", "pandas", "matplotlib", "numpy", "pyarrow",
                 "scipy", "sklearn", "numba", "pydantic", "datasets"}
        print(sorted(heavy & light), sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] []"


def test_a_plugin_in_the_working_directory_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "practicum_stray").mkdir()
    (tmp_path / "practicum_stray" / "__init__.py").write_text("raise SystemExit('loaded')")
    (tmp_path / "practicum_stray" / "_plugin.py").write_text("raise SystemExit('loaded')")
    code = "from practicum.registry import Registry; assert Registry().catalogue.failures is not None"
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True)


def test_specs_check_themselves() -> None:
    for values, said in (({"name": "NoSlash"}, "kebab case"), ({"name": "a/B"}, "kebab case"),
                         ({"kind": "x"}, "kind 'x'"), ({"modalities": ("smell",)}, "unknown modality 'smell'"),
                         ({"target": "m.f"}, "module:Class")):
        with pytest.raises(ValueError, match=said):
            TechniqueSpec(**{"name": "a/b", "kind": "model", "target": "m:C", **values})
    data = {"name": "a/b", "kind": "model", "target": "m:C", "modalities": ["text"], "colour": "red"}
    with pytest.warns(UserWarning, match="unknown keys colour are ignored"):
        made = TechniqueSpec.from_mapping(data)
    assert made == TechniqueSpec("a/b", "model", "m:C", ("text",))
    assert (made.plugin, made.short) == ("a", "b")
    data.pop("colour")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(as_specs([data])) == [made]


def test_the_short_verbs() -> None:
    assert pm.get("core/pipeline", steps=[]).name == "core/pipeline"
    assert {s.kind for s in pm.techniques()} <= set(KINDS)
    assert all(s.modalities for s in pm.techniques("transformation"))
    assert set(MODALITIES) >= {m for s in pm.techniques() for m in s.modalities}
    with pytest.raises(ConfigError, match="unknown field 'stps'; did you mean 'steps'"):
        pm.get("pipeline", stps=[])
    with pytest.raises(pm.PracticumError, match="nothing installed can wrap"):
        pm.wrap(3)
    with pytest.raises(pm.PracticumError, match="holds no saved model"):
        pm.load("/nowhere")
    assert default_registry() is default_registry()


def test_every_public_name_loads() -> None:
    for name in pm.__all__:
        assert getattr(pm, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        assert pm.nothing  # type: ignore[attr-defined]  # what is refused
    assert set(pm.__all__) <= set(dir(pm))


def test_a_hook_that_raises_stops_neither_the_others_nor_the_caller() -> None:
    called = []

    class Bad:
        @staticmethod
        @hookimpl
        def run_finished(status: str) -> None:
            raise ZeroDivisionError(status)

    class Good:
        @staticmethod
        @hookimpl
        def run_finished(status: str) -> None:
            called.append(status)

    registry = Registry([], builtin=False)
    manager = registry._load()[1]
    for name, plugin in (("good", Good()), ("bad", Bad()), ("fine", Good())):
        manager.register(plugin, name=name)
    with pytest.warns(UserWarning, match="plugin bad: its hook run_finished raised ZeroDivisionError"):
        registry.notify("run_finished", run_dir=None, status="FINISHED")
    assert called == ["FINISHED", "FINISHED"]

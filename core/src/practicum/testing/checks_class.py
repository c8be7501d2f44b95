"""Checks that every kind of technique has to pass: declaration, configuration, identity, documentation."""

from __future__ import annotations

import doctest
import functools
import inspect
import io
import json
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from practicum.errors import ConfigError
from practicum.technique import Technique, build
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken

HEAVY = ("torch", "triton", "transformers", "sklearn", "albumentations", "matplotlib", "pandas", "numba", "scipy",
         "gymnasium", "datasets")
"""Modules that a declaration module must not import."""


@contract_check("spec equals class", once=True)
def spec_equals_class(subject: Subject) -> None:
    """What is declared without importing is what the class says."""
    cls: Any = subject.cls
    spec = subject.spec
    if spec is None:
        if isinstance(subject.contract.technique, str):
            raise broken(f"the class's name is {cls.name!r}, under which nothing is registered: set name to "
                         f"{subject.contract.technique!r}")
        raise NotApplicable("the technique is not registered")
    target = f"{cls.__module__}:{cls.__qualname__}"
    for fact, declared, actual in (
        ("name", spec.name, cls.name), ("kind", spec.kind, cls.kind),
        ("modalities", sorted(spec.modalities), sorted(cls.modalities)),
        ("access", spec.access, getattr(cls, "access", "")),
    ):
        if declared != actual:
            raise broken(f"spec and class disagree on {fact}: the spec says {declared!r}, the class {actual!r}")
    from pkgutil import resolve_name

    if resolve_name(spec.target) is not cls:
        raise broken(f"the spec's target {spec.target} is not the class under test, {target}")
    if not spec.summary.strip():
        raise broken("the spec has no summary, so practicum list has nothing to show: give it one line")
    if "\n" in spec.summary:
        raise broken("the spec's summary has several lines; practicum list shows one")


@contract_check("declaration is light", once=True)
def declaration_is_light(subject: Subject) -> None:
    """The plugin's declaration module imports nothing heavy, so that listing stays quick."""
    if subject.spec is None:
        raise NotApplicable("the technique is not registered")
    from practicum.registry import default_registry

    owner = default_registry().catalogue.owners[subject.spec.name]
    loaded = _heavy_imports(owner.module, tuple(sys.path))
    if loaded:
        raise broken(f"importing {owner.module} imports {loaded}: declare targets as strings, and import only "
                     "practicum.hooks and practicum.spec there (also check the package's __init__)")


@functools.cache
def _heavy_imports(module: str, path: tuple[str, ...]) -> str:
    code = (f"import sys; sys.path[:] = {list(path)!r}; import importlib; m = importlib.import_module({module!r}); "
            "list(m.register_techniques()); "
            f"print(','.join(n for n in {HEAVY!r} if n in sys.modules))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise broken(f"importing {module} in a fresh process fails: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip()


@contract_check("docstring has a summary and a running example", once=True)
def docstring_runs(subject: Subject) -> None:
    """The class's docstring says what it does and shows it; the example gives what it prints."""
    doc = inspect.getdoc(subject.cls) if "__doc__" in vars(subject.cls) and subject.cls.__doc__ else None
    if not doc or not doc.strip().splitlines()[0].strip():
        raise broken("the class has no docstring: say in its first line what it does")
    module = sys.modules[subject.cls.__module__]
    examples = doctest.DocTestParser().get_doctest(doc, dict(vars(module)), subject.cls.__name__, None, 0)
    if not examples.examples:
        raise broken("the docstring has no example: show one with >>> and what it prints")
    output = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    runner.run(examples, out=output.write, clear_globs=True)
    if runner.failures:
        raise broken(f"the docstring's example fails: {' '.join(output.getvalue().split())[-600:]}")


@contract_check("schema describes the fields", once=True)
def schema_describes(subject: Subject) -> None:
    """The JSON schema prints, and each field says what it is, in Field(description=...) or in the docstring."""
    schema = json.loads(subject.cls.schema_json())
    known = " ".join(c.__doc__ or "" for c in subject.cls.__mro__ if issubclass(c, Technique))
    for name, facts in schema.get("properties", {}).items():
        if not facts.get("description") and f"{name}" not in known:
            raise broken(f"field {name!r} is described nowhere: add Field(description=...) with its unit and range")


@contract_check("configuration round trip")
def configuration_round_trip(subject: Subject) -> None:
    """The configuration as plain data, JSON and YAML builds an equal technique."""
    import yaml

    made: Technique = subject.make()
    config = made.config()
    for form, again in (("plain data", dict(config)), ("JSON", json.loads(json.dumps(config))),
                        ("YAML", yaml.safe_load(yaml.safe_dump(config)))):
        back = _build(subject, again)
        if back != made or back.config() != config:
            raise broken(f"built from its own configuration as {form}, the technique differs: {made} became {back}")


def _build(subject: Subject, config: Mapping[str, Any]) -> Technique:
    if subject.spec is not None:
        return build(config)
    return subject.contract.make(subject.cls, {k: v for k, v in config.items() if k != "use"})


@contract_check("unknown field rejected", once=True)
def unknown_field_rejected(subject: Subject) -> None:
    """A misspelled field is an error and is named."""
    try:
        made = subject.contract.make(subject.cls, {**subject.config, "no_such_field": 1})
    except ConfigError as error:
        if "no_such_field" not in str(error):
            raise broken(f"the error about an unknown field doesn't name it: {error}") from error
        return
    raise broken(f"an unknown field was accepted without a word: {made}; keep model_config's extra='forbid'")


@contract_check("pickles")
def pickles(subject: Subject) -> None:
    """A worker process gets the same technique."""
    made = subject.technique
    back = pickle.loads(pickle.dumps(made))
    if back != made or back.fingerprint() != made.fingerprint():
        raise broken(f"after pickling, {made} is no longer equal to itself")


@contract_check("frozen, equal and hashable")
def identity(subject: Subject) -> None:
    """Equal configurations are equal and hash alike; a technique can't be changed in place."""
    a, b = subject.make(), subject.make()
    if a != b or hash(a) != hash(b):
        raise broken("two instances of one configuration differ or hash differently: is there a tensor or a random "
                     "value in a field?")
    if a.fingerprint() != b.fingerprint():
        raise broken("two instances of one configuration have different fingerprints: state_digest() must depend on "
                     "the state only")
    field = next(iter(type(a).model_fields), None)
    if field is not None:
        try:
            setattr(a, field, getattr(a, field))
        except (ValueError, TypeError, AttributeError):
            return
        raise broken(f"field {field!r} can be assigned: techniques are frozen, use evolve(...)")

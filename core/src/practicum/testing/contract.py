"""The contract classes that plugin authors subclass, and the plain :func:`check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

from practicum.batch import Batch
from practicum.errors import ConfigError, ContractViolation, UsageError
from practicum.technique import Technique
from practicum.testing.result import Check, CheckResult, NotApplicable, checks_of
from practicum.testing.samples import sample_batch
from practicum.testing.subject import Subject, find_spec

LOADS = "loads"
_MODULES = ("checks_class", "checks_transformation", "checks_odd_values", "checks_attack", "checks_attack_gain",
            "checks_attack_traps", "checks_explainer", "checks_model", "checks_model_gradient", "checks_untouched",
            "checks_environment", "checks_tracker")


@cache
def catalogue(kind: str) -> tuple[Check, ...]:
    """Every check of a kind, in the order in which they run."""
    modules = [import_module(f"practicum.testing.{name}") for name in _MODULES]
    return tuple(c for module in modules for c in checks_of(module) if kind in c.kinds)


class Contract:
    """What an author declares. Subclass the contract of the technique's kind; three lines are enough.

    Attributes:
        technique: a registered name, or a class.
        config: the configuration to check; the defaults when left out.
        configs: further configurations, each checked in full.
        skip: check name -> reason. An unknown name, an empty reason, or a skip that isn't needed is a failure.
        samples: a labelled :class:`practicum.Batch` instead of the kit's own, or modality -> batch; may be a method.
        tolerance: how far floats of equal calls may differ (batched against single, shuffled); 0 asks for equal bits.
        random: whether other seeds must give other outputs; judged by whether keys are drawn from when ``None``.
    """

    kind: ClassVar[str] = ""
    technique: ClassVar[str | type[Technique]] = ""
    config: ClassVar[Mapping[str, Any]] = {}
    configs: ClassVar[Sequence[Mapping[str, Any]]] = ()
    skip: ClassVar[Mapping[str, str]] = {}
    samples: Any = None
    tolerance: float = 0.0
    random: bool | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "test_contract" in vars(cls):
            raise UsageError(f"{cls.__name__} overrides test_contract, which would hide checks: declare "
                             "skip = {'check name': 'reason'} instead")

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        """A fresh instance; override it for techniques that wrap an object."""
        return cls(**config)

    def ready(self, technique: Any, batch: Batch) -> Any:
        """The instance as it is used: fitted on the samples, where the technique learns state."""
        return technique

    def batch_for(self, modality: str) -> Batch:
        """The ordinary samples of a modality."""
        given = self.samples() if callable(self.samples) else self.samples
        if isinstance(given, Mapping):
            given = given.get(modality)
        return sample_batch(modality) if given is None else given

    def model_for(self, modality: str) -> Any:
        """The model that an attack or explainer looks at; override it to bring your own."""
        from practicum.testing.models import lively_model

        return lively_model(self.batch_for(modality))

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """One test for each check, called by pytest when it collects the class."""
        if "practicum_job" in metafunc.fixturenames:
            jobs = self.jobs()
            metafunc.parametrize("practicum_job", jobs, ids=[str(job) for job in jobs])

    def test_contract(self, practicum_job: Job, record_property: Callable[[str, object], None]) -> None:
        """One check."""
        __tracebackhide__ = True
        import pytest

        from practicum.testing.pytest_plugin import PROPERTY

        result = practicum_job.result()
        record_property(PROPERTY, (self.technique_name(), str(practicum_job), result.status, result.reason))
        if result.status == "skipped":
            pytest.skip(result.reason)
        if result.status == "failed":
            raise ContractViolation(f"{self.technique_name()}: {practicum_job}: {result.reason}") \
                from practicum_job.error

    @classmethod
    def technique_class(cls) -> type[Technique]:
        """The class under test.

        Raises:
            UsageError: the contract names no technique, or one of another kind.
        """
        from practicum.registry import default_registry

        if not cls.technique:
            raise UsageError(f"{cls.__name__} names no technique: set technique = \"plugin/technique\"")
        found = default_registry().load(cls.technique) if isinstance(cls.technique, str) else cls.technique
        if cls.kind and found.kind != cls.kind:
            raise UsageError(f"{cls.__name__} is a contract for a {cls.kind}, but {found.name or found.__name__} is of "
                             f"kind {found.kind!r}: subclass {found.kind.capitalize()}Contract")
        return found

    @classmethod
    def technique_name(cls) -> str:
        """The name shown in summaries."""
        return cls.technique if isinstance(cls.technique, str) else cls.technique.name or cls.technique.__name__

    @classmethod
    def cells(cls) -> list[tuple[Mapping[str, Any], str]]:
        """All pairs of configuration and modality to check."""
        found = cls.technique_class()
        configs = [cls.config, *cls.configs]
        given = cls.samples if isinstance(cls.samples, (Batch, Mapping)) or cls.samples is None else cls().samples()
        out: list[tuple[Mapping[str, Any], str]] = []
        for config in configs:
            takes = _modalities(found, config)
            names = sorted(takes)
            if isinstance(given, Mapping):
                names = sorted(takes & set(given)) or names
            elif given is not None:
                held = {c.modality for c in given.columns.values()}
                names = (sorted(takes & held) or names)[:1]
            out += [(config, name) for name in (names or [""])]
        return out

    @classmethod
    def jobs(cls) -> list[Job]:
        """Everything there is to run: each check on each cell it concerns."""
        try:
            cells = cls.cells()
        except Exception as error:  # noqa: BLE001  # a technique that can't be loaded is a failed check, not a crash
            return [Job(cls, Check(LOADS, frozenset(), _reraise(error), frozenset(), True), [({}, "")], "")]
        jobs = [Job(cls, Check(LOADS, frozenset(), _loads, frozenset(), True), cells, "")]
        for item in catalogue(cls.kind or cls.technique_class().kind):
            fitting = [c for c in cells if not item.modalities or c[1] in item.modalities]
            if not fitting:
                continue
            if item.once:
                jobs.append(Job(cls, item, fitting[:1], ""))
            elif item.name in cls.skip:
                jobs.append(Job(cls, item, fitting, ""))
            else:
                jobs += [Job(cls, item, [cell], _where(cell, cells)) for cell in fitting]
        return jobs


def _modalities(found: type[Technique], config: Mapping[str, Any]) -> frozenset[str]:
    """What a configuration takes: a composition what its parts have in common, others what their class says."""
    from practicum.compose import Combinator

    return found(**config).modalities if issubclass(found, Combinator) else found.modalities


def _where(cell: tuple[Mapping[str, Any], str], cells: list[tuple[Mapping[str, Any], str]]) -> str:
    parts = []
    if len({name for _, name in cells}) > 1:
        parts.append(cell[1])
    configs = list({id(c): c for c, _ in cells}.values())
    if len(configs) > 1:
        parts.append(f"config {next(i for i, c in enumerate(configs) if c is cell[0])}")
    return " ".join(parts)


class Job:
    """One check on one cell, or on all cells where a skip is declared."""

    def __init__(self, contract: type[Contract], check: Check, cells: Sequence[tuple[Mapping[str, Any], str]],
                 where: str) -> None:
        self.contract, self.check, self.cells, self.where = contract, check, cells, where
        self.error: Exception | None = None

    def __str__(self) -> str:
        return f"{self.check.name} ({self.where})" if self.where else self.check.name

    def result(self) -> CheckResult:
        """Run it; failures are values."""
        return replace(self._judged(), where=self.where, technique=self.contract.technique_name())

    def _judged(self) -> CheckResult:
        reason = self.contract.skip.get(self.check.name)
        outcomes = [self._one(cell) for cell in self.cells]
        failed = [o for o in outcomes if o.status == "failed"]
        if reason is None or self.check.name == LOADS:
            return failed[0] if failed else outcomes[0]
        if failed:
            return CheckResult(self.check.name, "skipped", reason)
        return CheckResult(self.check.name, "failed", f"the declared skip ({reason}) isn't needed: the check "
                           f"{'passes' if outcomes[0].status == 'passed' else 'does not apply'}; remove it from skip")

    def _one(self, cell: tuple[Mapping[str, Any], str]) -> CheckResult:
        name = self.check.name
        try:
            self.check.run(_subject(self.contract, *cell))
        except NotApplicable as why:
            return CheckResult(name, "not applicable", str(why))
        except ContractViolation as error:
            return CheckResult(name, "failed", str(error))
        except Exception as error:  # noqa: BLE001  # whatever a plugin raises is the check's result, shown with its type
            self.error = error
            return CheckResult(name, "failed", f"it raised {type(error).__name__}: {error}")
        return CheckResult(name, "passed")


def _subject(contract: type[Contract], config: Mapping[str, Any], modality: str) -> Subject:
    cls = contract.technique_class()
    return Subject(contract(), cls, find_spec(cls), config, modality)


def _reraise(error: Exception) -> Callable[[Any], None]:
    def run(subject: Any) -> None:
        raise error

    return run


def _loads(subject: Subject) -> None:
    contract = type(subject.contract)
    known = {c.name for c in catalogue(subject.cls.kind)}
    for name, reason in contract.skip.items():
        if name not in known:
            raise ContractViolation(f"skip names {name!r}, which is no check of kind {subject.cls.kind}: known are "
                                    f"{', '.join(sorted(known))}")
        if not str(reason).strip():
            raise ContractViolation(f"skip of {name!r} gives no reason: say why the promise can't be kept")
    for config, _ in contract.cells():
        subject.contract.make(subject.cls, config)


def run_contract(contract: type[Contract]) -> Iterator[CheckResult]:
    """Results of every check of a contract, one by one."""
    for job in contract.jobs():
        yield job.result()


def check(technique: str | type[Technique] | Technique, *, skip: Mapping[str, str] | None = None,
          config: Mapping[str, Any] | None = None, samples: Any = None, **declared: Any) -> list[CheckResult]:
    """Check a technique without pytest.

    Args:
        technique: a registered name, a class, or a configured instance.
        skip: check name -> reason, as on a contract class.
        config: the configuration to check, for names and classes.
        samples: a labelled batch instead of the kit's own.
        **declared: other attributes of the contract class, as ``tolerance=1e-6``.

    Raises:
        UnknownTechnique: no installed technique has the name.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> {r.status for r in check(Reverse)} <= {"passed", "not applicable"}
        True
    """
    from practicum.registry import default_registry

    target: Any = technique
    if isinstance(technique, Technique):
        target, config = type(technique), {f: getattr(technique, f) for f in type(technique).model_fields}
    cls = default_registry().load(target) if isinstance(target, str) else target
    base = contract_for(cls.kind)
    made = type(base.__name__, (base,), {"technique": target, "config": config or {}, "skip": skip or {},
                                         **({"samples": samples} if samples is not None else {}), **declared})
    return list(run_contract(made))


def contract_for(kind: str) -> type[Contract]:
    """The contract class of a kind.

    Raises:
        ConfigError: no such kind.
    """
    from practicum import testing

    names = {"transformation": "TransformationContract", "attack": "AttackContract",
             "explainer": "ExplainerContract", "model": "ModelContract", "environment": "EnvironmentContract",
             "tracker": "TrackerContract"}
    if kind not in names:
        raise ConfigError(f"unknown kind {kind!r}; known: {', '.join(names)}")
    found: type[Contract] = getattr(testing, names[kind])
    return found

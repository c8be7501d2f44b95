"""A technique under test: how it is made, on which samples, and what its author declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from unittest import mock

from practicum.batch import Batch
from practicum.errors import ContractViolation, PracticumError, UnknownTechnique
from practicum.keys import Keys
from practicum.spec import TechniqueSpec
from practicum.technique import Technique

if TYPE_CHECKING:
    from practicum.testing.contract import Contract


@dataclass
class Subject:
    """One technique in one configuration on one modality.

    Args:
        contract: the author's declarations.
        cls: the technique's class.
        spec: its declaration, when it is registered.
        config: the configuration checked.
        modality: the modality checked, ``""`` for kinds without data.
    """

    contract: Contract
    cls: type[Technique]
    spec: TechniqueSpec | None
    config: Mapping[str, Any] = field(default_factory=dict)
    modality: str = ""

    def make(self) -> Any:
        """A fresh instance, not fitted."""
        return self.contract.make(self.cls, self.config)

    @cached_property
    def batch(self) -> Batch:
        """The ordinary samples, labelled."""
        return self.contract.batch_for(self.modality)

    @property
    def column(self) -> str:
        """The column the technique works on."""
        return self.batch.column_name(getattr(self.technique, "on", None), self.technique.modalities)

    @cached_property
    def technique(self) -> Any:
        """The instance under test, fitted on the ordinary samples where it learns state."""
        return self.contract.ready(self.make(), self.batch) if self.modality else self.make()

    @cached_property
    def model(self) -> Any:
        """The model that attacks and explainers look at."""
        return self.contract.model_for(self.modality)

    @property
    def tolerance(self) -> float:
        """How far floats may differ between equal calls; 0 asks for equal bits."""
        return self.contract.tolerance

    def run(self, batch: Batch, seed: int = 0, epoch: int = 0) -> Batch:
        """The transformed batch."""
        out: Batch = self.technique.run(batch, Keys(seed, epoch))
        return out

    def other(self, **changes: Any) -> Subject:
        """The same subject with something changed."""
        facts: dict[str, Any] = {"contract": self.contract, "cls": self.cls, "spec": self.spec,
                                 "config": self.config, "modality": self.modality}
        return Subject(**(facts | changes))


def find_spec(cls: type[Technique]) -> TechniqueSpec | None:
    """The registered spec under the class's name, or ``None`` for unregistered techniques."""
    from practicum.registry import default_registry

    try:
        spec = default_registry().spec(cls.name) if cls.name else None
    except UnknownTechnique:
        return None
    return spec


def broken(message: str) -> ContractViolation:
    """A violation, for ``raise broken(...)``."""
    return ContractViolation(message)


@contextmanager
def accepting_refusal(*kinds: type[PracticumError]) -> Iterator[None]:
    """A clear refusal of these kinds inside is as good as a result; any other error passes through."""
    try:
        yield
    except kinds as error:
        if len(str(error)) < 20:
            raise ContractViolation(f"it refuses with {type(error).__name__} but doesn't say why: {error}") from error


@contextmanager
def global_rng_kept() -> Iterator[Callable[[], str]]:
    """Global generator states are put back afterwards; the yielded function names those that have moved."""
    import random
    import sys

    import numpy as np

    torch = sys.modules.get("torch")
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002  # watching the legacy generator
    state = torch.get_rng_state() if torch is not None else None

    def moved() -> str:
        now: Any = np.random.get_state()  # noqa: NPY002  # watching the legacy generator
        old: Any = legacy
        names = []
        if random.getstate() != python:
            names.append("random")
        if now[2:] != old[2:] or not bool((now[1] == old[1]).all()):
            names.append("numpy.random")
        if torch is not None and not torch.equal(torch.get_rng_state(), state):
            names.append("torch")
        return ", ".join(names)

    try:
        yield moved
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002  # putting the legacy generator back
        if torch is not None:
            torch.set_rng_state(state)


@contextmanager
def global_rng_stirred(seed: int) -> Iterator[None]:
    """Global generators stand elsewhere inside, so that whoever draws from them is found out."""
    import random
    import sys

    import numpy as np

    with global_rng_kept():
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # stirring the legacy generator is the point
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(seed)
        yield


@contextmanager
def watching_draws() -> Iterator[Callable[[], bool]]:
    """Whether anything drew from keys inside; handing an unused generator to ``apply_one`` is no draw."""
    from practicum.keys import keys as module
    from practicum.keys import philox

    drawn = [0]
    stream, words, ahead = module._stream, philox.words, module._Ahead.words

    def counted_stream(*args: Any) -> int:
        drawn[0] += 1
        return stream(*args)

    def counted_words(*args: Any, **kwargs: Any) -> Any:
        drawn[0] += 1
        return words(*args, **kwargs)

    def counted_ahead(*args: Any) -> Any:
        drawn[0] += 1
        return ahead(*args)

    def quiet(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any) -> Any:
            before = drawn[0]
            generators = make(*args)
            drawn[0] = before
            return generators
        return made

    with (mock.patch.object(module, "_stream", counted_stream), mock.patch.object(philox, "words", counted_words),
          mock.patch.object(Keys, "one", quiet(Keys.one)), mock.patch.object(Keys, "each", quiet(Keys.each)),
          mock.patch.object(module._Ahead, "words", counted_ahead)):
        yield lambda: drawn[0] > 0

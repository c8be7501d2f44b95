"""The short verbs of the public surface: get, wrap, load, techniques."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from practicum.errors import CapabilityError, NotAllowed, RunError
from practicum.registry import default_registry
from practicum.spec import TechniqueSpec

if TYPE_CHECKING:
    from practicum.model import Model


def get(name: str, /, **fields: Any) -> Any:
    """A configured technique by name.

    Args:
        name: ``"text-noise/char-swap"``, or ``"char-swap"`` where that is unique.
        **fields: its configuration; see ``practicum info NAME``.

    Raises:
        UnknownTechnique: not installed; the message lists close names.
        ConfigError: a field is unknown, of the wrong type or out of range.

    Example:
        >>> get("core/pipeline", steps=[]).name
        'core/pipeline'
    """
    return default_registry().get(name, **fields)


def techniques(kind: str | None = None, modality: str | None = None) -> list[TechniqueSpec]:
    """Specs of the installed techniques, by name."""
    return default_registry().techniques(kind, modality)


def wrap(obj: Any, /, **fields: Any) -> Model:
    """A :class:`Model` around a torch module, scikit-learn estimator, transformers checkpoint or plain callable.

    The adapter is the installed model technique whose spec names the object's class in ``wraps``; the most derived
    class wins.

    Args:
        obj: the object.
        **fields: fields of the adapter, as ``modality="image", bounds=(0, 1)``.

    Raises:
        CapabilityError: no installed adapter takes the object.
    """
    from practicum.model import Model

    if isinstance(obj, Model):
        return obj
    adapters = {name: spec for spec in techniques("model") for name in spec.wraps}
    names = [f"{c.__module__}.{c.__qualname__}" for c in type(obj).__mro__]
    if callable(obj):
        names.append("builtins.callable")
    for name in names:
        if name in adapters:
            cls: Any = default_registry().load(adapters[name].name)
            wrapped: Model = cls.wrap(obj, **fields)
            return wrapped
    known = ", ".join(sorted(adapters)) or "none: pip install practicum-models-basic"
    raise CapabilityError(f"nothing installed can wrap a {type(obj).__module__}.{type(obj).__qualname__}; adapters "
                          f"take {known}")


def load(directory: str | Path, *, allow_import: bool = False) -> Model:
    """A model that :meth:`Model.save` wrote, or an attack that its ``save`` did; the class is found by the name in its
    ``technique.json``.

    Args:
        directory: what ``save`` was given.
        allow_import: let a saved model name a Python import path of its own code, which runs with your rights.

    Raises:
        RunError: the directory holds no saved model.
        NotAllowed: the saved model names an import path.
    """
    import json

    path = Path(directory) / "technique.json"
    if not path.is_file():
        raise RunError(f"{directory} holds no saved model (technique.json is missing)")
    config = json.loads(path.read_text("utf-8"))
    cls: Any = default_registry().load(config["use"])
    for field in getattr(cls, "import_fields", ()):
        if config.get(field) and not allow_import:
            raise NotAllowed(f"the model saved in {directory} names the Python import path {config[field]!r}, which "
                             "runs code with your rights: check it, then call practicum.load(..., allow_import=True)")
    model: Model = cls.load(Path(directory))
    return model

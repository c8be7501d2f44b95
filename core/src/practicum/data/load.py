"""``load_data``: a batch from a source's name, or from an object in memory."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import pkgutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from practicum.data.loaded import Loaded, SkippedRows
from practicum.errors import MissingRequirement, PluginLoadError, UsageError
from practicum.registry import default_registry

if TYPE_CHECKING:
    from practicum.batch import Batch
    from practicum.data.splits import Splits
    from practicum.spec import SourceSpec


def load_data(source: Any, /, **options: Any) -> Batch | Splits:
    """Load data by the name of a source, or take an object in memory.

    Args:
        source: a name, as ``"csv"``, ``"sklearn/digits"`` or ``"hf/stanfordnlp/imdb"`` (``practicum list`` shows all);
            or a :class:`~practicum.Batch`, a list, an array, a tensor, a pandas frame, or a pyarrow table.
        **options: of the source. For an object in memory: ``label`` and ``id`` (values, or for records and frames the
            name of a field), ``text``, ``columns``, ``links``, ``reference``, ``modality``, ``nan``, ``on_error``.
            With every source, ``split={"train": 0.6, "valid": 0.2, "test": 0.2}`` divides the data, as
            :func:`practicum.data.splits.split` does.

    Returns:
        a batch, or :class:`practicum.data.splits.Splits` when the source comes split.

    Raises:
        UsageError: no such source, or an option it doesn't take.
        DataError: a row, file or field is bad; the message names all three.
        MissingRequirement: the library that reads this source is not installed.

    Warns:
        SkippedRows: with ``on_error="skip"``, how many rows were left out; the warning's ``skipped`` lists them, and so
            does :func:`load_report`.

    Example:
        >>> load_data([{"body": "a text", "y": 0}, {"body": "another", "y": 1}], text="body", label="y").to_list()
        ['a text', 'another']
    """
    loaded = load_report(source, **options)
    if loaded.skipped:
        warnings.warn(SkippedRows(loaded.summary(), loaded.skipped), stacklevel=2)
    return loaded.data


def load_report(source: Any, /, **options: Any) -> Loaded:
    """As :func:`load_data`, but returns the rows that were left out beside the data, and warns of nothing.

    Example:
        >>> loaded = load_report([{"body": "a text"}, {"body": None}], text="body", on_error="skip")
        >>> len(loaded.data), str(loaded.skipped[0])
        (1, 'memory:2: body: the text is missing')
    """
    if isinstance(options.get("split"), Mapping):
        fractions = options.pop("split")
        return _divided(load_report(source, **options), fractions)
    if not isinstance(source, str):
        from practicum.data.memory import take_object

        return take_object(source, **options)
    spec, rest = find_source(source)
    if rest:
        options = {"name": rest, **options}
    for option in options:
        if spec.options and option not in spec.options:
            close = difflib.get_close_matches(option, spec.options, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(spec.options)}"
            raise UsageError(f"data source {spec.name} has no option {option!r}; {hint}")
    out = _call(spec, options)
    return out if isinstance(out, Loaded) else Loaded(out)


def find_source(name: str) -> tuple[SourceSpec, str]:
    """The source of a name, and what follows it: ``hf/stanfordnlp/imdb`` is ``hf`` and ``stanfordnlp/imdb``.

    Raises:
        UsageError: there is no such source; the message has close names.
    """
    known = default_registry().catalogue.sources
    if name in known:
        return known[name], ""
    family, _, rest = name.partition("/")
    if rest and family in known and "name" in known[family].options:
        return known[family], rest
    for ending, use in ((".csv", "csv"), (".jsonl", "jsonl"), (".parquet", "parquet"), (".npz", "npz")):
        if name.lower().endswith(ending):
            raise UsageError(f"{name!r} is a file, not a data source: write use: {use}, path: {name} in a recipe, or "
                             f"load_data({use!r}, path={name!r})")
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else f"there are {', '.join(sorted(known))}"
    raise UsageError(f"no data source {name!r} is installed; {hint}")


def _divided(loaded: Loaded, fractions: Mapping[str, float]) -> Loaded:
    from practicum.data.splits import Splits, split

    if isinstance(loaded.data, Splits):
        raise UsageError(f"the data comes split already ({', '.join(loaded.data.sizes())}): leave split out")
    return replace(loaded, data=split(loaded.data, fractions))


def _call(spec: SourceSpec, options: dict[str, Any]) -> Any:
    try:
        function: Callable[..., Any] = pkgutil.resolve_name(spec.target)
    except (ImportError, AttributeError) as error:
        raise PluginLoadError(f"data source {spec.name}: its target {spec.target} could not be imported "
                              f"({type(error).__name__}: {error}); reinstall the plugin that declares it") from error
    try:
        inspect.signature(function).bind(**options)
    except TypeError as error:
        takes = ", ".join(spec.options) or "no options"
        raise UsageError(f"data source {spec.name}: {error}; it takes {takes}") from None
    return function(**options)


def need(module: str, extra: str, what: str) -> None:
    """Raise unless an optional library is installed.

    Raises:
        MissingRequirement: names the command that installs it.
    """
    if importlib.util.find_spec(module) is None:
        raise MissingRequirement(f"{what} needs {module}, which is not installed: pip install 'practicum[{extra}]'")

"""What the core itself declares: the combinators, the local tracker, the data sources and its kernel."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import MODALITIES, KernelSpec, SourceSpec, TechniqueSpec

_COMBINATORS = (
    ("pipeline", "Pipeline", "Applies techniques one after another."),
    ("one-of", "OneOf", "Applies one technique, drawn per sample."),
    ("some-of", "SomeOf", "Applies some techniques, drawn per sample, in order."),
    ("sometimes", "Sometimes", "Applies a technique to a share of the samples."),
    ("random-order", "RandomOrder", "Applies all techniques in an order drawn per sample."),
)


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    for short, cls, summary in _COMBINATORS:
        yield TechniqueSpec(name=f"core/{short}", kind="transformation", target=f"practicum.compose:{cls}",
                            modalities=MODALITIES, summary=summary)  # type: ignore[arg-type]  # the same literals
    yield TechniqueSpec(name="core/local", kind="tracker", target="practicum.track.local:LocalTracker",
                        summary="Crash-safe runs in a local folder: append-only journal, folded into SQLite.")


@hookimpl
def register_sources() -> Iterable[SourceSpec]:
    from practicum.data.catalogue import SOURCES

    return SOURCES


@hookimpl
def register_kernels() -> Iterable[KernelSpec]:
    yield KernelSpec("core/mask-rows", "practicum.masking.op.contract:OP",
                     "Samples with some of their parts absent, one pass for all coalitions.")

"""What this plugin declares; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import KernelSpec, TechniqueSpec
from practicum_gradient_attacks.catalogue import black_box, cascade, fixed, kernels, learned, minimal


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """Attacks, family by family."""
    for family in (fixed, minimal, black_box, learned, cascade):
        for short, target, summary, cite, access, modalities, keywords in family.TECHNIQUES:
            yield TechniqueSpec(name=f"gradient-attacks/{short}", kind="attack", modalities=modalities, cite=cite,
                                target=f"practicum_gradient_attacks.{target}", summary=summary, access=access,
                                requires=("torch",), keywords=keywords)


@hookimpl
def register_kernels() -> Iterator[KernelSpec]:
    """Operations with a Triton kernel."""
    for short, target, summary in kernels.KERNELS:
        yield KernelSpec(f"gradient-attacks/{short}", f"practicum_gradient_attacks.ops.{target}", summary)

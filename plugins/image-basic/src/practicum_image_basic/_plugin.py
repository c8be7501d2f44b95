"""What this plugin offers; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import KernelSpec, TechniqueSpec
from practicum_image_basic.catalogue import geometry, light, noise, policy


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """Transformations of images, family by family."""
    for family in (noise, geometry, light, policy):
        for short, target, summary, cite, keywords in family.TECHNIQUES:
            yield TechniqueSpec(name=f"image-basic/{short}", kind="transformation", modalities=("image",), cite=cite,
                                target=f"practicum_image_basic.{target}", summary=summary,
                                requires=("torch", "numba"), keywords=keywords)


@hookimpl
def register_kernels() -> Iterator[KernelSpec]:
    """Operations with a Triton kernel."""
    yield KernelSpec(name="image-basic/warp", target="practicum_image_basic.ops.warp.contract:OP",
                     summary="Images seen through affine and projective maps, one launch for a batch.")

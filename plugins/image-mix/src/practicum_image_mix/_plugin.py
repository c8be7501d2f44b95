"""What this plugin declares."""

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import KernelSpec, TechniqueSpec
from practicum_image_mix.catalogue import erasing, labels, mixing


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    for family in (mixing, erasing, labels):
        for short, target, summary, cite, keywords in family.TECHNIQUES:
            yield TechniqueSpec(name=f"image-mix/{short}", kind="transformation", modalities=("image",), cite=cite,
                                target=f"practicum_image_mix.{target}", summary=summary, requires=("torch",),
                                keywords=("augmentation", *keywords))


@hookimpl
def register_kernels() -> Iterator[KernelSpec]:
    yield KernelSpec(name="image-mix/mix", target="practicum_image_mix.ops.mix.contract:OP",
                     summary="Blend with a partner and paste or fill a box, one launch for a batch.")
    yield KernelSpec(name="image-mix/fuse", target="practicum_image_mix.ops.fuse.contract:OP",
                     summary="uint8 to normalised, mixed, cut and erased floats, one launch for a batch.")

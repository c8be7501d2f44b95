"""What this plugin declares."""

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import KernelSpec, TechniqueSpec


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    yield TechniqueSpec(name="image-mix/mixup", kind="transformation", target="practicum_image_mix.mixup:MixUp",
                        modalities=("image",), summary="Blends each image and label with a partner's, lambda ~ Beta.",
                        cite="arXiv:1710.09412", keywords=("augmentation", "mixing", "regularisation"),
                        requires=("torch",))
    yield TechniqueSpec(name="image-mix/cutmix", kind="transformation", target="practicum_image_mix.cutmix:CutMix",
                        modalities=("image",), summary="Pastes a box of a partner's image; labels mix by exact area.",
                        cite="arXiv:1905.04899", keywords=("augmentation", "mixing", "regularisation"),
                        requires=("torch",))
    yield TechniqueSpec(name="image-mix/cutout", kind="transformation", target="practicum_image_mix.cutout:Cutout",
                        modalities=("image",), summary="Fills a square at a random place of each image.",
                        cite="arXiv:1708.04552", keywords=("augmentation", "occlusion", "regularisation"),
                        requires=("torch",))


@hookimpl
def register_kernels() -> Iterator[KernelSpec]:
    yield KernelSpec(name="image-mix/mix", target="practicum_image_mix.ops.mix.contract:OP",
                     summary="Blend with a partner and paste or fill a box, one launch for a batch.")

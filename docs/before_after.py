"""What a technique does, shown: a text before and after, or a picture. Used by generate.py."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

TEXTS = (
    "The train to Paris was late on 2024-03-05, but Mary didn't mind.",
    "I think that the film wasn't bad at all! We saw 3 of them on May 4, 2021.",
    "Dr. Jones bought two big houses near the old river and sold his car.",
    "Their café in the centre is my favourite, as soon as possible 😀 🎉 ❤️ I will definitely believe you, for example.",
    "The weather was strange. She is my friend because you are good, people should receive the colour ﬁlm Ⅳ tomorrow.",
)
"""What text techniques are shown on; the first that changes stands on the page."""

SEEDS = range(24)

FIELDS: dict[str, dict[str, Any]] = {
    "albumentations/at-least-one-bbox-random-crop": {"height": 80, "width": 80},
    "albumentations/center-crop": {"height": 80, "width": 80},
    "albumentations/constrained-coarse-dropout": {"mask_indices": [1]},
    "albumentations/crop": {"x_max": 80, "y_max": 80},
    "albumentations/crop-and-pad": {"px": 16},
    "albumentations/longest-max-size": {"max_size": 64},
    "albumentations/smallest-max-size": {"max_size": 64},
    "albumentations/crop-non-empty-mask-if-exists": {"height": 80, "width": 80},
    "albumentations/grid-elastic-deform": {"num_grid_xy": [4, 4], "magnitude": 10},
    "albumentations/pad": {"padding": 16},
    "albumentations/random-crop": {"height": 80, "width": 80},
    "albumentations/random-resized-crop": {"size": [80, 80]},
    "albumentations/random-sized-bbox-safe-crop": {"height": 80, "width": 80},
    "albumentations/random-sized-crop": {"min_max_height": [48, 96], "size": [80, 80]},
    "albumentations/resize": {"height": 48, "width": 48},
    "text-noise/word-replace": {"mapping": {"late": "tardy"}},
    "nlpaug/reserved": {"reserved_tokens": [["late", "delayed", "behind time"]]},
    "text-filters/keyword": {"keywords": ["Paris"]},
}
"""Fields without a default, for the example."""

REFERENCES = frozenset({"albumentations/fda", "albumentations/histogram-matching", "albumentations/mosaic",
                        "albumentations/overlay-elements", "albumentations/pixel-distribution-adaptation"})
"""Techniques that take a second image by its file."""

_MODEL = "it needs a model that is downloaded apart"
_TAGGER = "it needs NLTK's tagger, which is downloaded apart"
NOT_SHOWN = {
    "albumentations/text-image": "it needs a font file",
    "albumentations/from-float": "it changes how pixels are stored, not the picture",
    "albumentations/to-float": "it changes how pixels are stored, not the picture",
    "albumentations/to-rgb": "it gives gray images three channels, and the picture has three already",
    "image-mix/label-smoothing": "it changes labels, not the picture",
    "nlpaug/abst-summ": _MODEL, "nlpaug/back-translation": _MODEL, "nlpaug/contextual-word-embs": _MODEL,
    "nlpaug/contextual-word-embs-for-sentence": _MODEL, "nlpaug/word-embs": _MODEL,
    "nlpaug/tfidf": "it needs a file of weights made from your texts",
    "nlpaug/antonym": _TAGGER, "nlpaug/synonym": _TAGGER,
    "text-filters/edit-rate": "it compares texts with what they were before another technique",
}
"""Technique to why it can't be shown here."""

CREDIT = ("Picture: [china.jpg](https://www.flickr.com/photos/danielbuechele/6061409035/) by danielbuechele{more}, as "
          "shipped with scikit-learn, [CC BY 2.0](https://creativecommons.org/licenses/by/2.0/), cropped, scaled and "
          "changed.")
FLOWER = " and [flower.jpg](https://www.flickr.com/photos/vultilion/6056698931/) by vultilion"

SIDE, QUALITY = 128, 65


def section(spec: Any, cls: Any, picture: str) -> list[str]:
    """The lines of a page that show what a transformation of texts or images does; ``picture`` is the link's target."""
    if spec.kind != "transformation" or spec.plugin == "core" or not {"text", "image"} & set(spec.modalities):
        return []
    head = ["", "## Before and after", ""]
    if spec.name in NOT_SHOWN:
        return [*head, f"Not shown: {NOT_SHOWN[spec.name]}."]
    with_fields = f" with {_words(FIELDS[spec.name])}" if spec.name in FIELDS else " at its default fields"
    if "image" in spec.modalities:
        two = spec.name in REFERENCES or _mixes(cls)
        what = "Two images, and the first as it comes out" if two else "An image before and after"
        return [*head, f"{what}{with_fields}.", "", f"![{spec.name}, before and after]({picture})", "",
                CREDIT.format(more=FLOWER if two else "")]
    return [*head, *_texts(spec.name, cls(**FIELDS.get(spec.name, {})), with_fields)]


def _words(fields: dict[str, Any]) -> str:
    return ", ".join(f"`{name}={value!r}`" for name, value in fields.items())


def _mixes(cls: Any) -> bool:
    return bool(getattr(cls, "label_effect", "") == "mixes" or getattr(cls, "scope", "") == "batch")


def _texts(name: str, technique: Any, with_fields: str) -> list[str]:
    """The first seed and text that the technique acts on.

    Raises:
        RuntimeError: it acts on none.
    """
    from practicum import Batch, Keys

    numbers = list(range(len(TEXTS)))
    batch = Batch.of(list(TEXTS), ids=[f"text-{k}" for k in numbers], targets={"label": numbers})
    technique = technique.fit(batch, Keys(0))
    if technique.filters:
        kept = technique(batch).to_list()
        return [f"Of these texts it keeps those marked with +{with_fields}.", "", "```",
                *(f"{'+' if text in kept else '-'} {text}" for text in TEXTS), "```"]
    for seed in SEEDS:
        for before, after in zip(TEXTS, technique(batch, seed=seed).to_list(), strict=True):
            if after != before:
                shown = [line or " " for line in after.split("\n")]
                return [f"Seed {seed}{with_fields}.", "", "```", f"before: {before}", f"after:  {shown[0]}",
                        *(f"        {line}" for line in shown[1:]), "```"]
    raise RuntimeError(f"{name} changes none of the texts with any of {len(SEEDS)} seeds: add one that it acts on")


def picture_of(name: str, cls: Any) -> bytes:
    """A JPEG of an image before and after, side by side, at the one of three seeds that changes it most.

    Raises:
        RuntimeError: it changes nothing.
    """
    import numpy as np
    from PIL import Image

    sources = [_source("china.jpg"), _source("flower.jpg")]
    with tempfile.TemporaryDirectory() as folder:
        fields = dict(FIELDS.get(name, {}))
        if name in REFERENCES:
            Image.fromarray(sources[1]).save(Path(folder) / "flower.png")
            fields["references"] = [str(Path(folder) / "flower.png")]
        technique, mixes = cls(**fields), _mixes(cls)
        best, most, acted = sources[0], 0.0, 0
        for seed in SEEDS:
            after = _applied(technique, sources if mixes else sources[:1], seed)
            panel = np.asarray(Image.fromarray(after).resize((SIDE, SIDE)), dtype=np.float64)
            change = float(np.abs(panel - sources[0]).mean()) + (after.shape != sources[0].shape)
            acted += change > 0
            if change > most:
                best, most = after, change
            if acted == 3:
                break
    if not acted:
        raise RuntimeError(f"{name} changes the picture with none of {len(SEEDS)} seeds")
    last = Image.fromarray(best)
    last.thumbnail((SIDE, SIDE))
    panels = [*map(Image.fromarray, sources if mixes or name in REFERENCES else sources[:1]), last]
    whole = Image.new("RGB", (SIDE * len(panels), SIDE), "white")
    for place, panel in enumerate(panels):
        whole.paste(panel, (SIDE * place + (SIDE - panel.width) // 2, (SIDE - panel.height) // 2))
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _source(name: str) -> Any:
    """The middle of one of scikit-learn's two pictures, uint8 [SIDE, SIDE, 3]."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_sample_image

    whole = load_sample_image(name)
    high, wide = whole.shape[:2]
    left = (wide - high) // 2
    return np.asarray(Image.fromarray(whole[:, left:left + high]).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def _applied(technique: Any, sources: list[Any], seed: int) -> Any:
    """The first image as it comes out, uint8 [H, W, 3]."""
    import numpy as np
    import torch

    from practicum import Batch, Target
    from practicum.errors import PracticumError

    pixels = torch.from_numpy(np.stack(sources)).permute(0, 3, 1, 2).contiguous()
    count = len(sources)
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    mask[40:90, 30:100] = 1
    carried = {
        "boxes": Target("boxes", [np.array([[30.0, 40.0, 100.0, 90.0]])] * count),
        "masks": Target("masks", [mask] * count)}
    targets = {"label": list(range(count)), **{n: t for n, t in carried.items() if n in technique.carries}}
    tries: list[Exception] = []
    for data in (pixels, pixels.float() / 255.0):
        for given in (targets, {"label": targets["label"]}):
            try:
                out = technique(Batch.of(data, ids=[f"picture-{k}" for k in range(count)], modality="image",
                                         targets=given), seed=seed)
            except PracticumError as error:  # the next form may fit; the last error is raised below
                tries.append(error)
                continue
            return _pixels(out.data[0])
    raise tries[-1]


def _pixels(image: Any) -> Any:
    """An image of any form as uint8 [H, W, 3]; floats outside 0..1 are scaled from their own range."""
    import numpy as np

    values = np.asarray(image.detach().cpu() if hasattr(image, "detach") else image)
    if values.shape[0] in (1, 3) and values.shape[-1] not in (1, 3):
        values = values.transpose(1, 2, 0)
    if values.dtype.kind == "f":
        low, high = float(values.min()), float(values.max())
        if low < -0.01 or high > 1.01:
            values = (values - low) / max(high - low, 1e-9)
        values = np.rint(np.clip(values, 0.0, 1.0) * 255.0)
    values = values.astype(np.uint8)
    return np.ascontiguousarray(np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values[:, :, :3])

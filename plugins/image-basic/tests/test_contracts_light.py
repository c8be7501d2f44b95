"""The core's contract on operations on light and colour."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum.batch import Batch
from practicum.testing import TransformationContract
from practicum.testing.samples import images


class TestGamma(TransformationContract):
    technique = "image-basic/gamma"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 2.0, "clip": False}]


class TestInvert(TransformationContract):
    technique = "image-basic/invert"
    configs: ClassVar[list[dict[str, Any]]] = [{"p": 0.9}]


class TestSolarize(TransformationContract):
    technique = "image-basic/solarize"
    configs: ClassVar[list[dict[str, Any]]] = [{"threshold": 0.25}]


class TestPosterize(TransformationContract):
    technique = "image-basic/posterize"
    configs: ClassVar[list[dict[str, Any]]] = [{"bits": 1}]


class TestEqualize(TransformationContract):
    technique = "image-basic/equalize"

    def samples(self) -> Batch:
        """Larger than the kit's own: images of fewer than 255 values stay as they are."""
        return Batch.of(images(size=20), ids=[f"s{i}" for i in range(9)], targets={"label": [0, 1, 2] * 3})


class TestAutoContrast(TransformationContract):
    technique = "image-basic/autocontrast"
    configs: ClassVar[list[dict[str, Any]]] = [{"cutoff": 10.0}]


class TestSaturation(TransformationContract):
    technique = "image-basic/saturation"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 1.0, "clip": False}]


class TestHue(TransformationContract):
    technique = "image-basic/hue"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 0.5, "clip": False}]


class TestGrayscale(TransformationContract):
    technique = "image-basic/grayscale"


class TestSepia(TransformationContract):
    technique = "image-basic/sepia"
    random = False
    configs: ClassVar[list[dict[str, Any]]] = [{"strength": 0.5}]


class TestRgbShift(TransformationContract):
    technique = "image-basic/rgb-shift"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 0.5, "clip": False}]


class TestColorJitter(TransformationContract):
    technique = "image-basic/color-jitter"
    configs: ClassVar[list[dict[str, Any]]] = [{"brightness": 0.0, "hue": 0.5, "clip": False}]
    skip: ClassVar[dict[str, str]] = {"nothing at strength zero": "its other three amounts still act"}


class TestNormalize(TransformationContract):
    technique = "image-basic/normalize"
    random = False
    configs: ClassVar[list[dict[str, Any]]] = [{"mean": (0.5,), "std": (0.5,)}]
    skip: ClassVar[dict[str, str]] = {"uint8 and float images": "standard scores don't fit uint8: it becomes float32"}


class TestChannelShuffle(TransformationContract):
    technique = "image-basic/channel-shuffle"
    configs: ClassVar[list[dict[str, Any]]] = [{"p": 1.0}]


class TestChannelDropout(TransformationContract):
    technique = "image-basic/channel-dropout"
    configs: ClassVar[list[dict[str, Any]]] = [{"p": 1.0, "count": 2, "fill": 0.5}]

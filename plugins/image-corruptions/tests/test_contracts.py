"""The core's contract on every corruption."""

from __future__ import annotations

from typing import Any, ClassVar

import practicum as pm
from practicum.testing import TransformationContract
from practicum.testing.samples import images

SAMPLES = pm.Batch.of(images(5, 3, 16), ids=[f"s{i}" for i in range(5)], targets={"label": [0, 1, 2, 0, 1]})
STRONG: list[dict[str, Any]] = [{"severity": 5, "scale": "imagenet"}]


class TestGaussianNoise(TransformationContract):
    technique = "image-corruptions/gaussian-noise"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestShotNoise(TransformationContract):
    technique = "image-corruptions/shot-noise"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestImpulseNoise(TransformationContract):
    technique = "image-corruptions/impulse-noise"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestDefocusBlur(TransformationContract):
    technique = "image-corruptions/defocus-blur"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestGlassBlur(TransformationContract):
    technique = "image-corruptions/glass-blur"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestMotionBlur(TransformationContract):
    technique = "image-corruptions/motion-blur"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestZoomBlur(TransformationContract):
    technique = "image-corruptions/zoom-blur"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestSnow(TransformationContract):
    technique = "image-corruptions/snow"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestFrost(TransformationContract):
    technique = "image-corruptions/frost"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestFog(TransformationContract):
    technique = "image-corruptions/fog"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestBrightness(TransformationContract):
    technique = "image-corruptions/brightness"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestContrast(TransformationContract):
    technique = "image-corruptions/contrast"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestElasticTransform(TransformationContract):
    technique = "image-corruptions/elastic-transform"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestPixelate(TransformationContract):
    technique = "image-corruptions/pixelate"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG


class TestJpegCompression(TransformationContract):
    technique = "image-corruptions/jpeg-compression"
    samples = SAMPLES
    configs: ClassVar[list[dict[str, Any]]] = STRONG

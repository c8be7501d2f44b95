"""The core's contract on every technique of the plugin."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum.testing import TransformationContract


class TestGaussianNoise(TransformationContract):
    technique = "image-basic/gaussian-noise"
    configs: ClassVar[list[dict[str, Any]]] = [{"std": 0.3, "clip": False}]


class TestGaussianBlur(TransformationContract):
    technique = "image-basic/gaussian-blur"
    random = False
    configs: ClassVar[list[dict[str, Any]]] = [{"sigma": 3.0, "border": "edge"}]


class TestShift(TransformationContract):
    technique = "image-basic/shift"
    configs: ClassVar[list[dict[str, Any]]] = [{"max_fraction": 0.5, "axes": "vertical", "fill": 0.5}]


class TestFlip(TransformationContract):
    technique = "image-basic/flip"
    configs: ClassVar[list[dict[str, Any]]] = [{"axes": "both"}]


class TestBrightness(TransformationContract):
    technique = "image-basic/brightness"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 1.0, "clip": False}]


class TestContrast(TransformationContract):
    technique = "image-basic/contrast"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 1.0, "clip": False}]

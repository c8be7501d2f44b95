"""The core's contract on blurs, sharpening and noise."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum.testing import TransformationContract


class TestBoxBlur(TransformationContract):
    technique = "image-basic/box-blur"
    random = False
    configs: ClassVar[list[dict[str, Any]]] = [{"radius": 4, "border": "edge"}]


class TestMedianBlur(TransformationContract):
    technique = "image-basic/median-blur"
    random = False
    configs: ClassVar[list[dict[str, Any]]] = [{"size": 7}]


class TestMotionBlur(TransformationContract):
    technique = "image-basic/motion-blur"
    configs: ClassVar[list[dict[str, Any]]] = [{"size": 15}]


class TestSharpness(TransformationContract):
    technique = "image-basic/sharpness"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 1.0, "clip": False}]


class TestUnsharpMask(TransformationContract):
    technique = "image-basic/unsharp-mask"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 3.0, "sigma": 2.0, "clip": False}]


class TestSpeckle(TransformationContract):
    technique = "image-basic/speckle"
    configs: ClassVar[list[dict[str, Any]]] = [{"std": 0.5, "clip": False}]


class TestSaltAndPepper(TransformationContract):
    technique = "image-basic/salt-and-pepper"
    configs: ClassVar[list[dict[str, Any]]] = [{"amount": 0.5, "salt": 1.0}]


class TestShotNoise(TransformationContract):
    technique = "image-basic/shot-noise"
    configs: ClassVar[list[dict[str, Any]]] = [{"photons": 3.0}]

"""The core's contract on policies."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum.testing import TransformationContract


class TestRandAugment(TransformationContract):
    technique = "image-basic/rand-augment"
    configs: ClassVar[list[dict[str, Any]]] = [{"num_ops": 3, "magnitude": 30, "interpolation": "bilinear",
                                                "fill": 0.5}]
    skip: ClassVar[dict[str, str]] = {"nothing at strength zero": "autocontrast and equalize have no strength that "
                                                                  "magnitude 0 could switch off; num_ops 0 does"}


class TestTrivialAugment(TransformationContract):
    technique = "image-basic/trivial-augment"
    configs: ClassVar[list[dict[str, Any]]] = [{"space": "standard"}]


class TestAugMix(TransformationContract):
    technique = "image-basic/aug-mix"
    configs: ClassVar[list[dict[str, Any]]] = [{"severity": 10, "width": 1, "depth": 2, "all_ops": True}]


class TestAutoAugment(TransformationContract):
    technique = "image-basic/auto-augment"
    configs: ClassVar[list[dict[str, Any]]] = [{"policy": "cifar10"}, {"policy": "svhn"}]

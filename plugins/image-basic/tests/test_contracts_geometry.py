"""The core's contract on every technique that moves pixels or takes them away."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum.testing import TransformationContract

Configs = ClassVar[list[dict[str, Any]]]


class TestRotate(TransformationContract):
    technique = "image-basic/rotate"
    configs: Configs = [{"degrees": 180.0, "border": "reflect"}, {"interpolation": "nearest", "fill": 0.5}]


class TestShear(TransformationContract):
    technique = "image-basic/shear"
    configs: Configs = [{"degrees": 40.0, "axes": "vertical", "border": "edge"}]


class TestZoom(TransformationContract):
    technique = "image-basic/zoom"
    configs: Configs = [{"amount": 2.0, "border": "reflect"}]


class TestTranslate(TransformationContract):
    technique = "image-basic/translate"
    configs: Configs = [{"max_fraction": 1.0, "axes": "horizontal", "fill": 1.0}]


class TestAffine(TransformationContract):
    technique = "image-basic/affine"
    configs: Configs = [{"strength": 4.0, "border": "edge"}]


class TestPerspective(TransformationContract):
    technique = "image-basic/perspective"
    configs: Configs = [{"distortion": 0.6, "border": "reflect"}]


class TestRotate90(TransformationContract):
    technique = "image-basic/rotate90"


class TestD4(TransformationContract):
    technique = "image-basic/d4"
    configs: Configs = [{"p": 1.0}]


class TestTranspose(TransformationContract):
    technique = "image-basic/transpose"


class TestRandomCrop(TransformationContract):
    technique = "image-basic/random-crop"
    config: ClassVar[dict[str, Any]] = {"fraction": 0.6}
    configs: Configs = [{}, {"size": (4, 3)}]


class TestCenterCrop(TransformationContract):
    technique = "image-basic/center-crop"
    random = False
    configs: Configs = [{"size": 4}]


class TestPadCrop(TransformationContract):
    technique = "image-basic/pad-crop"
    configs: Configs = [{"pad": 20, "border": "reflect"}, {"pad": 2, "fill": 0.5}]


class TestResize(TransformationContract):
    technique = "image-basic/resize"
    random = False
    config: ClassVar[dict[str, Any]] = {"size": (5, 12)}
    configs: Configs = [{"size": 5, "side": "shorter", "interpolation": "bicubic"},
                        {"size": 3, "interpolation": "area"}]


class TestRandomResizedCrop(TransformationContract):
    technique = "image-basic/random-resized-crop"
    config: ClassVar[dict[str, Any]] = {"size": 9}
    configs: Configs = [{"size": (4, 7), "interpolation": "nearest"}, {"size": 6, "antialias": False}]


class TestErasing(TransformationContract):
    technique = "image-basic/erasing"
    configs: Configs = [{"p": 1.0, "mode": "pixel"}, {"mode": "random"}]


class TestGridDropout(TransformationContract):
    technique = "image-basic/grid-dropout"
    configs: Configs = [{"ratio": 0.7, "mode": "pixel"}, {"mode": "random"}]


class TestElastic(TransformationContract):
    technique = "image-basic/elastic"
    configs: Configs = [{"alpha": 100.0, "sigma": 2.0, "border": "constant"}]


class TestGridShuffle(TransformationContract):
    technique = "image-basic/grid-shuffle"
    configs: Configs = [{"grid": 4}]

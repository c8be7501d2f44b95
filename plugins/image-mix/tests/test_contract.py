"""Every technique of the plugin keeps the contract of its kind."""

from practicum.testing import TransformationContract


class TestMixUp(TransformationContract):
    technique = "image-mix/mixup"
    configs = ({"alpha": 0.2},)


class TestCutMix(TransformationContract):
    technique = "image-mix/cutmix"


class TestCutout(TransformationContract):
    technique = "image-mix/cutout"
    configs = ({"size": 3, "fill": 0.25},)

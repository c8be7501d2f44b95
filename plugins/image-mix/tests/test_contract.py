"""Every technique of the plugin keeps the contract of its kind."""

from typing import ClassVar

from practicum.testing import TransformationContract


class TestMixUp(TransformationContract):
    technique = "image-mix/mixup"
    configs = ({"alpha": 0.2}, {"mode": "pair"}, {"mode": "batch"})


class TestCutMix(TransformationContract):
    technique = "image-mix/cutmix"
    configs = ({"minmax": (0.25, 0.75)}, {"mode": "pair"}, {"mode": "batch"})


class TestCutout(TransformationContract):
    technique = "image-mix/cutout"
    configs = ({"size": 3, "fill": 0.25},)


class TestResizeMix(TransformationContract):
    technique = "image-mix/resize-mix"


class TestPatchMix(TransformationContract):
    technique = "image-mix/patch-mix"
    configs = ({"grid": 3, "alpha": 0.3},)


class TestFMix(TransformationContract):
    technique = "image-mix/fmix"


class TestMosaic(TransformationContract):
    technique = "image-mix/mosaic"


class TestRandomErasing(TransformationContract):
    technique = "image-mix/random-erasing"
    configs = ({"mode": "pixel", "probability": 1.0, "max_count": 3}, {"mode": "rand", "mean": 0.5, "std": 0.2})


class TestTrainMix(TransformationContract):
    technique = "image-mix/train-mix"
    skip: ClassVar = {"uint8 and float images": "it normalises: its output has the dtype that its field says"}
    configs = ({"mode": "pair", "label_smoothing": 0.1}, {"mode": "batch", "re_mode": "rand", "re_count": 2},
               {"cutmix_alpha": 0.0, "re_prob": 1.0, "re_mode": "const"})


class TestLabelSmoothing(TransformationContract):
    technique = "image-mix/label-smoothing"

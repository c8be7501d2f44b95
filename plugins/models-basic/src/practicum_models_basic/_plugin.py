"""What this plugin offers."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

_PACKAGE = "practicum_models_basic"


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """The six models."""
    yield TechniqueSpec(
        name="models-basic/torch-module", kind="model", target=f"{_PACKAGE}.torch_module:TorchModule",
        modalities=("image", "state", "series"), requires=("torch", "safetensors"),
        summary="Any torch.nn.Module, by object or by import path and weights file.",
        keywords=("pytorch", "adapter", "neural network"), wraps=("torch.nn.modules.module.Module",))
    yield TechniqueSpec(
        name="models-basic/small-cnn", kind="model", target=f"{_PACKAGE}.small_cnn:SmallCNN", modalities=("image",),
        requires=("torch", "safetensors"), summary="A small convolutional classifier for images of any size.",
        keywords=("cnn", "convolution", "digits"))
    yield TechniqueSpec(
        name="models-basic/text-classifier", kind="model", target=f"{_PACKAGE}.text_classifier:TextClassifier",
        modalities=("text",), requires=("torch", "safetensors"), cite="arXiv:1607.01759",
        summary="A linear text classifier over hashed word and character n-gram embeddings.",
        keywords=("fasttext", "n-grams", "bag of words"))
    yield TechniqueSpec(
        name="models-basic/transformers", kind="model", target=f"{_PACKAGE}.transformers_model:TransformersClassifier",
        modalities=("text",), requires=("torch", "transformers"), extra="transformers",
        summary="Any transformers sequence-classification checkpoint, by hub id or path.",
        keywords=("bert", "hugging face", "adapter"),
        wraps=("transformers.modeling_utils.PreTrainedModel",
               "transformers.pipelines.text_classification.TextClassificationPipeline"))
    yield TechniqueSpec(
        name="models-basic/sklearn", kind="model", target=f"{_PACKAGE}.sklearn_model:SklearnModel",
        modalities=("image", "record", "state", "text"), requires=("sklearn",), extra="sklearn",
        summary="Any scikit-learn classifier or regressor, pipelines included.",
        keywords=("scikit-learn", "adapter", "estimator"), wraps=("sklearn.base.BaseEstimator",))
    yield TechniqueSpec(
        name="models-basic/callable", kind="model", target=f"{_PACKAGE}.function_model:FunctionModel",
        modalities=("image", "record", "series", "state", "text"), requires=("torch",),
        summary="A plain function from a batch of inputs to scores: a black box.",
        keywords=("function", "black box", "adapter"), wraps=("builtins.callable",))

"""Gradients of a score by the input: name, target, modalities, summary, paper, keywords."""

from __future__ import annotations

from practicum.spec import Modality

_FLOATS: tuple[Modality, ...] = ("image", "series", "state")
_MAPS: tuple[Modality, ...] = ("image", "series")
_ALL: tuple[Modality, ...] = (*_FLOATS, "text")

TECHNIQUES: tuple[tuple[str, str, tuple[Modality, ...], str, str, tuple[str, ...]], ...] = (
    ("saliency", "saliency:Saliency", _ALL, "Gradient of a class score by the input, or times it.",
     "arXiv:1312.6034", ("gradient", "attribution", "heatmap", "input-x-gradient", "input x gradient")),
    ("integrated-gradients", "integrated_gradients:IntegratedGradients", _ALL,
     "The gradient averaged on the line from a baseline, as fine as completeness asks.", "arXiv:1703.01365",
     ("gradient", "attribution", "completeness", "path", "ig")),
    ("smooth-grad", "smooth_grad:SmoothGrad", _ALL, "The gradient averaged over noise, or its variance (VarGrad).",
     "arXiv:1706.03825", ("gradient", "attribution", "noise", "vargrad", "smoothgrad")),
    ("expected-gradients", "expected_gradients:ExpectedGradients", _FLOATS,
     "Gradients between a sample and those of a background, times the distance.", "arXiv:1906.10670",
     ("gradient", "attribution", "completeness", "shap", "gradient-shap")),
    ("guided-backprop", "guided_backprop:GuidedBackprop", _ALL,
     "The gradient without its negative parts on the way back through ReLUs.", "arXiv:1412.6806",
     ("gradient", "attribution", "relu", "backpropagation")),
    ("deep-lift", "deep_lift:DeepLift", _ALL,
     "Differences from a baseline handed back by the slopes of secants (rescale rule).", "arXiv:1704.02685",
     ("attribution", "completeness", "rescale", "backpropagation", "deeplift")),
    ("lrp", "lrp:Lrp", _ALL, "The score handed back layer by layer: epsilon, gamma and z+ rules.",
     "DOI 10.1371/journal.pone.0130140", ("relevance", "attribution", "backpropagation", "layer-wise")),
    ("grad-cam", "grad_cam:GradCam", _MAPS, "Feature maps of a convolution layer weighted by their mean gradient.",
     "arXiv:1610.02391", ("heatmap", "convolution", "cam", "attribution")),
    ("grad-cam-plus-plus", "grad_cam_plus_plus:GradCamPlusPlus", _MAPS,
     "Grad-CAM with weights for every place of a map.", "arXiv:1710.11063",
     ("heatmap", "convolution", "cam", "attribution", "grad-cam++")),
    ("attention-rollout", "attention_rollout:AttentionRollout", ("image", "text"),
     "Attention followed through all layers of a transformer.", "arXiv:2005.00928",
     ("transformer", "attention", "bert", "vit")),
    ("tracin", "tracin:TracIn", _ALL, "Training examples whose gradients point the way of a sample's.",
     "arXiv:2002.08484", ("influence", "training", "examples", "data")),
    ("tcav", "tcav:Tcav", _ALL, "How a class's score reacts to a concept that examples show.", "arXiv:1711.11279",
     ("concept", "cav", "examples")),
)

"""What a score loses without parts of the input: name, target, modalities, summary, paper, keywords."""

from __future__ import annotations

from practicum.spec import Modality

_ALL: tuple[Modality, ...] = ("image", "text", "record", "series", "state", "graph")

TECHNIQUES: tuple[tuple[str, str, tuple[Modality, ...], str, str, tuple[str, ...]], ...] = (
    ("ablation", "ablation:Ablation", _ALL, "What the score loses without each part, one at a time.",
     "arXiv:1612.08220", ("leave-one-out", "black-box", "perturbation")),
    ("occlusion", "occlusion:Occlusion", _ALL, "What the score loses under a window that slides over the input.",
     "arXiv:1311.2901", ("window", "black-box", "perturbation", "heatmap")),
    ("lime", "lime:Lime", _ALL, "A linear model fitted to the score around the sample.", "arXiv:1602.04938",
     ("surrogate", "black-box", "perturbation")),
    ("shapley", "shapley:Shapley", _ALL, "Exact Shapley values from all coalitions of up to 16 parts.",
     "arXiv:1705.07874", ("shap", "game", "black-box", "perturbation")),
    ("kernel-shap", "kernel_shap:KernelShap", _ALL,
     "Shapley values by weighted regression on coalitions; exact where all are affordable.", "arXiv:1705.07874",
     ("shap", "game", "black-box", "perturbation")),
    ("permutation-shap", "permutation_shap:PermutationShap", _ALL,
     "Shapley values from random orders and their reverses, with a standard error.", "arXiv:2104.12199",
     ("shap", "game", "black-box", "perturbation", "sampling")),
    ("partition-shap", "partition_shap:PartitionShap", _ALL,
     "Owen values: Shapley values along a hierarchy of halves of the input.", "doi:10.1007/978-3-642-45494-3_7",
     ("shap", "owen", "game", "black-box", "perturbation")),
)

"""What the library's own schema doesn't tell: inputs beyond the image, examples, fields and classes left out."""

from __future__ import annotations

from typing import Any

NEEDS: dict[str, str] = {
    "AtLeastOneBBoxRandomCrop": "boxes", "BBoxSafeRandomCrop": "boxes", "RandomSizedBBoxSafeCrop": "boxes",
    "ConstrainedCoarseDropout": "masks", "CropNonEmptyMaskIfExists": "masks", "MaskDropout": "masks",
    "RandomCropNearBBox": "box", "FDA": "images", "HistogramMatching": "images",
    "PixelDistributionAdaptation": "images",
    "Mosaic": "items", "OverlayElements": "items", "TextImage": "text",
}
"""Class name -> ``masks`` or ``boxes`` (a target), ``box`` (the first row of a boxes target), ``images`` or ``items``
(references), ``text``."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "AtLeastOneBBoxRandomCrop": {"height": 6, "width": 5},
    "CenterCrop": {"height": 6, "width": 5},
    "ConstrainedCoarseDropout": {"mask_indices": (1,), "hole_height_range": (0.3, 0.6), "hole_width_range": (0.3, 0.6)},
    "Crop": {"x_min": 1, "y_min": 1, "x_max": 7, "y_max": 6},
    "CropAndPad": {"percent": (-0.2, 0.3)},
    "CropNonEmptyMaskIfExists": {"height": 6, "width": 5},
    "ElasticTransform": {"alpha": 60.0, "sigma": 4.0},
    "GridElasticDeform": {"num_grid_xy": (2, 2), "magnitude": 3},
    "LongestMaxSize": {"max_size": 10},
    "Mosaic": {"target_size": (12, 12), "cell_shape": (12, 12)},
    "Pad": {"padding": 2},
    "PadIfNeeded": {"min_height": 32, "min_width": 36},
    "RandomCrop": {"height": 6, "width": 5},
    "RandomResizedCrop": {"size": (8, 6)},
    "RandomScale": {"scale_limit": (0.3, 0.6)},
    "RandomSizedBBoxSafeCrop": {"height": 8, "width": 6},
    "RandomSizedCrop": {"min_max_height": (4, 7), "size": (8, 6)},
    "Resize": {"height": 12, "width": 10},
    "SmallestMaxSize": {"max_size": 10},
    "FrequencyMasking": {"freq_mask_param": 6},
    "TimeMasking": {"time_mask_param": 6},
    "Superpixels": {"p_replace": 0.5},
}
"""Class name -> fields of an example that acts on an image of 12 by 12 pixels; others act at their defaults."""

HIDDEN = frozenset({"strict", "metadata_key", "read_fn", "reference_images", "cropping_bbox_key", "mask", "mask_params",
                    "bbox_labels"})
"""Fields that this plugin fills in itself, or that plain data can't hold."""

HIDDEN_IN: dict[str, frozenset[str]] = {"FromFloat": frozenset({"dtype"})}
"""Fields left out of one transform: image columns hold no integers but uint8."""

REQUIRED: dict[str, frozenset[str]] = {
    "ConstrainedCoarseDropout": frozenset({"mask_indices"}), "Crop": frozenset({"x_max", "y_max"}),
    "Pad": frozenset({"padding"}),
}
"""Fields that have a default in the library with which nothing, or an error, would come out."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "Affine": {"scale": (0.9, 1.1), "translate_percent": (-0.1, 0.1), "rotate": (-15.0, 15.0)},
    "XYMasking": {"num_masks_x": 1, "num_masks_y": 1, "mask_x_length": (1, 4), "mask_y_length": (1, 4)},
}
"""Defaults of ours where the library's leave the image as it is."""

DTYPES: dict[str, str] = {"FromFloat": "float", "ToFloat": "uint8"}
"""Transforms that take one kind of values only."""

NOT_WRAPPED: dict[str, str] = {
    "CenterCrop3D": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "CoarseDropout3D": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "CubicSymmetry": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "Pad3D": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "PadIfNeeded3D": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "RandomCrop3D": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "ToTensor3D": "takes a volume [D, H, W]; a batch has no modality of volumes",
    "ToTensorV2": "image columns are torch tensors already",
    "Lambda": "holds functions, which plain data can't name; write a technique of one class instead",
    "NoOp": "does nothing",
}
"""Public transforms of the library without a technique here, and why."""

SIZED_BY_FIELDS = frozenset({"AtLeastOneBBoxRandomCrop", "CenterCrop", "Crop", "CropAndPad", "CropNonEmptyMaskIfExists",
                             "FrequencyMasking", "RandomCrop", "RandomSizedCrop", "TimeMasking", "XYMasking"})
"""Transforms whose smallest image follows from their fields; the library checks it."""

LEAST: dict[str, int] = {"RandomGravel": 80}
"""Smallest images below which the library raises nothing but draws nothing either."""

CHANGES_DTYPE = frozenset({"FromFloat", "Normalize", "ToFloat"})
"""Transforms whose output is of another dtype."""

GREY_ONLY = frozenset({"ToRGB"})
"""Transforms that change only images of one channel."""

CHANGES_LABEL = frozenset({"Mosaic"})
"""Transforms after which the image may show something else than its label."""

STAYS = frozenset({"OverlayElements"})
"""Transforms that cover pixels without moving any, so that boxes and keypoints stay as they are."""

NO_ROWS = frozenset({"Mosaic"})
"""Transforms that may repeat the image, so that one box could become several."""

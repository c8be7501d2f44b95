"""Transfer attacks that ask the model about changed images: DI-FGSM, TI-FGSM."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from practicum_gradient_attacks.transfer import TransferAttack


class DIFGSM(TransferAttack):
    """Steps along the gradient of images resized and padded at random, so that no one layout is fitted.

    Follows Xie, Zhang, Zhou, Bai, Wang, Ren and Yuille, "Improving Transferability of Adversarial Examples with Input
    Diversity", arXiv:1803.06978 (DI2-FGSM; ``decay=1`` makes it M-DI2-FGSM). In each step a sample is, with the
    probability ``diverse``, shrunk bilinearly to a drawn size and put at a drawn place on black; the gradient comes
    back through that map. Differences: the loss is the margin by default; every sample has a draw of its own, where
    one for the whole batch is common; images shrink inside their size, which models of a fixed input size need, where
    the paper enlarges 299 pixels to up to 330. Options and what they do:
    :class:`practicum_gradient_attacks.transfer.TransferAttack`.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear(torch.stack([torch.ones(16), torch.zeros(16)]), bounds=(0, 1))
        >>> result = DIFGSM(eps=0.25, shrink=0.5)(model, torch.full((1, 1, 4, 4), 0.5), [0])
        >>> round(float(result.adversarial.max()), 6)
        0.25
    """

    name: ClassVar[str] = "gradient-attacks/di-fgsm"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    decay: float = Field(default=0.0, ge=0.0, description="how much of the accumulated gradient is kept")
    diverse: float = Field(default=0.5, ge=0.0, le=1.0, description="probability of resizing and padding")


class TIFGSM(TransferAttack):
    """Steps along the gradient smoothed over the image, which is the gradient of the image shifted in all directions.

    Follows Dong, Pang, Su and Zhu, "Evading Defenses to Transferable Adversarial Examples by Translation-Invariant
    Attacks", arXiv:1904.02884: a Gaussian of ``kernel`` = 2 k + 1 pixels with the deviation k / sqrt(3), and zeros
    beyond the border. Differences: the loss is the margin by default. ``decay=1`` adds momentum, ``diverse=0.5`` makes
    it TI-DIM. Options and what they do: :class:`practicum_gradient_attacks.transfer.TransferAttack`.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear(torch.stack([torch.ones(16), torch.zeros(16)]), bounds=(0, 1))
        >>> result = TIFGSM(eps=0.25, kernel=3)(model, torch.full((1, 1, 4, 4), 0.5), [0])
        >>> round(float(result.adversarial.max()), 6)
        0.25
    """

    name: ClassVar[str] = "gradient-attacks/ti-fgsm"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    decay: float = Field(default=0.0, ge=0.0, description="how much of the accumulated gradient is kept")
    kernel: int = Field(default=15, ge=1, le=255, description="width of the smoothing Gaussian in pixels")

"""Transfer attacks that accumulate the gradient: MI-FGSM, NI-FGSM, VMI-FGSM."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from practicum_gradient_attacks.transfer import TransferAttack


class MIFGSM(TransferAttack):
    """Steps along a running sum of normalised gradients, so that a bump of one model's loss doesn't trap them.

    Follows Dong, Liao, Pang, Su, Zhu, Hu and Li, "Boosting Adversarial Attacks with Momentum", arXiv:1710.06081:
    g <- decay * g + gradient / |gradient|_1, then a step of eps / steps along the sign of g (the steepest step of the
    norm in L2 and L1). Differences: the loss is the margin by default, and ball and box are projected onto together.
    Options and what they do: :class:`practicum_gradient_attacks.transfer.TransferAttack`.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        ModalityError: ``diverse`` or ``kernel`` is set, and the column holds no images.
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> result = MIFGSM(eps=0.25)(model, torch.tensor([[0.5, 0.25]]), [0])
        >>> result.adversarial, int(result.gradients[0])
        (tensor([[0.2500, 0.5000]]), 10)
    """

    name: ClassVar[str] = "gradient-attacks/mi-fgsm"


class NIFGSM(TransferAttack):
    """MI-FGSM with the gradient taken one step ahead, where the accumulated direction leads (Nesterov).

    Follows Lin, Song, He, Wang and Hopcroft, "Nesterov Accelerated Gradient and Scale Invariance for Adversarial
    Attacks", arXiv:1908.06281, without its scaled copies: the gradient is taken at x + step_size * decay * g, g having
    a mean size of 1. Differences: those of :class:`MIFGSM`; in L2 and L1 the way ahead has about that length in the
    norm. Options and what they do: :class:`practicum_gradient_attacks.transfer.TransferAttack`.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        ModalityError: ``diverse`` or ``kernel`` is set, and the column holds no images.
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> NIFGSM(eps=0.25)(model, torch.tensor([[0.5, 0.25]]), [0]).adversarial
        tensor([[0.2500, 0.5000]])
    """

    name: ClassVar[str] = "gradient-attacks/ni-fgsm"

    nesterov: bool = Field(default=True, description="take the gradient where the accumulated one leads")


class VMIFGSM(TransferAttack):
    """MI-FGSM with each gradient corrected by how it varies around the previous point.

    Follows Wang and He, "Enhancing the Transferability of Adversarial Attacks through Variance Tuning",
    arXiv:2103.15571: to the gradient is added the mean gradient at ``neighbours`` points drawn around the previous
    point less the gradient there. Differences: those of :class:`MIFGSM`; ``cross-entropy`` climbs log((1 - p) / p),
    whose gradients don't fade as the sample gets right, so that neighbours weigh otherwise than theirs; in L2 and L1
    neighbours are drawn from the ball. With 0 neighbours it is MI-FGSM. A step costs 1 + ``neighbours`` gradients, the
    last one 1. Options and what they do: :class:`practicum_gradient_attacks.transfer.TransferAttack`.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        ModalityError: ``diverse`` or ``kernel`` is set, and the column holds no images.
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> result = VMIFGSM(eps=0.25, neighbours=4)(model, torch.tensor([[0.5, 0.25]]), [0])
        >>> result.adversarial, int(result.gradients[0])
        (tensor([[0.2500, 0.5000]]), 46)
    """

    name: ClassVar[str] = "gradient-attacks/vmi-fgsm"

    neighbours: int = Field(default=20, ge=0, le=1000, description="points for the variance of the gradient")

"""Grad-CAM++: weights that count every place of a feature map for itself."""

from __future__ import annotations

from typing import ClassVar

import torch

from practicum_explain.grad_cam import GradCam


class GradCamPlusPlus(GradCam):
    """Grad-CAM with weights under which several small regions count as much as one large one.

    Follows Chattopadhyay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks",
    arXiv:1710.11063: the weight of map ``k`` is ``sum a ReLU(g)`` over its places, with ``a = g^2 / (2 g^2 + g^3
    sum A)`` and ``g`` the gradient of the class's logit. These closed forms take the exponential of the logit for the
    score and the network above the layer for piecewise linear, as the paper does; the common factor ``exp(logit)``,
    which scales a sample's whole map, is left out, so that large logits don't overflow. Where the denominator is 0 a
    place counts nothing.

    Args:
        layer, relu: as of :class:`~practicum_explain.grad_cam.GradCam`.

    Raises:
        CapabilityError: the model gives no gradient, has no layer of this name, or none with maps.
        DataError: the column is not float32 or float64 of one size.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> nn = torch.nn
        >>> net = nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> _ = net[1].weight.data.fill_(1.0), net[1].bias.data.fill_(0.0)
        >>> GradCamPlusPlus()(TorchToy.of(net), torch.tensor([[[[4.0, 0.0], [-4.0, 8.0]]]]), target=0).values
        array([[[[1., 0.],
                 [0., 2.]]]], dtype=float32)
    """

    name: ClassVar[str] = "explain/grad-cam-plus-plus"

    def weights(self, maps: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        # g^2 / (2 g^2 + g^3 S) = 1 / (2 + g S): the same where g isn't 0, and small gradients don't underflow.
        below = 2 + gradient * maps.sum(dim=2, keepdim=True)
        share = torch.where(below == 0, 0.0, 1 / torch.where(below == 0, 1.0, below))
        return (share * gradient.clamp(min=0)).sum(dim=2)

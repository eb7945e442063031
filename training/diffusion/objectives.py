"""The scalar losses of the three stages. Pictures are (N, 3, H, W) in [-1, 1] unless said, latents (N, c, h, w)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from losses import luma


def generator_loss(fake_logits: Tensor) -> Tensor:
    """L_G = -E log D(F(z_H^, t)) = softplus(-logit), mean over patches."""
    return functional.softplus(-fake_logits).mean()


def judge_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """L_D = -E log(1 - D(F(z_H^, t))) - E log D(F(z_H, t)) = softplus(logit of fake) + softplus(-logit of real)."""
    return functional.softplus(fake_logits).mean() + functional.softplus(-real_logits).mean()


def gradient_penalty(judge: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """R1 (Mescheder et al. 2018): half the squared gradient of the real logits by the judge's input, mean over the batch."""
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):  # fused attention has no second derivative
        real = real.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(judge(real).mean((1, 2, 3)).sum(), real, create_graph=True)
        return 0.5 * gradient.square().sum((1, 2, 3)).mean()


def adaptive_weight(reconstruction: Tensor, adversarial: Tensor, limit: float = 100.0) -> Tensor:
    """||dL_rec|| / ||dL_G||, clipped to 0..limit: VQGAN's balance (Esser et al. 2021).

    Given the gradients at the generator's output rather than at its last weight, so that it also holds under LoRA.
    """
    return (reconstruction.norm() / adversarial.norm().clamp_min(1e-8)).clamp(0, limit)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) per latent number."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


def dissimilarity(image: Tensor, target: Tensor) -> Tensor:
    """1 - SSIM of luma in [0, 1], with a box window of 8: close to the Gaussian's and cheap."""
    x, y = ((luma(picture) / 2 + 0.5)[:, None] for picture in (image, target))

    def mean(v: Tensor) -> Tensor:
        return functional.avg_pool2d(v, 8, 2)

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return 1 - ((2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean()

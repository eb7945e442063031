"""The noise schedule of Stable Diffusion and the formulas that stand on it.

z is a latent scaled by the scaling factor, (N, c, h, w); abar_t is the product of (1 - beta) up to t.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

STEPS = 1000
# The step the low-resolution latent is taken for. Never printed in the paper; OSDFace and DOVE, of the same group, use 399.
T_L = 399


def alphas_bar() -> np.ndarray:
    """(1000,) float64: cumprod(1 - beta), beta = linspace(sqrt 0.00085, sqrt 0.012, 1000)^2 ("scaled_linear")."""
    return np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, STEPS) ** 2)


ALPHAS_BAR = alphas_bar()


def coefficients(t: Tensor) -> tuple[Tensor, Tensor]:
    """sqrt(abar_t) and sqrt(1 - abar_t), (N, 1, 1, 1) float32, for steps t (N,)."""
    abar = torch.from_numpy(ALPHAS_BAR).to(t.device)[t].view(-1, 1, 1, 1)
    return abar.sqrt().float(), (1 - abar).sqrt().float()


def noised(z: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """F(z, t) = sqrt(abar_t) z + sqrt(1 - abar_t) n, n ~ N(0, I)."""
    signal, sigma = coefficients(t)
    return signal * z + sigma * noise


def clean(z: Tensor, noise: Tensor, t: int = T_L) -> Tensor:
    """z_H^ = (z_L - sqrt(1 - abar_T) eps) / sqrt(abar_T), in float32: late steps divide a small difference by little."""
    abar = float(ALPHAS_BAR[t])
    return (z.float() - (1 - abar) ** 0.5 * noise.float()) / abar**0.5


def strengthened(low: Tensor, clean_latent: Tensor, strength: float) -> Tensor:
    """z_L + strength (z_H^ - z_L): 1 is the paper, 0 the autoencoder's round trip."""
    return low + strength * (clean_latent - low)

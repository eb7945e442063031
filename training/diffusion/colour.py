"""Colour fixes: give a result the colours of the bicubic picture it was made from. (N, 3, H, W) in [0, 1]."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor


def adain(made: Tensor, source: Tensor) -> Tensor:
    """Per picture and channel: (made - mean) / sigma, to the source's mean and sigma; sigma^2 unbiased plus 1e-5."""

    def statistics(x: Tensor) -> tuple[Tensor, Tensor]:
        return x.mean((2, 3), keepdim=True), (x.var((2, 3), keepdim=True) + 1e-5).sqrt()

    (mean, sigma), (wanted_mean, wanted_sigma) = statistics(made), statistics(source)
    return (made - mean) / sigma * wanted_sigma + wanted_mean


def wavelet(made: Tensor, source: Tensor, levels: int = 5) -> Tensor:
    """The made picture's detail over the source's low frequencies; levels of [1 2 1]/4 blurs dilated 1, 2, 4, ..."""
    return made - _low(made, levels) + _low(source, levels)


def _low(x: Tensor, levels: int) -> Tensor:
    taps = torch.tensor([1.0, 2.0, 1.0], device=x.device)
    kernel = (taps.outer(taps) / 16).expand(3, 1, 3, 3)
    for level in range(levels):
        r = 2**level
        x = functional.conv2d(functional.pad(x, (r, r, r, r), mode="replicate"), kernel, dilation=r, groups=3)
    return x

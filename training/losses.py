"""Training losses. Pictures are (N, 3, H, W) in [0, 1]; every loss is a scalar mean."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor


def luma(image: Tensor) -> Tensor:
    """Rec. 601 luma, (N, 3, H, W) -> (N, H, W)."""
    return 0.299 * image[:, 0] + 0.587 * image[:, 1] + 0.114 * image[:, 2]


def edges(error: Tensor) -> Tensor:
    """Mean absolute Sobel response of the luma error. Sobel is linear, so this is the L1 distance of the two edge maps.

    Written with slices: as a one-channel convolution it is 15 times slower on a CPU.
    """
    e = luma(error)
    down = e[:, :-2] + 2 * e[:, 1:-1] + e[:, 2:]
    right = e[:, :, :-2] + 2 * e[:, :, 1:-1] + e[:, :, 2:]
    across, along = down[:, :, 2:] - down[:, :, :-2], right[:, 2:] - right[:, :-2]
    return (across.abs().mean() + along.abs().mean()) / 8


CHROMA = ((-0.1687, -0.3313, 0.5), (0.5, -0.4187, -0.0813))


def colour(error: Tensor) -> Tensor:
    """Mean absolute error of luma and, 1.5 times as much, of chroma: noise in colour is what people notice first."""
    chroma = [sum(share * error[:, channel] for channel, share in enumerate(row)).abs().mean() for row in CHROMA]
    return luma(error).abs().mean() + 0.75 * (chroma[0] + chroma[1])


def gradient(error: Tensor) -> Tensor:
    """Mean absolute difference of neighbours, in both directions."""
    return (error[..., 1:] - error[..., :-1]).abs().mean() + (error[..., 1:, :] - error[..., :-1, :]).abs().mean()


def lines(made: Tensor, target: Tensor) -> Tensor:
    """Mean absolute luma error on lines and edges of the target, and how far detail changes along them where it ought not to (ours).

    The target's structure tensor over 9x9 pixels says where a line runs and how sure that is (its coherence, Bigun and Granlund
    1987). What changes along a line is fraying; every other loss counts it like any pixel of a meadow.
    """
    y, error = luma(target), luma(made - target)

    def slopes(image: Tensor) -> tuple[Tensor, Tensor]:
        return (image[:, 1:-1, 2:] - image[:, 1:-1, :-2]) / 2, (image[:, 2:, 1:-1] - image[:, :-2, 1:-1]) / 2

    with torch.no_grad():
        across, down = slopes(y)
        xx, yy, xy = functional.avg_pool2d(torch.stack([across * across, down * down, across * down], 1), 9, 1, 4, count_include_pad=False).unbind(1)
        span, energy = torch.hypot(xx - yy, 2 * xy), xx + yy
        sure = span / (energy + 1e-8) * energy / (energy + 1e-3)
        angle = torch.atan2(2 * xy, xx - yy) / 2
        along_x, along_y = -angle.sin(), angle.cos()
    right, below = slopes(error)
    return (sure * (error[:, 1:-1, 1:-1].abs() + 4 * (along_x * right + along_y * below).abs())).mean()


SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (0, 4), (4, 0))


def texture(made: Tensor, target: Tensor, window: int = 16) -> Tensor:
    """Local autocorrelation of fine detail against the target's: how much detail, and of what grain, whatever its phase (ours).

    Detail is luma less its 5x5 mean; its products with itself, shifted, averaged over windows, are the local power spectrum in
    small. Regression blurs what it cannot place; this asks for as much of it as the target has.
    """

    def products(image: Tensor) -> list[Tensor]:
        y = luma(image)[:, None]
        detail = y[..., 2:-2, 2:-2] - functional.avg_pool2d(y, 5, 1)
        height, width = detail.shape[-2] - 8, detail.shape[-1] - 8
        centre = detail[..., 4 : 4 + height, 4 : 4 + width]
        shifted = (detail[..., 4 + down : 4 + down + height, 4 + right : 4 + right + width] for down, right in ((0, 0), *SHIFTS))
        return [functional.avg_pool2d(centre * other, window, window // 2) for other in shifted]

    (energy, *ours), (wanted, *theirs) = products(made), products(target)
    scale = (wanted + energy.detach() + 2e-5).sqrt()
    amplitude = ((energy + 1e-6).sqrt() - (wanted + 1e-6).sqrt()).abs().mean()
    return amplitude + sum(((a - b) / scale).abs().mean() for a, b in zip(ours, theirs)) / len(SHIFTS)


def lattice(made: Tensor, target: Tensor, scale: int) -> Tensor:
    """Amplitude of detail that repeats from one source pixel to the next, beyond what the target has (ours).

    Where the source is smooth, every source pixel looks alike to a convolution, so all the detail it can add there has
    period `scale`: a lattice, and the cheapest way to please a discriminator. Detail is what a box of scale x scale leaves
    over; its product with itself one source pixel away is positive on average for a lattice and zero for real texture. Both diagonals
    count too, where a lattice otherwise hides (negative beside, positive aslant). Each colour by itself: judged by luma alone, the
    lattice moves into the hue.
    """

    def repetition(image: Tensor) -> Tensor:
        detail = image[..., scale - 1 :, scale - 1 :] - functional.avg_pool2d(image, scale, 1)
        down, right = detail[:, :, :-scale] * detail[:, :, scale:], detail[..., :-scale] * detail[..., scale:]
        falling = detail[:, :, :-scale, :-scale] * detail[:, :, scale:, scale:]
        rising = detail[:, :, :-scale, scale:] * detail[:, :, scale:, :-scale]
        return torch.cat([functional.avg_pool2d(product, 4 * scale, 2 * scale).flatten(1) for product in (down, right, falling, rising)], 1)

    excess = functional.relu(repetition(made) - repetition(target).relu())
    return (excess + 1e-8).sqrt().mean()


def frequencies(image: Tensor, target: Tensor) -> Tensor:
    """Focal frequency loss (Jiang et al. 2021, alpha 1): squared spectrum distance, weighted by itself."""
    distance = torch.fft.rfft2(luma(image) - luma(target), norm="ortho").abs()
    weight = (distance / distance.amax((-2, -1), keepdim=True).clamp_min(1e-8)).detach()
    return (weight * distance.square()).mean()


def features(fake: list[Tensor], real: list[Tensor]) -> Tensor:
    """Mean L1 distance of discriminator features (feature matching, pix2pixHD).

    Each level is divided by the size of the real features, so no level dominates and no outside weights are needed.
    """
    terms = [(a - b).abs().mean(dtype=torch.float32) / b.abs().mean(dtype=torch.float32).clamp_min(1e-6) for a, b in zip(fake, real)]
    return torch.stack(terms).mean()


def looks_real(opinions: list[Tensor]) -> Tensor:
    """softplus(-logit): the non-saturating adversarial loss for 'this is a photograph', mean of all opinions."""
    return torch.stack([functional.softplus(-logits).mean() for logits in opinions]).mean()


def looks_made(opinions: list[Tensor]) -> Tensor:
    """softplus(logit): the same for 'this was enlarged'."""
    return looks_real([-logits for logits in opinions])

"""Second-order photo degradation: a sharp photo in, a plausible small camera/web photo out.

The process and its constants are Real-ESRGAN's (xinntao/Real-ESRGAN, options/train_realesrgan_x4plus.yml and
realesrgan/models/realesrgan_model.py, BSD-3): blur, resize, noise, JPEG, twice, with sinc ringing at the end.
`MILD` narrows the ranges after AdcSR (config.yml: "resize [.3,1.5], noise [1,15] ..."), closer to what a
present-day camera makes. Arrays are float32 (H, W, 3) RGB in [0, 1]; all randomness comes from the given generator.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image
from scipy.special import j1

KERNEL_KINDS = ("iso", "aniso", "generalized_iso", "generalized_aniso", "plateau_iso", "plateau_aniso")
KERNEL_SHARES = (0.45, 0.25, 0.12, 0.03, 0.12, 0.03)


@dataclass(frozen=True)
class Stage:
    """Ranges of one blur-resize-noise-JPEG round. Gaussian noise is in units of 1/255."""

    blur_probability: float
    blur_sigma: tuple[float, float]
    resize_shares: tuple[float, float, float]  # up, down, keep
    resize: tuple[float, float]
    gaussian: tuple[float, float]
    poisson: tuple[float, float]
    jpeg: tuple[int, int]


@dataclass(frozen=True)
class Degradation:
    """Two stages and the largest blur kernel (odd side, smallest is 7)."""

    first: Stage
    second: Stage
    largest_kernel: int


FULL = Degradation(
    first=Stage(1.0, (0.2, 3.0), (0.2, 0.7, 0.1), (0.15, 1.5), (1, 30), (0.05, 3.0), (30, 95)),
    second=Stage(0.8, (0.2, 1.5), (0.3, 0.4, 0.3), (0.3, 1.2), (1, 25), (0.05, 2.5), (30, 95)),
    largest_kernel=21,
)
# AdcSR's ranges; the second blur, the second resize and the kernel sizes are narrowed further because the stages
# multiply and a compact net spends its capacity on the worst case it is shown.
MILD = Degradation(
    first=Stage(1.0, (0.2, 1.5), (0.2, 0.7, 0.1), (0.3, 1.5), (1, 15), (0.05, 2.0), (60, 95)),
    second=Stage(0.5, (0.2, 1.0), (0.3, 0.4, 0.3), (0.5, 1.2), (1, 12), (0.05, 1.0), (60, 100)),
    largest_kernel=13,
)

# Sensor noise of high ISO and of small old cameras, far stronger than what is left of it by blur and JPEG: where a net meets
# it only together with blur it takes it for texture. One round and, half the time, a JPEG of good quality (ours).
NOISY = Stage(0.7, (0.2, 1.2), (0.0, 0.4, 0.6), (0.4, 1.0), (8, 50), (0.5, 4.0), (70, 98))


def blur_kernel(rng: np.random.Generator, kind: str, side: int, sigma: tuple[float, float]) -> np.ndarray:
    """Gaussian-family kernel (side, side), sum 1.

    With q = v' S^-1 v and S = R diag(sx^2, sy^2) R': Gaussian exp(-q/2), generalised exp(-q^b/2), plateau 1/(1+q^b).
    """
    sx = rng.uniform(*sigma)
    sy, angle = (sx, 0.0) if kind.endswith("iso") and not kind.endswith("aniso") else (rng.uniform(*sigma), rng.uniform(-np.pi, np.pi))
    axis = np.arange(side) - side // 2
    x, y = np.meshgrid(axis, axis)
    u, v = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    q = (u / sx) ** 2 + (v / sy) ** 2
    if kind.startswith("generalized"):
        kernel = np.exp(-0.5 * q ** _shape(rng, 0.5, 4.0))
    elif kind.startswith("plateau"):
        kernel = 1 / (1 + q ** _shape(rng, 1.0, 2.0))
    else:
        kernel = np.exp(-0.5 * q)
    return (kernel / kernel.sum()).astype(np.float32)


def _shape(rng: np.random.Generator, low: float, high: float) -> float:
    """Shape exponent: below 1 and above 1 equally often, however long the two intervals are."""
    return rng.uniform(low, 1) if rng.random() < 0.5 else rng.uniform(1, high)


def sinc_kernel(cutoff: float, side: int) -> np.ndarray:
    """Circular low-pass kernel (side, side), sum 1: w J1(w r) / (2 pi r), at the centre w^2 / (4 pi). Makes ringing."""
    axis = np.arange(side) - side // 2
    r = np.hypot(*np.meshgrid(axis, axis))
    centre = r == 0
    kernel = cutoff * j1(cutoff * r) / (2 * np.pi * np.where(centre, 1, r))
    kernel[centre] = cutoff**2 / (4 * np.pi)
    return (kernel / kernel.sum()).astype(np.float32)


def _any_kernel(rng: np.random.Generator, largest: int, sigma: tuple[float, float]) -> np.ndarray:
    side = int(rng.choice(np.arange(7, largest + 1, 2)))
    if rng.random() < 0.1:
        return sinc_kernel(rng.uniform(np.pi / 3 if side < 13 else np.pi / 5, np.pi), side)
    return blur_kernel(rng, str(rng.choice(KERNEL_KINDS, p=KERNEL_SHARES)), side, sigma)


def blur(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Correlates each channel with the kernel, borders reflected."""
    r = kernel.shape[0] // 2
    x = functional.pad(_to_tensor(image), (r, r, r, r), mode="reflect")
    return _to_array(functional.conv2d(x, torch.from_numpy(kernel).expand(3, 1, -1, -1), groups=3))


def resize(image: np.ndarray, height: int, width: int, mode: str) -> np.ndarray:
    """Not antialiased for bilinear and bicubic, on purpose: so is Real-ESRGAN's."""
    options = {} if mode == "area" else {"align_corners": False}
    return _to_array(functional.interpolate(_to_tensor(image), (height, width), mode=mode, **options))


def _to_tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]


def _to_array(tensor: torch.Tensor) -> np.ndarray:
    return tensor[0].numpy().transpose(1, 2, 0)


def _any_mode(rng: np.random.Generator) -> str:
    return str(rng.choice(("area", "bilinear", "bicubic")))


def _factor(rng: np.random.Generator, stage: Stage) -> float:
    direction = rng.choice(3, p=stage.resize_shares)
    return float(rng.uniform(1, stage.resize[1]) if direction == 0 else rng.uniform(stage.resize[0], 1) if direction == 1 else 1)


def add_noise(rng: np.random.Generator, image: np.ndarray, stage: Stage) -> np.ndarray:
    """Gaussian or Poisson, 40 % of each grey (the same in all channels)."""
    grey = rng.random() < 0.4
    if rng.random() < 0.5:
        shape = (*image.shape[:2], 1 if grey else 3)
        noise = rng.standard_normal(shape, np.float32) * np.float32(rng.uniform(*stage.gaussian) / 255)
    else:
        # Shot noise: the number of grey levels present stands for the photon count at white (Real-ESRGAN's choice).
        base = image @ np.float32([0.299, 0.587, 0.114]) if grey else image
        base = np.round(base.clip(0, 1) * 255) / 255
        photons = 2.0 ** np.ceil(np.log2(max(2, len(np.unique(base)))))
        noise = ((rng.poisson(base * photons) / photons - base) * rng.uniform(*stage.poisson)).astype(np.float32)
        noise = noise[..., None] if grey else noise
    return (image + noise).clip(0, 1)


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """One round trip through libjpeg (4:2:0, as cameras and the web do)."""
    data = io.BytesIO()
    Image.fromarray((image * 255).round().clip(0, 255).astype(np.uint8)).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data), np.float32) / 255


def _any_jpeg(rng: np.random.Generator, image: np.ndarray, stage: Stage) -> np.ndarray:
    return jpeg(image, int(rng.integers(stage.jpeg[0], stage.jpeg[1] + 1)))


def degrade(rng: np.random.Generator, image: np.ndarray, scale: int, preset: Degradation) -> np.ndarray:
    """(H, W, 3) -> (H/scale, W/scale, 3), rounded to 8 bits as a file would be."""
    height, width = image.shape[0] // scale, image.shape[1] // scale
    first, second = preset.first, preset.second
    x = blur(image, _any_kernel(rng, preset.largest_kernel, first.blur_sigma))
    factor = _factor(rng, first)
    x = resize(x, round(image.shape[0] * factor), round(image.shape[1] * factor), _any_mode(rng)).clip(0, 1)
    x = _any_jpeg(rng, add_noise(rng, x, first), first)

    if rng.random() < second.blur_probability:
        x = blur(x, _any_kernel(rng, preset.largest_kernel, second.blur_sigma))
    factor = _factor(rng, second)
    x = resize(x, round(height * factor), round(width * factor), _any_mode(rng)).clip(0, 1)
    x = add_noise(rng, x, second)
    ringing = sinc_kernel(rng.uniform(np.pi / 3, np.pi), int(rng.choice(np.arange(7, 22, 2)))) if rng.random() < 0.8 else None

    def finish(y: np.ndarray) -> np.ndarray:
        y = resize(y, height, width, _any_mode(rng))
        return (y if ringing is None else blur(y, ringing)).clip(0, 1)

    x = _any_jpeg(rng, finish(x), second) if rng.random() < 0.5 else finish(_any_jpeg(rng, x, second))
    return (x * 255).round().clip(0, 255) / 255


def make_noisy(rng: np.random.Generator, image: np.ndarray, scale: int, stage: Stage = NOISY) -> np.ndarray:
    """(H, W, 3) -> (H/scale, W/scale, 3): a small photo with strong noise; in two of five it is reduced after that, which makes the noise coarse."""
    height, width = image.shape[0] // scale, image.shape[1] // scale
    x = blur(image, _any_kernel(rng, 13, stage.blur_sigma)) if rng.random() < stage.blur_probability else image
    x = resize(x, height, width, "area")
    coarse = rng.random() < stage.resize_shares[1]
    if coarse:
        factor = rng.uniform(*stage.resize)
        x = resize(x, round(height * factor), round(width * factor), "area")
    x = add_noise(rng, x.clip(0, 1), stage)
    if coarse:
        x = resize(x, height, width, _any_mode(rng)).clip(0, 1)
    x = _any_jpeg(rng, x, stage) if rng.random() < 0.5 else x
    return (x * 255).round().clip(0, 255) / 255


def make_compressed(rng: np.random.Generator, image: np.ndarray, scale: int) -> tuple[np.ndarray, bool]:
    """(H, W, 3) -> (H/scale, W/scale, 3) and whether that was strong: a small picture of the web. Saved as JPEG, half the time twice,
    the first time then at up to twice the size, so that the blocks of the two do not meet; no noise but that of the blocks.
    """
    height, width = image.shape[0] // scale, image.shape[1] // scale
    x = blur(image, _any_kernel(rng, 13, (0.2, 1.2))) if rng.random() < 0.4 else image
    if rng.random() < 0.5:
        factor = rng.uniform(1, 2)
        x = resize(x, round(height * factor), round(width * factor), "area").clip(0, 1)
        x = jpeg(x, int(rng.integers(40, 96)))
    x = resize(x, height, width, str(rng.choice(("area", "bicubic")))).clip(0, 1)
    quality = int(rng.integers(15, 93))
    return (jpeg(x, quality) * 255).round().clip(0, 255) / 255, quality < 40


def shrink(image: np.ndarray, scale: int) -> np.ndarray:
    """Clean antialiased bicubic reduction: keeps the net honest on inputs that are already good."""
    as_bytes = Image.fromarray((image * 255).round().astype(np.uint8))
    size = (image.shape[1] // scale, image.shape[0] // scale)
    return np.asarray(as_bytes.resize(size, Image.Resampling.BICUBIC), np.float32) / 255


def sharpen(image: np.ndarray, weight: float = 0.5, threshold: float = 10, side: int = 51) -> np.ndarray:
    """Unsharp masking of the target, where the detail exceeds the threshold (Real-ESRGAN's USMSharp).

    Sigma follows OpenCV's rule for a kernel side: 0.3 ((side - 1) / 2 - 1) + 0.8.
    """
    sigma = 0.3 * ((side - 1) * 0.5 - 1) + 0.8
    x = _to_tensor(image)
    soft = _separable(x, sigma, side)
    detail = x - soft
    mask = _separable((detail.abs() * 255 > threshold).float(), sigma, side)
    sharp = (x + weight * detail).clamp(0, 1)
    return _to_array(mask * sharp + (1 - mask) * x)


def _separable(x: torch.Tensor, sigma: float, side: int) -> torch.Tensor:
    axis = torch.arange(side, dtype=torch.float32) - side // 2
    taps = torch.exp(-(axis**2) / (2 * sigma**2))
    taps = (taps / taps.sum()).expand(3, 1, -1)
    r = side // 2
    x = functional.pad(x, (r, r, r, r), mode="reflect")
    return functional.conv2d(functional.conv2d(x, taps[:, :, None, :], groups=3), taps[:, :, :, None], groups=3)

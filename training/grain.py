"""Film grain as the engine adds it (src/engine/image/grain.ts), so that what is measured here is what people get."""

from __future__ import annotations

from functools import cache

import numpy as np

SIDE = 512
DEEPEST = 6 / 255
SIGMA = 1.2
SEED = 1


def philox(counter: list[np.ndarray], key: tuple[int, int]) -> list[np.ndarray]:
    """Philox4x32-10 (Salmon et al. 2011): four uint64 arrays that hold 32-bit words -> four such arrays."""
    low, (a, b, c, d), (k, m) = np.uint64(0xFFFFFFFF), counter, (np.uint64(word) for word in key)
    for _ in range(10):
        first, second = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (second >> np.uint64(32)) ^ b ^ k, second & low, (first >> np.uint64(32)) ^ d ^ m, first & low
        k, m = (k + np.uint64(0x9E3779B9)) & low, (m + np.uint64(0xBB67AE85)) & low
    return [a, b, c, d]


@cache
def pattern() -> np.ndarray:
    """(SIDE, SIDE) float32 of deviation 1: normal noise by place (Box and Muller), under a Gaussian of 9 taps that wraps around."""
    y, x = (axis.astype(np.uint64) for axis in np.mgrid[:SIDE, :SIDE])
    zero = np.zeros_like(x)
    first, second, *_ = philox([x, y, zero, zero], (SEED, 0))
    noise = np.sqrt(-2 * np.log((first + 1.0) / 2**32)) * np.cos(2 * np.pi * second / 2**32)
    offsets = np.arange(-4, 5)
    taps = np.exp(-(offsets**2) / (2 * SIGMA**2))
    taps /= taps.sum()
    for axis in (0, 1):
        noise = sum(tap * np.roll(noise, offset, axis) for tap, offset in zip(taps, offsets))
    return (noise / np.sqrt((noise**2).mean())).astype(np.float32)


def add_grain(picture: np.ndarray, amount: float) -> np.ndarray:
    """(H, W, 3) uint8 of a whole result -> the same with grain of `amount` in 0...1: none in black and white, full in the middle."""
    height, width, _ = picture.shape
    luma = np.round(picture @ np.array([0.299, 0.587, 0.114])) / 255
    noise = np.tile(pattern(), (-(-height // SIDE), -(-width // SIDE)))[:height, :width]
    added = amount * 255 * DEEPEST * 4 * luma * (1 - luma) * noise
    return np.clip(np.floor(picture + added[..., None] + 0.5), 0, 255).astype(np.uint8)

"""A bank of procedural pictures, for runs that only have to run: shapes and waves, reduced by area. No photograph, seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from degradations import shrink


def picture(rng: np.random.Generator, side: int) -> np.ndarray:
    """(side, side, 3) uint8: waves, a few rectangles with hard edges, a little grain."""
    y, x = np.mgrid[0:side, 0:side] / 16
    waves = sum(np.sin(rng.uniform(-1.5, 1.5) * x + rng.uniform(-1.5, 1.5) * y + rng.uniform(0, 6))[..., None] * rng.uniform(0, 1, 3) for _ in range(4))
    image = 128 + 30 * waves
    for _ in range(3):
        top, left = rng.integers(0, side - 4, 2)
        image[top : top + rng.integers(4, side), left : left + rng.integers(4, side)] = rng.uniform(0, 255, 3)
    return (image + rng.normal(0, 2, image.shape)).clip(0, 255).astype(np.uint8)


def make_up(folder: Path, scale: int, patch: int, count: int = 12, validation_side: int = 128) -> Path:
    """Writes the arrays that prepare_data.py writes; the same every time."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, number, side in (("", count, patch * scale), ("validation-", 2, validation_side)):
        high = np.stack([picture(rng, side) for _ in range(number)])
        low = np.stack([(shrink(image / 255, scale) * 255).round().astype(np.uint8) for image in high])
        np.save(folder / f"{prefix}high.npy", high)
        np.save(folder / f"{prefix}low.npy", low)
    return folder

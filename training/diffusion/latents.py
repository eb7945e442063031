"""Latents of a whole bank, made once: the prior and the latent phase of Algorithm 1 never run the encoder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffusion.autoencoder import TinyKL
from run import enlarged


class Latents:
    """low (of the bicubic enlargement) and high, scaled modes, float16 (N, c, side, side), in the bank's order."""

    def __init__(self, folder: Path) -> None:
        self.low, self.high = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("low", "high"))

    def batch(self, rng: np.random.Generator, size: int, side: int) -> list[Tensor]:
        """[z_L, z_H] at the same random places, (size, c, side, side) float32. Latents are not mirrored or turned: a
        mirrored picture's latent is not the mirrored latent."""
        picks = rng.integers(0, len(self.low), size)
        corners = rng.integers(0, self.low.shape[2] - side + 1, (size, 2))
        return [
            torch.from_numpy(np.stack([array[i, :, y : y + side, x : x + side] for i, (y, x) in zip(picks, corners)])).float()
            for array in (self.low, self.high)
        ]


@torch.no_grad()
def cached(folder: Path, autoencoder: TinyKL, weights: Path, bank: Path, scale: int, batch: int = 32) -> Latents:
    """Makes the latents unless those in `folder` came from these very weights and this many patches."""
    low, high = (np.load(bank / f"{name}.npy", mmap_mode="r") for name in ("low", "high"))
    facts = {"autoencoder": hashlib.sha256(weights.read_bytes()).hexdigest(), "patches": len(low)}
    stamp = folder / "latents.json"
    if stamp.exists() and json.loads(stamp.read_text()) == facts:
        return Latents(folder)
    folder.mkdir(parents=True, exist_ok=True)
    device, c, side = autoencoder.shift.device, len(autoencoder.shift), high.shape[1] // 4
    arrays = [np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float16, (len(low), c, side, side)) for name in ("low", "high")]
    for start in range(0, len(low), batch):
        a, b = (torch.from_numpy(x[start : start + batch].copy()).permute(0, 3, 1, 2).to(device).float() / 255 for x in (low, high))
        for array, picture in zip(arrays, (enlarged(a, scale), b)):
            array[start : start + batch] = autoencoder.encode(picture * 2 - 1).half().cpu().numpy()
    for array in arrays:
        array.flush()
    stamp.write_text(json.dumps(facts))
    return Latents(folder)

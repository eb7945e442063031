"""Random training batches from a pair bank made by prepare_data.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


class Bank:
    """Uint8 patch pairs; `target` names the high-resolution array beside `high`, e.g. the sharpened one."""

    def __init__(self, folder: Path, extra: tuple[str, ...] = ()) -> None:
        self.arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("low", "high", *extra)]
        self.folder = folder
        self.scale = self.arrays[1].shape[1] // self.arrays[0].shape[1]

    def batch(self, rng: np.random.Generator, size: int, patch: int) -> list[Tensor]:
        """[low, high, ...] as channels-last float tensors (size, 3, patch [scale], patch [scale]) in [0, 1].

        Every sample is cropped, mirrored and turned at random, alike in all arrays.
        """
        low = self.arrays[0]
        picks = rng.integers(0, filled(self.folder, len(low)), size)
        corners = rng.integers(0, low.shape[1] - patch + 1, (size, 2))
        turns = rng.integers(0, 8, size)
        result = []
        for array in self.arrays:
            scale = array.shape[1] // low.shape[1]
            side = patch * scale
            samples = np.empty((size, side, side, 3), np.uint8)
            for sample, pick, (top, left), turn in zip(samples, picks, corners * scale, turns):
                cut = np.rot90(array[pick, top : top + side, left : left + side], turn % 4)
                sample[...] = cut[:, ::-1] if turn >= 4 else cut
            # A permuted NHWC array is a channels_last tensor already: nothing is copied twice.
            result.append(torch.from_numpy(samples).permute(0, 3, 1, 2).float().div_(255))
        return result


def filled(folder: Path, patches: int) -> int:
    """How many of a bank's patches are there: one that is being made (taught.py) says how far it is."""
    facts = folder / "bank.json"
    return min(patches, json.loads(facts.read_text())["patches"]) if facts.exists() else patches


def validation_pairs(folder: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Held-back (low, high) uint8 RGB crops."""
    return list(zip(np.load(folder / "validation-low.npy"), np.load(folder / "validation-high.npy")))

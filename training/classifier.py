"""Features of an image classifier, for a loss: what a picture shows counts, not where each pixel is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

import losses


class Stem(nn.Module):
    """First five convolutions of an ImageNet-trained Inception v3, normalisation folded in; only ever part of a loss.

    (N, 3, H, W) in [0, 1] -> four maps before their ReLU, two at half and two at a quarter of the size. folder: `weights.bin` and
    `manifest.json`, the joined shards (modules that export base64) and the
    weightsManifest of inception_v3 of the npm package nsfwjs 4.4.0 (MIT), 8 bits each.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        data, at, found = (folder / "weights.bin").read_bytes(), 0, {}
        for entry in (entry for group in json.loads((folder / "manifest.json").read_text()) for entry in group["weights"]):
            count, how = int(np.prod(entry["shape"])), entry["quantization"]
            found[entry["name"]] = (np.frombuffer(data, np.uint8, count, at).astype(np.float32) * how["scale"] + how["min"]).reshape(entry["shape"])
            at += count
        if at != len(data):
            raise ValueError(f"{folder}: {len(data)} bytes of weights, {at} listed")
        self.convs = nn.ModuleList(self._folded(found, index) for index in range(1, 6))
        self.requires_grad_(False)

    @staticmethod
    def _folded(found: dict[str, np.ndarray], index: int) -> nn.Conv2d:
        kernel, norm = found[f"conv2d_{index}/kernel"], f"batch_normalization_{index}/"
        gain = 1 / np.sqrt(found[norm + "moving_variance"] + 0.001)
        conv = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[:2], 2 if index == 1 else 1, kernel.shape[0] // 2)
        with torch.no_grad():
            conv.weight.copy_(torch.from_numpy((kernel * gain).transpose(3, 2, 0, 1).copy()))
            conv.bias.copy_(torch.from_numpy(found[norm + "beta"] - found[norm + "moving_mean"] * gain))
        return conv

    def forward(self, image: Tensor) -> list[Tensor]:
        x, maps = image * 2 - 1, []
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index:
                maps.append(x)
            x = functional.relu(x)
            if index == 2:
                x = functional.max_pool2d(x, 3, 2)
        return maps

    def distance(self, made: Tensor, target: Tensor, side: int, rng: np.random.Generator) -> Tensor:
        """How far the features of (N, 3, H, W) in [0, 1] are from the target's, on a square of `side` that begins anywhere: the first step is two pixels wide,
        and a pattern that it never sees would grow."""
        top, left = (int(rng.integers(0, length - side + 1)) for length in made.shape[-2:])
        ours, theirs = (x[..., top : top + side, left : left + side].contiguous(memory_format=torch.channels_last) for x in (made, target))
        with torch.no_grad():
            wanted = self(theirs)
        return losses.features(self(ours), wanted)

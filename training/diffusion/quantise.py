"""int8 of the convolutional stages, encoder and decoder: ONNX Runtime's static quantisation, calibrated on the bank."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bank import Bank
from diffusion.enlarge import bicubic, one_step_tile

# After enlarge.py, which switches ONNX Runtime's telemetry off.
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static  # isort: skip


class Values(CalibrationDataReader):
    """Feeds one input, one value after the other."""

    def __init__(self, name: str, values: list[np.ndarray]) -> None:
        self.feeds: Iterator[dict[str, np.ndarray]] = iter([{name: value} for value in values])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.feeds, None)


def sample_tiles(bank: Path, side: int, count: int) -> list[np.ndarray]:
    """Tiles of x_L in [0, 1], (side, side, 3), each a mosaic of enlarged patches spread evenly over the bank."""
    pairs = Bank(bank)
    low, scale = pairs.arrays[0], pairs.scale
    across = math.ceil(side / (low.shape[1] * scale))
    picks = np.linspace(0, len(low) - 1, count * across**2).astype(int).reshape(count, across, across)
    mosaics = [np.concatenate([np.concatenate([bicubic(low[i], scale) for i in row], 1) for row in grid]) for grid in picks]
    return [mosaic[:side, :side].astype(np.float32) / 255 for mosaic in mosaics]


def quantise(folder: Path, facts: dict, files: dict[str, str], bank: Path) -> tuple[dict[str, str], float]:
    """Writes encoder-int8.onnx and decoder-int8.onnx; the files of an int8 tile, and its worst PSNR in dB against fp32 on
    tiles that were not calibrated on."""
    *calibrating, first, second = sample_tiles(bank, facts["tile"], 12)
    latents: list[np.ndarray] = []
    whole = one_step_tile(folder, facts, files, watch=latents.append)
    for part in calibrating:
        whole(part)
    seen = {"encoder": ("image", [part.transpose(2, 0, 1)[None] * 2 - 1 for part in calibrating]), "decoder": ("latent", latents[:])}
    # It advises, at length, to run its own preparation first, which these small graphs do not need.
    logging.getLogger().setLevel(logging.ERROR)
    result = dict(files)
    for stage, (name, values) in seen.items():
        result[stage] = f"{stage}-int8.onnx"
        quantize_static(
            folder / files[stage], folder / result[stage], Values(name, values), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )
    fast = one_step_tile(folder, facts, result)
    errors = [np.square(fast(part).clip(0, 1) - whole(part).clip(0, 1)).mean() for part in (first, second)]
    return result, float(-10 * np.log10(max(errors)))

"""An exported one-step model on a whole picture, as the engine runs it: tiles of x_L, their mean where they overlap, AdaIN."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image

from diffusion import colour
from graphs import STRENGTH_FILE


def places(length: int, tile: int, overlap: int) -> list[int]:
    """First pixels of the tiles along one side: every tile - overlap pixels, the last one moved back to end with the picture."""
    if length <= tile:
        return [0]
    return [*range(0, length - tile, tile - overlap), length - tile]


def stitched(picture: np.ndarray, tile: int, overlap: int, run: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(H, W, 3) float32 through `run`, (tile, tile, 3) -> the same shape; every tile weighs alike where several cover a pixel."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, max(0, tile - height)), (0, max(0, tile - width)), (0, 0)), "symmetric")
    total, weight = np.zeros(padded.shape, np.float32), np.zeros((*padded.shape[:2], 1), np.float32)
    for top in places(padded.shape[0], tile, overlap):
        for left in places(padded.shape[1], tile, overlap):
            part = np.s_[top : top + tile, left : left + tile]
            total[part] += run(padded[part])
            weight[part] += 1
    return (total / weight)[:height, :width]


def bicubic(picture: np.ndarray, scale: int) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((picture.shape[1] * scale, picture.shape[0] * scale), Image.Resampling.BICUBIC))


def enlarger(folder: Path, strength: float, threads: int = 2) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 (H, W, 3) -> (scale H, scale W, 3), by tile.onnx of a model folder."""
    manifest = json.loads((folder / "manifest.json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    files = {entry["file"]: (folder / entry["file"]).read_bytes() for entry in manifest["weights"]} | {STRENGTH_FILE: np.float32(strength).tobytes()}
    options.add_external_initializers_from_files_in_memory(list(files), list(files.values()), [len(data) for data in files.values()])
    session = onnxruntime.InferenceSession(str(folder / "tile.onnx"), options, providers=["CPUExecutionProvider"])
    facts = manifest["diffusion"]

    def run(picture: np.ndarray) -> np.ndarray:
        low = bicubic(picture, manifest["scale"]).astype(np.float32) / 255
        made = stitched(low, facts["tile"], facts["overlap"], lambda part: session.run(None, {"image": part[None]})[0][0])
        a, b = (torch.from_numpy(x.clip(0, 1)).permute(2, 0, 1)[None] for x in (made, low))
        return colour.adain(a, b)[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy()

    return run

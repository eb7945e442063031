"""An exported one-step model on a whole picture, as the engine runs it: tiles of x_L, their mean where they overlap, AdaIN, fidelity."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from diffusion import colour
from runtime import open_session

STAGES = ("encoder", "unet", "decoder")
Method = Callable[[np.ndarray], np.ndarray]


def places(length: int, tile: int, overlap: int) -> list[int]:
    """First pixels of the tiles along one side: every tile - overlap pixels, the last one moved back to end with the picture."""
    if length <= tile:
        return [0]
    return [*range(0, length - tile, tile - overlap), length - tile]


def weights(tile: int, overlap: int, blend: str) -> np.ndarray:
    """How much each pixel of a tile counts, (tile, tile, 1): all alike ("mean", the paper), or rising over the overlap ("ramp")."""
    rise = overlap if blend == "ramp" and overlap else 0.5
    steps = np.arange(tile) + 0.5
    side = np.minimum(1, np.minimum(steps, steps[::-1]) / rise).astype(np.float32)
    return np.outer(side, side)[..., None]


def stitched(picture: np.ndarray, tile: int, overlap: int, run: Method, blend: str = "mean") -> np.ndarray:
    """(H, W, 3) float32 through `run`, (tile, tile, 3) -> the same shape; divided by the weights of all tiles that cover a pixel."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, max(0, tile - height)), (0, max(0, tile - width)), (0, 0)), "symmetric")
    share = weights(tile, overlap, blend)
    total, weight = np.zeros(padded.shape, np.float32), np.zeros((*padded.shape[:2], 1), np.float32)
    for top in places(padded.shape[0], tile, overlap):
        for left in places(padded.shape[1], tile, overlap):
            part = np.s_[top : top + tile, left : left + tile]
            total[part] += share * run(padded[part])
            weight[part] += share
    return (total / weight)[:height, :width]


def bicubic(picture: np.ndarray, scale: int) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((picture.shape[1] * scale, picture.shape[0] * scale), Image.Resampling.BICUBIC))


def one_step_tile(folder: Path, facts: dict, files: dict[str, str], strength: float = 1.0, threads: int = 2, watch: Callable[[np.ndarray], None] | None = None) -> Method:
    """The manifest's `diffusion` and a file for each of STAGES -> a tile of x_L to one of x_H^, in [0, 1], not clipped.

    `watch` sees what the decoder is given.
    """
    sessions = {stage: open_session(folder / files[stage], threads) for stage in STAGES}
    abar, factor = facts["step"]["alphaBar"], np.float32(facts["latent"]["scalingFactor"])
    signal, sigma = np.float32(abar**0.5), np.float32((1 - abar) ** 0.5)

    def run(part: np.ndarray) -> np.ndarray:
        z = factor * sessions["encoder"].run(None, {"image": part.transpose(2, 0, 1)[None] * 2 - 1})[0]
        made = (z - sigma * sessions["unet"].run(None, {"latent": z})[0]) / signal
        z = z + np.float32(strength) * (made - z)
        latent = z / factor
        if watch:
            watch(latent)
        return sessions["decoder"].run(None, {"latent": latent})[0][0].transpose(1, 2, 0) / 2 + 0.5

    return run


def held_to(picture: np.ndarray, made: np.ndarray, fidelity: float) -> np.ndarray:
    """made + fidelity U(picture - D(made)), both float32 and (H, W, 3), made `scale` times as large: D the mean of scale x scale pixels,
    U bicubic. One step of iterative back-projection (Irani and Peleg 1991)."""
    height, width = picture.shape[:2]
    scale = made.shape[0] // height
    missing = picture - made.reshape(height, scale, width, scale, 3).mean((1, 3))
    size = (width * scale, height * scale)
    planes = [np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize(size, Image.Resampling.BICUBIC)) for plane in missing.transpose(2, 0, 1)]
    return made + np.float32(fidelity) * np.stack(planes, -1)


def to_bytes(picture: np.ndarray) -> np.ndarray:
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


def enlarger(folder: Path, strength: float, threads: int = 2, fidelity: float | None = None) -> Method:
    """uint8 (H, W, 3) -> (scale H, scale W, 3), by the fp32 graphs of a model folder; `fidelity` is the model's own where none is given."""
    manifest = json.loads((folder / "manifest.json").read_text())
    facts = manifest["diffusion"]
    entry = next(graph for graph in manifest["graphs"] if graph["precision"] == "fp32")
    tile = one_step_tile(folder, facts, {stage: entry[stage]["file"] for stage in STAGES}, strength, threads)
    fidelity = manifest["options"]["fidelity"]["default"] if fidelity is None else fidelity

    def run(picture: np.ndarray) -> np.ndarray:
        low = bicubic(picture, manifest["scale"]).astype(np.float32) / 255
        made = stitched(low, facts["tile"], facts["overlap"], tile, facts["blend"])
        a, b = (torch.from_numpy(x.clip(0, 1)).permute(2, 0, 1)[None] for x in (made, low))
        fixed = colour.adain(a, b)[0].permute(1, 2, 0).numpy()
        return to_bytes(held_to(picture.astype(np.float32) / 255, fixed, fidelity))

    return run

"""Whether a one-step model is good enough to be shown without being called experimental."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import metrics
from diffusion.enlarge import Method, bicubic, enlarger, places

OFFSET = 8  # source pixels; enlarged, a multiple of the networks' own grids
Pair = tuple[str, np.ndarray, np.ndarray, int]  # name, low, high, border


def consistency(made: np.ndarray, low: np.ndarray) -> float:
    """PSNR over RGB of the result, reduced again, against what was enlarged."""
    reduced = Image.fromarray(made).resize((low.shape[1], low.shape[0]), Image.Resampling.BICUBIC)
    return metrics.psnr_rgb(np.asarray(reduced), low)


def seams(method: Method, low: np.ndarray, scale: int, tile: int, overlap: int) -> float:
    """How much more the change made to the picture jumps where tiles begin and end than in the same places when the tiles lie
    elsewhere, because the picture begins later; 1 is not at all."""
    change, moved = (method(part).astype(np.float32) - bicubic(part, scale) for part in (low, low[OFFSET:, OFFSET:]))
    ratios = []
    for axis in (0, 1):
        jumps, others = (np.abs(np.diff(x, axis=axis)).mean((1 - axis, 2)) for x in (change, moved))
        starts = places(len(jumps) + 1, tile, overlap)
        edges = np.array(sorted({p - 1 for p in starts[1:]} | {p + tile - 1 for p in starts[:-1]}), int)
        if len(edges):
            ratios.append(jumps[edges].mean() / max(others[edges - OFFSET * scale].mean(), 1e-6))
    return float(max(ratios, default=1.0))


def measure(method: Method, pictures: list[Pair], scale: int) -> dict[str, float]:
    """Means: PSNR-Y, SSIM-Y, NIQE where pictures are large enough, consistency with the source, and the largest shift of
    a channel's mean against bicubic, in levels of 255."""
    rows = []
    for _, low, high, border in pictures:
        made = method(low)[: high.shape[0], : high.shape[1]]
        shift = np.abs(made.mean((0, 1)) - bicubic(low, scale)[: high.shape[0], : high.shape[1]].mean((0, 1))).max()
        row = {"psnr": metrics.psnr(made, high, border), "ssim": metrics.ssim(made, high, border), "consistency": consistency(made, low), "shift": shift}
        if metrics.NIQE_PARAMETERS.exists() and min(made.shape[:2]) >= 192:
            row["niqe"] = metrics.niqe(made)
        rows.append(row)
    return {key: round(float((max if key == "shift" else np.mean)([row[key] for row in rows])), 4) for key in rows[0]}


def verdict(base: dict[str, float], made: dict[str, float], seam: float, preferred: bool) -> dict[str, bool]:
    """The gate, one entry per condition; `base` is bicubic. `preferred`: by a person who looked."""
    return {
        "NIQE better than bicubic by 2": "niqe" in made and made["niqe"] <= base["niqe"] - 2,
        "PSNR within 2 dB of bicubic": made["psnr"] >= base["psnr"] - 2,
        "consistent with the source to 30 dB": made["consistency"] >= 30,
        "no seams": seam < 1.15,
        "no colour shift": made["shift"] < 1,
        "side by side, preferred to bicubic by eye": preferred,
    }


def judge(folder: Path, pictures: list[Pair], large: np.ndarray, facts: dict, scale: int, preferred: bool, strengths: tuple[float, ...] = (0.0, 0.5, 1.0)) -> dict[str, object]:
    """Rows for bicubic, every strength, and the last as published: not held to the picture; and the verdict on the last, held to it
    as the model is where nobody chooses otherwise. `large` takes several tiles."""
    rows = {"bicubic": measure(lambda low: bicubic(low, scale), pictures, scale)}
    for strength in strengths:
        rows[f"strength {strength:g}"] = measure(enlarger(folder, strength), pictures, scale)
    rows[f"strength {strengths[-1]:g}, fidelity 0"] = measure(enlarger(folder, strengths[-1], fidelity=0), pictures, scale)
    seam = seams(enlarger(folder, strengths[-1]), large, scale, facts["tile"], facts["overlap"])
    return {"rows": rows, "seams": round(seam, 3), "gate": verdict(rows["bicubic"], rows[f"strength {strengths[-1]:g}"], seam, preferred)}

"""Makes and turns over the restorer's pair bank: what a teacher makes of heavily degraded crops, the truth of the others.

    python training/taught.py --teacher ../shared/data/weights/ncnn/realesrgan-x4plus.bin --pairs 20000

The folder is training/cache/x4-72-taught/. On heavy degradation the teacher's output is the better target: the truth holds what
nobody can know, and a network that tries answers with blur. On mild degradation the teacher costs a decibel; there, on clean
crops and on text and line art, which the teacher melts, the target is the truth. So it is where there is strong noise and nothing else, and where a JPEG of good quality is all.

A run may read the bank while it grows, and while the command, given again, turns it over: the oldest pairs are replaced.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from degradations import FULL, MILD, degrade, make_compressed, make_noisy, shrink
from drawn import anything_drawn
from prepare_data import PHOTOS, _bytes, bank_folder, held_back, validation_crops
from published import X4plus

SCALE, PATCH, BATCH = 4, 72, 16
# Kind of a pair -> its share. Heavy ones are taught, and compressed ones where the quality is low.
SHARES = {"heavy": 0.30, "compressed": 0.26, "noisy": 0.12, "mild": 0.14, "clean": 0.05, "drawn": 0.13}
DESCRIPTION = (
    "Crops of freely licensed photographs and drawn text, degraded by blur, resizing, noise and JPEG in two rounds. Where that was heavy the "
    "target is what Real-ESRGAN x4plus (Xintao Wang and others, BSD-3-Clause) makes of the degraded crop: its outputs only, none of its weights."
)


def crop(rng: np.random.Generator, photo: Image.Image, side: int) -> np.ndarray:
    """(side, side, 3) uint8: at full size or reduced by up to 2.8, so that faces and leaves come in many sizes; not quite even."""
    zoom = float(rng.choice([1, 1, 0.75, 0.5, 0.35]))
    window = min(round(side / zoom), *photo.size)
    for _ in range(4):
        left, top = rng.integers(0, photo.width - window + 1), rng.integers(0, photo.height - window + 1)
        cut = photo.resize((side, side), Image.Resampling.LANCZOS, box=(left, top, left + window, top + window))
        if np.asarray(cut)[::4, ::4].std() > 12:
            break
    return np.asarray(cut)


def pair(rng: np.random.Generator, photos: list[Image.Image]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Low, high, and whether the teacher shall replace the high."""
    kind, side = str(rng.choice(list(SHARES), p=list(SHARES.values()))), PATCH * SCALE
    photo = photos[int(rng.integers(len(photos)))]
    high = anything_drawn(rng, side, lambda: crop(rng, photo, side)) if kind == "drawn" else crop(rng, photo, side)
    # What is drawn is met on the web above all.
    how = str(rng.choice(["compressed", "mild", "heavy"], p=[0.6, 0.2, 0.2])) if kind == "drawn" else kind
    sharp, strong = high.astype(np.float32) / 255, False
    if how == "clean":
        low = shrink(sharp, SCALE)
    elif how == "noisy":
        low = make_noisy(rng, sharp, SCALE)
    elif how == "compressed":
        low, strong = make_compressed(rng, sharp, SCALE)
    else:
        low = degrade(rng, sharp, SCALE, FULL if how == "heavy" else MILD)
    return _bytes(low), high, kind == "heavy" or (kind == "compressed" and strong)


@torch.no_grad()
def prepare_taught(teacher: torch.nn.Module, pairs: int, seed: int, device: str = "cpu", folder: Path | None = None) -> Path:
    """Adds `pairs` pairs to a bank of as many, made where there is none. Returns its folder."""
    torch.set_num_threads(1 if device == "cpu" else torch.get_num_threads())
    folder = folder or bank_folder(SCALE, PATCH, "taught")
    paths = sorted(PHOTOS.glob("*.jpg"))
    kept = held_back(paths)
    used = [path for path in paths if path not in kept]
    # Smaller ones have no crop of this size.
    photos = [photo for path in used if min((photo := Image.open(path).convert("RGB")).size) >= PATCH * SCALE]
    folder.mkdir(parents=True, exist_ok=True)
    arrays = []
    for name, side in (("low", PATCH), ("high", PATCH * SCALE)):
        path, shape = folder / f"{name}.npy", (pairs, side, side, 3)
        fresh = not path.exists() or np.load(path, mmap_mode="r").shape != shape
        arrays.append(np.lib.format.open_memmap(path, "w+", np.uint8, shape) if fresh else np.load(path, mmap_mode="r+"))
    facts_path = folder / "bank.json"
    facts = json.loads(facts_path.read_text()) if facts_path.exists() and not fresh else {"made": 0, "seconds": 0}
    if not (folder / "validation-low.npy").exists():
        checks = [validation_crops(path, SCALE, 3, seed, FULL) for path in kept]
        for index, name in enumerate(("low", "high")):
            np.save(folder / f"validation-{name}.npy", np.stack([crop for check in checks for crop in check[index]]))
    rng, started = np.random.default_rng([seed, facts["made"]]), time.monotonic()
    teacher = teacher.to(device, memory_format=torch.channels_last)
    before, ending = facts["seconds"], facts["made"] + pairs
    while facts["made"] < ending:
        lows, highs, taught = map(list, zip(*(pair(rng, photos) for _ in range(min(BATCH, ending - facts["made"])))))
        if any(taught):
            batch = torch.from_numpy(np.stack([low for low, is_taught in zip(lows, taught) if is_taught])).to(device).permute(0, 3, 1, 2).float() / 255
            with torch.autocast(device, torch.bfloat16):
                answers = iter(teacher(batch).float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy())
            highs = [next(answers) if is_taught else high for high, is_taught in zip(highs, taught)]
        places = np.arange(facts["made"], facts["made"] + len(lows)) % pairs
        arrays[0][places], arrays[1][places] = np.stack(lows), np.stack(highs)
        facts["made"] += len(lows)
        facts |= {
            "scale": SCALE, "patches": min(pairs, facts["made"]), "seed": seed, "photographs": [path.name for path in used],
            "heldBack": [path.name for path in kept], "description": DESCRIPTION, "seconds": round(before + time.monotonic() - started),
        }
        # A run that reads the bank meanwhile must not find half of this.
        facts_path.with_suffix(".partial").write_text(json.dumps(facts, indent=2) + "\n")
        facts_path.with_suffix(".partial").replace(facts_path)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--teacher", type=Path, required=True, help="realesrgan-x4plus.bin in ncnn's format")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    print(prepare_taught(X4plus(args.teacher).eval(), args.pairs, args.seed, args.device))


if __name__ == "__main__":
    main()

"""Makes the pair bank: degraded/sharp patch pairs from the training photographs, as plain .npy files.

    python training/prepare_data.py --scale 4

Degrading on two CPU cores is slower than training on them, so it is done once. The bank of a scale is
training/cache/x<scale>/, or x<scale>-<patch>/ for other patch sizes than 48, with -<kind> behind it for other kinds: low.npy (N, 48, 48, 3), high.npy and
sharp.npy (N, 48 scale, 48 scale, 3), all uint8 RGB;
`sharp` is the unsharp-masked target of the adversarial stage; validation-low/high.npy hold larger crops of photographs
that no training patch comes from. The same seed gives the same bank, however many processes make it.
"""

from __future__ import annotations

import argparse
import json
import time
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from degradations import FULL, MILD, Degradation, degrade, make_compressed, make_noisy, sharpen, shrink
from drawn import anything_drawn

ROOT = Path(__file__).resolve().parent
PHOTOS = ROOT.parent.parent / "shared" / "data" / "train"
PATCH = 48
VALIDATION_SIDE = 512
# Every tenth photograph by name is held back: an arbitrary choice made before any result was seen.
HOLD_BACK = 10


# How the pairs of a kind of bank are damaged. `photographs`: what a present-day camera makes, mostly; `damaged`: what people bring. `drawn` is
# not a photograph at all: text, cartoons, stripes and strands, damaged in any of the other ways.
SHARES = {
    "photographs": {"clean": 0.10, "heavy": 0.18, "mild": 0.72},
    "damaged": {"clean": 0.08, "heavy": 0.25, "noisy": 0.22, "mild": 0.20, "compressed": 0.11, "drawn": 0.14},
}


def bank_folder(scale: int, patch: int = PATCH, kind: str = "photographs") -> Path:
    return ROOT / "cache" / ((f"x{scale}" if patch == PATCH else f"x{scale}-{patch}") + ("" if kind == "photographs" else f"-{kind}"))


def held_back(paths: list[Path]) -> list[Path]:
    """Photographs that no training patch comes from."""
    return paths[HOLD_BACK // 2 :: HOLD_BACK]


def _crop(rng: np.random.Generator, photo: Image.Image, side: int) -> np.ndarray:
    """Random square of the photo reduced by 1..2: the reduction hides its own JPEG blocks and varies the subject's size."""
    shorter = min(photo.size)
    factor = max(rng.uniform(0.5, 1.0), (side + 1) / shorter)
    window = min(shorter, int(round(side / factor)))
    left, top = rng.integers(0, photo.width - window + 1), rng.integers(0, photo.height - window + 1)
    square = photo.resize((side, side), Image.Resampling.LANCZOS, box=(left, top, left + window, top + window))
    return np.asarray(square, np.float32) / 255


def _pair(rng: np.random.Generator, photo: Image.Image, side: int, scale: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Low and high, float32."""
    names, shares = zip(*SHARES[kind].items())
    high = _crop(rng, photo, side)
    how = names[int(np.searchsorted(np.cumsum(shares)[:-1], rng.random(), "right"))]
    if how == "drawn":
        crop = _bytes(high)
        high = anything_drawn(rng, side, lambda: crop).astype(np.float32) / 255
        how = str(rng.choice(["compressed", "mild", "heavy", "noisy", "clean"], p=[0.35, 0.25, 0.2, 0.1, 0.1]))
    if how == "clean":
        return shrink(high, scale), high
    if how == "noisy":
        return make_noisy(rng, high, scale), high
    if how == "compressed":
        return make_compressed(rng, high, scale)[0], high
    return degrade(rng, high, scale, FULL if how == "heavy" else MILD), high


def _bytes(image: np.ndarray) -> np.ndarray:
    return (image * 255).round().clip(0, 255).astype(np.uint8)


def _cut(image: np.ndarray, side: int) -> list[np.ndarray]:
    rows, columns = image.shape[0] // side, image.shape[1] // side
    return [image[r * side : (r + 1) * side, c * side : (c + 1) * side] for r in range(rows) for c in range(columns)]


def training_patches(path: Path, scale: int, crops: int, seed: int, patch: int = PATCH, sharpened: bool = True, kind: str = "photographs") -> tuple[list, list, list]:
    """Low, high and (where wanted) sharpened patches of one photograph; three in four featureless patches are left out."""
    torch.set_num_threads(1)
    rng = np.random.default_rng([seed, *path.name.encode()])
    photo = Image.open(path).convert("RGB")
    lows, highs, sharps = [], [], []
    for _ in range(crops):
        low, high = _pair(rng, photo, max(384, 2 * patch * scale), scale, kind)
        sharp = _bytes(sharpen(high) if sharpened else high)
        for a, b, c in zip(_cut(_bytes(low), patch), _cut(_bytes(high), patch * scale), _cut(sharp, patch * scale)):
            luma = b.mean(2)
            activity = np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()
            if activity > 3 or rng.random() < 0.25:
                lows.append(a), highs.append(b), sharps.append(c)
    return lows, highs, sharps if sharpened else []


def validation_crops(path: Path, scale: int, crops: int, seed: int, degradation: Degradation = MILD) -> tuple[list, list]:
    """Held-back crops, MILD where nothing else is said: the case the app meets most."""
    rng = np.random.default_rng([seed, 1, *path.name.encode()])
    photo = Image.open(path).convert("RGB")
    highs = [_crop(rng, photo, VALIDATION_SIDE) for _ in range(crops)]
    return [_bytes(degrade(rng, high, scale, degradation)) for high in highs], [_bytes(high) for high in highs]


def _work(job: tuple) -> tuple[list, list, list]:
    return training_patches(*job)


def prepare(scale: int, patch: int = PATCH, crops: int | None = None, seed: int = 1, processes: int = 2, kind: str = "photographs") -> Path:
    """Makes the bank and returns its folder. crops: per photograph; None gives about 20 000 patches in all.

    kind: of SHARES. Sharpened targets are made at the usual patch size alone: the larger patches are for models that do not use them.
    """
    sharpened = patch == PATCH and kind == "photographs"
    started = time.monotonic()
    paths = sorted(PHOTOS.glob("*.jpg"))
    if not paths:
        raise FileNotFoundError(f"no photographs in {PHOTOS}")
    kept = held_back(paths)
    used = [path for path in paths if path not in kept]
    crops = crops or (70 if scale == 4 else 18)
    lows, highs, sharps = [], [], []
    with Pool(processes) as pool:
        for low, high, sharp in pool.imap(_work, [(path, scale, crops, seed, patch, sharpened, kind) for path in used]):
            lows += low
            highs += high
            sharps += sharp
    checks = [validation_crops(path, scale, 3, seed, FULL if kind == "damaged" and index % 2 else MILD) for index, path in enumerate(kept)]

    folder = bank_folder(scale, patch, kind)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"low": lows, "high": highs} | ({"sharp": sharps} if sharpened else {})
    arrays |= {"validation-low": sum((a for a, _ in checks), []), "validation-high": sum((b for _, b in checks), [])}
    for name, patches in arrays.items():
        array = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (len(patches), *patches[0].shape))
        for index, value in enumerate(patches):
            array[index] = value
    facts = {
        "scale": scale, "seed": seed, "crops": crops, "patches": len(lows),
        "photographs": [path.name for path in used], "heldBack": [path.name for path in kept],
        "seconds": round(time.monotonic() - started),
    }
    (folder / "bank.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"{len(lows)} pairs in {facts['seconds']} s: {folder}")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scale", type=int, choices=(2, 4), required=True)
    parser.add_argument("--patch", type=int, default=PATCH, help="source pixels of a patch's side")
    parser.add_argument("--kind", choices=tuple(SHARES), default="photographs")
    parser.add_argument("--crops", type=int, help="crops per photograph (default: about 20 000 patches in all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    prepare(args.scale, args.patch, args.crops, args.seed, args.processes, args.kind)


if __name__ == "__main__":
    main()

"""Ten minutes of a GPU: everything a run needs in one small folder, and one command that uses it to the last minute.

    python training/on_gpu.py pack --teacher ../shared/data/weights/ncnn/realesrgan-x4plus.bin     on any computer, before
    python training/on_gpu.py train --minutes 9 --out "$OUT"                                       where the GPU is

The pack, training/gpu-pack/, is photographs (reduced and compressed once more) and the teacher in 8 bits: together under 30 MiB, so that they
travel with a checkout. `train` goes on from --continue-from, by default the shipped model; a quarter of the time makes pairs. It leaves
facts.json and averaged weights in --out: faithful.pt and detailed.pt, in half precision; of a one-step model (--model dfosd-t), which needs no teacher
and begins from nothing, autoencoder.pt, prior.pt and one-step.pt. Repeat it with --continue-from --out's folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import replace
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import taught
from export import published_weights
from manifest import MODELS
from photographs import listed
from prepare_data import PHOTOS, training_patches
from published import X4plus
from recipes import RECIPES, OneStepRecipe, PhotoRecipe, Recipe
from run import Run
from stages import KINDS

PACK = Path(__file__).resolve().parent / "gpu-pack"
SIDE, QUALITY = 960, 80


def pack(teacher: Path, folder: Path = PACK, photographs: Path = PHOTOS) -> int:
    """Bytes of all files written."""
    (folder / "photographs").mkdir(parents=True, exist_ok=True)
    for path in sorted(photographs.glob("*.jpg")):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        picture.save(folder / "photographs" / path.name, quality=QUALITY, optimize=True)
    arrays = {}
    for name, value in X4plus(teacher).state_dict().items():
        scale = value.abs().flatten(1).amax(1) / 127 if value.dim() == 4 else None
        arrays[name] = value.numpy() if scale is None else (value / scale.view(-1, 1, 1, 1)).round().to(torch.int8).numpy()
        arrays |= {} if scale is None else {f"{name}.scale": scale.numpy()}
    np.savez(folder / "teacher.npz", **arrays)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def packed_teacher(folder: Path) -> X4plus:
    stored = np.load(folder / "teacher.npz")
    state = {}
    for name in stored.files:
        if not name.endswith(".scale"):
            value = torch.from_numpy(stored[name].astype(np.float32))
            state[name] = value * torch.from_numpy(stored[f"{name}.scale"]).view(-1, 1, 1, 1) if f"{name}.scale" in stored else value
    net = X4plus(None)
    net.load_state_dict(state)
    return net.eval()


def _degrade(job: tuple[int, int]) -> tuple[list, list, list]:
    """A process's share of the pairs, not taught yet."""
    seed, count = job
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    photos = [photo for path in sorted((PACK / "photographs").glob("*.jpg")) if min((photo := Image.open(path)).size) >= taught.PATCH * taught.SCALE]
    lows, highs, wanted = map(list, zip(*(taught.pair(rng, [photo.convert("RGB") for photo in [photos[int(rng.integers(len(photos)))]]]) for _ in range(count))))
    return lows, highs, wanted


def _store(folder: Path, low: list[np.ndarray], high: list[np.ndarray]) -> int:
    """Writes the pairs as a bank; the first four serve as its held-back ones. Returns their number."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, arrays in (("low", low), ("high", high)):
        np.save(folder / f"{name}.npy", np.stack(arrays))
        np.save(folder / f"validation-{name}.npy", np.stack(arrays[:4]))
    return len(low)


@torch.no_grad()
def bank(teacher: X4plus, folder: Path, device: str, seconds: float, processes: int, seed: int, chunk: int = 64) -> int:
    """As many pairs as the time allows: processes degrade, the device teaches. Returns their number."""
    started, low, high = time.monotonic(), [], []
    teacher = teacher.to(device, memory_format=torch.channels_last)
    with Pool(processes) as pool:
        for lows, highs, wanted in pool.imap_unordered(_degrade, ((seed + k, chunk) for k in range(100_000))):
            picks = np.flatnonzero(wanted)
            for part in np.array_split(picks, max(1, len(picks) // 32)) if len(picks) else []:
                batch = torch.from_numpy(np.stack([lows[k] for k in part])).to(device).permute(0, 3, 1, 2).float() / 255
                with torch.autocast(device, torch.bfloat16):
                    answers = teacher(batch).float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
                for k, answer in zip(part, answers):
                    highs[k] = answer
            low += lows
            high += highs
            if time.monotonic() - started > seconds:
                pool.terminate()
                break
    return _store(folder, low, high)


def _damage(job: tuple[int, int, str]) -> tuple[list, list]:
    """One photograph's pairs for a one-step model."""
    seed, patch, kind = job
    paths = sorted((PACK / "photographs").glob("*.jpg"))
    return training_patches(paths[seed % len(paths)], taught.SCALE, 4, seed, patch, sharpened=False, kind=kind)[:2]


def damaged_bank(recipe: OneStepRecipe, folder: Path, seconds: float, processes: int, seed: int) -> int:
    """As `bank`, with the truth as every target."""
    started, low, high = time.monotonic(), [], []
    with Pool(processes) as pool:
        for lows, highs in pool.imap_unordered(_damage, ((seed + k, recipe.bank_patch, recipe.bank_kind) for k in range(100_000))):
            low += lows
            high += highs
            if time.monotonic() - started > seconds and len(low) >= 4:
                pool.terminate()
                break
    return _store(folder, low, high)


def stage_for(recipe: Recipe, name: str, out: Path, data: Path, seconds: float, begin: Path | None) -> Run:
    """A stage trained for so many seconds: its length is what its first steps say."""
    kind, sources = KINDS[name], {"begin": begin} if begin and name in ("faithful", "one-step") else {}
    timed = kind(recipe, name, out / f"timing-{name}", data, **sources)
    timed.step()
    started, steps = time.monotonic(), 3
    for _ in range(steps):
        next(iter(timed.step().values())).item()
    iterations = max(4, int(seconds / (time.monotonic() - started) * steps))
    stage = replace(recipe.stages[name], iterations=iterations, log_every=max(1, iterations // 40), checkpoint_every=iterations, validate_every=iterations)
    run = kind(recipe, name, out / name, data, stage, **sources)
    run.train()
    return run


def train(recipe: Recipe, out: Path, minutes: float, source: Path | None, device: str, batch: int, processes: int = 8, seed: int = 1, folder: Path = PACK) -> dict[str, object]:
    """All stages within the time, of which pairs take a quarter. source: an earlier `out`, or an exported model of PhotoRecipes."""
    seconds, shares = 60 * minutes, {"faithful": 0.3, "detailed": 0.3, "refit": 0.1, "autoencoder": 0.2, "prior": 0.2, "one-step": 0.3}
    stages, begin = {name: replace(stage, batch=batch) for name, stage in recipe.stages.items()}, None
    if isinstance(recipe, PhotoRecipe):
        pairs = bank(packed_teacher(folder), out / "bank", device, seconds / 4, processes, seed)
        # No classifier is packed: its loss is left out.
        recipe = replace(recipe, device=device, **{name: replace(stage, classifier_weight=0) for name, stage in stages.items()})
        if source:
            begin = source / "faithful.pt" if (source / "faithful.pt").exists() else published_weights(source, out)
    else:
        pairs = damaged_bank(recipe, out / "bank", seconds / 4, processes, seed)
        recipe = replace(recipe, device=device, **{name.replace("-", "_"): stage for name, stage in stages.items()})
        if source:
            begin = source / "one-step.pt"
            shares["one-step"] += shares["autoencoder"] + shares["prior"]
    for name in recipe.stages:
        if source and name in ("autoencoder", "prior"):
            # Judge, features and latents stay what they were.
            (out / name).mkdir(exist_ok=True)
            shutil.copy(source / f"{name}.pt", out / name / "weights.pt")
        else:
            stage_for(recipe, name, out, out / "bank", shares[name] * seconds, begin)
        state = torch.load(out / name / "weights.pt", weights_only=True)
        torch.save({key: value.half() for key, value in state.items()} if isinstance(recipe, PhotoRecipe) else state, out / f"{name}.pt")
    facts = {"recipe": recipe.name, "pairs": pairs, "batch": batch, "minutes": minutes, "photographs": len(listed())}
    (out / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("--teacher", type=Path, required=True)
    training = commands.add_parser("train")
    training.add_argument("--model", default="onestep-photo-2")
    training.add_argument("--minutes", type=float, default=9)
    training.add_argument("--out", type=Path, required=True)
    training.add_argument("--continue-from", type=Path, help="an earlier --out, or an exported model (default: the shipped one)")
    training.add_argument("--device", default="cuda")
    training.add_argument("--batch", type=int, default=128)
    args = parser.parse_args()
    if args.command == "pack":
        print(f"{pack(args.teacher) / 2**20:.1f} MiB in {PACK}")
        return
    recipe = RECIPES[args.model]
    source = args.continue_from or (MODELS / recipe.name if isinstance(recipe, PhotoRecipe) else None)
    print(json.dumps(train(recipe, args.out, args.minutes, source, args.device, args.batch)))


if __name__ == "__main__":
    main()

"""Side by side, for the eye: crops at full size, one row per picture, one column per method, with the truth where it is known.

    python training/panels.py --model onestep-photo-2 --folder ../shared/data/bench/Kodak24-hard --truth ../shared/data/bench/Kodak24 --out panels
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from diffusion.enlarge import enlarger
from evaluate import Method, bicubic, ours, read, references
from manifest import MODELS
from recipes import RECIPES, PhotoRecipe, Recipe


def liveliest(picture: np.ndarray, side: int) -> tuple[int, int]:
    """Top and left of the square with the most going on, so that nobody chooses it."""
    luma = picture.mean(2)
    activity = np.pad(np.abs(np.diff(luma, axis=0)), ((0, 1), (0, 0))) + np.pad(np.abs(np.diff(luma, axis=1)), ((0, 0), (0, 1)))
    sums = np.pad(activity.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    side = min(side, *luma.shape)
    windows = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(windows.argmax(), windows.shape)
    return int(top), int(left)


def panel(methods: dict[str, Method], low: np.ndarray, truth: np.ndarray | None, scale: int, side: int = 256) -> Image.Image:
    """One row, each crop under its method's name."""
    top, left = (scale * place for place in liveliest(low, side // scale))
    made = {name: method(low) for name, method in methods.items()} | ({} if truth is None else {"truth": truth})
    row = Image.new("RGB", (side * len(made), side + 14))
    pen = ImageDraw.Draw(row)
    for index, (name, picture) in enumerate(made.items()):
        row.paste(Image.fromarray(picture[top : top + side, left : left + side]), (index * side, 14))
        pen.text((index * side + 3, 1), name, fill=(255, 220, 0))
    return row


def beside(model: Recipe) -> dict[str, Method]:
    """What a model is compared with: evaluate.references; a one-step one with bicubic and Onestep Photo ×4."""
    if isinstance(model, PhotoRecipe):
        return references(model)
    photo = RECIPES["onestep-photo-x4"]
    return {"bicubic": bicubic(model.scale), photo.title: ours(photo, "int8.onnx", photo.strength)}


def own(model: Recipe) -> dict[str, Method]:
    """The exported model as it is used, a feed-forward one at strength 0 too."""
    if not isinstance(model, PhotoRecipe):
        return {f"{model.name}, {model.strength:g}": enlarger(MODELS / model.name, model.strength)}
    rows = {}
    for strength in sorted({0.0, model.strength}):
        grain = model.grain if strength == model.strength else 0
        rows[f"{model.title}, {strength:g}" + (f", grain {grain:g}" if grain else "")] = ours(model, "int8.onnx", strength, grain)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True, choices=RECIPES)
    parser.add_argument("--folder", type=Path, required=True, help="photos to enlarge")
    parser.add_argument("--truth", type=Path, help="a folder with what they were, under the same names")
    parser.add_argument("--only", nargs="+", default=[], help="methods to leave in beside the model's own")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = RECIPES[args.model]
    methods = {name: method for name, method in beside(model).items() if not args.only or name in args.only} | own(model)
    args.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(path for path in args.folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg")):
        truth = args.truth / path.name if args.truth else None
        panel(methods, read(path), read(truth) if truth and truth.exists() else None, model.scale).save(args.out / f"{path.stem}.png")


if __name__ == "__main__":
    main()

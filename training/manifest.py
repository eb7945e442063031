"""What every model folder has: hashes, credits, a self-test tile, and the manifest that names them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import jsonschema
import numpy as np
from PIL import Image, ImageDraw

from photographs import listed

MODELS = Path(__file__).resolve().parent.parent / "models"

SELF_TEST_SIDE = 48


def self_test_tile(side: int = SELF_TEST_SIDE) -> np.ndarray:
    """Synthetic (side, side, 3) uint8 picture: gradients, edges, texture and strokes like lettering."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    picture = np.stack([x, y, 1 - (x + y) / 2], 2) * 255
    half = side // 2
    picture[:half, half:] = np.where((np.add(*np.mgrid[0:half, 0:half]) // 3 % 2)[..., None], (230, 220, 40), (20, 30, 90))
    picture[half:, :half] = 128 + rng.normal(0, 30, (half, half, 1)) + 20 * np.sin(np.arange(half) * 1.3)[None, :, None]
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    pen.rectangle((half + 2, half + 2, side - 3, side - 3), fill=(245, 245, 240))
    for step in range(3):
        left = half + 4 + 6 * step
        pen.line([(left, side - 6), (left + 2, half + 5), (left + 4, side - 6)], fill=(25, 25, 30))
        pen.line([(left + 1, side - 11), (left + 3, side - 11)], fill=(160, 20, 20))
    return np.asarray(image)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def credits(used: list[str]) -> list[dict[str, str]]:
    """Author, licence and source of each training photograph."""
    rows = listed()
    return [{key: rows[name][key] for key in ("file", "author", "licence", "source")} for name in used]


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    """Checked against the treaty with the application before it is written."""
    jsonschema.validate(manifest, json.loads((MODELS / "manifest.schema.json").read_text(encoding="utf-8")))
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

"""Text and line art to learn from: networks that see photographs alone melt both."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = (Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts"))
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-&?!()/äöüéèñçßøł"


@lru_cache(maxsize=1)
def fonts() -> list[Path]:
    """The scalable fonts of this computer; their pictures are drawn, the fonts themselves go nowhere."""
    return sorted(path for folder in FONTS if folder.is_dir() for path in folder.rglob("*.[to]tf"))


def _ink_and_paper(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two colours that differ clearly in lightness."""
    while True:
        a, b = (rng.integers(0, 256, 3) if rng.random() < 0.5 else np.full(3, rng.integers(0, 256)) for _ in range(2))
        if abs(int(a.sum()) - int(b.sum())) > 200:
            return tuple(int(v) for v in a), tuple(int(v) for v in b)


def _word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(LETTERS), rng.integers(2, 10)))


def draw(rng: np.random.Generator, side: int, background: np.ndarray | None = None) -> np.ndarray:
    """(side, side, 3) uint8: lines of text at sizes from barely legible to large, or strokes, boxes and grids.

    background: a photograph of the same shape that is written over, as signs and captions are.
    """
    ink, paper = _ink_and_paper(rng)
    # Drawn at twice the size: edges are then as smooth as a lens makes them.
    image = Image.new("RGB", (2 * side, 2 * side), paper) if background is None else Image.fromarray(background).resize((2 * side, 2 * side))
    pen = ImageDraw.Draw(image)
    if fonts() and rng.random() < 0.75:
        size = int(2 * 8 * 2 ** rng.uniform(0.6, 3.6))
        font = ImageFont.truetype(str(rng.choice(fonts())), size)
        for top in range(-int(rng.integers(size)), 2 * side, int(size * rng.uniform(1.1, 1.8))):
            pen.text((int(rng.integers(-size, size)), top), " ".join(_word(rng) for _ in range(12)), fill=ink, font=font)
    else:
        step, width = int(rng.integers(12, 90)), int(rng.integers(1, 12))
        for _ in range(int(rng.integers(4, 20))):
            ends = [int(v) for v in rng.integers(0, 2 * side, 4)]
            shape = rng.choice(["line", "box", "ring"])
            box = [min(ends[0], ends[2]), min(ends[1], ends[3]), max(ends[0], ends[2]) + 4, max(ends[1], ends[3]) + 4]
            if shape == "line":
                pen.line(ends, fill=ink, width=width)
            elif shape == "box":
                pen.rectangle(box, outline=ink, width=width)
            else:
                pen.ellipse(box, outline=ink, width=width)
        if rng.random() < 0.4:
            for at in range(0, 2 * side, step):
                pen.line([(at, 0), (at, 2 * side)], fill=ink, width=width)
    if rng.random() < 0.3:
        image = image.rotate(float(rng.uniform(-20, 20)), Image.Resampling.BICUBIC, fillcolor=paper)
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))

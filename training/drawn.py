"""Text and line art to learn from: networks that see photographs alone melt both."""

from __future__ import annotations

from collections.abc import Callable
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


def _curve(rng: np.random.Generator, reach: float) -> list[tuple[float, float]]:
    """A cubic Bezier curve of 24 pieces somewhere in a square of side `reach`."""
    ends, t = rng.uniform(-0.1, 1.1, (4, 2)) * reach, np.linspace(0, 1, 25)[:, None]
    points = (1 - t) ** 3 * ends[0] + 3 * (1 - t) ** 2 * t * ends[1] + 3 * (1 - t) * t**2 * ends[2] + t**3 * ends[3]
    return [tuple(point) for point in points]


def _gradient(rng: np.random.Generator, side: int) -> Image.Image:
    """From one colour to another, as painted surfaces and skies go."""
    a, b = rng.integers(0, 256, (2, 3)) if rng.random() < 0.6 else np.clip(rng.integers(120, 256, (1, 3)) + rng.integers(-60, 60, (2, 3)), 0, 255)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:side, :side] / side
    share = np.clip(x * np.cos(angle) + y * np.sin(angle), 0, 1)[..., None]
    return Image.fromarray((a * (1 - share) + b * share).astype(np.uint8))


def cartoon(rng: np.random.Generator, side: int) -> np.ndarray:
    """(side, side, 3) uint8: filled shapes with outlines and curved strokes, over surfaces of one colour or a gradient."""
    large = 2 * side
    image = _gradient(rng, large)
    pen = ImageDraw.Draw(image)
    ink = tuple(int(v) for v in rng.integers(0, 60, 3))
    width = int(rng.integers(2, 22))
    for _ in range(int(rng.integers(3, 10))):
        fill = tuple(int(v) for v in rng.integers(0, 256, 3)) if rng.random() < 0.8 else None
        left, top = rng.uniform(-0.3, 0.9, 2) * large
        wide, high = rng.uniform(0.05, 0.7, 2) * large
        if rng.random() < 0.6:
            pen.ellipse([left, top, left + wide, top + high], fill=fill, outline=ink, width=width)
        else:
            pen.polygon(_curve(rng, large), fill=fill, outline=ink, width=width)
    for _ in range(int(rng.integers(3, 14))):
        pen.line(_curve(rng, large), fill=ink if rng.random() < 0.8 else (255, 255, 255), width=int(rng.integers(1, width + 2)), joint="curve")
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))


def stripes(rng: np.random.Generator, side: int) -> np.ndarray:
    """(side, side, 3) uint8: parallel bars, straight or in rings, of 4 to 40 pixels a pair: what frays first."""
    (ink, paper), period, duty = _ink_and_paper(rng), 4 * 10 ** rng.uniform(0, 1), rng.uniform(0.3, 0.7)
    y, x = np.mgrid[: 2 * side, : 2 * side] / 2
    angle = rng.uniform(0, np.pi) if rng.random() < 0.6 else float(rng.choice((0, np.pi / 2)))
    along = x * np.cos(angle) + y * np.sin(angle)
    rings = np.hypot(x - rng.uniform(0, side), y - rng.uniform(0, side))
    phase = np.where(rings < rng.uniform(0.1, 0.6) * side, rings, along) if rng.random() < 0.5 else along
    image = np.where((phase / period % 1 < duty)[..., None], np.uint8(ink), np.uint8(paper))
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.LANCZOS))


def strands(rng: np.random.Generator, side: int, background: np.ndarray) -> np.ndarray:
    """(side, side, 3) uint8: a few long thin curves over a photograph, light or dark: whiskers, twigs, wires, rigging."""
    large = 4 * side
    image = Image.fromarray(background).resize((large, large))
    pen = ImageDraw.Draw(image)
    level = int(rng.choice((rng.integers(0, 70), rng.integers(180, 256))))
    for _ in range(int(rng.integers(3, 22))):
        shade = tuple(int(v) for v in np.clip(level + rng.integers(-25, 26, 3), 0, 255))
        points, width = _curve(rng, large), rng.uniform(4, 32)
        thin = width * rng.uniform(0.2, 1)  # towards its end, as hairs and twigs go
        for index, (start, end) in enumerate(zip(points, points[1:])):
            pen.line([start, end], fill=shade, width=max(1, round(width + (thin - width) * index / 24)), joint="curve")
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))


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


def anything_drawn(rng: np.random.Generator, side: int, photograph: Callable[[], np.ndarray]) -> np.ndarray:
    """(side, side, 3) uint8: text, three times in ten on a photograph, or a cartoon, or stripes, or strands over a photograph.

    photograph: gives a crop of that shape.
    """
    kind = rng.choice(4, p=[0.35, 0.25, 0.2, 0.2])
    if kind == 0:
        return draw(rng, side, photograph() if rng.random() < 0.3 else None)
    if kind == 3:
        return strands(rng, side, photograph())
    return cartoon(rng, side) if kind == 1 else stripes(rng, side)

"""PSNR-Y, SSIM-Y and NIQE as pyiqa and the super-resolution literature compute them. Pictures are uint8 (H, W, 3) RGB."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

# Coefficients of Rec. 601 studio-range luma; +16 follows.
_STUDIO = (65.481, 128.553, 24.966)
NIQE_PARAMETERS = Path(__file__).resolve().parent.parent.parent / "shared/data/weights/iqa/niqe-niqe_pris_params.npz"


def _luma(rgb: np.ndarray) -> np.ndarray:
    """Studio luma 16..235, not rounded, float64 (H, W)."""
    return rgb.astype(np.float64) / 255 @ np.array(_STUDIO) + 16


def psnr(a: np.ndarray, b: np.ndarray, border: int = 0) -> float:
    """Peak signal-to-noise ratio of the luma, dB: 10 log10(1 / (mse + 1e-8)) on a 0..1 scale (pyiqa)."""
    d = (_luma(a) - _luma(b)) / 255
    d = d[border : d.shape[0] - border, border : d.shape[1] - border]
    return float(10 * np.log10(1 / (np.mean(d * d) + 1e-8)))


def psnr_rgb(a: np.ndarray, b: np.ndarray) -> float:
    """The same over all three channels: for comparing two answers of the same network."""
    d = (a.astype(np.float64) - b) / 255
    return float(10 * np.log10(1 / (np.mean(d * d) + 1e-8)))


def _gaussian(side: int, sigma: float) -> np.ndarray:
    x = np.arange(side) - (side - 1) / 2
    taps = np.exp(-x * x / (2 * sigma * sigma))
    return taps / taps.sum()


def _filter(image: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Separable correlation, valid part only."""
    rows, columns = image.shape[0] - len(taps) + 1, image.shape[1] - len(taps) + 1
    wide = sum(t * image[:, i : i + columns] for i, t in enumerate(taps))
    return sum(t * wide[i : i + rows] for i, t in enumerate(taps))


def ssim(a: np.ndarray, b: np.ndarray, border: int = 0) -> float:
    """Structural similarity of the rounded luma: 11x11 Gaussian window, sigma 1.5, valid part, contrast term >= 0."""
    x, y = np.round(_luma(a)), np.round(_luma(b))
    if border:
        x, y = x[border:-border, border:-border], y[border:-border, border:-border]
    taps = _gaussian(11, 1.5)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = _filter(x, taps), _filter(y, taps)
    vx, vy, vxy = _filter(x * x, taps) - mx * mx, _filter(y * y, taps) - my * my, _filter(x * y, taps) - mx * my
    contrast = np.maximum((2 * vxy + c2) / (vx + vy + c2), 0)
    return float(np.mean((2 * mx * my + c1) / (mx * mx + my * my + c1) * contrast))


_GRID = np.arange(0.2, 10.0005, 0.001)
_lgamma = np.vectorize(math.lgamma)
# rho(alpha) = Gamma(2/alpha)^2 / (Gamma(1/alpha) Gamma(3/alpha)): rises with alpha, so it can be searched by bisection.
_RHO = np.exp(2 * _lgamma(2 / _GRID) - _lgamma(1 / _GRID) - _lgamma(3 / _GRID))


def _shape(ratio: np.ndarray) -> np.ndarray:
    """The grid's alpha whose rho is nearest to each ratio."""
    ratio = np.nan_to_num(ratio, nan=_RHO[0])
    right = np.clip(np.searchsorted(_RHO, ratio), 1, len(_RHO) - 1)
    return _GRID[np.where(ratio - _RHO[right - 1] <= _RHO[right] - ratio, right - 1, right)]


def _asymmetric_gaussian(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moment fit of an asymmetric generalised Gaussian to each block: (alpha, left and right beta)."""
    x = blocks.reshape(len(blocks), -1)
    square = x * x
    with np.errstate(all="ignore"):
        left = np.sqrt((square * (x < 0)).sum(1) / (x < 0).sum(1))
        right = np.sqrt((square * (x > 0)).sum(1) / (x > 0).sum(1))
        g = left / right
        r = np.abs(x).mean(1) ** 2 / square.mean(1)
        alpha = _shape(r * (g**3 + 1) * (g + 1) / (g**2 + 1) ** 2)
    spread = np.exp((_lgamma(1 / alpha) - _lgamma(3 / alpha)) / 2)
    return alpha, left * spread, right * spread


def _natural_scene_features(blocks: np.ndarray) -> np.ndarray:
    """18 features of each block (n, side, side): the fit of the block, and of its product with four shifted copies."""
    alpha, left, right = _asymmetric_gaussian(blocks)
    result = [alpha, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        alpha, left, right = _asymmetric_gaussian(blocks * np.roll(blocks, shift, axis=(1, 2)))
        result += [alpha, (right - left) * np.exp(_lgamma(2 / alpha) - _lgamma(1 / alpha)), left, right]
    return np.stack(result, 1)


def _cubic(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return near * (x <= 1) + far * ((x > 1) & (x <= 2))


def _halve(image: np.ndarray, axis: int) -> np.ndarray:
    """MATLAB's antialiased bicubic reduction by two along one axis, borders mirrored."""
    length = image.shape[axis]
    centre = 2 * np.arange(1, math.ceil(length / 2) + 1) - 0.5
    index = np.floor(centre - 4)[:, None] + np.arange(10)
    weight = 0.5 * _cubic(0.5 * (centre[:, None] - index))
    weight /= weight.sum(1, keepdims=True)
    at = index.astype(int) - 1
    at = np.where(at < 0, -at - 1, at)
    at = np.where(at >= length, 2 * length - 1 - at, at)
    image = np.moveaxis(image, axis, 0)
    return np.moveaxis(sum(weight[:, k, None] * image[at[:, k]] for k in range(10)), 0, axis)


def niqe(rgb: np.ndarray, parameters: Path = NIQE_PARAMETERS) -> float:
    """Naturalness distance (Mittal et al. 2013; lower is better) to pristine statistics, MATLAB-compatible as in pyiqa.

    Luma here is .299 R + .587 G + .114 B, rounded; blocks are 96 px at full size and 48 px at half.
    """
    pristine = np.load(parameters)
    # Divided and multiplied again so that sums on the very middle of two levels round as they do in pyiqa.
    y = np.round(rgb.astype(np.float64) / 255 @ np.array([0.299, 0.587, 0.114]) * 255)
    rows, columns = y.shape[0] // 96, y.shape[1] // 96
    y = y[: rows * 96, : columns * 96]
    per_scale = []
    for side in (96, 48):
        padded = np.pad(y, 3, mode="edge")
        taps = _gaussian(7, 7 / 6)
        mean = _filter(padded, taps)
        deviation = np.sqrt(np.abs(_filter(padded * padded, taps) - mean * mean))
        normal = (y - mean) / (deviation + 1)
        blocks = normal.reshape(rows, side, columns, side).transpose(2, 0, 1, 3).reshape(-1, side, side)
        per_scale.append(_natural_scene_features(blocks))
        y = _halve(_halve(y / 255, 0), 1) * 255
    f = np.concatenate(per_scale, 1)
    difference = pristine["mu_pris_param"].ravel() - np.nanmean(f, 0)
    covariance = np.cov(f[~np.isnan(f).any(1)], rowvar=False)
    return float(np.sqrt(difference @ np.linalg.pinv((pristine["cov_pris_param"] + covariance) / 2) @ difference))


WINDOW = 64


def flat_windows(truth: np.ndarray) -> list[tuple[int, int]]:
    """Where the calmest tenth of the windows of a picture begin: (top, left), by the deviation of their luma."""
    luma = _luma(truth)
    places = [(top, left) for top in range(0, luma.shape[0] - WINDOW + 1, 32) for left in range(0, luma.shape[1] - WINDOW + 1, 32)]
    return sorted(places, key=lambda place: luma[place[0] : place[0] + WINDOW, place[1] : place[1] + WINDOW].std())[: max(1, len(places) // 10)]


def lattice(made: np.ndarray, truth: np.ndarray, period: int, windows: list[tuple[int, int]]) -> float:
    """How far a pattern of `period` pixels stands out of the spectrum in flat windows, against the truth's; 1 is not at all (ours).

    Power at the multiples of 1/period cycles a pixel, in both directions, over that of the frequencies around each (from 2 to 4 of 64
    bins away), so that a picture with less noise than the truth is not taken for a better one.
    """
    def standing_out(picture: np.ndarray) -> float:
        luma, hann = _luma(picture), np.outer(np.hanning(WINDOW), np.hanning(WINDOW))
        parts = [luma[top : top + WINDOW, left : left + WINDOW] for top, left in windows]
        power = np.mean([np.abs(np.fft.fft2((part - part.mean()) * hann)) ** 2 for part in parts], 0)
        near, around = np.mgrid[-1:2, -1:2].reshape(2, -1).T, [(y, x) for y in range(-4, 5) for x in range(-4, 5) if max(abs(y), abs(x)) >= 2]
        peaks = [(y, x) for y in range(0, WINDOW, WINDOW // period) for x in range(0, WINDOW, WINDOW // period) if (y, x) != (0, 0)]

        def mean(at: tuple[int, int], offsets) -> float:
            return float(np.mean([power[(at[0] + y) % WINDOW, (at[1] + x) % WINDOW] for y, x in offsets]))

        return float(np.mean([mean(at, near) / (mean(at, around) + 1e-6) for at in peaks]))

    return standing_out(made) / standing_out(truth)

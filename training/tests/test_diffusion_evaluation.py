"""Tiling, and the gate: on pictures whose answer is known, and an exported model from end to end."""

import json

import numpy as np
import pytest

import stages
from diffusion import gate
from diffusion.enlarge import bicubic, enlarger, places, stitched
from diffusion.export import export
from made_up import picture
from recipes import RECIPES

SMOKE = RECIPES["smoke"]


@pytest.mark.parametrize(("side", "count"), [(512, 1), (513, 2), (1024, 3), (2048, 5), (3840, 9), (2160, 5)])
def test_number_of_tiles(side, count):
    """ceil((side - 64) / 448), as for DFOSD."""
    found = places(side, 512, 64)
    assert len(found) == count and found[-1] == side - 512
    assert all(b - a <= 448 for a, b in zip(found, found[1:]))


@pytest.mark.parametrize("size", [(7, 9), (16, 16), (17, 40), (61, 33)])
def test_a_net_that_changes_nothing_changes_nothing_at_any_size(size):
    image = np.random.default_rng(0).random((*size, 3), np.float32)
    assert np.abs(stitched(image, 16, 5, lambda tile: tile) - image).max() < 1e-6


def test_overlapping_tiles_are_averaged():
    answers = iter([0.0, 1.0])
    result = stitched(np.zeros((16, 28, 3), np.float32), 16, 4, lambda tile: np.full_like(tile, next(answers)))
    assert (result[:, :12] == 0).all() and (result[:, 12:16] == 0.5).all() and (result[:, 16:] == 1).all()


def test_seams_are_seen():
    low = picture(np.random.default_rng(0), 24)

    def smooth(x):
        return bicubic(x, 4)

    def broken(x):
        made = bicubic(x, 4).astype(int) + np.random.default_rng(0).integers(-2, 3, (*x.shape[:2], 1)).repeat(4, 0).repeat(4, 1)
        made[:, 48:64] += 12
        return made.clip(0, 255).astype(np.uint8)

    assert gate.seams(smooth, low, 4, 64, 16) == pytest.approx(0, abs=1e-3)
    assert gate.seams(broken, low, 4, 64, 16) > 1.15


def test_gate_conditions():
    base = {"psnr": 27.0, "niqe": 9.0}
    good = {"psnr": 25.5, "niqe": 6.5, "consistency": 31.0, "shift": 0.2}
    assert all(gate.verdict(base, good, 1.0, True).values())
    assert list(gate.verdict(base, good, 1.0, False).values()).count(False) == 1
    for change, seam in (({"psnr": 24.9}, 1.0), ({"niqe": 7.1}, 1.0), ({"consistency": 29.0}, 1.0), ({"shift": 2.0}, 1.0), ({}, 1.3)):
        assert list(gate.verdict(base, good | change, seam, True).values()).count(False) == 1


def test_exported_model_enlarges_pictures_and_is_judged(tmp_path):
    home = stages.train(SMOKE, tmp_path)
    export(SMOKE, home, home / "model")
    facts = json.loads((home / "model" / "manifest.json").read_text())["diffusion"]
    # Far from black and white, where clipping would move the mean.
    low, high = (picture(np.random.default_rng(1), side) // 4 + 96 for side in (27, 108))
    made = enlarger(home / "model", 1.0, threads=1)(low)
    assert made.shape == (108, 108, 3)
    # AdaIN: the colours of the bicubic picture.
    assert np.abs(made.mean((0, 1)) - bicubic(low, 4).mean((0, 1))).max() < 1
    found = gate.judge(home / "model", [("one", low, high, 0)], low, facts, 4, True)
    assert found["rows"].keys() == {"bicubic", "strength 0", "strength 0.5", "strength 1", "strength 1, fidelity 0"}
    assert not all(found["gate"].values())  # a few steps on made-up pictures do not pass

"""The kit and the program together: a model that was trained, continued and exported by one command enlarges a photo in the engine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import stages
from diffusion.enlarge import enlarger
from diffusion.export import load
from made_up import picture
from recipes import RECIPES

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "out" / "cli.js"
SMOKE = RECIPES["smoke"]


@pytest.mark.skipif(not PROGRAM.exists() or not shutil.which("node"), reason="the program is not built (npm run build)")
@pytest.mark.parametrize(("strength", "fidelity"), [(0.4, 0.0), (1.0, 0.6)])
def test_the_engine_gives_what_the_kit_gives(tmp_path, trained_smoke, strength, fidelity):
    photo, results = tmp_path / "photo.png", tmp_path / "results"
    # Several tiles each way, the last ones moved back.
    low = picture(np.random.default_rng(5), 64)[:37, :53]
    Image.fromarray(low).save(photo)
    places = {f"ONESTEP_{name}": str(tmp_path / name.lower()) for name in ("CACHE", "TEMPORARY", "STATE", "SETTINGS")}
    dials = ["--strength", str(strength), "--fidelity", str(fidelity)]
    options = ["--model", "smoke", *dials, "--provider", "cpu", "--exact", "--format", "png", "--output", results]
    command = ["node", PROGRAM, "enhance", photo, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | places | {"ONESTEP_MODELS": str(trained_smoke)})
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = results.iterdir()
    made = np.asarray(Image.open(result).convert("RGB")).astype(int)
    want = enlarger(trained_smoke / "smoke", strength, threads=1, fidelity=fidelity)(low).astype(int)
    assert made.shape == want.shape == (148, 212, 3)
    # The enlargement before the step is rounded to 8 bits by one library or the other: a level apart here and there.
    assert np.abs(made - want).max() <= 2 and np.abs(made - want).mean() < 0.1


def test_the_stored_answer_is_pytorchs(trained_smoke):
    data = np.fromfile(trained_smoke / "smoke" / "self-test.bin", np.uint8).reshape(2, SMOKE.tile, SMOKE.tile, 3)
    planes = torch.from_numpy(data[:1].astype(np.float32) / 255).permute(0, 3, 1, 2)
    want = load(SMOKE, trained_smoke.parent / "runs" / "smoke").tile(planes, 1.0).permute(0, 2, 3, 1).numpy() * 255
    assert np.abs(data[1:] - want.clip(0, 255)).max() < 0.51


@pytest.fixture(scope="module")
def trained_smoke(tmp_path_factory):
    """A models folder with the smoke model in it; its first stage was interrupted and continued by the command."""
    place = tmp_path_factory.mktemp("trained")
    runs, models = place / "runs", place / "models"
    stages.KINDS["autoencoder"](SMOKE, "autoencoder", runs / "smoke" / "autoencoder", stages.bank_of(SMOKE, runs / "smoke")).train(4)
    command = [sys.executable, ROOT / "training" / "train.py", "--model", "smoke", "--runs", runs]
    done = subprocess.run(command, capture_output=True, text=True, env={"OMP_NUM_THREADS": "1", "PATH": ""})
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (runs / "smoke" / "autoencoder" / "log.jsonl").read_text().splitlines()]
    assert {"event": "continue", "iteration": 3} in events
    assert "GMACs" in done.stdout
    shutil.copytree(runs / "smoke" / "model", models / "smoke")
    return models

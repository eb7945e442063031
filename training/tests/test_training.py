"""A tiny preset on a made-up bank: training learns, and an interrupted run ends where an uninterrupted one does."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from bank import Bank
from presets import PRESETS
from train import Run, learning_rate, start_weights
from networks import Enlarger


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "bank"
    folder.mkdir()
    coarse = rng.integers(0, 256, (12, 6, 6, 3), np.uint8)
    high = coarse.repeat(32, 1).repeat(32, 2)
    for name, array in {"low": high[:, 2::4, 2::4], "high": high, "sharp": high, "validation-low": high[:1, 2::4, 2::4], "validation-high": high[:1]}.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def run(preset, data, runs):
    return Run(preset, runs / preset.name, data, runs)


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_resumed_run_equals_an_uninterrupted_one(data, tmp_path):
    for name in ("x4-regression-tiny", "x4-adversarial-tiny"):
        preset = PRESETS[name]
        whole, broken = tmp_path / "whole", tmp_path / "broken"
        run(preset, data, whole).train()
        run(preset, data, broken).train(until=4)  # its last checkpoint is at 3: step 4 is lost and done again
        run(preset, data, broken).train()
        a, b = (torch.load(folder / name / "checkpoint.pt", weights_only=True) for folder in (whole, broken))
        assert a["iteration"] == b["iteration"] == preset.iterations
        assert same(a["net"], b["net"]) and same(a["average"], b["average"])
        assert a["sampler"] == b["sampler"]


def test_training_reduces_the_error(data, tmp_path):
    preset = replace(PRESETS["x4-regression-tiny"], iterations=150, validate_every=150, checkpoint_every=150, learning_rate=3e-3)
    trained = run(preset, data, tmp_path)
    before = trained.validate()["psnr"]
    trained.train()
    assert trained.validate()["psnr"] > before + 1
    log = [json.loads(line) for line in (tmp_path / preset.name / "log.jsonl").read_text().splitlines()]
    assert log[-1]["event"] == "validation"


def test_adversarial_stage_starts_from_the_averaged_regression_weights(data, tmp_path):
    run(PRESETS["x4-regression-tiny"], data, tmp_path).train()
    started = run(PRESETS["x4-adversarial-tiny"], data, tmp_path)
    assert same(started.net.state_dict(), torch.load(tmp_path / "x4-regression-tiny" / "weights.pt", weights_only=True))
    judge = {name: value.clone() for name, value in started.judge.state_dict().items()}
    net = {name: value.clone() for name, value in started.net.state_dict().items()}
    report = started.step()
    assert {"pixel", "adversarial", "feature", "judge"} <= report.keys()
    assert not same(judge, started.judge.state_dict()) and not same(net, started.net.state_dict())


def test_other_scale_keeps_the_body_and_starts_the_last_layer_fresh():
    four, two = Enlarger(4, 8, 2), Enlarger(2, 8, 2)
    assert start_weights(two, four.state_dict()) == ["convs.3.bias", "convs.3.weight"]
    assert torch.equal(two.convs[1].weight, four.convs[1].weight)


def test_batches_keep_pairs_together(data):
    """The low patch is a subsample of the high one by construction; cropping, mirroring and turning must keep it so."""
    low, high = Bank(data).batch(np.random.default_rng(1), 16, 24)
    assert torch.equal(low, high[:, :, 2::4, 2::4]) or torch.equal(low, torch.nn.functional.avg_pool2d(high, 4).mul(255).round().div(255))
    assert low.is_contiguous(memory_format=torch.channels_last)


def test_learning_rate_warms_up_and_falls_to_its_end():
    preset = PRESETS["x4-regression-cpu"]
    assert learning_rate(preset, 0) == pytest.approx(preset.learning_rate / 100, rel=1e-3)
    assert max(learning_rate(preset, i) for i in range(0, preset.iterations, 50)) == pytest.approx(preset.learning_rate, rel=1e-2)
    assert learning_rate(preset, preset.iterations) == pytest.approx(preset.final_learning_rate)


def test_every_preset_that_starts_from_another_names_one_of_the_same_net():
    for preset in PRESETS.values():
        if preset.start_from:
            other = PRESETS[preset.start_from]
            assert (other.channels, other.body) == (preset.channels, preset.body)

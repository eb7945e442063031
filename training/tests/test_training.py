"""A tiny preset on a made-up bank: training learns, and an interrupted run ends where an uninterrupted one does."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from bank import Bank
from networks import Enlarger, RandomTexture, Restorer
from photo_stage import PhotoRun, start_weights
from recipes import RECIPES, PhotoRecipe
from run import learning_rate

TINY = RECIPES["tiny"]
RESTORER = replace(
    TINY, name="tiny-restorer", net={"widths": (8, 8, 8), "blocks": (1, 1, 1, 1, 1), "head": 8, "fine": 4},
    faithful=replace(TINY.faithful, pixel_weight=0, edge_weight=0, colour_weight=1, gradient_weight=0.5),
    detailed=replace(TINY.detailed, judge="patches", judge_patch=32, texture_weight=0.5, random_texture=0.01), refit=replace(TINY.faithful, opened=("d1", "up4")),
)


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


def run(recipe, name, data, runs, **changes):
    return PhotoRun(recipe, name, runs / recipe.name / name, data, replace(recipe.stages[name], **changes) if changes else None)


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("recipe", [TINY, RESTORER], ids=lambda recipe: recipe.name)
def test_resumed_run_equals_an_uninterrupted_one(data, tmp_path, recipe):
    for name in recipe.stages:
        whole, broken = tmp_path / "whole", tmp_path / "broken"
        run(recipe, name, data, whole).train()
        run(recipe, name, data, broken).train(until=4)  # its last checkpoint is at 3: step 4 is lost and done again
        run(recipe, name, data, broken).train()
        a, b = (torch.load(folder / recipe.name / name / "checkpoint.pt", weights_only=True) for folder in (whole, broken))
        assert a["iteration"] == b["iteration"] == recipe.stages[name].iterations
        assert same(a["net"], b["net"]) and all(torch.equal(x, y) for x, y in zip(a["average"], b["average"]))
        assert a["sampler"] == b["sampler"]


def test_what_a_classifier_sees_counts_where_it_is_asked_for(data, tmp_path, classifier_folder):
    stage = replace(RESTORER.detailed, classifier_weight=0.3)
    run = PhotoRun(RESTORER, "faithful", tmp_path / "faithful", data, stage, features=classifier_folder)
    assert run.step()["classifier"] > 0.01
    with pytest.raises(ValueError, match="needs features"):
        PhotoRun(RESTORER, "faithful", tmp_path / "again", data, stage)


def test_a_random_texture_begins_as_grey_noise_and_stays_out_of_the_weights(data, tmp_path):
    net = Restorer()
    features = torch.rand(4, net.up4.kernel.shape[1], 64, 64)
    with torch.no_grad():
        noise = RandomTexture(net, 0.012)(features, net.up4)
    assert noise.shape == (4, 3, 128, 128) and noise.std().item() == pytest.approx(0.012, rel=0.1)
    # A fresh network's last layer has no grey of its own, so the noise is not quite grey.
    assert noise.mean(1).std() > 0.5 * noise.std()
    run(RESTORER, "faithful", data, tmp_path).train()
    trained = run(RESTORER, "detailed", data, tmp_path)
    before = trained.net.texture.gain.weight.clone()
    trained.train()
    assert not torch.equal(before, trained.net.texture.gain.weight)
    assert not any(name.startswith("texture") for name in torch.load(trained.folder / "weights.pt", weights_only=True))


def test_training_reduces_the_error(data, tmp_path):
    trained = run(TINY, "faithful", data, tmp_path, iterations=150, validate_every=150, checkpoint_every=150, learning_rate=3e-3)
    with torch.no_grad():
        before = trained.validate()["psnr"]
    trained.train()
    with trained.averaged(), torch.no_grad():
        assert trained.validate()["psnr"] > before + 1
    log = [json.loads(line) for line in (trained.folder / "log.jsonl").read_text().splitlines()]
    assert log[-1]["event"] == "validation"


@pytest.mark.parametrize("recipe", [TINY, RESTORER], ids=lambda recipe: recipe.name)
def test_detailed_stage_starts_from_the_averaged_faithful_weights(data, tmp_path, recipe):
    run(recipe, "faithful", data, tmp_path).train()
    started = run(recipe, "detailed", data, tmp_path)
    assert same(started.weights(), torch.load(tmp_path / recipe.name / "faithful" / "weights.pt", weights_only=True))
    judge = {name: value.clone() for name, value in started.judge.state_dict().items()}
    net = {name: value.clone() for name, value in started.net.state_dict().items()}
    assert {"adversarial", "feature", "judge"} <= started.step().keys()
    assert not same(judge, started.judge.state_dict())
    moved = {name.split(".")[0] for name, value in started.net.state_dict().items() if not torch.equal(net[name], value)}
    assert moved == {name.split(".")[0] for name in net}


def test_refitted_end_differs_from_the_detailed_one_in_its_last_layers_alone(data, tmp_path):
    for name in RESTORER.stages:
        run(RESTORER, name, data, tmp_path).train()
    faithful, detailed = (torch.load(tmp_path / RESTORER.name / name / "weights.pt", weights_only=True) for name in RESTORER.ends)
    assert {name.split(".")[0] for name, value in faithful.items() if not torch.equal(value, detailed[name])} == {"d1", "up4"}


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
    stage = RECIPES["onestep-photo-x4"].faithful
    assert learning_rate(stage, 0) == pytest.approx(stage.learning_rate / 100, rel=1e-3)
    assert max(learning_rate(stage, i) for i in range(0, stage.iterations, 50)) == pytest.approx(stage.learning_rate, rel=1e-2)
    assert learning_rate(stage, stage.iterations) == pytest.approx(stage.final_learning_rate)


def test_every_recipe_that_starts_from_another_names_one_of_the_same_net():
    for recipe in RECIPES.values():
        if isinstance(recipe, PhotoRecipe) and recipe.start_from:
            other = RECIPES[recipe.start_from]
            assert other.net == recipe.net and other.stages.keys() == recipe.stages.keys()

"""The three stages on made-up pictures: they run, continue to the same weights, and do what Algorithm 1 says."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import ablations
import stages
from diffusion import schedule
from diffusion.one_step_stage import Collapsed, OneStepRun
from made_up import make_up
from photo_stage import network
from recipes import RECIPES, OneStepRecipe
from run import learning_rate

SMOKE = RECIPES["smoke"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The smoke recipe trained without interruption; tests copy what they change."""
    runs = tmp_path_factory.mktemp("whole")
    stages.train(SMOKE, runs)
    return runs / "smoke"


def one_step(whole, folder, **change):
    """A last stage of its own beside the trained first two."""
    home = folder / "smoke"
    if not home.exists():
        shutil.copytree(whole, home, ignore=shutil.ignore_patterns("one-step"))
    return OneStepRun(SMOKE, "one-step", home / "-".join(["one-step", *change]), home / "bank", replace(SMOKE.one_step, **change))


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def weights(folder):
    return torch.load(folder / "weights.pt", weights_only=True)


def test_interrupted_stages_end_with_the_same_weights(whole, tmp_path):
    home = tmp_path / "smoke"
    for name, stage in SMOKE.stages.items():
        data = stages.bank_of(SMOKE, home)
        for until in (2, 5, None):  # before the first checkpoint; after it, with steps that are lost
            stages.KINDS[name](SMOKE, name, home / name, data).train(until)
        a, b = (torch.load(folder / name / "checkpoint.pt", weights_only=True) for folder in (whole, home))
        assert a["iteration"] == b["iteration"] == stage.iterations
        assert same(a["net"], b["net"]) and a["sampler"] == b["sampler"] and torch.equal(a["torch"], b["torch"])
        if "judge" in a:
            assert same(a["judge"], b["judge"])
        assert same(weights(whole / name), weights(home / name))


def test_finished_stages_are_passed_over(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "smoke")
    (tmp_path / "smoke" / "autoencoder" / "checkpoint.pt").unlink()  # as where its weights alone were kept
    before = (tmp_path / "smoke" / "one-step" / "weights.pt").stat().st_mtime_ns
    stages.train(SMOKE, tmp_path)
    assert (tmp_path / "smoke" / "one-step" / "weights.pt").stat().st_mtime_ns == before
    assert same(weights(whole / "autoencoder"), weights(tmp_path / "smoke" / "autoencoder"))
    assert not (tmp_path / "smoke" / "autoencoder" / "checkpoint.pt").exists()


def test_the_last_stage_goes_on_from_an_earlier_generator(whole, tmp_path, monkeypatch):
    shutil.copytree(whole, tmp_path / "smoke", ignore=shutil.ignore_patterns("one-step"))
    earlier = tmp_path / "earlier.pt"
    torch.save({name: value.half() for name, value in weights(whole / "one-step").items()}, earlier)
    begun = []
    build = OneStepRun.build
    monkeypatch.setattr(OneStepRun, "build", lambda run: (build(run), begun.append({k: v.clone() for k, v in run.net.state_dict().items()})))
    stages.train(SMOKE, tmp_path, begin=earlier)
    assert same({k: v.half() for k, v in begun[0].items()}, torch.load(earlier, weights_only=True))


def test_another_seed_gives_other_weights(whole, tmp_path):
    home = tmp_path / "smoke"
    other = replace(SMOKE, seed=2)
    data = stages.bank_of(other, home)
    stages.KINDS["autoencoder"](other, "autoencoder", home / "autoencoder", data).train()
    assert not same(weights(home / "autoencoder"), weights(whole / "autoencoder"))


def test_a_run_leaves_its_recipe_its_numbers_and_its_pictures(whole):
    for name, stage in SMOKE.stages.items():
        folder = whole / name
        assert json.loads((folder / "recipe.json").read_text())["seed"] == SMOKE.seed
        with open(folder / "log.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [int(row["iteration"]) for row in rows] == list(range(1, stage.iterations + 1))
    assert (whole / "autoencoder" / "samples-000060.png").exists() and (whole / "one-step" / "samples-000008.png").exists()
    # Latent phase, then pictures: the columns of the second begin empty.
    assert rows[0]["latent"] and not rows[0]["pixel"] and rows[-1]["pixel"] and rows[-1]["ea-self"] and not rows[-1]["latent"]
    assert not rows[1]["judge"] and rows[2]["judge"] and rows[3]["adversarial"]


def test_rows_of_lost_iterations_leave_the_table(whole, tmp_path):
    run = one_step(whole, tmp_path)
    run.train(5)  # its last checkpoint is at 3
    run = one_step(whole, tmp_path)
    assert run.iteration == 3
    with open(run.folder / "log.csv", newline="") as file:
        assert [row["iteration"] for row in csv.DictReader(file)] == ["1", "2", "3"]


def test_every_stage_learns(tmp_path):
    often = {"validate_every": 1000, "log_every": 20, "checkpoint_every": 1000}
    home, data = tmp_path / "smoke", stages.bank_of(SMOKE, tmp_path / "smoke")

    def trained(name, **change):
        """(Validation before, after the stage)."""
        stage = replace(SMOKE.stages[name], learning_rate=3e-3, **change, **often)
        run = stages.KINDS[name](SMOKE, name, home / name, data, stage)
        with torch.no_grad():
            before = run.validate()
        run.train()
        with run.averaged(), torch.no_grad():
            return before, run.validate()

    before, after = trained("autoencoder", iterations=180, batch=4, adversarial_share=0.1)
    assert after["psnr_rgb"] > before["psnr_rgb"] + 1
    before, after = trained("prior", iterations=100)
    assert after["noise"] < before["noise"] - 0.1, (before, after)
    trained("one-step", iterations=80, latent_share=1.0, judge="none")
    with open(home / "one-step" / "log.csv", newline="") as file:
        losses = [float(row["latent"]) for row in csv.DictReader(file)]
    assert losses[-1] < 0.7 * losses[0], losses


def test_autoencoders_last_third_leaves_the_encoder_alone(whole, tmp_path):
    home = tmp_path / "smoke"
    short = replace(SMOKE.autoencoder, iterations=6)
    run = stages.KINDS["autoencoder"](SMOKE, "autoencoder", home / "autoencoder", stages.bank_of(SMOKE, home), short)
    run.train(4)
    encoder, decoder = ({k: v.clone() for k, v in part.state_dict().items()} for part in (run.net.encoder, run.net.decoder))
    run.train(6)
    assert same(encoder, run.net.encoder.state_dict()) and not same(decoder, run.net.decoder.state_dict())


@pytest.mark.parametrize("change", [{}, {"rank": 4, "alpha": 4, "judge_rank": 4}, {"judge": "pixel", "latent_share": 0.0}])
def test_generator_and_judge_learn_and_the_autoencoder_does_not(whole, tmp_path, change):
    run = one_step(whole, tmp_path, quiet_share=0.0, ramp_share=0.0, **change)
    frozen = {k: v.clone() for k, v in run.autoencoder.state_dict().items()}
    parts = [{k: v.clone() for k, v in part.state_dict().items()} for part in (run.net, run.judge)]
    run.step()
    run.iteration += 1
    run.step()
    assert same(frozen, run.autoencoder.state_dict())
    changed = [{k for k, v in part.state_dict().items() if not torch.equal(v, old[k])} for part, old in zip((run.net, run.judge), parts)]
    assert "context" in changed[0] and changed[1]
    if "rank" in change:
        assert all("lora_" in name for name in changed[0] - {"context"}) and len(changed[0]) > 1
        assert all("lora_" in name or name.startswith("head") for name in changed[1])


def test_what_a_classifier_sees_and_lines_count_where_they_are_asked_for(whole, tmp_path, classifier_folder):
    home = tmp_path / "smoke"
    shutil.copytree(whole, home)
    stage = replace(SMOKE.one_step, latent_share=0.0, classifier_weight=0.3, line_weight=2.0)
    terms = OneStepRun(SMOKE, "one-step", home / "asked", home / "bank", stage, features=classifier_folder).step()
    assert terms["classifier"] > 0.01 and terms["line"] > 0
    with pytest.raises(ValueError, match="needs features"):
        OneStepRun(SMOKE, "one-step", home / "again", home / "bank", stage)


def test_generators_gradient_is_that_of_the_whole_loss(whole, tmp_path):
    """The split at z_H^ must not change line 11: L_spatial + lambda_1 L_G, differentiated directly."""
    run = one_step(whole, tmp_path, latent_share=0.0, quiet_share=0.0, ramp_share=0.0, adaptive=False, adversarial_weight=0.3)
    run.descend = lambda: None
    run._judge_step = lambda *_: {}
    state, sampler = torch.get_rng_state(), run.rng.bit_generator.state
    run.step()
    split = {name: p.grad.clone() for name, p in run.net.named_parameters() if p.grad is not None}
    run.net.zero_grad()
    torch.set_rng_state(state)
    run.rng.bit_generator.state = sampler
    low, x_high = run.batch()
    z_low = run.autoencoder.encode(2 * torch.nn.functional.interpolate(low, scale_factor=4.0, mode="bicubic", antialias=True).clamp(0, 1) - 1)
    z = schedule.clean(z_low, run.net(z_low, torch.tensor([399, 399])), 399)
    x_made = run.autoencoder.decode(z)
    t = torch.randint(0, SMOKE.one_step.last_noise, (2,))
    logits = run.judge(schedule.noised(z, t, torch.randn_like(z)), t)
    loss = ((x_made - x_high) / 2).square().mean() + run.perceptual(x_made, x_high) + 0.3 * torch.nn.functional.softplus(-logits).mean()
    loss.backward()
    assert len(split) > 50
    assert all(torch.allclose(p.grad, split[name], rtol=1e-3, atol=1e-6) for name, p in run.net.named_parameters() if p.grad is not None)


@pytest.mark.parametrize("conditioning", ["zero", "random", "learnable"])
def test_conditioning(whole, tmp_path, conditioning):
    run = one_step(whole, tmp_path, conditioning=conditioning)
    before = run.net.context.detach().clone()
    run.step()
    assert torch.equal(before, run.net.context) == (conditioning != "learnable")
    assert (before == 0).all() == (conditioning == "zero")


def test_lambda_1_is_quiet_then_rises(whole, tmp_path):
    run = one_step(whole, tmp_path, iterations=100, quiet_share=0.15, ramp_share=0.1, adversarial_weight=0.5)
    found = []
    for run.iteration in (0, 14, 15, 20, 25, 99):
        found.append(run._weight())
    assert found == pytest.approx([0, 0, 0, 0.25, 0.5, 0.5])


def test_a_judge_that_wins_for_too_long_stops_the_run(whole, tmp_path):
    run = one_step(whole, tmp_path, collapse_below=10.0, collapse_after=2)
    with pytest.raises(Collapsed, match="judge_rate"):
        run.train()
    assert not (run.folder / "weights.pt").exists()


def test_lora_weights_are_stored_merged(whole, tmp_path):
    run = one_step(whole, tmp_path, rank=4, alpha=4)
    run.train()
    assert weights(run.folder).keys() == weights(whole / "one-step").keys()


def test_every_recipe_fits_its_bank_and_its_network():
    for recipe in RECIPES.values():
        diffusion = isinstance(recipe, OneStepRecipe)
        unit = (8 if recipe.base else 4) * recipe.widths.multiple if diffusion else recipe.scale * network(recipe).grid
        for stage in recipe.stages.values():
            assert stage.patch <= recipe.bank_patch * recipe.scale
            assert stage.patch % unit == 0
        assert not diffusion or recipe.tile % unit == 0


def test_made_up_banks_are_always_the_same(tmp_path):
    a, b = (make_up(tmp_path / name, 4, 8) for name in "ab")
    assert (np.load(a / "low.npy") == np.load(b / "low.npy")).all()
    assert np.load(a / "high.npy").std() > 20


def test_rate_warms_up_and_falls():
    stage = RECIPES["dfosd-xt"].prior
    assert learning_rate(stage, 0) == pytest.approx(stage.learning_rate / 100, rel=1e-3)
    assert learning_rate(stage, stage.iterations) == pytest.approx(stage.final_learning_rate)


def test_ablations_make_a_table_of_every_row(tmp_path):
    page = ablations.ablate(SMOKE, tmp_path, seeds=2, iterations=2)
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) == sum(map(len, ablations.GROUPS.values())) + len(ablations.GROUPS)
    for title in ("zero", "8, 64", "latent, pretrained", "ea-self"):
        assert any(row.startswith(f"| {title} | ") and row.split(" | ")[1][0].isdigit() for row in rows), title
    # The rows that decide were run twice, and say how far apart the two came out.
    assert [row.split(" | ")[0][2:] for row in rows if " ± " in row] == ["zero", "learnable", "none", "pixel", "latent, pretrained", "none", "ea-self"]
    # Rows that change nothing share one run: 14 rows, 3 of them the recipe as it is; of the 7 that decide 5 are different.
    assert len(list((tmp_path / "smoke").glob("ablation-*"))) == 12 + 5

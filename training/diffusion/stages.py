"""A recipe from nothing to weights: its bank, and its stages in order, each continued where it was left."""

from __future__ import annotations

from pathlib import Path

from diffusion.autoencoder_stage import AutoencoderRun
from diffusion.made_up import make_up
from diffusion.one_step_stage import OneStepRun
from diffusion.prior_stage import PriorRun
from diffusion.recipes import Recipe
from diffusion.run import StageRun
from prepare_data import bank_folder, prepare

RUNS: dict[str, type[StageRun]] = {"autoencoder": AutoencoderRun, "prior": PriorRun, "one-step": OneStepRun}


def bank_of(recipe: Recipe, home: Path) -> Path:
    """The recipe's pair bank, made if it is not there."""
    folder = home / "bank" if recipe.made_up else bank_folder(recipe.scale, recipe.bank_patch)
    if not (folder / "validation-low.npy").exists() or not (folder / "low.npy").exists():
        if recipe.made_up:
            make_up(folder, recipe.scale, recipe.bank_patch)
        else:
            prepare(recipe.scale, recipe.bank_patch)
    return folder


def train(recipe: Recipe, runs: Path, only: str | None = None, **sources: Path | None) -> Path:
    """All stages, or one; finished ones are passed over. `sources` are base, vgg and dists of the last. Returns the run's folder."""
    home = runs / recipe.name
    data = bank_of(recipe, home)
    for name, stage in recipe.stages.items():
        folder = home / name
        if only not in (None, name):
            continue
        run = RUNS[name](recipe, stage, folder, data, **(sources if name == "one-step" else {}))
        if not run.finished:
            run.train()
    return home

"""A recipe from nothing to weights: its bank, and its stages in order, each continued where it was left."""

from __future__ import annotations

from pathlib import Path

from diffusion.autoencoder_stage import AutoencoderRun
from diffusion.one_step_stage import OneStepRun
from diffusion.prior_stage import PriorRun
from made_up import make_up
from photo_stage import PhotoRun
from prepare_data import bank_folder, prepare
from recipes import Recipe
from run import Run

KINDS: dict[str, type[Run]] = {"faithful": PhotoRun, "detailed": PhotoRun, "refit": PhotoRun, "autoencoder": AutoencoderRun, "prior": PriorRun, "one-step": OneStepRun}


def bank_of(recipe: Recipe, home: Path) -> Path:
    """The recipe's pair bank, made if it is not there. A taught one needs the teacher's file and is made by taught.py."""
    if recipe.bank_kind == "made-up":
        folder = home / "bank"
    else:
        folder = bank_folder(recipe.scale, recipe.bank_patch, recipe.bank_kind)
    if not (folder / "low.npy").exists() or not (folder / "validation-low.npy").exists():
        if recipe.bank_kind == "made-up":
            make_up(folder, recipe.scale, recipe.bank_patch)
        elif recipe.bank_kind == "taught":
            raise SystemExit(f"{recipe.name} learns from a teacher: python training/taught.py --teacher FILE first makes {folder}")
        else:
            prepare(recipe.scale, recipe.bank_patch, kind=recipe.bank_kind)
    return folder


def train(recipe: Recipe, runs: Path, only: str | None = None, **sources: Path | None) -> Path:
    """All stages, or one; finished ones are passed over. Returns the run's folder.

    sources: `base`, `vgg` and `dists` of a last diffusion stage; `begin`, weights that the first photo stage of these or Algorithm 1 begins with;
    `features`, the folder that classifier.Stem reads.
    """
    home = runs / recipe.name
    data = bank_of(recipe, home)
    for name in recipe.stages:
        if only not in (None, name):
            continue
        taken = {key: value for key, value in sources.items() if value is not None and key in KINDS[name].sources}
        run = KINDS[name](recipe, name, home / name, data, **taken)
        if "begin" in taken:
            sources["begin"] = None
        if not run.finished:
            run.train()
    return home

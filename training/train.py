"""Trains a model, all its stages or one, and exports it; the same command continues an interrupted run.

    python training/train.py --model onestep-photo-x4

    python training/train.py --model onestep-photo-2 --continue-from models/onestep-photo-2

A run lives in training/runs/<model>/<stage>/: recipe.json, log.jsonl, log.csv, checkpoint.pt and, when it is finished, weights.pt
(the averaged weights, which is what later stages and the export read). What was trained is exported to training/runs/<model>/model/.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import stages
from export import export, published_weights
from recipes import RECIPES, OneStepRecipe
from run import RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=RECIPES, required=True)
    parser.add_argument("--stage", choices=stages.KINDS, help="only this stage (default: all, in order, then export)")
    parser.add_argument("--device", help="cpu or cuda (default: the recipe's)")
    parser.add_argument("--continue-from", type=Path, metavar="FOLDER",
                        help="begin with the weights of an exported feed-forward model, with --stage detailed those of its strength 1; Algorithm 1: of an earlier run's stage")
    parser.add_argument("--base", type=Path, help="diffusers folder of Stable Diffusion 2.1-base, for paper and d3sr")
    parser.add_argument("--vgg", type=Path, help="torchvision VGG16 state dict, for the loss ea-dists")
    parser.add_argument("--features", type=Path, metavar="FOLDER", help="weights.bin and manifest.json of a classifier, for classifier_weight (classifier.py)")
    parser.add_argument("--dists", type=Path, help="DISTS weights.pt; without it its channels weigh alike")
    parser.add_argument("--runs", type=Path, default=RUNS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    recipe = RECIPES[args.model]
    if args.device:
        recipe = replace(recipe, device=args.device)
    # Said before the bank is made, which takes long.
    diffusion = isinstance(recipe, OneStepRecipe)
    if diffusion and recipe.base and not args.base:
        parser.error(f"{recipe.name} starts from Stable Diffusion 2.1-base: --base DIR, its diffusers folder")
    if diffusion and recipe.one_step.loss.endswith("dists") and not args.vgg:
        parser.error(f"{recipe.name} compares VGG16 features: --vgg FILE, torchvision's state dict")
    if any(getattr(stage, "classifier_weight", 0) for name, stage in recipe.stages.items() if args.stage in (None, name)) and not args.features:
        parser.error(f"{recipe.name} compares features of a classifier: --features FOLDER (classifier.py says whose)")
    begin = args.continue_from
    if begin and diffusion and (recipe.base or not (begin / "weights.pt").exists()):
        parser.error(f"{begin} has no weights.pt of a generator" if not recipe.base else "a run on Stable Diffusion goes on from its own checkpoint only")
    if begin:
        begin = begin / "weights.pt" if diffusion else published_weights(begin, args.runs / recipe.name, args.stage == "detailed")
    home = stages.train(recipe, args.runs, args.stage, base=args.base, vgg=args.vgg, dists=args.dists, begin=begin, features=args.features)
    if args.stage is None and not (diffusion and recipe.base):
        export(recipe, home, home / "model", stages.bank_of(recipe, home))


if __name__ == "__main__":
    main()

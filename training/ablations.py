"""The paper's ablations (its Tables 2 and 3, and D3SR's of discriminator and loss) on a tiny model, as a Markdown table.

    python training/ablations.py --model dfosd-s --iterations 2000 --batch 4 --patch 64 --seeds 3 --page docs/ablations.md

Every row is the recipe's last stage with one thing changed, from the same autoencoder and prior, which are trained first where they are missing. The rows that decide are
run with several seeds, the first seed of all rows before the second of any. Shorter and smaller steps make two dozen runs affordable. One that is interrupted is continued, one that
is done is not repeated.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

import stages
from diffusion.one_step_stage import Collapsed, OneStepRun
from recipes import RECIPES, OneStepRecipe, OneStepStage
from run import RUNS

# Title, what the papers report for it (NIQE/MUSIQ, lower and higher is better), the change, and whether a choice of the recipe rests on it.
Row = tuple[str, str, dict[str, object], bool]
Measured = dict[str, float | str]

GROUPS: dict[str, tuple[Row, ...]] = {
    "Conditioning (paper, Table 3)": (
        ("zero", "4.26 / 67.4 (empty prompt)", {"conditioning": "zero"}, True),
        ("random", "3.99 / 69.2", {"conditioning": "random"}, False),
        ("learnable", "3.93 / 69.2", {"conditioning": "learnable"}, True),
    ),
    "LoRA rank, alpha (paper, Table 2)": (
        ("4, 4", "4.09 / 68.5", {"rank": 4, "alpha": 4}, False),
        ("8, 8", "3.97 / 69.4", {"rank": 8, "alpha": 8}, False),
        ("16, 16", "3.93 / 69.2", {"rank": 16, "alpha": 16}, False),
        ("8, 64", "9.45 / 29.4 (collapse)", {"rank": 8, "alpha": 64}, False),
    ),
    "Discriminator (D3SR)": (
        ("none", "6.96 / 62.4", {"judge": "none"}, True),
        ("pixel", "6.14 / 64.4", {"judge": "pixel"}, True),
        ("latent, random", "4.52 / 67.5", {"judge": "latent-random"}, False),
        ("latent, pretrained", "3.93 / 68.1", {"judge": "latent-pretrained"}, True),
    ),
    "Loss beside MSE (D3SR)": (
        ("none", "4.45 / 65.4", {"loss": "mse"}, True),
        ("dists-self", "3.80 / 67.6 (DISTS)", {"loss": "dists-self"}, False),
        ("ea-self", "3.75 / 68.7 (EA-DISTS)", {"loss": "ea-self"}, True),
    ),
}


def measure(recipe: OneStepRecipe, change: dict[str, object], home: Path, data: Path, seed: int) -> Measured:
    """One run's validation numbers, or why there are none."""
    stage: OneStepStage = replace(recipe.one_step, **change)
    # Rows that change nothing are one and the same run.
    changed = [f"{key}-{value}" for key, value in change.items() if value != getattr(recipe.one_step, key)]
    folder = home / "-".join(["ablation", *map(str, (stage.iterations, stage.batch, stage.patch)), *changed, str(seed)])
    run = OneStepRun(replace(recipe, seed=seed), "one-step", folder, data, stage)
    try:
        if not run.finished:
            run.train()
    except Collapsed as collapse:
        return {"note": f"collapsed: {collapse}"}
    log = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
    found = [entry for entry in log if entry.get("event") == "validation"][-1]
    return {key: found[key] for key in ("psnr", "ssim", "niqe") if key in found}


def cell(runs: list[Measured], key: str, digits: int) -> str:
    """The mean over a row's runs, and how far the farthest of them is from it."""
    values = [run[key] for run in runs if key in run]
    if not values:
        return "–"
    mean = np.mean(values)
    return f"{mean:.{digits}f}" + (f" ± {np.abs(values - mean).max():.{digits}f}" if len(values) > 1 else "")


def page(recipe: OneStepRecipe, results: dict[str, list[list[Measured]]]) -> str:
    """results: the runs of every row of every group."""
    s = recipe.one_step
    seeds = max(len(runs) for rows in results.values() for runs in rows)
    lines = [
        "# Ablations on the small model", "",
        f"`python training/ablations.py --model {recipe.name} --iterations {s.iterations} --batch {s.batch} --patch {s.patch} --seeds {seeds}`. Means over the held-back crops, with "
        "AdaIN. After ± stands how far the farthest of a row's seeds is from their mean; a row without it was run once, and what separates it from another by no more than that says "
        "nothing. The papers' numbers are NIQE / MUSIQ of the full-size model on RealSR; compare directions, not values. `dists-self` and `ea-self` compare features of our own frozen "
        "networks and are not DISTS.",
    ]
    for group, rows in GROUPS.items():
        lines += ["", f"## {group}", "", "| | PSNR-Y | SSIM-Y | NIQE | papers' NIQE / MUSIQ |", "|---|---|---|---|---|"]
        for (title, published, *_), runs in zip(rows, results[group]):
            cells = [cell(runs, key, digits) for key, digits in (("psnr", 2), ("ssim", 4), ("niqe", 2))]
            lines.append(f"| {title} | {' | '.join(cells)} | {published} |" + "".join(f" {run['note']}" for run in runs if "note" in run))
    return "\n".join(lines) + "\n"


def ablate(recipe: OneStepRecipe, runs: Path, seeds: int = 1, **sizes: int) -> str:
    """Trains what is missing and returns the page. seeds: of the rows that decide. `sizes` replace those of the last stage: iterations, batch, patch."""
    home = runs / recipe.name
    for name in ("autoencoder", "prior"):
        stages.train(recipe, runs, name)
    data = stages.bank_of(recipe, home)
    recipe = replace(recipe, one_step=replace(recipe.one_step, **sizes))
    results: dict[str, list[list[Measured]]] = {group: [[] for _ in rows] for group, rows in GROUPS.items()}
    for seed in range(recipe.seed, recipe.seed + seeds):
        for group, rows in GROUPS.items():
            for (_, _, change, decides), done in zip(rows, results[group]):
                if decides or seed == recipe.seed:
                    done.append(measure(recipe, change, home, data, seed))
    return page(recipe, results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=[name for name, recipe in RECIPES.items() if isinstance(recipe, OneStepRecipe) and not recipe.base], required=True)
    for size in ("iterations", "batch", "patch"):
        parser.add_argument(f"--{size}", type=int, help="of every row (default: the recipe's)")
    parser.add_argument("--seeds", type=int, default=1, help="of the rows that decide")
    parser.add_argument("--page", type=Path, help="where the table goes (default: ablations.md in the run's folder)")
    args = parser.parse_args()
    recipe = RECIPES[args.model]
    path = args.page or RUNS / recipe.name / "ablations.md"
    path.write_text(ablate(recipe, RUNS, args.seeds, **{size: value for size in ("iterations", "batch", "patch") if (value := getattr(args, size))}), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()

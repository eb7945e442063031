"""The paper's ablations (its Tables 2 and 3, and D3SR's of discriminator and loss) on a tiny model, as a Markdown table.

    python training/ablations.py --model dfosd-xt --iterations 1000 --batch 4 --patch 64 --page docs/ablations.md

Every row is the recipe's last stage with one thing changed, from the same autoencoder and prior, with the same seed; the
two are trained first where they are missing. Shorter and smaller steps make a dozen rows affordable. A row that is interrupted is continued, one that is done is not repeated.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import stages
from diffusion.one_step_stage import Collapsed, OneStepRun
from recipes import RECIPES, OneStepRecipe, OneStepStage
from run import RUNS

# Title, what the papers report for it (NIQE/MUSIQ, lower and higher is better), and the change.
Row = tuple[str, str, dict[str, object]]

GROUPS: dict[str, tuple[Row, ...]] = {
    "Conditioning (paper, Table 3)": (
        ("zero", "4.26 / 67.4 (empty prompt)", {"conditioning": "zero"}),
        ("random", "3.99 / 69.2", {"conditioning": "random"}),
        ("learnable", "3.93 / 69.2", {"conditioning": "learnable"}),
    ),
    "LoRA rank, alpha (paper, Table 2)": (
        ("4, 4", "4.09 / 68.5", {"rank": 4, "alpha": 4}),
        ("8, 8", "3.97 / 69.4", {"rank": 8, "alpha": 8}),
        ("16, 16", "3.93 / 69.2", {"rank": 16, "alpha": 16}),
        ("8, 64", "9.45 / 29.4 (collapse)", {"rank": 8, "alpha": 64}),
    ),
    "Discriminator (D3SR)": (
        ("none", "6.96 / 62.4", {"judge": "none"}),
        ("pixel", "6.14 / 64.4", {"judge": "pixel"}),
        ("latent, random", "4.52 / 67.5", {"judge": "latent-random"}),
        ("latent, pretrained", "3.93 / 68.1", {"judge": "latent-pretrained"}),
    ),
    "Loss beside MSE (D3SR)": (
        ("none", "4.45 / 65.4", {"loss": "mse"}),
        ("dists-self", "3.80 / 67.6 (DISTS)", {"loss": "dists-self"}),
        ("ea-self", "3.75 / 68.7 (EA-DISTS)", {"loss": "ea-self"}),
    ),
}


def measure(recipe: OneStepRecipe, change: dict[str, object], home: Path, data: Path) -> dict[str, float | str]:
    """The row's validation numbers, or why there are none."""
    stage: OneStepStage = replace(recipe.one_step, **change)
    # Rows that change nothing are one and the same run.
    changed = [f"{key}-{value}" for key, value in change.items() if value != getattr(recipe.one_step, key)]
    folder = home / "-".join(["ablation", *map(str, (stage.iterations, stage.batch, stage.patch)), *changed])
    run = OneStepRun(recipe, "one-step", folder, data, stage)
    try:
        if not run.finished:
            run.train()
    except Collapsed as collapse:
        return {"note": f"collapsed: {collapse}"}
    log = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
    found = [entry for entry in log if entry.get("event") == "validation"][-1]
    return {key: found[key] for key in ("psnr", "ssim", "niqe") if key in found}


def page(recipe: OneStepRecipe, results: dict[str, list[dict[str, float | str]]]) -> str:
    s = recipe.one_step
    lines = [
        "# Ablations on the tiny model", "",
        f"`python training/ablations.py --model {recipe.name} --iterations {s.iterations} --batch {s.batch} --patch {s.patch}`. Means over the held-back crops, with AdaIN; one seed: "
        "differences of a few hundredths say nothing. The papers' numbers are NIQE / MUSIQ of the full-size model on RealSR; compare "
        "directions, not values. `dists-self` and `ea-self` compare features of our own frozen networks and are not DISTS.",
    ]
    for group, rows in GROUPS.items():
        lines += ["", f"## {group}", "", "| | PSNR-Y | SSIM-Y | NIQE | papers' NIQE / MUSIQ |", "|---|---|---|---|---|"]
        for (title, published, _), numbers in zip(rows, results[group]):
            cells = [f"{numbers[key]:.{digits}f}" if key in numbers else "–" for key, digits in (("psnr", 2), ("ssim", 4), ("niqe", 2))]
            lines.append(f"| {title} | {' | '.join(cells)} | {published} |" + (f" {numbers['note']}" if "note" in numbers else ""))
    return "\n".join(lines) + "\n"


def ablate(recipe: OneStepRecipe, runs: Path, **sizes: int) -> str:
    """Trains what is missing and returns the page. `sizes` replace those of the last stage: iterations, batch, patch."""
    home = runs / recipe.name
    for name in ("autoencoder", "prior"):
        stages.train(recipe, runs, name)
    data = stages.bank_of(recipe, home)
    recipe = replace(recipe, one_step=replace(recipe.one_step, **sizes))
    results = {group: [measure(recipe, change, home, data) for _, _, change in rows] for group, rows in GROUPS.items()}
    return page(recipe, results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=[name for name, recipe in RECIPES.items() if isinstance(recipe, OneStepRecipe) and not recipe.base], required=True)
    for size in ("iterations", "batch", "patch"):
        parser.add_argument(f"--{size}", type=int, help="of every row (default: the recipe's)")
    parser.add_argument("--page", type=Path, help="where the table goes (default: ablations.md in the run's folder)")
    args = parser.parse_args()
    recipe = RECIPES[args.model]
    path = args.page or RUNS / recipe.name / "ablations.md"
    path.write_text(ablate(recipe, RUNS, **{size: value for size in ("iterations", "batch", "patch") if (value := getattr(args, size))}), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()

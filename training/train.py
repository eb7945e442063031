"""Trains one preset; the same command continues an interrupted run.

    python training/train.py --preset x4-regression-cpu

    python training/train.py --preset dfosd-xt

A run lives in training/runs/<preset>/: preset.json, log.jsonl, checkpoint.pt and, when finished, weights.pt
(the averaged weights, which is what later stages and the export read). A one-step diffusion model has several stages,
each a folder of its own there (diffusion/run.py); they are trained in order, and the result exported to model/.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import losses
import metrics
from bank import Bank, validation_pairs
from diffusion import stages
from diffusion.export import export as export_one_step
from diffusion.recipes import RECIPES
from networks import Discriminator, Enlarger
from presets import PRESETS, Preset
from prepare_data import bank_folder

RUNS = Path(__file__).resolve().parent / "runs"


def learning_rate(preset: Preset, iteration: int) -> float:
    """Cosine from the first to the last value, after a linear warm-up of 100 steps."""
    progress = iteration / preset.iterations
    cosine = preset.final_learning_rate + (preset.learning_rate - preset.final_learning_rate) * (1 + math.cos(math.pi * progress)) / 2
    return cosine * min(1.0, (iteration + 1) / 100)


def start_weights(net: Enlarger, weights: dict[str, Tensor]) -> list[str]:
    """Copies every layer of matching shape; returns the names of those left as they were."""
    own = net.state_dict()
    fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
    net.load_state_dict(fitting, strict=False)
    return sorted(own.keys() - fitting.keys())


class Run:
    """All the state of one training run, and how it is stored and continued."""

    def __init__(self, preset: Preset, folder: Path, data: Path, runs: Path) -> None:
        self.preset, self.folder = preset, folder
        self.adversarial = preset.stage == "adversarial"
        torch.manual_seed(preset.seed)
        self.rng = np.random.default_rng(preset.seed)
        self.data = data
        self.bank = Bank(data, ("sharp",) if preset.sharpened_target else ())
        net = Enlarger(preset.scale, preset.channels, preset.body)
        self.net = net.to(preset.device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(net.parameters(), preset.learning_rate, betas=(0.9, 0.99), weight_decay=0)
        if self.adversarial:
            self.judge = Discriminator(preset.discriminator_channels, preset.scale).to(preset.device, memory_format=torch.channels_last)
            self.judge_optimizer = torch.optim.AdamW(self.judge.parameters(), preset.learning_rate, betas=(0.9, 0.99), weight_decay=0)
        self.iteration, self.seconds = 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "checkpoint.pt").exists():
            self.average = copy.deepcopy(self.net)
            self._load()
            self.log(event="continue", iteration=self.iteration, preset=asdict(preset))
        else:
            if preset.start_from:
                fresh = start_weights(self.net, torch.load(runs / preset.start_from / "weights.pt", weights_only=True))
                self.log(event="start", start_from=preset.start_from, fresh=fresh)
            self.average = copy.deepcopy(self.net)
        (folder / "preset.json").write_text(json.dumps(asdict(preset), indent=2) + "\n")

    def log(self, **facts: object) -> None:
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(json.dumps(facts) + "\n")

    def _parts(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
        parts = {"net": self.net, "average": self.average, "optimizer": self.optimizer}
        return parts | ({"judge": self.judge, "judge_optimizer": self.judge_optimizer} if self.adversarial else {})

    def save(self) -> None:
        """Written beside and renamed, so that a power cut leaves the previous checkpoint whole."""
        state = {name: part.state_dict() for name, part in self._parts().items()}
        state |= {"iteration": self.iteration, "seconds": self.seconds}
        state |= {"sampler": json.dumps(self.rng.bit_generator.state), "torch": torch.get_rng_state()}
        torch.save(state, self.folder / "checkpoint.partial")
        (self.folder / "checkpoint.partial").replace(self.folder / "checkpoint.pt")
        torch.save(self.average.state_dict(), self.folder / "weights.partial")
        (self.folder / "weights.partial").replace(self.folder / "weights.pt")

    def _load(self) -> None:
        state = torch.load(self.folder / "checkpoint.pt", map_location=self.preset.device, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.iteration, self.seconds = state["iteration"], state["seconds"]
        self.rng.bit_generator.state = json.loads(state["sampler"])
        torch.set_rng_state(state["torch"].cpu())

    def step(self) -> dict[str, Tensor]:
        """One optimisation step; returns the loss terms, not yet read back."""
        p = self.preset
        low, high, *extra = (t.to(p.device, memory_format=torch.channels_last) for t in self.bank.batch(self.rng, p.batch, p.patch))
        target = extra[0] if extra else high
        with torch.autocast(p.device, torch.bfloat16):
            made = self.net(low)
        error = made - target
        terms = {"pixel": p.pixel_weight * error.abs().mean(), "edge": p.edge_weight * losses.edges(error)}
        report = dict(terms)
        if self.adversarial:
            judged, real_features = self._judge_step(high, made.detach())
            report["judge"] = judged
            self.judge.requires_grad_(False)
            with torch.autocast(p.device, torch.bfloat16):
                logits, fake_features = self.judge(made)
            self.judge.requires_grad_(True)
            terms["adversarial"] = p.adversarial_weight * losses.looks_real(logits)
            terms["feature"] = p.feature_weight * losses.features(fake_features, real_features)
            terms["frequency"] = p.frequency_weight * losses.frequencies(made, target)
            terms["lattice"] = p.lattice_weight * losses.lattice(made, target, p.scale)
            report |= terms
        self.optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), p.gradient_limit)
        self._apply(self.optimizer, 1)
        decay = min(p.average, (1 + self.iteration) / (10 + self.iteration))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        self.iteration += 1
        return report

    def _judge_step(self, real: Tensor, fake: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Updates the discriminator; the features it gave the real pictures are reused as targets one step later."""
        with torch.autocast(self.preset.device, torch.bfloat16):
            real_logits, features = self.judge(real)
            fake_logits, _ = self.judge(fake)
        loss = losses.looks_real(real_logits) + losses.looks_made(fake_logits)
        self.judge_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._apply(self.judge_optimizer, self.preset.discriminator_rate)
        return loss, [feature.detach() for feature in features]

    def _apply(self, optimizer: torch.optim.Optimizer, factor: float) -> None:
        for group in optimizer.param_groups:
            group["lr"] = factor * learning_rate(self.preset, self.iteration)
        optimizer.step()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Means over the held-back crops, averaged weights."""
        pairs = validation_pairs(self.data)
        rows = []
        for low, high in pairs:
            image = torch.from_numpy(low).permute(2, 0, 1)[None].to(self.preset.device).float() / 255
            made = self.average(image)[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
            rows.append((metrics.psnr(made, high), metrics.ssim(made, high)))
            if self.adversarial and metrics.NIQE_PARAMETERS.exists() and min(made.shape[:2]) >= 192:
                rows[-1] += (metrics.niqe(made),)
        return dict(zip(("psnr", "ssim", "niqe"), np.mean(rows, 0).round(4).tolist()))

    def train(self, until: int | None = None) -> None:
        """Trains to the preset's end, or to iteration `until` as if it had been interrupted there."""
        p = self.preset
        last, reports = time.monotonic(), []
        while self.iteration < (p.iterations if until is None else until):
            reports.append(self.step())
            ending = self.iteration == p.iterations
            if self.iteration % 100 == 0 or ending:
                self.seconds += time.monotonic() - last
                means = {name: round(float(torch.stack([r[name].detach() for r in reports]).mean()), 6) for name in reports[0]}
                self.log(iteration=self.iteration, seconds=round(self.seconds, 1), **means)
                last, reports = time.monotonic(), []
            if self.iteration % p.validate_every == 0 or ending:
                self.log(event="validation", iteration=self.iteration, **self.validate())
            if self.iteration % p.checkpoint_every == 0 or ending:
                self.save()
                last = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=(*PRESETS, *RECIPES), required=True)
    parser.add_argument("--stage", choices=stages.RUNS, help="only this stage of a diffusion model (default: all, in order, then export)")
    parser.add_argument("--base", type=Path, help="diffusers folder of Stable Diffusion 2.1-base, for paper and d3sr")
    parser.add_argument("--vgg", type=Path, help="torchvision VGG16 state dict, for the loss ea-dists")
    parser.add_argument("--dists", type=Path, help="DISTS weights.pt; without it its channels weigh alike")
    parser.add_argument("--runs", type=Path, default=RUNS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.preset in PRESETS:
        preset = PRESETS[args.preset]
        Run(preset, args.runs / preset.name, bank_folder(preset.scale), args.runs).train()
        return
    recipe = RECIPES[args.preset]
    # Said before the bank is made, which takes long.
    if recipe.base and not args.base:
        parser.error(f"{recipe.name} starts from Stable Diffusion 2.1-base: --base DIR, its diffusers folder")
    if recipe.one_step.loss.endswith("dists") and not args.vgg:
        parser.error(f"{recipe.name} compares VGG16 features: --vgg FILE, torchvision's state dict")
    home = stages.train(recipe, args.runs, args.stage, base=args.base, vgg=args.vgg, dists=args.dists)
    if args.stage is None and not recipe.base:
        export_one_step(recipe, home, home / "model", stages.bank_of(recipe, home))


if __name__ == "__main__":
    main()

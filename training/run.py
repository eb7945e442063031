"""The training loop: how a stage of a recipe is built, repeated, averaged, stored and continued. Stages say what a step is."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from bank import Bank, validation_pairs
from recipes import Recipe, Stage
from record import Record

RUNS = Path(__file__).resolve().parent / "runs"


def learning_rate(stage: Stage, iteration: int) -> float:
    """Cosine from the first to the last value, after a linear warm-up of 100 steps or a twentieth of the stage."""
    progress = iteration / stage.iterations
    cosine = stage.final_learning_rate + (stage.learning_rate - stage.final_learning_rate) * (1 + math.cos(math.pi * progress)) / 2
    return cosine * min(1.0, (iteration + 1) / min(100, stage.iterations // 20 + 1))


def enlarged(low: Tensor, scale: int) -> Tensor:
    """x_L: bicubic enlargement as Pillow does it (a = -0.5, which torch uses only where it antialiases), in [0, 1]."""
    return nn.functional.interpolate(low, scale_factor=float(scale), mode="bicubic", antialias=True).clamp(0, 1)


def _state(module: nn.Module) -> dict[str, Tensor]:
    """What training changes: trainable parameters and buffers. Frozen weights are read again from where they came."""
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}


class Run:
    """`net` is what is trained and averaged, `judge` (or None) its opponent. A run lives in <runs>/<recipe>/<stage>/:
    recipe.json, log.jsonl, log.csv, samples-*.png, checkpoint.pt, and at its end weights.pt with the averaged weights.
    """

    sources: tuple[str, ...] = ()  # keyword arguments of the constructor
    net: nn.Module
    judge: nn.Module | None = None
    judge_optimizer: torch.optim.Optimizer | None = None

    def __init__(self, recipe: Recipe, name: str, folder: Path, data: Path, stage: Stage | None = None) -> None:
        """name: of the recipe's stage; another `stage` may stand in for it."""
        self.recipe, self.name, self.folder, self.data = recipe, name, folder, data
        self.stage = stage or recipe.stages[name]
        self.device = torch.device(recipe.device)
        torch.set_float32_matmul_precision("high")  # where a GPU has TF32
        torch.manual_seed(recipe.seed)
        self.rng = np.random.default_rng(recipe.seed)
        self.bank = Bank(data)
        self.iteration, self.seconds, self.memory = 0, 0.0, {}
        folder.mkdir(parents=True, exist_ok=True)
        self.build()
        self.trained = [p for p in self.net.parameters() if p.requires_grad]
        self.average = [p.detach().clone() for p in self.trained]
        s = self.stage
        self.optimizer = torch.optim.AdamW(self.trained, s.learning_rate, betas=s.betas, weight_decay=s.weight_decay)
        if (folder / "checkpoint.pt").exists():
            self._load()
        self.record = Record(folder, self.iteration)
        self.record.event(event="continue" if self.iteration else "start", iteration=self.iteration)
        (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")

    def build(self) -> None:
        """Sets net and, where there is one, judge and judge_optimizer. Uses torch's seeded generator only."""
        raise NotImplementedError

    def step(self) -> dict[str, Tensor]:
        """One iteration, with `descend` for the net; returns detached terms."""
        raise NotImplementedError

    def validate(self) -> dict[str, float]:
        """Measures the averaged net and draws a grid."""
        raise NotImplementedError

    def weights(self) -> dict[str, Tensor]:
        """What weights.pt holds; called with the averaged net."""
        return self.net.state_dict()

    def finish(self) -> None:
        """Called once with the averaged net before weights.pt is written."""

    @property
    def finished(self) -> bool:
        """Also where somebody else made the weights: a run of our own that is not over has a checkpoint."""
        return (self.folder / "weights.pt").exists() and (self.iteration >= self.stage.iterations or not (self.folder / "checkpoint.pt").exists())

    @property
    def rate(self) -> float:
        return learning_rate(self.stage, self.iteration)

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.bf16)

    def batch(self) -> list[Tensor]:
        """[low in [0, 1], high in [-1, 1]], channels last."""
        low, high = self.bank.batch(self.rng, self.stage.batch, self.stage.patch // self.recipe.scale)
        return [low.to(self.device), high.to(self.device) * 2 - 1]

    def pairs(self, count: int) -> list[tuple[Tensor, Tensor]]:
        """Held-back (low in [0, 1], high in [-1, 1]), (1, 3, h, w), cut so that the high side is a multiple of 64."""
        result = []
        for low, high in validation_pairs(self.data)[:count]:
            side = min(low.shape[:2]) // 16 * 16
            cut = (low[:side, :side], high[: side * self.recipe.scale, : side * self.recipe.scale])
            a, b = (torch.from_numpy(x.copy()).permute(2, 0, 1)[None].to(self.device).float() / 255 for x in cut)
            result.append((a, b * 2 - 1))
        return result

    def descend(self) -> None:
        """One step of the net along its gradients, and of its average."""
        torch.nn.utils.clip_grad_norm_(self.trained, self.stage.gradient_limit)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        decay = min(self.stage.average, (1 + self.iteration) / (10 + self.iteration))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.trained, 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The net with its averaged weights, for as long as the block runs."""
        live = [p.data for p in self.trained]
        for p, mean in zip(self.trained, self.average):
            p.data = mean
        try:
            yield
        finally:
            for p, value in zip(self.trained, live):
                p.data = value

    def _parts(self) -> dict[str, nn.Module]:
        return {"net": self.net} | ({"judge": self.judge} if self.judge else {})

    def save(self) -> None:
        """Written beside and renamed, so that a power cut leaves the previous checkpoint whole."""
        state = {name: _state(part) for name, part in self._parts().items()}
        optimizers = {"optimizer": self.optimizer} | ({"judge_optimizer": self.judge_optimizer} if self.judge_optimizer else {})
        state |= {name: part.state_dict() for name, part in optimizers.items()}
        state |= {"average": self.average, "iteration": self.iteration, "seconds": self.seconds, "memory": self.memory}
        state |= {"sampler": json.dumps(self.rng.bit_generator.state), "torch": torch.get_rng_state()}
        if self.device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state()
        _write(state, self.folder / "checkpoint.pt")

    def _load(self) -> None:
        state = torch.load(self.folder / "checkpoint.pt", map_location="cpu", weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        if self.judge_optimizer:
            self.judge_optimizer.load_state_dict(state["judge_optimizer"])
        self.average = [mean.to(self.device) for mean in state["average"]]
        self.iteration, self.seconds, self.memory = state["iteration"], state["seconds"], state["memory"]
        self.rng.bit_generator.state = json.loads(state["sampler"])
        torch.set_rng_state(state["torch"])
        if "cuda" in state and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"])

    def train(self, until: int | None = None) -> None:
        """To the stage's end, or to iteration `until` as if it had been interrupted there."""
        s, reports, last = self.stage, [], time.monotonic()
        while self.iteration < (s.iterations if until is None else until):
            reports.append(self.step())
            self.iteration += 1
            ending = self.iteration == s.iterations
            # Terms come and go between phases: a row is cut where they do.
            if self.iteration % s.log_every == 0 or ending or reports[-1].keys() != reports[0].keys():
                self.seconds, last = self.seconds + time.monotonic() - last, time.monotonic()
                means = {name: round(float(torch.stack([r[name].detach().float() for r in reports if name in r]).mean()), 6) for name in reports[-1]}
                self.record.terms(iteration=self.iteration, seconds=round(self.seconds, 1), **means)
                reports = []
            if self.iteration % s.validate_every == 0 or ending:
                with self.averaged(), torch.no_grad():
                    self.record.event(event="validation", iteration=self.iteration, **self.validate())
                last = time.monotonic()
            if self.iteration % s.checkpoint_every == 0 or ending:
                self.save()
                last = time.monotonic()
        if self.iteration >= s.iterations:
            with self.averaged(), torch.no_grad():
                self.finish()
                _write(self.weights(), self.folder / "weights.pt")


def _write(state: dict, path: Path) -> None:
    torch.save(state, path.with_suffix(".partial"))
    path.with_suffix(".partial").replace(path)

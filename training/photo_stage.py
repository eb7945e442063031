"""A stage of a feed-forward network: regression, and the same with losses that ask for detail."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import losses
import metrics
from bank import Bank, validation_pairs
from classifier import Stem
from networks import Discriminator, Enlarger, PatchJudge, RandomTexture, Restorer
from recipes import PhotoRecipe, PhotoStage
from run import Run

# A stage -> the one whose weights it begins with.
FOLLOWS = {"detailed": "faithful", "refit": "detailed"}
JUDGES = {"pixels": Discriminator, "patches": PatchJudge}


def network(recipe: PhotoRecipe) -> Enlarger | Restorer:
    return Enlarger(recipe.scale, **recipe.net) if "channels" in recipe.net else Restorer(**recipe.net)


def start_weights(net: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    """Copies every layer of matching shape; returns the names of those left as they were."""
    own = net.state_dict()
    fitting = {name: value.float() for name, value in weights.items() if name in own and own[name].shape == value.shape}
    net.load_state_dict(fitting, strict=False)
    return sorted(own.keys() - fitting.keys())


class PhotoRun(Run):
    """Begins with `begin`, a state dict on disk, or the stage before it, or the same stage of `recipe.start_from`.

    features: the folder that classifier.Stem reads, for stages with a classifier weight.
    """

    sources = ("begin", "features")
    stage: PhotoStage
    net: Enlarger | Restorer

    def __init__(self, *args: object, begin: Path | None = None, features: Path | None = None) -> None:
        self.begin, self.features = begin, features
        super().__init__(*args)

    def build(self) -> None:
        s = self.stage
        self.bank = Bank(self.data, ("sharp",) if s.sharpened_target else ())
        net = network(self.recipe)
        if (source := self._source()) is not None:
            self.fresh = start_weights(net, torch.load(source, map_location="cpu", weights_only=True))
        if s.random_texture:
            net.texture = RandomTexture(net, s.random_texture)
        self.net = net.to(self.device, memory_format=torch.channels_last)
        for name, parameter in net.named_parameters():
            parameter.requires_grad_(not s.opened or name.startswith(tuple(f"{layer}." for layer in (*s.opened, "texture"))))
        if s.classifier_weight:
            if self.features is None:
                raise ValueError("classifier_weight needs features, the folder of a classifier")
            self.classifier = Stem(self.features).to(self.device, memory_format=torch.channels_last)
        if s.adversarial:
            self.judge = JUDGES[s.judge](s.judge_channels, self.recipe.scale).to(self.device, memory_format=torch.channels_last)
            self.judge_optimizer = torch.optim.AdamW(self.judge.parameters(), s.learning_rate, betas=s.betas, weight_decay=0)

    def _source(self) -> Path | None:
        home = self.folder.parent
        if self.begin:
            return self.begin
        if self.name in FOLLOWS:
            return home / FOLLOWS[self.name] / "weights.pt"
        return home.parent / self.recipe.start_from / self.name / "weights.pt" if self.recipe.start_from else None

    def batch(self) -> list[Tensor]:
        """[low, high, sharpened where wanted], in [0, 1], channels last."""
        parts = self.bank.batch(self.rng, self.stage.batch, self.stage.patch // self.recipe.scale)
        return [part.to(self.device, memory_format=torch.channels_last) for part in parts]

    def step(self) -> dict[str, Tensor]:
        s = self.stage
        low, high, *sharp = self.batch()
        target = sharp[0] if sharp else high
        made, textured = self._made(low)
        error = made - target
        terms = {"pixel": s.pixel_weight * error.abs().mean(), "edge": s.edge_weight * losses.edges(error)}
        asked = {
            "colour": (s.colour_weight, lambda: losses.colour(error)), "gradient": (s.gradient_weight, lambda: losses.gradient(error)),
            "line": (s.line_weight, lambda: losses.lines(made, target)),
            "texture": (s.texture_weight, lambda: losses.texture(textured, target)), "frequency": (s.frequency_weight, lambda: losses.frequencies(made, target)),
            "lattice": (s.lattice_weight, lambda: losses.lattice(textured, target, self.recipe.scale)),
        }
        terms |= {name: weight * loss() for name, (weight, loss) in asked.items() if weight}
        if s.classifier_weight:
            terms["classifier"] = s.classifier_weight * self._classified(made, target)
        judged = {}
        if s.adversarial:
            fake, real = self._seen(textured, high)
            judged["judge"], real_logits, real_features = self._judge(fake.detach(), real)
            self.judge.requires_grad_(False)
            with self.autocast():
                logits, fake_features = self.judge(fake)
            self.judge.requires_grad_(True)
            terms["adversarial"] = s.adversarial_weight * self.judge.pleased(logits, real_logits)
            terms["feature"] = s.feature_weight * losses.features(fake_features, real_features)
        sum(terms.values()).backward()
        self.descend()
        return {name: value.detach() for name, value in (terms | judged).items()}

    def _made(self, low: Tensor) -> tuple[Tensor, Tensor]:
        """The network's result, and what the judge and the losses on texture look at: the same, or with a random texture over it."""
        with self.autocast():
            if not self.stage.random_texture:
                made = self.net(low)
                return made, made
            read: list[Tensor] = []
            with self.net.up4.register_forward_pre_hook(lambda _, inputs: read.extend(inputs)):
                made = self.net(low)
            return made, made + self.net.texture(*read, self.net.up4)

    def _classified(self, made: Tensor, target: Tensor) -> Tensor:
        with self.autocast():
            return self.classifier.distance(made, target, self.stage.judge_patch or made.shape[-1] - 4, self.rng)

    def _seen(self, made: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
        """The part of both that the judge is shown, on the source's grid."""
        side, cut, scale = made.shape[-1], self.stage.judge_patch, self.recipe.scale
        if not cut:
            return made, high
        top, left = (scale * self.rng.integers(0, (side - cut) // scale + 1, 2)).tolist()
        return tuple(x[..., top : top + cut, left : left + cut].contiguous(memory_format=torch.channels_last) for x in (made, high))

    def _judge(self, fake: Tensor, real: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Updates the judge; what it thought and felt of the real pictures serves the net's step too."""
        with self.autocast():
            real_logits, features = self.judge(real)
            fake_logits, _ = self.judge(fake)
        loss = self.judge.displeased(fake_logits, real_logits)
        self.judge_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        for group in self.judge_optimizer.param_groups:
            group["lr"] = self.stage.judge_rate * self.rate
        self.judge_optimizer.step()
        return loss.detach(), [logits.detach() for logits in real_logits], [feature.detach() for feature in features]

    def weights(self) -> dict[str, Tensor]:
        return {name: value for name, value in self.net.state_dict().items() if not name.startswith("texture.")}

    def validate(self) -> dict[str, float]:
        """Means over the held-back crops."""
        rows = []
        for low, high in validation_pairs(self.data):
            image = torch.from_numpy(low).permute(2, 0, 1)[None].to(self.device).float() / 255
            made = self.net(image)[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
            rows.append((metrics.psnr(made, high), metrics.ssim(made, high)))
            if metrics.NIQE_PARAMETERS.exists() and min(made.shape[:2]) >= 192:
                rows[-1] += (metrics.niqe(made),)
        return dict(zip(("psnr", "ssim", "niqe"), np.mean(rows, 0).round(4).tolist()))

"""Stage C: Algorithm 1 of DFOSD. The numbers at the line ends are its lines; E and the decoder D are frozen."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
import torch.nn.functional as functional
from torch import Tensor

import losses
import metrics
from classifier import Stem
from diffusion import colour, lora, objectives, schedule, stable
from diffusion.autoencoder import FACTOR
from diffusion.judges import JUDGES, frozen
from diffusion.perceptual import OwnFeatures, perceptual
from diffusion.prior_stage import Generator, trained_autoencoder
from recipes import OneStepStage
from run import Run, enlarged


class Collapsed(Exception):
    """The judge tells real from made without effort: the generator learns nothing from it any more."""


class OneStepRun(Run):
    stage: OneStepStage
    net: Generator
    sources = ("base", "vgg", "dists", "begin", "features")

    def __init__(
        self, *args: object, base: Path | None = None, vgg: Path | None = None, dists: Path | None = None, begin: Path | None = None, features: Path | None = None
    ) -> None:
        """base: a diffusers folder, for recipes with base "sd21". vgg, dists: for losses that compare VGG16 features. begin: a state dict of
        an earlier generator, which this one goes on from; judge and own features are the prior's all the same. features: the folder
        that classifier.Stem reads, for stages with a classifier weight."""
        self.base, self.vgg, self.dists, self.begin, self.features = base, vgg, dists, begin, features
        super().__init__(*args)

    def build(self) -> None:
        s = self.stage
        self.net = Generator(self.recipe)
        if self.recipe.base:
            self.autoencoder = stable.load(self.base, self.net.unet).to(self.device).requires_grad_(False).eval()
        else:
            self.autoencoder = trained_autoencoder(self)
            self.net.load_state_dict(torch.load(self.folder.parent / "prior" / "weights.pt", map_location="cpu", weights_only=True))
        self._condition()
        self.net.to(self.device, memory_format=torch.channels_last)
        self.judge = JUDGES[s.judge](self.net.unet, self.net.context, s.judge_rank, s.judge_channels)  # 2
        if self.judge:
            self.judge.to(self.device, memory_format=torch.channels_last)
            self.judge_optimizer = torch.optim.AdamW(
                [p for p in self.judge.parameters() if p.requires_grad], s.learning_rate, betas=s.judge_betas, weight_decay=s.weight_decay
            )
        own = s.loss.endswith("-self")
        features = OwnFeatures(self.autoencoder, frozen(self.net.unet), self.net.context) if own else None
        self.perceptual = perceptual(s.loss, features, self.vgg, self.dists).to(self.device)
        if s.classifier_weight:
            if self.features is None:
                raise ValueError("classifier_weight needs features, the folder of a classifier")
            self.classifier = Stem(self.features).to(self.device, memory_format=torch.channels_last)
        if self.begin:
            self.net.load_state_dict(torch.load(self.begin, map_location="cpu", weights_only=True))
        if s.rank:
            lora.adapt(self.net.unet, s.rank, s.alpha)  # 1
            self.net.unet.to(self.device)
        self.t_l = torch.tensor([self.recipe.t_l], device=self.device)

    def _condition(self) -> None:
        """The seed's Table 3: nothing, an arbitrary fixed embedding, or a learnt one."""
        if self.stage.conditioning == "zero":
            self.net.context.data.zero_()
        elif self.stage.conditioning == "random":
            self.net.context.data.normal_()
        self.net.context.requires_grad_(self.stage.conditioning == "learnable")

    def restored(self, z_low: Tensor) -> Tensor:
        """z_H^ of z_L."""
        return schedule.clean(z_low, self.net(z_low, self.t_l.expand(len(z_low))), self.recipe.t_l)  # 6

    def step(self) -> dict[str, Tensor]:
        s = self.stage
        low, x_high = self.batch()
        with torch.no_grad(), self.autocast():
            z_low, z_high = (self.autoencoder.encode(x) for x in (enlarged(low, self.recipe.scale) * 2 - 1, x_high))  # 4, 5, 12
        with self.autocast():
            z_made = self.restored(z_low)
        # The losses' gradients are taken at z_H^ and sent through the U-Net together: one backward pass, and their
        # sizes are known there.
        z = z_made.detach().requires_grad_()
        x_made, terms = self._spatial(z, z_high, None if self.iteration < s.latent_share * s.iterations else x_high)
        weight = self._weight() if self._judges(x_made) else 0.0
        (gradient,) = torch.autograd.grad(sum(terms.values()), z, retain_graph=weight > 0)
        report = dict(terms)
        if weight > 0:
            report["adversarial"] = self._opinion(z, x_made)  # 9, 10
            (push,) = torch.autograd.grad(report["adversarial"], z)
            share = weight * (objectives.adaptive_weight(gradient, push) if s.adaptive else 1)
            gradient = gradient + share * push
            report["weight"] = torch.as_tensor(share)
        z_made.backward(gradient)
        self.descend()  # 11
        if self._judges(x_made) and self.iteration >= s.quiet_share * s.iterations:
            report |= self._judge_step(*((z.detach(), z_high) if self.judge.noise_aware else (x_made.detach(), x_high)))  # 13 - 16
        return {name: value.detach() for name, value in report.items()}

    def _spatial(self, z: Tensor, z_high: Tensor, x_high: Tensor | None) -> tuple[Tensor | None, dict[str, Tensor]]:
        """x_H^ and L_spatial = MSE + lambda_2 L_EA; in the latent phase there is no picture, and MSE is of latents."""
        if x_high is None:
            return None, {"latent": functional.mse_loss(z, z_high)}
        with self.autocast():
            x_made = self.autoencoder.decode(z)  # 7
            terms = {"pixel": functional.mse_loss(x_made / 2, x_high / 2)}  # 8, both in [0, 1]
            if self.stage.loss != "mse":
                terms[self.stage.loss] = self.stage.perceptual_weight * self.perceptual(x_made, x_high)
            if self.stage.classifier_weight:
                terms["classifier"] = self.stage.classifier_weight * self.classifier.distance(x_made / 2 + 0.5, x_high / 2 + 0.5, x_made.shape[-1] - 4, self.rng)
            if self.stage.line_weight:
                terms["line"] = self.stage.line_weight * losses.lines(x_made / 2, x_high / 2)
            if self.stage.lattice_weight:
                terms["lattice"] = self.stage.lattice_weight * losses.lattice(x_made / 2, x_high / 2, FACTOR * self.recipe.widths.stem)
        return x_made, terms

    def _judges(self, x_made: Tensor | None) -> bool:
        """Whether the judge can see what there is: a pixel judge has nothing to look at in the latent phase."""
        return self.judge is not None and (self.judge.noise_aware or x_made is not None)

    def _weight(self) -> float:
        """lambda_1: zero for the quiet share, then rising."""
        s = self.stage
        progress = self.iteration / s.iterations - s.quiet_share
        if progress < 0:
            return 0.0
        return s.adversarial_weight * (min(1.0, progress / s.ramp_share) if s.ramp_share else 1.0)

    def _steps(self, count: int) -> Tensor:
        return torch.randint(0, self.stage.last_noise, (count,), device=self.device)

    def _noisy(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """(F(z, t), t), t ~ U."""
        t = self._steps(len(z))
        return schedule.noised(z, t, torch.randn_like(z)), t

    def _opinion(self, z: Tensor, x_made: Tensor | None) -> Tensor:
        """L_G. No gradient reaches the judge's weights: only the one at z_H^ is asked for."""
        with self.autocast():
            return objectives.generator_loss(self.judge(*self._noisy(z)) if self.judge.noise_aware else self.judge(x_made))

    def _judge_step(self, fake: Tensor, real: Tensor) -> dict[str, Tensor]:
        """L_D, and R1 every few iterations on the noised latents; both kinds see the same t."""
        s = self.stage
        t = self._steps(len(real)) if self.judge.noise_aware else None
        fake, real = (schedule.noised(x, t, torch.randn_like(x)) if self.judge.noise_aware else x for x in (fake, real))
        with self.autocast():
            loss = objectives.judge_loss(self.judge(fake, t), self.judge(real, t))
        total = loss
        if s.penalty and self.iteration % s.penalty_every == 0:
            # In fp32: second derivatives of bf16 are mostly rounding.
            total = loss + s.penalty * s.penalty_every * objectives.gradient_penalty(lambda x: self.judge(x, t), real)
        self.judge_optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_([p for p in self.judge.parameters() if p.requires_grad], s.gradient_limit)
        for group in self.judge_optimizer.param_groups:
            group["lr"] = s.judge_rate * self.rate
        self.judge_optimizer.step()
        self._watch(loss.item())
        return {"judge": loss}

    def _watch(self, loss: float) -> None:
        low = self.memory["low"] = self.memory.get("low", 0) + 1 if loss < self.stage.collapse_below else 0
        if low > self.stage.collapse_after:
            raise Collapsed(
                f"L_D stayed below {self.stage.collapse_below} for {low} iterations up to {self.iteration}. "
                "Start again with a smaller judge_rate or a larger penalty; the last checkpoint is untouched."
            )

    def enlarge(self, low: Tensor) -> Tensor:
        """(N, 3, h, w) in [0, 1] -> 4h x 4w in [0, 1] with AdaIN, as the program does it."""
        x_low = enlarged(low, self.recipe.scale)
        made = self.autoencoder.decode(self.restored(self.autoencoder.encode(x_low * 2 - 1)))
        return colour.adain(made.clamp(-1, 1) / 2 + 0.5, x_low).clamp(0, 1)

    def validate(self) -> dict[str, float]:
        """Means over the held-back crops; NIQE where its statistics and a large enough picture are there."""
        rows, columns = [], []
        for low, high in self.pairs(12):
            made = self.enlarge(low)
            columns.append((enlarged(low, self.recipe.scale) * 2 - 1, made * 2 - 1, high))
            a, b = (x[0].mul(255).round().byte().permute(1, 2, 0).cpu().numpy() for x in (made, high / 2 + 0.5))
            rows.append([metrics.psnr(a, b), metrics.ssim(a, b)])
            if metrics.NIQE_PARAMETERS.exists() and min(a.shape[:2]) >= 192:
                rows[-1].append(metrics.niqe(a))
        self.record.grid(self.iteration, [torch.cat(parts) for parts in zip(*columns[:4])])
        return {name: round(sum(values) / len(values), 4) for name, values in zip(("psnr", "ssim", "niqe"), zip(*rows))}

    def weights(self) -> dict[str, Tensor]:
        """LoRA merged, so that what reads them need not know how they were trained. For SD only what was trained: the
        branches and the embedding, in the layout that the importer reads."""
        if self.recipe.base:
            return stable.write_adapters(self.folder, self.net)
        merged = copy.deepcopy(self.net)
        lora.merge(merged.unet)
        return merged.state_dict()

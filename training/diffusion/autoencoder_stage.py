"""Stage A: the autoencoder. L1 + edges + SSIM + a trace of KL; then the decoder alone, against a PatchGAN."""

from __future__ import annotations

import math

import torch
from torch import Tensor

import losses
from diffusion import objectives
from diffusion.autoencoder import TinyKL
from diffusion.judges import PixelJudge
from recipes import AutoencoderStage
from run import Run


class AutoencoderRun(Run):
    stage: AutoencoderStage
    net: TinyKL

    def build(self) -> None:
        self.net = TinyKL(self.recipe.autoencoder_channels, self.recipe.widths.latent).to(self.device, memory_format=torch.channels_last)
        self.judge = PixelJudge(self.stage.judge_channels).to(self.device, memory_format=torch.channels_last)
        self.judge_optimizer = torch.optim.AdamW(self.judge.parameters(), self.stage.learning_rate, betas=(0.5, 0.9), weight_decay=0)

    def step(self) -> dict[str, Tensor]:
        s = self.stage
        # The encoder stands still while the decoder learns to please: its latents must not carry the decoder's tricks.
        adversarial = self.iteration >= s.iterations * (1 - s.adversarial_share)
        self.net.encoder.requires_grad_(not adversarial)
        _, high = self.batch()
        with self.autocast():
            mean, log_variance = self.net.moments(high)
            z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
            made = self.net.decoder(z).float()
        terms = {
            "pixel": (made - high).abs().mean(), "edge": s.edge_weight * losses.edges(made - high),
            "ssim": s.ssim_weight * objectives.dissimilarity(made, high), "kl": s.divergence_weight * objectives.divergence(mean, log_variance),
        }
        judged = {}
        if adversarial:
            judged["judge"] = self._judge(made.detach(), high)
            self.judge.requires_grad_(False)
            with self.autocast():
                terms["adversarial"] = s.adversarial_weight * objectives.generator_loss(self.judge(made))
            self.judge.requires_grad_(True)
        sum(terms.values()).backward()
        self.descend()
        self.net.encoder.requires_grad_(True)
        return {name: value.detach() for name, value in (terms | judged).items()}

    def _judge(self, fake: Tensor, real: Tensor) -> Tensor:
        with self.autocast():
            loss = objectives.judge_loss(self.judge(fake), self.judge(real))
        self.judge_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.judge_optimizer.step()
        return loss.detach()

    def validate(self) -> dict[str, float]:
        pairs = [high for _, high in self.pairs(4)]
        made = [self.net.decode(self.net.encode(high)).clamp(-1, 1) for high in pairs]
        self.record.grid(self.iteration, [torch.cat(made), torch.cat(pairs)])
        # Of the whole picture in RGB: 20 log10(2 / rms), the range being 2.
        errors = [20 * math.log10(2 / max((a - b).square().mean().sqrt().item(), 1e-6)) for a, b in zip(made, pairs)]
        return {"psnr_rgb": round(sum(errors) / len(errors), 4)}

    def finish(self) -> None:
        """Measures scaling factor and shift over evenly spread patches."""
        high = self.bank.arrays[1]
        picks = high[torch.linspace(0, len(high) - 1, min(256, len(high))).long().numpy()]
        pictures = torch.from_numpy(picks).permute(0, 3, 1, 2).split(16)
        self.net.measure(torch.cat([self.net.moments(part.to(self.device).float() / 127.5 - 1)[0] for part in pictures]))

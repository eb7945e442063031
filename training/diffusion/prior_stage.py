"""Stage B: the diffusion prior. The U-Net learns to tell noise from latents at every step: what SD brings to the paper."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from diffusion import schedule
from diffusion.autoencoder import TinyKL
from diffusion.latents import Latents, cached
from diffusion.unet import UNet
from recipes import OneStepRecipe, PriorStage
from run import Run


class Generator(nn.Module):
    """The U-Net and the learnable context that stands where a text embedding would: (1, tokens, width)."""

    def __init__(self, recipe: OneStepRecipe) -> None:
        super().__init__()
        w = recipe.widths
        self.unet = UNet(w)
        self.unet.checkpointing = recipe.checkpointing
        self.context = nn.Parameter(0.02 * torch.randn(1, w.tokens, w.context))

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        return self.unet(z, t, self.context)


def trained_autoencoder(run: Run) -> TinyKL:
    """Stage A's result, frozen."""
    net = TinyKL(run.recipe.autoencoder_channels, run.recipe.widths.latent)
    net.load_state_dict(torch.load(run.folder.parent / "autoencoder" / "weights.pt", map_location="cpu", weights_only=True))
    return net.to(run.device, memory_format=torch.channels_last).requires_grad_(False).eval()


def latents(run: Run, autoencoder: TinyKL) -> Latents:
    home = run.folder.parent
    return cached(home / "latents", autoencoder, home / "autoencoder" / "weights.pt", run.data, run.recipe.scale)


class PriorRun(Run):
    stage: PriorStage
    net: Generator

    def build(self) -> None:
        self.latents = latents(self, trained_autoencoder(self))
        self.net = Generator(self.recipe).to(self.device, memory_format=torch.channels_last)

    def _loss(self, z: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """E || eps - eps_theta(F(z, t), t) ||^2."""
        with self.autocast():
            return functional.mse_loss(self.net(schedule.noised(z, t, noise), t), noise)

    def step(self) -> dict[str, Tensor]:
        z = self.latents.batch(self.rng, self.stage.batch, self.stage.patch // 4)[1].to(self.device)
        t = torch.randint(0, schedule.STEPS, (len(z),), device=self.device)
        loss = self._loss(z, t, torch.randn_like(z))
        loss.backward()
        self.descend()
        return {"noise": loss.detach()}

    def validate(self) -> dict[str, float]:
        """The loss on fixed latents, steps and noise, so that its fall is not the draw's."""
        count = min(32, len(self.latents.high))
        z = torch.from_numpy(self.latents.high[:count].astype(np.float32))
        side = z.shape[2] // self.recipe.widths.multiple * self.recipe.widths.multiple
        z = z[:, :, :side, :side]
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
        t = torch.linspace(0, schedule.STEPS - 1, count).long()
        return {"noise": round(self._loss(*(x.to(self.device) for x in (z, t, noise))).item(), 5)}

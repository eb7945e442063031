"""Stage B: the diffusion prior. The U-Net learns to tell noise from latents at every step: what SD brings to the paper."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from diffusion import schedule
from diffusion.autoencoder import FACTOR, TinyKL
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


class PriorRun(Run):
    stage: PriorStage
    net: Generator

    def build(self) -> None:
        self.autoencoder = trained_autoencoder(self)
        self.net = Generator(self.recipe).to(self.device, memory_format=torch.channels_last)

    def _loss(self, z: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """E || eps - eps_theta(F(z, t), t) ||^2."""
        with self.autocast():
            return functional.mse_loss(self.net(schedule.noised(z, t, noise), t), noise)

    def step(self) -> dict[str, Tensor]:
        _, high = self.batch()
        with torch.no_grad(), self.autocast():
            z = self.autoencoder.encode(high)
        t = torch.randint(0, schedule.STEPS, (len(z),), device=self.device)
        loss = self._loss(z, t, torch.randn_like(z))
        loss.backward()
        self.descend()
        return {"noise": loss.detach()}

    def validate(self) -> dict[str, float]:
        """The loss on fixed latents, steps and noise, so that its fall is not the draw's."""
        side = FACTOR * self.recipe.widths.multiple
        pairs = [high for _, high in self.pairs(12)]
        side *= min(high.shape[2] for high in pairs) // side
        z = torch.cat([self.autoencoder.encode(high[..., :side, :side]) for high in pairs])
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
        t = torch.linspace(0, schedule.STEPS - 1, len(z)).long()
        return {"noise": round(self._loss(*(x.to(self.device) for x in (z, t, noise))).item(), 5)}

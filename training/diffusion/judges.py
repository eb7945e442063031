"""Discriminators: the noise-aware one of the paper, and what its ablation compares it with.

All give a map of logits, (N, 1, h', w'): one opinion per patch. `noise_aware` ones are asked about F(z, t), others about pictures.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch.nn.functional as functional
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from diffusion import lora
from diffusion.unet import UNet


class LatentJudge(nn.Module):
    """Down and mid blocks of a denoising U-Net, then an MLP per position: (F(z, t), t) -> logits.

    "Guidance module" in Algorithm 1. On 512 x 512 pictures SD gives a map of 8 x 8, the tiny models 16 x 16.
    The head's width is not printed in the paper; here it is half the channels.
    """

    noise_aware = True

    def __init__(self, unet: UNet, context: Tensor, rank: int = 0) -> None:
        """Copies `unet`; rank 0 trains the copy in full, otherwise through LoRA with alpha = rank."""
        super().__init__()
        self.unet = UNet(unet.w, decoder=False).to(next(unet.parameters()).device)
        self.unet.load_state_dict({name: value for name, value in unet.state_dict().items() if name in self.unet.state_dict()})
        self.unet.checkpointing = unet.checkpointing
        if rank:
            lora.adapt(self.unet, rank, rank)
        self.register_buffer("context", context.detach().clone())
        channels = unet.w.channels[-1]
        self.head = nn.Sequential(nn.Conv2d(channels, channels // 2, 1), nn.SiLU(), nn.Conv2d(channels // 2, 1, 1))

    def forward(self, noised: Tensor, t: Tensor) -> Tensor:
        time = self.unet.time(t)
        features = self.unet.middle(self.unet.down(noised, time, self.context)[-1], time, self.context)
        return self.head(features).float()


class PixelJudge(nn.Module):
    """PatchGAN on pictures in [-1, 1]: four spectrally normalised 4x4 convolutions, receptive field about 70 pixels."""

    noise_aware = False

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = (3, channels, 2 * channels, 4 * channels, 4 * channels)
        self.convs = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, 2 if i < 3 else 1, 1)) for i, (a, b) in enumerate(zip(widths, widths[1:])))
        self.last = nn.Conv2d(widths[-1], 1, 4, 1, 1)

    def forward(self, image: Tensor, t: Tensor | None = None) -> Tensor:
        x = image
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), 0.2)
        return self.last(x).float()


def random_unet(unet: UNet) -> UNet:
    """The same architecture without what it has learnt."""
    fresh = UNet(unet.w).to(next(unet.parameters()).device)
    fresh.checkpointing = unet.checkpointing
    return fresh


# The rows of the discriminator ablation. None: no adversarial term at all.
JUDGES: dict[str, Callable[[UNet, Tensor, int, int], nn.Module | None]] = {
    "none": lambda unet, context, rank, channels: None,
    "pixel": lambda unet, context, rank, channels: PixelJudge(channels),
    "latent-random": lambda unet, context, rank, channels: LatentJudge(random_unet(unet), context),
    "latent-pretrained": lambda unet, context, rank, channels: LatentJudge(unet, context, rank),
}


def frozen(module: nn.Module) -> nn.Module:
    """A copy that never trains."""
    return copy.deepcopy(module).requires_grad_(False).eval()

"""TinyKL: a small autoencoder that halves a picture's sides twice (f = 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from networks import Doubling

FACTOR = 4  # picture pixels per latent number along a side


class Block(nn.Module):
    """Three 3x3 convolutions and a skip: TAESD's block (madebyollin/taesd, taesd.py), same channels in and out."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.convs[0](x))
        y = functional.relu(self.convs[1](y))
        return functional.relu(self.convs[2](y) + x)


class Encoder(nn.Module):
    """(N, 3, H, W) in [-1, 1], sides multiples of 4 -> (N, 2c, H/4, W/4): mean and log variance."""

    def __init__(self, channels: int, latent: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(12, channels, 3, padding=1)  # after pixel-unshuffle 2: H/2
        self.first = Block(channels)
        self.down = nn.Conv2d(channels, channels, 3, stride=2, padding=1)  # H/4
        self.blocks = nn.ModuleList(Block(channels) for _ in range(3))
        self.conv_out = nn.Conv2d(channels, 2 * latent, 3, padding=1)

    def features(self, image: Tensor) -> list[Tensor]:
        """Outputs of the four blocks."""
        levels = [self.first(self.conv_in(functional.pixel_unshuffle(image, 2)))]
        x = self.down(levels[0])
        for block in self.blocks:
            x = block(x)
            levels.append(x)
        return levels

    def forward(self, image: Tensor) -> Tensor:
        return self.conv_out(self.features(image)[-1])


class Decoder(nn.Module):
    """(N, c, h, w) -> (N, 3, 4h, 4w), about [-1, 1].

    It grows by `Doubling`: with pixel shuffles the multiples of a quarter cycle a pixel stood out three times as far as in the truth.
    """

    def __init__(self, channels: int, latent: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(latent, channels, 3, padding=1)
        self.blocks = nn.ModuleList(Block(channels) for _ in range(3))
        self.up = Doubling(channels, channels)  # 2h
        self.last = nn.ModuleList(Block(channels) for _ in range(2))
        self.conv_out = Doubling(channels, 3)  # 4h

    def forward(self, latent: Tensor) -> Tensor:
        x = functional.relu(self.conv_in(latent))
        for block in self.blocks:
            x = block(x)
        x = functional.pixel_shuffle(self.up(x), 2)
        for block in self.last:
            x = block(x)
        return functional.pixel_shuffle(self.conv_out(x), 2)


class TinyKL(nn.Module):
    """Encoder, decoder, and the two numbers that make its latents unit-sized: z = scaling_factor (mean - shift).

    Both are measured when the autoencoder is trained; scaling_factor is the analogue of Stable Diffusion's 0.18215.
    """

    def __init__(self, channels: int, latent: int) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(channels, latent), Decoder(channels, latent)
        self.register_buffer("scaling_factor", torch.ones(()))
        self.register_buffer("shift", torch.zeros(latent))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        for module in self.modules():
            if isinstance(module, Block):
                # Each block starts near the identity.
                module.convs[2].weight.data *= 0.2
        self.decoder.conv_out.kernel.data *= 0.1
        # The posterior starts narrow: at unit variance the decoder would see noise alone for its first thousands of steps.
        self.encoder.conv_out.weight.data[latent:] = 0
        self.encoder.conv_out.bias.data[latent:] = -6

    def moments(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the posterior, (N, c, h, w) each, unscaled."""
        mean, log_variance = self.encoder(image).float().chunk(2, 1)
        return mean, log_variance.clamp(-30, 20)

    def encode(self, image: Tensor) -> Tensor:
        """The scaled latent of the posterior's mode: deterministic."""
        return self.scaling_factor * (self.moments(image)[0] - self.shift.view(1, -1, 1, 1))

    def decode(self, z: Tensor) -> Tensor:
        """Scaled latent -> picture in [-1, 1], not clipped."""
        return self.decoder(z / self.scaling_factor + self.shift.view(1, -1, 1, 1)).float()

    def features(self, image: Tensor) -> list[Tensor]:
        """What ea-self compares."""
        return self.encoder.features(image)

    @torch.no_grad()
    def measure(self, means: Tensor) -> None:
        """Sets scaling_factor = 1/std and, where a channel's |mean| exceeds 0.1 std, its shift, from means (N, c, h, w)."""
        self.shift.zero_()
        centre, spread = means.mean((0, 2, 3)), means.std()
        self.shift.copy_(torch.where(centre.abs() > 0.1 * spread, centre, 0))
        self.scaling_factor.copy_(1 / (means - self.shift.view(1, -1, 1, 1)).std())

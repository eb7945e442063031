"""Stable Diffusion's autoencoder with its parameter names (diffusers, AutoencoderKL): f = 8, c = 4. Frozen, never trained here."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

CHANNELS = (128, 256, 512, 512)


class Resnet(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(32, inputs, 1e-6), nn.GroupNorm(32, outputs, 1e-6)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.conv_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(functional.silu(self.norm1(x)))
        h = self.conv2(functional.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + h


class SelfAttention(nn.Module):
    """One head over all positions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(32, channels, 1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        h = self.group_norm(x).flatten(2).transpose(1, 2)
        h = functional.scaled_dot_product_attention(*(f(h)[:, None] for f in (self.to_q, self.to_k, self.to_v)))[:, 0]
        return x + self.to_out[0](h).transpose(1, 2).unflatten(2, x.shape[2:])


class Convolution(nn.Module):
    """A resampler: its one convolution is named `conv`."""

    def __init__(self, channels: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.conv = nn.Conv2d(channels, channels, 3, stride=1 if up else 2, padding=1 if up else 0)

    def forward(self, x: Tensor) -> Tensor:
        # On the way down zeros are padded right and below only.
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest") if self.up else functional.pad(x, (0, 1, 0, 1)))


class Stack(nn.Module):
    """Resnets, then an optional resampler; the mid block has one attention after its first resnet."""

    def __init__(self, widths: list[tuple[int, int]], resampler: str | None = None, attends: bool = False) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(Resnet(a, b) for a, b in widths)
        if attends:
            self.attentions = nn.ModuleList([SelfAttention(widths[-1][1])])
        if resampler:
            self.add_module(resampler, nn.ModuleList([Convolution(widths[-1][1], resampler == "upsamplers")]))

    def forward(self, x: Tensor) -> Tensor:
        for index, resnet in enumerate(self.resnets):
            x = checkpoint(resnet, x, use_reentrant=False) if x.requires_grad else resnet(x)
            if index == 0 and hasattr(self, "attentions"):
                x = self.attentions[0](x)
        for name in ("downsamplers", "upsamplers"):
            x = getattr(self, name)[0](x) if hasattr(self, name) else x
        return x


class Coder(nn.Module):
    """Encoder (N, 3, H, W) -> (N, 8, H/8, W/8) before quant_conv, or decoder (N, 4, h, w) -> (N, 3, 8h, 8w)."""

    def __init__(self, encoder: bool, c: tuple[int, ...]) -> None:
        super().__init__()
        if encoder:
            self.conv_in = nn.Conv2d(3, c[0], 3, padding=1)
            ins = (c[0], *c[:-1])
            self.down_blocks = nn.ModuleList(Stack([(ins[i], c[i]), (c[i], c[i])], "downsamplers" if i < 3 else None) for i in range(4))
        else:
            self.conv_in = nn.Conv2d(4, c[3], 3, padding=1)
            outs, ins = c[::-1], (c[3], *c[:0:-1])
            self.up_blocks = nn.ModuleList(
                Stack([(ins[i], outs[i]), (outs[i], outs[i]), (outs[i], outs[i])], "upsamplers" if i < 3 else None) for i in range(4)
            )
        self.mid_block = Stack([(c[3], c[3])] * 2, attends=True)
        last = c[3] if encoder else c[0]
        self.conv_norm_out = nn.GroupNorm(32, last, 1e-6)
        self.conv_out = nn.Conv2d(last, 8 if encoder else 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        blocks = [*self.down_blocks, self.mid_block] if hasattr(self, "down_blocks") else [self.mid_block, *self.up_blocks]
        for block in blocks:
            x = block(x)
        return self.conv_out(functional.silu(self.conv_norm_out(x)))


class StableKL(nn.Module):
    """The same face as TinyKL: encode (mode, scaled) and decode."""

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        self.encoder, self.decoder = Coder(True, channels), Coder(False, channels)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)
        self.register_buffer("scaling_factor", torch.tensor(0.18215), persistent=False)

    def encode(self, image: Tensor) -> Tensor:
        return self.scaling_factor * self.quant_conv(self.encoder(image)).float()[:, :4]

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(self.post_quant_conv(z / self.scaling_factor)).float()

    def features(self, image: Tensor) -> list[Tensor]:
        levels = [self.encoder.conv_in(image)]
        for block in self.encoder.down_blocks:
            levels.append(block(levels[-1]))
        return levels[1:]

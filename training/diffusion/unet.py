"""The denoising U-Net of Stable Diffusion 2 with its parameter names (diffusers, UNet2DConditionModel), in any width.

The tiny model and SD 2.1 are two rows of the same code, so LoRA target names, folding and converters are shared.
Besides widths, the tiny rows differ in the stem: a convolution of stride 2, undone by a Doubling in place of conv_out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from networks import Doubling


@dataclass(frozen=True)
class Widths:
    """`attends` says which levels have transformers. `head` is the channels of one attention head."""

    latent: int
    channels: tuple[int, ...]
    attends: tuple[bool, ...]
    head: int
    tokens: int  # learnable context: (1, tokens, context)
    context: int
    time: int
    groups: int
    stem: int = 1  # stride of conv_in; 1 or 2

    @property
    def multiple(self) -> int:
        """Latent sides must be a multiple of this."""
        return self.stem * 2 ** (len(self.channels) - 1)


SD21 = Widths(4, (320, 640, 1280, 1280), (True, True, True, False), 64, 77, 1024, 1280, 32)


class ResnetBlock2D(nn.Module):
    def __init__(self, inputs: int, outputs: int, w: Widths) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(w.groups, inputs, 1e-5)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = nn.Linear(w.time, outputs)
        self.norm2 = nn.GroupNorm(w.groups, outputs, 1e-5)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.conv_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, time: Tensor | None) -> Tensor:
        """time (N, w.time), already through SiLU; None once it is folded into conv1's bias."""
        h = self.conv1(functional.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(time)[:, :, None, None]
        h = self.conv2(functional.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + h


class Attention(nn.Module):
    def __init__(self, channels: int, context: int, head: int) -> None:
        super().__init__()
        self.head = head
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context, channels, bias=False)
        self.to_v = nn.Linear(context, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x (N, tokens, C), context (N or 1, tokens', C')."""
        q, k, v = (self._heads(t) for t in (self.to_q(x), self.to_k(context), self.to_v(context)))
        k, v = (t.expand(q.shape[0], -1, -1, -1) for t in (k, v))
        return self.to_out[0](functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))

    def _heads(self, t: Tensor) -> Tensor:
        return t.unflatten(2, (-1, self.head)).transpose(1, 2)


class GEGLU(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, 8 * channels)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, -1)
        return value * functional.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        # net.1 is dropout in diffusers: it keeps the name net.2.
        self.net = nn.ModuleList([GEGLU(channels), nn.Identity(), nn.Linear(4 * channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class BasicTransformerBlock(nn.Module):
    def __init__(self, channels: int, w: Widths) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        self.attn1 = Attention(channels, channels, w.head)
        self.attn2 = Attention(channels, w.context, w.head)
        self.ff = FeedForward(channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attn1(y, y)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer2DModel(nn.Module):
    def __init__(self, channels: int, w: Widths) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(w.groups, channels, 1e-6)
        self.proj_in = nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([BasicTransformerBlock(channels, w)])
        self.proj_out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        h = self.proj_in(self.norm(x).flatten(2).transpose(1, 2))  # (N, hw, C)
        h = self.proj_out(self.transformer_blocks[0](h, context))
        return x + h.transpose(1, 2).unflatten(2, x.shape[2:])


class Resampler(nn.Module):
    """One 3x3 convolution named `conv`: stride 2 on the way down, after nearest x2 on the way up."""

    def __init__(self, channels: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.conv = nn.Conv2d(channels, channels, 3, stride=1 if up else 2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest") if self.up else x)


class Level(nn.Module):
    """The resnets, transformers and resampler of one down, mid or up block."""

    def __init__(self, resnets: list[tuple[int, int]], attentions: int, w: Widths, resampler: str | None = None) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock2D(a, b, w) for a, b in resnets)
        if attentions:
            self.attentions = nn.ModuleList(Transformer2DModel(resnets[-1][1], w) for _ in range(attentions))
        if resampler:
            self.add_module(resampler, nn.ModuleList([Resampler(resnets[-1][1], resampler == "upsamplers")]))


class TimeEmbedding(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(inputs, outputs), nn.Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(functional.silu(self.linear_1(x)))


def sinusoids(t: Tensor, size: int) -> Tensor:
    """(N,) steps -> (N, size): cosines first, then sines, of t exp(-ln 10000 i / half)."""
    half = size // 2
    angles = t.float()[:, None] * torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
    return torch.cat([angles.cos(), angles.sin()], 1)


class UNet(nn.Module):
    """(N, c, h, w) noisy latent, step t (N,), context (1, tokens, width) -> predicted noise (N, c, h, w)."""

    # Recompute every block in the backward pass instead of keeping its activations.
    checkpointing = False

    def __init__(self, w: Widths, decoder: bool = True) -> None:
        super().__init__()
        self.w, c = w, w.channels
        self.time_inputs = c[0] if w.stem == 1 else 4 * w.head
        self.conv_in = nn.Conv2d(w.latent, c[0], 3, stride=w.stem, padding=1)
        self.time_embedding = TimeEmbedding(self.time_inputs, w.time)
        last = len(c) - 1
        ins = (c[0], *c[:-1])
        self.down_blocks = nn.ModuleList(
            Level([(ins[i], c[i]), (c[i], c[i])], 2 if w.attends[i] else 0, w, "downsamplers" if i < last else None) for i in range(len(c))
        )
        self.mid_block = Level([(c[-1], c[-1])] * 2, 1, w)
        if not decoder:
            return
        skips = [c[0]] + sum(([n, n] + [n] * (i < last) for i, n in enumerate(c)), [])
        ups, x = [], c[-1]
        for i in reversed(range(len(c))):
            resnets = []
            for _ in range(3):
                resnets.append((x + skips.pop(), c[i]))
                x = c[i]
            ups.append(Level(resnets, 3 if w.attends[i] else 0, w, "upsamplers" if i > 0 else None))
        self.up_blocks = nn.ModuleList(ups)
        self.conv_norm_out = nn.GroupNorm(w.groups, c[0], 1e-5)
        self.conv_out = nn.Conv2d(c[0], w.latent, 3, padding=1) if w.stem == 1 else Doubling(c[0], w.latent)

    def time(self, t: Tensor) -> Tensor:
        """What every resnet takes: SiLU of the step's embedding, (N, w.time)."""
        return functional.silu(self.time_embedding(sinusoids(t, self.time_inputs).to(self.conv_in.weight.dtype)))

    def _run(self, module: nn.Module, *inputs: object) -> Tensor:
        if self.checkpointing and torch.is_grad_enabled():
            return checkpoint(module, *inputs, use_reentrant=False)
        return module(*inputs)

    def down(self, z: Tensor, time: Tensor | None, context: Tensor) -> list[Tensor]:
        """All skips, first to last."""
        skips = [self.conv_in(z)]
        for level in self.down_blocks:
            for index, resnet in enumerate(level.resnets):
                x = self._run(resnet, skips[-1], time)
                skips.append(self._run(level.attentions[index], x, context) if hasattr(level, "attentions") else x)
            if hasattr(level, "downsamplers"):
                skips.append(level.downsamplers[0](skips[-1]))
        return skips

    def middle(self, x: Tensor, time: Tensor | None, context: Tensor) -> Tensor:
        x = self._run(self.mid_block.resnets[0], x, time)
        x = self._run(self.mid_block.attentions[0], x, context)
        return self._run(self.mid_block.resnets[1], x, time)

    def forward(self, z: Tensor, t: Tensor | None, context: Tensor) -> Tensor:
        time = None if t is None else self.time(t)
        skips = self.down(z, time, context)
        x = self.middle(skips[-1], time, context)
        for level in self.up_blocks:
            for index, resnet in enumerate(level.resnets):
                x = self._run(resnet, torch.cat([x, skips.pop()], 1), time)
                if hasattr(level, "attentions"):
                    x = self._run(level.attentions[index], x, context)
            if hasattr(level, "upsamplers"):
                x = level.upsamplers[0](x)
        x = self.conv_out(functional.silu(self.conv_norm_out(x)))
        return functional.pixel_shuffle(x, self.w.stem).float() if self.w.stem > 1 else x.float()

"""PLKSR and RealPLKSR."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficient import ChannelNorm
from parts import conv, nearest


class LargeKernel(nn.Module):
    def __init__(self, part: int, kernel: int):
        super().__init__()
        self.conv, self.part = conv(part, part, kernel), part

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.conv(x[:, : self.part]), x[:, self.part :]], 1)


class ElementAttention(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.f = nn.Sequential(conv(features, features), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.f(x)


class LargeKernelBlock(nn.Module):
    def __init__(self, features: int, kernel: int, real: bool, mixer: tuple[int, int], attention: bool, layer_norm: bool):
        super().__init__()
        first, second = (conv(a, b, size) for a, b, size in zip((features, 2 * features), (2 * features, features), mixer))
        self.mixer = "channel_mixer" if real else "channe_mixer"
        self.add_module(self.mixer, nn.Sequential(first, nn.Mish() if real else nn.GELU(), second))
        self.lk = LargeKernel(features // 4, kernel)
        self.attn = ElementAttention(features) if attention else nn.Identity()
        self.refine = conv(features, features, 1)
        if layer_norm:
            self.layer_norm = ChannelNorm(features, 1e-6)
        elif real:
            self.norm = nn.GroupNorm(4, features)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.layer_norm(x) if hasattr(self, "layer_norm") else x
        result = self.refine(self.attn(self.lk(self.get_submodule(self.mixer)(normal))))
        return (self.norm(result) if hasattr(self, "norm") else result) + x


class DySample(nn.Module):
    def __init__(self, channels: int, scale: int, groups: int = 4):
        super().__init__()
        self.scale, self.groups = scale, groups
        self.end_conv = conv(channels, 3, 1)
        self.offset = conv(channels, 2 * groups * scale**2, 1)
        self.scope = conv(channels, 2 * groups * scale**2, 1, bias=False)
        steps = torch.arange((1 - scale) / 2, (scale - 1) / 2 + 1) / scale
        down, across = torch.meshgrid(steps, steps, indexing="ij")
        # First the offsets across for all groups, then those down.
        places = torch.cat([across.flatten().repeat(groups), down.flatten().repeat(groups)])
        self.register_buffer("init_pos", places.view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        offsets = self.offset(x) * self.scope(x).sigmoid() * 0.5 + self.init_pos
        offsets = F.pixel_shuffle(offsets, self.scale).view(2, self.groups, height * self.scale, width * self.scale)
        down = nearest((torch.arange(height) + 0.5).view(1, 1, -1, 1).expand(1, 1, height, width), self.scale)[0]
        across = nearest((torch.arange(width) + 0.5).view(1, 1, 1, -1).expand(1, 1, height, width), self.scale)[0]
        grid = torch.stack([2 * (across + offsets[0]) / width - 1, 2 * (down + offsets[1]) / height - 1], -1)
        parts = F.grid_sample(x.view(self.groups, -1, height, width), grid, "bilinear", "border", align_corners=False)
        return self.end_conv(parts.reshape(1, x.shape[1], height * self.scale, width * self.scale))


class Plksr(nn.Module):
    def __init__(self, features, blocks, scale, real, mixer=(3, 3), kernel=17, attention=True, dysample=False, layer_norm=False):
        super().__init__()
        parts = [LargeKernelBlock(features, kernel, real, mixer, attention, layer_norm) for _ in range(blocks)]
        dropout = [nn.Dropout2d(0.0)] if real else []
        self.feats = nn.Sequential(conv(3, features), *parts, *dropout, conv(features, 3 * scale**2))
        self.to_img = DySample(3 * scale**2, scale) if dysample else nn.PixelShuffle(scale)
        self.scale = scale

    def forward(self, image: Tensor) -> Tensor:
        return self.to_img(self.feats(image) + image.repeat_interleave(self.scale**2, 1))

"""MoSR."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficient import ChannelNorm
from parts import conv
from plksr import DySample


class GatedBlock(nn.Module):
    def __init__(self, features: int, hidden: int, part: int, kernel: int):
        super().__init__()
        self.sizes = [hidden, hidden - part, part]
        self.norm, self.fc1, self.fc2 = ChannelNorm(features, 1e-6), conv(features, 2 * hidden), conv(hidden, features)
        self.conv = conv(part, part, kernel, groups=part)

    def forward(self, x: Tensor) -> Tensor:
        gate, kept, part = self.fc1(self.norm(x)).split(self.sizes, 1)
        return F.mish(self.fc2(F.mish(gate) * torch.cat([kept, self.conv(part)], 1))) + x - 0.5


class Ensemble(nn.Module):
    def __init__(self, features: int, scale: int):
        super().__init__()
        self.scale, self.in_to_k = scale, conv(features, 8 * 3 * scale**2)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(torch.stack(self.in_to_k(x).chunk(8, 1)).mean(0), self.scale)


class ShortWay(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.block = nn.Sequential(conv(3, features), nn.Mish(), conv(features, features), nn.Mish())
        self.conv11 = conv(3, features, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.block(image) + self.conv11(image)


class Mosr(nn.Module):
    def __init__(self, features: int, blocks: int, scale: int, upsampler: str):
        super().__init__()
        gated = (GatedBlock(features, features * 3 // 2, features, 7) for _ in range(blocks))
        ends = (conv(features, 2 * features), nn.Mish(), conv(2 * features, features), nn.Mish(), conv(features, features, 1))
        self.gblocks, self.shortcut = nn.Sequential(conv(3, features), *gated, *ends), ShortWay(features)
        if upsampler == "shuffle":
            self.upsampler = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))
        else:
            self.upsampler = Ensemble(features, scale) if upsampler == "ensemble" else DySample(features, scale)

    def forward(self, image: Tensor) -> Tensor:
        return self.upsampler(self.gblocks(image) + self.shortcut(image) - 0.5)

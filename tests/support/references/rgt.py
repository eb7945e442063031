"""RGT, the recursive generalization transformer, made of parts of DAT."""

import math

import torch
from torch import Tensor, nn

from dat import Dat, DualAttention, Gated
from parts import conv


class LocalAttention(DualAttention):
    def __init__(self, features: int, heads: int, windows: tuple[int, int], shifted: bool):
        super().__init__(features, heads, windows, shifted)
        del self.dwconv, self.channel_interaction, self.spatial_interaction
        self.get_v = conv(features, features, groups=features)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x)
        around = self.get_v(qkv.chunk(3, -1)[2].permute(0, 3, 1, 2))
        return self.proj((self.within_windows(qkv) + around).permute(0, 2, 3, 1))


class RecursiveAttention(nn.Module):
    def __init__(self, features: int, heads: int, narrow: int):
        super().__init__()
        self.heads = heads
        self.reduction1 = nn.Conv2d(features, features, 4, 4, groups=features)
        self.dwconv, self.conv = conv(features, features, groups=features), conv(features, narrow, 1)
        self.norm_act = nn.Sequential(nn.LayerNorm(narrow), nn.GELU())
        self.q, self.k, self.v = nn.Linear(features, narrow), nn.Linear(narrow, narrow), nn.Linear(narrow, features)
        self.cpe, self.proj = conv(features, features, groups=features), nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        small = self.conv(self.dwconv(self.reduction1(self.reduction1(x.permute(0, 3, 1, 2)))))
        seen = self.norm_act(small.permute(0, 2, 3, 1))
        value = self.v(seen).permute(0, 3, 1, 2)
        value = (value + self.cpe(value)).permute(0, 2, 3, 1)
        query, key, value = (part.flatten(0, 2).unflatten(1, (self.heads, -1)).transpose(0, 1) for part in (self.q(x), self.k(seen), value))
        attended = (query @ key.mT / math.sqrt(query.shape[-1])).softmax(-1) @ value
        return self.proj(attended.transpose(0, 1).reshape(x.shape))


class RgtBlock(nn.Module):
    def __init__(self, features: int, heads: int, windows: tuple[int, int], group: int, index: int):
        super().__init__()
        shifted = index % 4 == (2 if group % 2 == 0 else 0)
        self.norm1, self.norm2, self.gamma = nn.LayerNorm(features), nn.LayerNorm(features), nn.Parameter(torch.rand(features))
        local = index % 2 == 0
        self.attn = LocalAttention(features, heads, windows, shifted) if local else RecursiveAttention(features, heads, features // 2)
        self.mlp = Gated(features, 2 * features)

    def forward(self, x: Tensor) -> Tensor:
        seen = x + self.attn(self.norm1(x))
        return seen + self.mlp(self.norm2(seen)) + x * self.gamma


class Rgt(Dat):
    def __init__(self, features: int, depths: list[int], heads: int, windows: tuple[int, int], scale: int):
        super().__init__(features, [0] * len(depths), heads, windows, scale)
        for group, depth in enumerate(depths):
            self.layers[group].blocks = nn.Sequential(*(RgtBlock(features, heads, windows, group, index) for index in range(depth)))

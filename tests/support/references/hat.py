"""HAT, the hybrid attention transformer."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv
from swinir import Mlp, SwinBlock


class ChannelWeights(nn.Module):
    def __init__(self, features: int, narrow: int):
        super().__init__()
        down, up = conv(features, narrow, 1), conv(narrow, features, 1)
        self.attention = nn.Sequential(nn.AdaptiveAvgPool2d(1), down, nn.ReLU(), up, nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.attention(x)


class HybridBlock(SwinBlock):
    def __init__(self, features: int, side: int, heads: int, hidden: int, shift: int):
        super().__init__(features, side, heads, hidden, shift, 4 * side)
        # HAT keeps these once for all blocks, or not at all.
        del self.attn.relative_position_index
        if shift:
            del self.attn_mask
        narrow = features // 3
        self.conv_block = nn.Module()
        self.conv_block.cab = nn.Sequential(
            conv(features, narrow), nn.GELU(), conv(narrow, features), ChannelWeights(features, max(features // 30, 2))
        )

    def forward(self, x: Tensor, index: Tensor) -> Tensor:
        self.attn.relative_position_index = index
        normal = self.norm1(x)
        convolved = self.conv_block.cab(normal.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = x + self.attended(normal) + 0.01 * convolved
        del self.attn.relative_position_index
        return x + self.mlp(self.norm2(x))


class OverlappingBlock(nn.Module):
    def __init__(self, features: int, side: int, seen: int, heads: int, hidden: int):
        super().__init__()
        self.side, self.seen, self.heads = side, seen, heads
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.qkv, self.proj = nn.Linear(features, 3 * features), nn.Linear(features, features)
        self.relative_position_bias_table = nn.Parameter(torch.randn((side + seen - 1) ** 2, heads))
        self.mlp = Mlp(features, hidden)

    def forward(self, x: Tensor, index: Tensor) -> Tensor:
        _, height, width, features = x.shape
        query, key, value = self.qkv(self.norm1(x))[0].permute(2, 0, 1).chunk(3)
        query = F.unfold(query[None], self.side, stride=self.side)
        margin = (self.seen - self.side) // 2
        key, value = (F.unfold(part[None], self.seen, stride=self.side, padding=margin) for part in (key, value))
        # (1, features * places, windows) -> (windows, heads, places, features of a head)
        query, key, value = (part[0].T.unflatten(1, (self.heads, features // self.heads, -1)).mT for part in (query, key, value))
        scores = query @ key.mT / math.sqrt(features // self.heads) + self.relative_position_bias_table[index].permute(2, 0, 1)
        seen = (scores.softmax(-1) @ value).mT.flatten(1).T[None]
        seen = F.fold(seen, (height, width), self.side, stride=self.side).permute(0, 2, 3, 1)
        x = x + self.proj(seen)
        return x + self.mlp(self.norm2(x))


class Hat(nn.Module):
    def __init__(self, features, depths, heads, scale, side=8, ratio=2, plain=False):
        super().__init__()
        self.side, self.scale = side, scale
        seen, hidden = side + side // 2, ratio * features
        inner, outer = (torch.cartesian_prod(torch.arange(size), torch.arange(size)) for size in (side, seen))
        apart = inner[:, None] - inner[None] + side - 1
        self.register_buffer("relative_position_index_SA", apart[..., 0] * (2 * side - 1) + apart[..., 1])
        # The authors shift by less than would make all of these positive; negative ones count from the table's end.
        apart = outer[None] - inner[:, None] + side - seen + 1
        self.register_buffer("relative_position_index_OCA", apart[..., 0] * (side + seen - 1) + apart[..., 1])
        self.conv_first = conv(3, features)
        self.patch_embed = nn.Module()
        # Plain ones normalise less, and have no convolutions after the blocks.
        self.patch_embed.norm = nn.Identity() if plain else nn.LayerNorm(features)
        self.layers = nn.ModuleList()
        for depth in depths:
            layer = nn.Module()
            layer.residual_group = nn.Module()
            layer.residual_group.blocks = nn.ModuleList(
                HybridBlock(features, side, heads, hidden, side // 2 if index % 2 else 0) for index in range(depth)
            )
            layer.residual_group.overlap_attn = OverlappingBlock(features, side, seen, heads, hidden)
            layer.conv = nn.Identity() if plain else conv(features, features)
            self.layers.append(layer)
        self.norm = nn.LayerNorm(features)
        self.conv_after_body = nn.Identity() if plain else conv(features, features)
        self.conv_before_upsample = nn.Sequential(conv(features, 64), nn.LeakyReLU(0.01))
        steps = [2] * int(math.log2(scale))
        self.upsample = nn.Sequential(*(part for step in steps for part in (conv(64, 64 * step**2), nn.PixelShuffle(step))))
        self.conv_last = conv(64, 3)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
        source = F.pad(image - mean, (0, -width % self.side, 0, -height % self.side), mode="reflect")
        shallow = self.conv_first(source)
        x = self.patch_embed.norm(shallow.permute(0, 2, 3, 1))
        for layer in self.layers:
            before = x
            for block in layer.residual_group.blocks:
                x = block(x, self.relative_position_index_SA)
            x = layer.residual_group.overlap_attn(x, self.relative_position_index_OCA)
            x = layer.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + before
        x = self.conv_after_body(self.norm(x).permute(0, 3, 1, 2)) + shallow
        x = self.conv_last(self.upsample(self.conv_before_upsample(x))) + mean
        return x[..., : height * self.scale, : width * self.scale]

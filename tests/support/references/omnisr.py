"""OmniSR."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficient import ChannelNorm, Esa
from parts import conv


def regions(x: Tensor, side: int, across: bool) -> Tensor:
    """(C, H, W) -> (regions, C, pixels of a region): windows, or the pixels with the same place in all windows."""
    channels, height, width = x.shape
    rows, columns = (height // side, width // side) if across else (side, side)
    if across:
        cells = x.view(channels, side, rows, side, columns).permute(2, 4, 0, 1, 3)
    else:
        cells = x.view(channels, height // side, side, width // side, side).permute(1, 3, 0, 2, 4)
    return cells.reshape(-1, channels, side * side)


def picture(cells: Tensor, side: int, across: bool, height: int, width: int) -> Tensor:
    """The way back."""
    channels = cells.shape[1]
    cells = cells.view(height // side, width // side, channels, side, side)
    order = (2, 3, 0, 4, 1) if across else (2, 0, 3, 1, 4)
    return cells.permute(order).reshape(channels, height, width)


class PixelAttention(nn.Module):
    def __init__(self, features: int, side: int, across: bool):
        super().__init__()
        self.side, self.across = side, across
        self.norm, self.fn = nn.LayerNorm(features), nn.Module()
        self.fn.to_qkv = nn.Linear(features, 3 * features, bias=False)
        self.fn.to_out = nn.Sequential(nn.Linear(features, features, bias=False))
        self.fn.rel_pos_bias = nn.Embedding((2 * side - 1) ** 2, 4)
        places = torch.cartesian_prod(torch.arange(side), torch.arange(side))
        apart = places[:, None] - places[None] + side - 1
        self.index = apart[..., 0] * (2 * side - 1) + apart[..., 1]

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        cells = regions(x[0], self.side, self.across).mT
        query, key, value = (part.unflatten(-1, (4, -1)).transpose(1, 2) for part in self.fn.to_qkv(self.norm(cells)).chunk(3, -1))
        scores = query @ key.mT * query.shape[-1] ** -0.5 + self.fn.rel_pos_bias(self.index).permute(2, 0, 1)
        cells = cells + self.fn.to_out((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))
        return picture(cells.mT, self.side, self.across, height, width)[None]


class RegionAttention(nn.Module):
    """Across windows, a region here is what has the same place in all windows; its pixels are the windows."""

    def __init__(self, features: int, side: int, across: bool):
        super().__init__()
        self.side, self.across = side, across
        self.norm, self.fn = ChannelNorm(features, 1e-6), nn.Module()
        self.fn.temperature = nn.Parameter(torch.rand(4, 1, 1) + 0.5)
        self.fn.qkv = conv(features, 3 * features, 1, bias=False)
        self.fn.qkv_dwconv = conv(3 * features, 3 * features, groups=3 * features, bias=False)
        self.fn.project_out = conv(features, features, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        query, key, value = self.fn.qkv_dwconv(self.fn.qkv(self.norm(x)))[0].chunk(3)
        # Windows of the picture; across them, the axes of windows and places change roles.
        query, key, value = (regions(part, self.side, False) for part in (query, key, value))
        if self.across:
            query, key, value = (part.permute(2, 1, 0) for part in (query, key, value))
        query, key, value = (part.unflatten(1, (4, -1)) for part in (query, key, value))
        scores = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT * self.fn.temperature
        cells = (scores.softmax(-1) @ value).flatten(1, 2)
        if self.across:
            cells = cells.permute(2, 1, 0)
        return x + self.fn.project_out(picture(cells, self.side, False, height, width)[None])


class Gate(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.norm, self.fn = ChannelNorm(features, 1e-6), nn.Module()
        self.fn.project_in = conv(features, 2 * features, 1, bias=False)
        self.fn.dwconv = conv(2 * features, 2 * features, groups=2 * features, bias=False)
        self.fn.project_out = conv(features, features, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, weighed = self.fn.dwconv(self.fn.project_in(self.norm(x))).chunk(2, 1)
        return x + self.fn.project_out(F.gelu(gate) * weighed)


class Squeeze(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        narrow = features // 4
        down, up = nn.Linear(features, narrow, bias=False), nn.Linear(narrow, features, bias=False)
        self.gate = nn.Sequential(nn.Identity(), down, nn.SiLU(), up, nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x.mean((2, 3)))[..., None, None]


class Mobile(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        depthwise = conv(features, features, groups=features)
        self.fn = nn.Sequential(
            conv(features, features, 1), nn.GELU(), depthwise, nn.GELU(), Squeeze(features), conv(features, features, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fn(x)


class OmniBlock(nn.Module):
    def __init__(self, features: int, side: int):
        super().__init__()
        parts: dict[str, nn.Module] = {"0": Mobile(features)}
        for first, across in ((2, False), (8, True)):
            parts[f"{first}"] = PixelAttention(features, side, across)
            parts[f"{first + 2}"] = Gate(features)
            parts[f"{first + 3}"] = RegionAttention(features, side, across)
            parts[f"{first + 4}"] = Gate(features)
        self.layer = nn.ModuleDict(parts)

    def forward(self, x: Tensor) -> Tensor:
        for part in self.layer.values():
            x = part(x)
        return x


class OmniGroup(nn.Module):
    def __init__(self, features: int, blocks: int, side: int):
        super().__init__()
        self.residual_layer = nn.Sequential(*(OmniBlock(features, side) for _ in range(blocks)), conv(features, features, 1))
        self.esa = Esa(features, max(features // 4, 16))

    def forward(self, x: Tensor) -> Tensor:
        return self.esa(self.residual_layer(x) + x)


class OmniSr(nn.Module):
    def __init__(self, features: int, groups: int, blocks: int, scale: int, side: int = 8):
        super().__init__()
        self.side, self.scale = side, scale
        self.residual_layer = nn.Sequential(*(OmniGroup(features, blocks, side) for _ in range(groups)))
        self.input, self.output = conv(3, features), conv(features, features)
        self.up = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        shallow = self.input(F.pad(image, (0, -width % self.side, 0, -height % self.side)))
        x = self.up(self.output(self.residual_layer(shallow)) + shallow)
        return x[..., : height * self.scale, : width * self.scale]

"""DAT, the dual aggregation transformer."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv
from swinir import swin_convolutions


class PositionNetwork(nn.Module):
    def __init__(self, features: int, heads: int):
        super().__init__()
        self.pos_proj = nn.Linear(2, features)
        for name, outputs in (("pos1", features), ("pos2", features), ("pos3", heads)):
            self.add_module(name, nn.Sequential(nn.LayerNorm(features), nn.ReLU(), nn.Linear(features, outputs)))

    def forward(self, differences: Tensor) -> Tensor:
        return self.pos3(self.pos2(self.pos1(self.pos_proj(differences))))


class RectangleAttention(nn.Module):
    def __init__(self, features: int, heads: int, rows: int, columns: int):
        super().__init__()
        self.rows, self.columns, self.heads = rows, columns, heads
        self.pos = PositionNetwork(features // 4, heads)
        down, across = torch.arange(1 - rows, rows), torch.arange(1 - columns, columns)
        self.register_buffer("rpe_biases", torch.stack(torch.meshgrid(down, across, indexing="ij")).flatten(1).T.float().contiguous())
        places = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None, :]
        self.register_buffer("relative_position_index", (apart[0] + rows - 1) * (2 * columns - 1) + apart[1] + columns - 1)

    def windows(self, x: Tensor) -> Tensor:
        height, width, features = x.shape
        x = x.view(height // self.rows, self.rows, width // self.columns, self.columns, features).transpose(1, 2)
        return x.reshape(-1, self.rows * self.columns, features)

    def forward(self, parts: list[Tensor], shifted: bool) -> Tensor:
        """Query, key and value, each (H, W, C)."""
        height, width, features = parts[0].shape
        down, across = (self.rows // 2, self.columns // 2) if shifted else (0, 0)
        parts = [self.windows(part.roll((-down, -across), (0, 1))) for part in parts]
        query, key, value = (part.view(*part.shape[:2], self.heads, -1).transpose(1, 2) for part in parts)
        scores = query @ key.mT / math.sqrt(features // self.heads)
        scores = scores + self.pos(self.rpe_biases)[self.relative_position_index].permute(2, 0, 1)
        if shifted:
            # Pixels that were together before the picture was rolled have the same number.
            rows = (torch.arange(height) >= height - down).float() + (torch.arange(height) >= height - self.rows)
            columns = (torch.arange(width) >= width - across).float() + (torch.arange(width) >= width - self.columns)
            part = self.windows((3 * rows[:, None] + columns)[..., None])
            scores = scores + torch.where(part == part.mT, 0.0, -100.0)[:, None]
        seen = (scores.softmax(-1) @ value).transpose(1, 2).reshape(height // self.rows, width // self.columns, self.rows, self.columns, -1)
        return seen.transpose(1, 2).reshape(height, width, features).roll((down, across), (0, 1))


class DualAttention(nn.Module):
    def __init__(self, features: int, heads: int, windows: tuple[int, int] | None, shifted: bool):
        super().__init__()
        self.shifted, self.heads = shifted, heads
        self.qkv, self.proj = nn.Linear(features, 3 * features), nn.Linear(features, features)
        if windows is None:
            self.temperature = nn.Parameter(torch.rand(heads, 1, 1) + 0.5)
        else:
            rows, columns = windows
            half = features // 2
            self.attns = nn.ModuleList([RectangleAttention(half, heads // 2, *each) for each in ((rows, columns), (columns, rows))])
            if shifted:
                self.register_buffer("attn_mask_0", torch.zeros(1))
                self.register_buffer("attn_mask_1", torch.zeros(1))
        self.windows = windows
        self.dwconv = nn.Sequential(conv(features, features, groups=features), nn.BatchNorm2d(features), nn.GELU())
        narrow, narrower = features // 8, features // 16
        self.channel_interaction = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), conv(features, narrow, 1), nn.BatchNorm2d(narrow), nn.GELU(), conv(narrow, features, 1)
        )
        self.spatial_interaction = nn.Sequential(
            conv(features, narrower, 1), nn.BatchNorm2d(narrower), nn.GELU(), conv(narrower, 1, 1)
        )

    def within_windows(self, qkv: Tensor) -> Tensor:
        _, height, width, features = qkv.shape
        multiple = max(self.windows)
        padded = F.pad(qkv, (0, 0, 0, -width % multiple, 0, -height % multiple))[0]
        parts = padded.split(features // 6, -1)
        seen = [attention([parts[index], parts[2 + index], parts[4 + index]], self.shifted) for index, attention in enumerate(self.attns)]
        return torch.cat(seen, -1)[None, :height, :width].permute(0, 3, 1, 2)

    def across_channels(self, qkv: Tensor) -> Tensor:
        _, height, width, _ = qkv.shape
        query, key, value = (part.reshape(height * width, self.heads, -1).permute(1, 2, 0) for part in qkv[0].chunk(3, -1))
        scores = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT * self.temperature
        return (scores.softmax(-1) @ value).reshape(1, -1, height, width)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x)
        convolved = self.dwconv(qkv.chunk(3, -1)[2].permute(0, 3, 1, 2))
        if self.windows is None:
            attended = self.across_channels(qkv)
            per_pixel, per_channel = self.spatial_interaction(convolved).sigmoid(), self.channel_interaction(attended).sigmoid()
            result = attended * per_pixel + convolved * per_channel
        else:
            attended = self.within_windows(qkv)
            per_pixel, per_channel = self.spatial_interaction(attended).sigmoid(), self.channel_interaction(convolved).sigmoid()
            result = attended * per_channel + convolved * per_pixel
        return self.proj(result.permute(0, 2, 3, 1))


class Gated(nn.Module):
    def __init__(self, features: int, hidden: int):
        super().__init__()
        half = hidden // 2
        self.fc1, self.fc2, self.sg = nn.Linear(features, hidden), nn.Linear(half, features), nn.Module()
        self.sg.norm, self.sg.conv = nn.LayerNorm(half), conv(half, half, groups=half)

    def forward(self, x: Tensor) -> Tensor:
        weighed, gate = F.gelu(self.fc1(x)).chunk(2, -1)
        gate = self.sg.conv(self.sg.norm(gate).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return self.fc2(weighed * gate)


class DatBlock(nn.Module):
    def __init__(self, features: int, heads: int, windows: tuple[int, int], ratio: int, group: int, index: int):
        super().__init__()
        shifted = index % 4 == (2 if group % 2 == 0 else 0)
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attn = DualAttention(features, heads, windows if index % 2 == 0 else None, shifted and index % 2 == 0)
        self.ffn = Gated(features, ratio * features)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.ffn(self.norm2(x))


class Dat(nn.Module):
    def __init__(self, features, depths, heads, windows, scale, ratio=2, direct=False, three=False):
        super().__init__()
        self.direct = direct
        self.conv_first = conv(3, features)
        self.before_RG = nn.Sequential(nn.Identity(), nn.LayerNorm(features))
        self.layers = nn.ModuleList()
        for group, depth in enumerate(depths):
            layer = nn.Module()
            layer.blocks = nn.Sequential(*(DatBlock(features, heads, windows, ratio, group, index) for index in range(depth)))
            layer.conv = swin_convolutions(features, three)
            self.layers.append(layer)
        self.norm = nn.LayerNorm(features)
        self.conv_after_body = swin_convolutions(features, three)
        if direct:
            self.upsample = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))
        else:
            steps = [3] if scale == 3 else [2] * int(math.log2(scale))
            self.conv_before_upsample = nn.Sequential(conv(features, 64), nn.LeakyReLU(0.01))
            self.upsample = nn.Sequential(*(part for step in steps for part in (conv(64, 64 * step**2), nn.PixelShuffle(step))))
            self.conv_last = conv(64, 3)

    def forward(self, image: Tensor) -> Tensor:
        mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
        shallow = self.conv_first(image - mean)
        x = self.before_RG(shallow.permute(0, 2, 3, 1))
        for layer in self.layers:
            x = layer.conv(layer.blocks(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + x
        x = self.conv_after_body(self.norm(x).permute(0, 3, 1, 2)) + shallow
        x = self.upsample(x) if self.direct else self.conv_last(self.upsample(self.conv_before_upsample(x)))
        return x + mean

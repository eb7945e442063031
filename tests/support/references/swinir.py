"""SwinIR."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv, nearest


class Mlp(nn.Module):
    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(features, hidden), nn.Linear(hidden, features)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class WindowAttention(nn.Module):
    def __init__(self, features: int, side: int, heads: int):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.randn((2 * side - 1) ** 2, heads))
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        apart = (places[:, :, None] - places[:, None, :]) + side - 1
        self.register_buffer("relative_position_index", apart[0] * (2 * side - 1) + apart[1])
        self.qkv, self.proj = nn.Linear(features, 3 * features), nn.Linear(features, features)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        windows, area, features = x.shape
        query, key, value = self.qkv(x).view(windows, area, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.mT / math.sqrt(features // self.heads)
        scores = scores + self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)
        if mask is not None:
            scores = scores + mask[:, None]
        return self.proj((scores.softmax(-1) @ value).transpose(1, 2).reshape(windows, area, features))


class SwinBlock(nn.Module):
    def __init__(self, features: int, side: int, heads: int, hidden: int, shift: int, trained_size: int):
        super().__init__()
        self.side, self.shift = side, shift
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attn, self.mlp = WindowAttention(features, side, heads), Mlp(features, hidden)
        if shift:
            self.register_buffer("attn_mask", self.mask(trained_size, trained_size))

    def windows(self, x: Tensor) -> Tensor:
        _, height, width, features = x.shape
        x = x.view(height // self.side, self.side, width // self.side, self.side, features).transpose(1, 2)
        return x.reshape(-1, self.side**2, features)

    def mask(self, height: int, width: int) -> Tensor:
        """Pixels may see each other if they came from the same part of the picture before it was rolled."""
        part = torch.zeros(1, height, width, 1)
        bands = [slice(0, -self.side), slice(-self.side, -self.shift), slice(-self.shift, None)]
        for row, rows in enumerate(bands):
            for column, columns in enumerate(bands):
                part[:, rows, columns] = 3 * row + column
        part = self.windows(part)
        return torch.where(part == part.mT, 0.0, -100.0)

    def attended(self, x: Tensor) -> Tensor:
        _, height, width, features = x.shape
        rolled = x.roll((-self.shift, -self.shift), (1, 2))
        seen = self.attn(self.windows(rolled), self.mask(height, width) if self.shift else None)
        seen = seen.view(height // self.side, width // self.side, self.side, self.side, features).transpose(1, 2)
        return seen.reshape(1, height, width, features).roll((self.shift, self.shift), (1, 2))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attended(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class SwinGroup(nn.Module):
    def __init__(self, convolutions: nn.Module, depth: int, features: int, side: int, *more):
        super().__init__()
        self.residual_group = nn.Module()
        self.residual_group.blocks = nn.ModuleList(
            SwinBlock(features, side, *more, shift=side // 2 if index % 2 else 0, trained_size=4 * side) for index in range(depth)
        )
        self.conv = convolutions

    def forward(self, x: Tensor) -> Tensor:
        before = x
        for block in self.residual_group.blocks:
            x = block(x)
        return self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + before


def swin_convolutions(features: int, three: bool) -> nn.Module:
    if not three:
        return conv(features, features)
    narrow = features // 4
    slope = nn.LeakyReLU(0.2)
    return nn.Sequential(conv(features, narrow), slope, conv(narrow, narrow, 1), slope, conv(narrow, features))


class SwinIR(nn.Module):
    def __init__(self, features, depths, heads, upsampler, scale, three=False, side=8, ratio=2, white=1.0, fold=1):
        super().__init__()
        self.upsampler, self.scale, self.side, self.white, self.fold = upsampler, scale, side, white, fold
        self.conv_first = conv(3, features) if fold == 1 else nn.Sequential(nn.PixelUnshuffle(fold), conv(3 * fold**2, features))
        self.patch_embed = nn.Module()
        self.patch_embed.norm = nn.LayerNorm(features)
        hidden = int(features * ratio)
        self.layers = nn.ModuleList(
            SwinGroup(swin_convolutions(features, three), depth, features, side, heads, hidden) for depth in depths
        )
        self.norm = nn.LayerNorm(features)
        self.conv_after_body = swin_convolutions(features, three)
        if upsampler in ("pixelshuffle", "nearest+conv"):
            self.conv_before_upsample = nn.Sequential(conv(features, 64), nn.LeakyReLU(0.01))
            self.conv_last = conv(64, 3)
        if upsampler == "pixelshuffle":
            steps = [3] if scale == 3 else [2] * int(math.log2(scale))
            self.upsample = nn.Sequential(*(part for step in steps for part in (conv(64, 64 * step**2), nn.PixelShuffle(step))))
        elif upsampler == "pixelshuffledirect":
            self.upsample = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))
        elif upsampler == "nearest+conv":
            for index in range(1, int(math.log2(scale)) + 1):
                self.add_module(f"conv_up{index}", conv(64, 64))
            self.conv_hr = conv(64, 64)
        else:
            self.conv_last = conv(features, 3)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
        multiple = self.side * self.fold
        source = F.pad(image, (0, -width % multiple, 0, -height % multiple), mode="reflect")
        source = (source - mean) * self.white
        shallow = self.conv_first(source)
        x = self.patch_embed.norm(shallow.permute(0, 2, 3, 1))
        for layer in self.layers:
            x = layer(x)
        x = self.conv_after_body(self.norm(x).permute(0, 3, 1, 2)) + shallow
        if self.upsampler == "pixelshuffle":
            x = self.conv_last(self.upsample(self.conv_before_upsample(x)))
        elif self.upsampler == "pixelshuffledirect":
            x = self.upsample(x)
        elif self.upsampler == "nearest+conv":
            x = self.conv_before_upsample(x)
            for index in range(1, int(math.log2(self.scale)) + 1):
                x = F.leaky_relu(self.get_submodule(f"conv_up{index}")(nearest(x, 2)), 0.2)
            x = self.conv_last(F.leaky_relu(self.conv_hr(x), 0.2))
        else:
            x = source + self.conv_last(x)
        scale = self.scale // self.fold
        return (x / self.white + mean)[..., : height * scale, : width * scale]

"""GFPGAN in its clean form, as it is published since 1.3: parameters are named as there."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv


def halved(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)


def doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class ResBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, resize):
        super().__init__()
        self.conv1, self.conv2 = conv(inputs, inputs), conv(inputs, outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.resize = resize

    def forward(self, x: Tensor) -> Tensor:
        return leaky(self.conv2(self.resize(leaky(self.conv1(x))))) + self.skip(self.resize(x))


class ModulatedConv(nn.Module):
    def __init__(self, inputs: int, outputs: int, size: int, style: int, demodulate: bool):
        super().__init__()
        self.modulation = nn.Linear(style, inputs)
        self.modulation.bias.data.fill_(1)
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, size, size) / (inputs * size**2) ** 0.5)
        self.demodulate = demodulate

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        weight = self.weight * self.modulation(style)[:, None, :, None, None]
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.pow(2).sum([2, 3, 4], keepdim=True) + 1e-8)
        return F.conv2d(x, weight[0], padding=weight.shape[-1] // 2)


class StyleConv(nn.Module):
    def __init__(self, inputs: int, outputs: int, style: int):
        super().__init__()
        self.modulated_conv = ModulatedConv(inputs, outputs, 3, style, demodulate=True)
        self.weight = nn.Parameter(torch.full((1,), 0.3))
        self.bias = nn.Parameter(0.1 * torch.randn(1, outputs, 1, 1))

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        return leaky(self.modulated_conv(x, style) * 2**0.5 + self.weight * noise + self.bias)


class ToRgb(nn.Module):
    def __init__(self, inputs: int, style: int):
        super().__init__()
        self.modulated_conv = ModulatedConv(inputs, 3, 1, style, demodulate=False)
        self.bias = nn.Parameter(0.1 * torch.randn(1, 3, 1, 1))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return self.modulated_conv(x, style) + self.bias


class ConstantInput(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, channels, 4, 4))


class Decoder(nn.Module):
    def __init__(self, levels: int, widths: list[int], style: int):
        super().__init__()
        layers = [part for _ in range(8) for part in (nn.Linear(style, style), nn.LeakyReLU(0.2))]
        self.style_mlp = nn.Sequential(nn.Identity(), *layers)
        self.constant_input = ConstantInput(widths[0])
        self.style_conv1, self.to_rgb1 = StyleConv(widths[0], widths[0], style), ToRgb(widths[0], style)
        self.style_convs, self.to_rgbs, self.noises = nn.ModuleList(), nn.ModuleList(), nn.Module()
        for layer in range(2 * levels + 1):
            side = 2 ** ((layer + 5) // 2)
            self.noises.register_buffer(f"noise{layer}", torch.randn(1, 1, side, side))
        for inputs, outputs in zip(widths, widths[1:]):
            self.style_convs += [StyleConv(inputs, outputs, style), StyleConv(outputs, outputs, style)]
            self.to_rgbs.append(ToRgb(outputs, style))

    def forward(self, styles: Tensor, conditions: list[tuple[Tensor, Tensor]]) -> Tensor:
        noise = [getattr(self.noises, f"noise{layer}") for layer in range(2 * len(conditions) + 1)]
        x = self.style_conv1(self.constant_input.weight, styles[:, 0], noise[0])
        picture = self.to_rgb1(x, styles[:, 1])
        for level, (scale, shift) in enumerate(conditions):
            first = 2 * level + 1
            x = self.style_convs[2 * level](doubled(x), styles[:, first], noise[first])
            same = x.shape[1] - scale.shape[1]
            x = torch.cat([x[:, :same], x[:, same:] * scale + shift], 1)
            x = self.style_convs[2 * level + 1](x, styles[:, first + 1], noise[first + 1])
            picture = self.to_rgbs[level](x, styles[:, first + 2]) + doubled(picture)
        return picture


class Gfpgan(nn.Module):
    """`half`: only half of the generator's features are changed by what the U-Net sees."""

    def __init__(self, side: int, style: int, narrow: float, half: bool):
        super().__init__()
        levels = side.bit_length() - 3
        widths = [max(2, 2 * int(width * narrow / 2)) for width in [512, 512, 512, 512, 512, 256, 128, 64][: levels + 1]]
        inner = [width // 2 for width in widths]
        self.style = style
        self.conv_body_first = conv(3, inner[-1], 1)
        self.conv_body_down = nn.ModuleList(ResBlock(inner[level], inner[level - 1], halved) for level in range(levels, 0, -1))
        self.final_conv = conv(inner[0], inner[0])
        self.conv_body_up = nn.ModuleList(ResBlock(inner[level], inner[level + 1], doubled) for level in range(levels))
        self.toRGB = nn.ModuleList(conv(width, 3, 1) for width in inner[1:])
        self.final_linear = nn.Linear(inner[0] * 16, (2 * levels + 2) * style)
        self.stylegan_decoder = Decoder(levels, widths, style)
        changed = [width if half else 2 * width for width in inner[1:]]
        conditions = [
            nn.ModuleList(nn.Sequential(conv(width, width), nn.LeakyReLU(0.2), conv(width, count)) for width, count in zip(inner[1:], changed))
            for _ in range(2)
        ]
        self.condition_scale, self.condition_shift = conditions

    def forward(self, x: Tensor) -> Tensor:
        x, skips = leaky(self.conv_body_first(x)), []
        for down in self.conv_body_down:
            x = down(x)
            skips.insert(0, x)
        x = leaky(self.final_conv(x))
        styles = self.final_linear(x.flatten(1)).view(len(x), -1, self.style)
        conditions = []
        for level, up in enumerate(self.conv_body_up):
            x = up(x + skips[level])
            conditions.append((self.condition_scale[level](x), self.condition_shift[level](x)))
        return self.stylegan_decoder(styles, conditions)

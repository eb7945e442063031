"""Networks of the challenges for efficiency: SPAN, RLFN, SAFMN and what became of them."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv


class Conv3XC(nn.Module):
    """While training: three convolutions beside one. Fused: `eval_conv`, which training files have too, out of date."""

    def __init__(self, inputs: int, outputs: int, fused: bool):
        super().__init__()
        self.fused = fused
        if not fused:
            self.sk = conv(inputs, outputs, 1)
            wide = nn.Conv2d(2 * inputs, 2 * outputs, 3)
            self.conv = nn.Sequential(conv(inputs, 2 * inputs, 1), wide, conv(2 * outputs, outputs, 1))
        self.eval_conv = conv(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.eval_conv(x) if self.fused else self.conv(F.pad(x, (1, 1, 1, 1))) + self.sk(x)


class SpanBlock(nn.Module):
    def __init__(self, inputs: int, features: int, fused: bool):
        super().__init__()
        self.c1_r, self.c2_r = Conv3XC(inputs, features, fused), Conv3XC(features, features, fused)
        self.c3_r = Conv3XC(features, features, fused)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        # The authors' activation works in place, so what leaves the block here has been through it.
        inner = F.silu(self.c1_r(x))
        last = self.c3_r(F.silu(self.c2_r(inner)))
        return (last + x) * (last.sigmoid() - 0.5) if last.shape == x.shape else last, inner


class Span(nn.Module):
    def __init__(self, features: int, scale: int, fused: bool, bare: bool = False):
        super().__init__()
        self.scale, self.bare = scale, bare
        if bare:
            self.register_buffer("no_norm", torch.zeros(1))
        self.conv_1 = Conv3XC(3, features, fused)
        for index in range(1, 7):
            self.add_module(f"block_{index}", SpanBlock(features, features, fused))
        self.conv_cat = conv(4 * features, features, 1)
        self.conv_2 = Conv3XC(features, features, fused)
        self.upsampler = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, image: Tensor) -> Tensor:
        mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
        shallow = self.conv_1(image if self.bare else (image - mean) * 255)
        x, results, inner = shallow, [], shallow
        for index in range(1, 7):
            x, inner = self.get_submodule(f"block_{index}")(x)
            results.append(x)
        return self.upsampler(self.conv_cat(torch.cat([shallow, self.conv_2(x), results[0], inner], 1)))


class SpanF(nn.Module):
    def __init__(self, features: int, scale: int):
        super().__init__()
        self.scale = scale
        self.conv_near = conv(3, 3 * scale**2, groups=3, bias=False)
        for index in range(1, 6):
            self.add_module(f"block_{index}", SpanBlock(3 if index == 1 else features, features, fused=True))
        self.conv_cat = conv(2 * features + 3 * scale**2, features, 1)
        self.conv_2 = Conv3XC(features, 3 * scale**2, fused=True)

    def forward(self, image: Tensor) -> Tensor:
        x, first = image, None
        for index in range(1, 6):
            x, _ = self.get_submodule(f"block_{index}")(x)
            first = x if first is None else first
        return F.pixel_shuffle(self.conv_2(self.conv_cat(torch.cat([self.conv_near(image), x, first], 1))), self.scale)


class Esa(nn.Module):
    def __init__(self, features: int, narrow: int):
        super().__init__()
        self.conv1, self.conv_f = conv(features, narrow, 1), conv(narrow, narrow, 1)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, stride=2)
        self.conv3, self.conv4 = conv(narrow, narrow), conv(narrow, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        reduced = self.conv1(x)
        coarse = self.conv3(F.max_pool2d(self.conv2(reduced), 7, 3))
        fine = F.interpolate(coarse, x.shape[2:], mode="bilinear", align_corners=False)
        return x * self.conv4(fine + self.conv_f(reduced)).sigmoid()


class RlfnBlock(nn.Module):
    def __init__(self, features: int, middle: int):
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = conv(features, middle), conv(middle, middle), conv(middle, features)
        self.c5, self.esa = conv(features, features, 1), Esa(features, 16)

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        for part in (self.c1_r, self.c2_r, self.c3_r):
            inner = F.leaky_relu(part(inner), 0.05)
        return self.esa(self.c5(inner + x))


class Rlfn(nn.Module):
    def __init__(self, features: int, middle: int, blocks: int, scale: int):
        super().__init__()
        self.blocks = blocks
        self.conv_1, self.conv_2 = conv(3, features), conv(features, features)
        for index in range(1, blocks + 1):
            self.add_module(f"block_{index}", RlfnBlock(features, middle))
        self.upsampler = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, image: Tensor) -> Tensor:
        shallow = self.conv_1(image * 255)
        x = shallow
        for index in range(1, self.blocks + 1):
            x = self.get_submodule(f"block_{index}")(x)
        return self.upsampler(self.conv_2(x) + shallow) / 255


class ChannelNorm(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Safm(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        part = features // 4
        self.mfr = nn.ModuleList(conv(part, part, groups=part) for _ in range(4))
        self.aggr = conv(features, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        seen = []
        for level, part in enumerate(x.chunk(4, 1)):
            if level > 0:
                part = F.adaptive_max_pool2d(part, (height // 2**level, width // 2**level))
            seen.append(F.interpolate(self.mfr[level](part), (height, width), mode="nearest"))
        return F.gelu(self.aggr(torch.cat(seen, 1))) * x


class SafmnBlock(nn.Module):
    def __init__(self, features: int, ratio: float):
        super().__init__()
        self.norm1, self.norm2, self.safm = ChannelNorm(features, 1e-6), ChannelNorm(features, 1e-6), Safm(features)
        hidden = int(features * ratio)
        self.ccm = nn.Module()
        self.ccm.ccm = nn.Sequential(conv(features, hidden), nn.GELU(), conv(hidden, features, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.safm(self.norm1(x)) + x
        return self.ccm.ccm(self.norm2(x)) + x


class Safmn(nn.Module):
    def __init__(self, features: int, blocks: int, scale: int):
        super().__init__()
        self.to_feat = conv(3, features)
        self.feats = nn.Sequential(*(SafmnBlock(features, 2.0) for _ in range(blocks)))
        self.to_img = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, image: Tensor) -> Tensor:
        shallow = self.to_feat(image)
        return self.to_img(self.feats(shallow) + shallow)


class SimpleSafm(nn.Module):
    def __init__(self, features: int, part: int):
        super().__init__()
        self.part = part
        self.proj = conv(features, features, bias=False)
        self.dwconv = conv(part, part, groups=part, bias=False)
        self.out = conv(features, features, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        x = self.proj(x)
        weighed, kept = x[:, : self.part], x[:, self.part :]
        small = self.dwconv(F.adaptive_max_pool2d(weighed, (height // 8, width // 8)))
        weighed = F.gelu(F.interpolate(small, (height, width), mode="bilinear")) * weighed
        return self.out(F.gelu(torch.cat([kept, weighed], 1)))


class SafmnPlusPlus(nn.Module):
    def __init__(self, features: int, blocks: int, scale: int, light: bool, ratio: float = 1.5):
        super().__init__()
        self.scale, self.light = scale, light
        hidden = int(features * ratio)
        self.to_feat = conv(3, features, bias=False)
        self.feats = nn.ModuleList()
        for _ in range(blocks):
            block, mixer = nn.Module(), nn.Module()
            first, second = conv(features, hidden, bias=False), conv(hidden, features, 1, bias=False)
            if light:
                mixer.conv = nn.Sequential(first, nn.GELU(), second)
            else:
                mixer.conv1, mixer.conv2 = first, second
            block.conv1, block.conv2 = SimpleSafm(features, features // (2 if light else 3)), mixer
            self.feats.append(block)
        self.to_img = nn.Sequential(conv(features, 3 * scale**2, bias=False), nn.PixelShuffle(scale))

    def forward(self, image: Tensor) -> Tensor:
        shallow = self.to_feat(image)
        x = shallow
        for block in self.feats:
            mixed = block.conv1(x)
            if self.light:
                x = block.conv2.conv(mixed)
            else:
                x = block.conv2.conv2(F.gelu(block.conv2.conv1(mixed))) + x
        if self.light:
            return self.to_img(x + shallow)
        return self.to_img(x) + F.interpolate(image, scale_factor=self.scale, mode="bilinear", align_corners=False)

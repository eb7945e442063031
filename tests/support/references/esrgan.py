"""SRVGGNetCompact and RRDBNet, the networks of ESRGAN, BSRGAN and Real-ESRGAN, and the names that RRDBNet had before."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv, nearest


class Compact(nn.Module):
    def __init__(self, features: int, layers: int, scale: int):
        super().__init__()
        self.scale = scale
        parts: list[nn.Module] = [conv(3, features), nn.PReLU(features)]
        for _ in range(layers):
            parts += [conv(features, features), nn.PReLU(features)]
        self.body = nn.ModuleList([*parts, conv(features, 3 * scale**2)])

    def forward(self, image: Tensor) -> Tensor:
        x = image
        for part in self.body:
            x = part(x)
        return F.pixel_shuffle(x, self.scale) + nearest(image, self.scale)


class DenseBlock(nn.Module):
    def __init__(self, features: int, growth: int, plus: bool):
        super().__init__()
        if plus:
            self.conv1x1 = conv(features, growth, 1, bias=False)
        for index in range(1, 6):
            self.add_module(f"conv{index}", conv(features + (index - 1) * growth, features if index == 5 else growth))

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for index in range(1, 5):
            seen.append(F.leaky_relu(self.get_submodule(f"conv{index}")(torch.cat(seen, 1)), 0.2))
            if hasattr(self, "conv1x1") and index % 2 == 0:
                seen[-1] = seen[-1] + (self.conv1x1(x) if index == 2 else seen[2])
        return x + 0.2 * self.conv5(torch.cat(seen, 1))


class Residual(nn.Module):
    def __init__(self, features: int, growth: int, plus: bool):
        super().__init__()
        for index in range(1, 4):
            self.add_module(f"rdb{index}", DenseBlock(features, growth, plus))

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    """`ups` doublings after folding the source `fold` x `fold` into planes."""

    def __init__(self, features: int, growth: int, blocks: int, ups: int = 2, fold: int = 1, planes: tuple[int, int] = (3, 3), plus=False):
        super().__init__()
        self.ups, self.fold = ups, fold
        self.conv_first = conv(planes[0] * fold**2, features)
        self.body = nn.ModuleList(Residual(features, growth, plus) for _ in range(blocks))
        self.conv_body = conv(features, features)
        for index in range(1, ups + 1):
            self.add_module(f"conv_up{index}", conv(features, features))
        self.conv_hr = conv(features, features)
        self.conv_last = conv(features, planes[1])

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        x = F.pad(image, (0, -width % self.fold, 0, -height % self.fold), mode="reflect")
        shallow = self.conv_first(F.pixel_unshuffle(x, self.fold))
        x = shallow
        for block in self.body:
            x = block(x)
        x = self.conv_body(x) + shallow
        for index in range(1, self.ups + 1):
            x = F.leaky_relu(self.get_submodule(f"conv_up{index}")(nearest(x, 2)), 0.2)
        x = self.conv_last(F.leaky_relu(self.conv_hr(x), 0.2))
        scale = 2**self.ups // self.fold
        return x[..., : height * scale, : width * scale]


def bsrgan_names(name: str) -> str:
    """The names of BSRGAN and RealSR for those of Real-ESRGAN."""
    for new, old in {"body.": "RRDB_trunk.", "rdb": "RDB", "conv_body": "trunk_conv", "conv_up": "upconv", "conv_hr": "HRconv"}.items():
        name = old + name[len(new) :] if name.startswith(new) else name.replace(f".{new}", f".{old}")
    return name


def esrgan_names(name: str, blocks: int, ups: int) -> str:
    """The names of the first ESRGAN: places in one sequence."""
    layer, kind = name.rsplit(".", 1)
    end = 2 + 3 * ups
    places = {"conv_first": "model.0", "conv_body": f"model.1.sub.{blocks}", "conv_hr": f"model.{end}", "conv_last": f"model.{end + 2}"}
    places |= {f"conv_up{index}": f"model.{3 * index}" for index in range(1, ups + 1)}
    if layer in places:
        return f"{places[layer]}.{kind}"
    _, block, dense, convolution = layer.split(".")
    place = convolution if convolution == "conv1x1" else f"{convolution}.0"
    return f"model.1.sub.{block}.{dense.upper()}.{place}.{kind}"

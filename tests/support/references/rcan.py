"""RCAN, and Real-CUGAN, whose channels are weighed in the same way."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv, nearest


class Weighing(nn.Module):
    def __init__(self, features: int, narrow: int):
        super().__init__()
        self.conv_du = nn.Sequential(conv(features, narrow, 1), nn.ReLU(), conv(narrow, features, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.conv_du(x.mean((2, 3), keepdim=True))


class Added(nn.Module):
    """What its parts make of the input, and the input."""

    def __init__(self, *parts: nn.Module):
        super().__init__()
        self.body = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def mean_shift(sign: float) -> nn.Conv2d:
    shift = conv(3, 3, 1)
    shift.weight.data = torch.eye(3)[..., None, None]
    shift.bias.data = sign * 255 * torch.tensor([0.4488, 0.4371, 0.4040])
    return shift


class Rcan(nn.Module):
    def __init__(self, features: int, groups: int, blocks: int, ups: list[int], fold: int = 1, centred: bool = True):
        super().__init__()
        self.fold, self.scale, self.white = fold, math.prod(ups) // fold, 255 if centred else 1
        self.sub_mean, self.add_mean = (mean_shift(-1), mean_shift(1)) if centred else (nn.Identity(), nn.Identity())
        first = conv(3 * fold**2, features)
        self.head = nn.Sequential(nn.PixelUnshuffle(fold), first) if fold > 1 else nn.Sequential(first)

        def block() -> Added:
            return Added(conv(features, features), nn.ReLU(), conv(features, features), Weighing(features, features // 4))

        group = (Added(*(block() for _ in range(blocks)), conv(features, features)) for _ in range(groups))
        self.body = nn.Sequential(*group, conv(features, features))
        steps = (part for up in ups for part in (conv(features, features * up**2), nn.PixelShuffle(up)))
        self.tail = nn.Sequential(nn.Sequential(*steps), conv(features, 3))

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        x = F.pad(image, (0, -width % self.fold, 0, -height % self.fold), mode="reflect")
        x = self.head(self.sub_mean(x * self.white))
        x = self.add_mean(self.tail(x + self.body(x))) / self.white
        return x[..., : height * self.scale, : width * self.scale]


class Squeeze(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.conv1, self.conv2 = conv(features, features // 8, 1), conv(features // 8, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.conv2(self.conv1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


class Pair(nn.Module):
    def __init__(self, inputs: int, middle: int, outputs: int, weighed: bool = True):
        super().__init__()
        slope = nn.LeakyReLU(0.1)
        self.conv = nn.Sequential(nn.Conv2d(inputs, middle, 3), slope, nn.Conv2d(middle, outputs, 3), slope)
        if weighed:
            self.seblock = Squeeze(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.seblock(x) if hasattr(self, "seblock") else x


def active(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)


class FirstNet(nn.Module):
    def __init__(self, inputs: int, outputs: int, scale: int):
        super().__init__()
        self.conv1, self.conv2 = Pair(inputs, 32, 64, weighed=False), Pair(64, 128, 64)
        self.conv1_down, self.conv2_up, self.conv3 = nn.Conv2d(64, 64, 2, 2), nn.ConvTranspose2d(64, 64, 2, 2), nn.Conv2d(64, 64, 3)
        size, padding = (5, 2) if scale == 3 else (4, 3)
        self.conv_bottom = nn.ConvTranspose2d(64, outputs, size, scale, padding)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.conv1(x)
        low = active(self.conv2_up(self.conv2(active(self.conv1_down(wide)))))
        return self.conv_bottom(active(self.conv3(wide[..., 4:-4, 4:-4] + low)))


class SecondNet(nn.Module):
    def __init__(self, planes: int):
        super().__init__()
        self.conv1, self.conv2 = Pair(planes, 32, 64, weighed=False), Pair(64, 64, 128)
        self.conv3, self.conv4 = Pair(128, 256, 128), Pair(128, 64, 64)
        self.conv1_down, self.conv2_down = nn.Conv2d(64, 64, 2, 2), nn.Conv2d(128, 128, 2, 2)
        self.conv3_up, self.conv4_up = nn.ConvTranspose2d(128, 128, 2, 2), nn.ConvTranspose2d(64, 64, 2, 2)
        self.conv5, self.conv_bottom = nn.Conv2d(64, 64, 3), nn.Conv2d(64, planes, 3)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.conv1(x)
        middle = self.conv2(active(self.conv1_down(wide)))
        low = active(self.conv3_up(self.conv3(active(self.conv2_down(middle)))))
        risen = active(self.conv4_up(self.conv4(middle[..., 4:-4, 4:-4] + low)))
        return self.conv_bottom(active(self.conv5(wide[..., 16:-16, 16:-16] + risen)))


class Cugan(nn.Module):
    def __init__(self, scale: int, fast: bool = False, pro: bool = False):
        super().__init__()
        self.scale, self.fast, self.shuffles = scale, fast, scale == 4 or fast
        planes = 64 if self.shuffles else 3
        self.unet1, self.unet2 = FirstNet(12 if fast else 3, planes, 3 if scale == 3 else 2), SecondNet(planes)
        if self.shuffles:
            self.conv_final = nn.Conv2d(64, 12, 3)
        if pro:
            self.register_buffer("pro", torch.zeros(1))

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        pro = hasattr(self, "pro")
        source = image * 0.7 + 0.15 if pro else image
        margin = 38 if self.fast else {2: 18, 3: 14, 4: 19}[self.scale]
        multiple = 4 if self.fast or self.scale == 3 else 2
        x = F.pad(source, (margin, margin + -width % multiple, margin, margin + -height % multiple), "reflect")
        x = self.unet1(F.pixel_unshuffle(x, 2) if self.fast else x)
        x = self.unet2(x) + x[..., 20:-20, 20:-20]
        if self.shuffles:
            x = F.pixel_shuffle(self.conv_final(x)[..., 1:-1, 1:-1], 2)
        x = x[..., : height * self.scale, : width * self.scale]
        if self.shuffles:
            x = x + nearest(source, self.scale)
        return (x - 0.15) / 0.7 if pro else x

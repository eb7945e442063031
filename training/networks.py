"""The enlarging networks and the discriminator they are trained against.

A network is written once, as a `plan` over the operations of `Ops`. Torch runs the plan on tensors; export.py measures
ranges with it and graphs.py builds ONNX from it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

import losses


class Ops:
    """Runs a plan in torch, on (N, C, H, W). A layer is named as its module is; what subclasses add is what they watch.

    Quantising looks at the value of every layer and sum, so both have names.
    """

    def __init__(self, net: nn.Module) -> None:
        self.net = net

    def conv(self, name: str, x: Any, relu: bool = False) -> Any:
        """A convolution and, where wanted, its ReLU."""
        y = self.net.get_submodule(name)(x)
        return functional.relu(y, inplace=True) if relu else y

    def double(self, name: str, x: Any, relu: bool = False) -> Any:
        """A `Doubling`: twice the height and width."""
        return functional.pixel_shuffle(self.conv(name, x, relu), 2)

    def cells(self, name: str, x: Any, factor: int) -> Any:
        """A convolution, its channels (colour, row, column) laid out as cells of factor x factor pixels."""
        return functional.pixel_shuffle(self.conv(name, x), factor)

    def add(self, name: str, x: Any, y: Any) -> Any:
        return x + y


class Doubling(nn.Module):
    """Bilinear enlargement by two and a 3x3 convolution, in one convolution at the smaller size.

    (N, inputs, H, W) -> (N, 4 outputs, H, W), to be shuffled. The four phases are derived from one kernel (`phases`), so an even
    input gives an even output: no phase of the grid can be told from another, and no lattice comes from nothing.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.offset = nn.Parameter(torch.zeros(outputs))
        nn.init.kaiming_normal_(self.kernel, nonlinearity="relu")
        # Row p: what tap k of the fine kernel adds to tap j of the coarse one, at phase p. Fine pixel 2i + p + k - 1.
        spread = torch.zeros(2, 3, 3)
        for phase in (0, 1):
            for tap in range(3):
                centre = (phase + tap - 1.5) / 2
                near = math.floor(centre)
                spread[phase, tap, near + 1] += 1 - (centre - near)
                spread[phase, tap, near + 2] += centre - near
        self.register_buffer("spread", spread, persistent=False)

    @property
    def weight(self) -> Tensor:
        """(4 outputs, inputs, 3, 3), channels in the order (output, row, column)."""
        o, i = self.kernel.shape[:2]
        return torch.einsum("oiab,pac,qbd->opqicd", self.kernel, self.spread, self.spread).reshape(4 * o, i, 3, 3)

    @property
    def bias(self) -> Tensor:
        return self.offset.repeat_interleave(4)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight, self.bias, padding=1)


class Enlarger(nn.Module):
    """Plain 3x3 convolutions with ReLU at source resolution, then one depth-to-space step over a nearest-neighbour copy.

    (N, 3, H, W) in [0, 1] -> (N, 3, scale H, scale W), not clipped. After SRVGGNetCompact (BasicSR), but with ReLU
    for PReLU: non-negative activations fill all 256 levels of an unsigned byte, which is worth about 10 dB in int8.
    """

    skip, grid, last = "nearest", 1, ""

    def __init__(self, scale: int, channels: int, body: int) -> None:
        super().__init__()
        self.scale = scale
        widths = [3] + [channels] * (body + 1) + [3 * scale**2]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:]))
        for conv in self.convs:
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)
        # Starts as (almost) the nearest-neighbour copy, so the first steps learn the residual and not the picture.
        with torch.no_grad():
            self.convs[-1].weight.mul_(0.1)

    @property
    def radius(self) -> int:
        """Source pixels an output pixel can see to each side."""
        return len(self.convs)

    def describe(self) -> str:
        return f"{self.convs[0].out_channels} channels, {len(self.convs)} 3x3 convolutions with ReLU, depth-to-space {self.scale}, nearest-neighbour skip"

    def plan(self, ops: Ops, x: Any) -> Any:
        last = len(self.convs) - 1
        for index in range(last):
            x = ops.conv(f"convs.{index}", x, relu=True)
        return ops.cells(f"convs.{last}", x, self.scale)

    def forward(self, image: Tensor) -> Tensor:
        return enlarge(self, image)


class Block(nn.Module):
    """x + b(relu(a(x)))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(channels, channels, 3, 1, 1), nn.Conv2d(channels, channels, 3, 1, 1)
        with torch.no_grad():
            self.b.weight.mul_(0.3)


class Restorer(nn.Module):
    """U-shaped: residual blocks at full, half and quarter source resolution, then two doublings over a bilinear copy.

    (N, 3, H, W) in [0, 1] -> (N, 3, 4 H, 4 W), not clipped. Sees about 100 source pixels around,
    which is what telling noise from texture takes. It enlarges by `Doubling` alone, inside too: with pixel shuffles there,
    every loss that asked for detail was answered with a chequered pattern two source pixels wide.
    """

    scale, skip, grid, last = 4, "bilinear", 4, "up4"

    def __init__(self, widths: tuple[int, int, int] = (48, 96, 192), blocks: tuple[int, ...] = (2, 3, 6, 3, 2), head: int = 64, fine: int = 24) -> None:
        super().__init__()
        a, b, c = widths
        self.blocks = dict(zip(("e1", "e2", "mid", "d2", "d1"), blocks))
        for (stage, count), channels in zip(self.blocks.items(), (a, b, c, b, a)):
            self.add_module(stage, nn.Sequential(*(Block(channels) for _ in range(count))))
        self.first = nn.Conv2d(3, a, 3, 1, 1)
        self.down1, self.down2 = nn.Conv2d(a, b, 2, 2), nn.Conv2d(b, c, 2, 2)
        self.up2, self.up1 = Doubling(c, b), Doubling(b, a)
        self.head = nn.Conv2d(a, head, 3, 1, 1)
        self.up3, self.up4 = Doubling(head, fine), Doubling(fine, 3)
        with torch.no_grad():
            self.up4.kernel.mul_(0.1)

    @property
    def radius(self) -> int:
        """Source pixels an output pixel can see to each side: far more than what changes it (export.measured_overlap)."""
        e1, e2, mid, d2, d1 = self.blocks.values()
        return 4 * (2 * mid + 2) + 2 * (2 * (e2 + d2) + 2) + 2 * (e1 + d1) + 5

    def describe(self) -> str:
        widths = [self.first.out_channels, self.down1.out_channels, self.down2.out_channels]
        return f"U-shaped, {'/'.join(map(str, widths))} channels, {'-'.join(map(str, self.blocks.values()))} residual blocks with ReLU, bilinear doublings, bilinear skip"

    def plan(self, ops: Ops, image: Any) -> Any:
        def stage(name: str, x: Any) -> Any:
            for index in range(self.blocks[name]):
                y = ops.conv(f"{name}.{index}.b", ops.conv(f"{name}.{index}.a", x, relu=True))
                x = ops.add(f"{name}.{index}", x, y)
            return x

        full = stage("e1", ops.conv("first", image))
        half = stage("e2", ops.conv("down1", full))
        x = stage("mid", ops.conv("down2", half))
        x = stage("d2", ops.add("d2", ops.double("up2", x), half))
        x = stage("d1", ops.add("d1", ops.double("up1", x), full))
        return ops.double("up4", ops.double("up3", ops.conv("head", x, relu=True), relu=True))

    def forward(self, image: Tensor) -> Tensor:
        return enlarge(self, image)

    def streams(self) -> list[tuple[list[str], list[str]]]:
        """Layers that write channels that are only added to each other, or rectified, and layers that read them: a channel may be
        divided by any positive number by those that write it, if those that read it multiply by it.
        """
        def blocks(*stages: str) -> tuple[list[str], list[str]]:
            names = [f"{stage}.{index}" for stage in stages for index in range(self.blocks[stage])]
            return [f"{name}.b" for name in names], [f"{name}.a" for name in names]

        (wide, wide_in), (half, half_in), (deep, deep_in) = blocks("e1", "d1"), blocks("e2", "d2"), blocks("mid")
        inner = [([f"{stage}.{index}.a"], [f"{stage}.{index}.b"]) for stage, count in self.blocks.items() for index in range(count)]
        return [
            (["first", "up1", *wide], ["down1", "head", *wide_in]),
            (["down1", "up2", *half], ["down2", "up1", *half_in]),
            (["down2", *deep], ["up2", *deep_in]),
            (["head"], ["up3"]),
            (["up3"], ["up4"]),
            *inner,
        ]


class RandomTexture(nn.Module):
    """Noise that a Restorer shapes by what it sees and lays over its result, in training alone (ours).

    A convolution that a judge asks for texture where the source has none can only repeat itself: a weave. Here it can answer with noise,
    which its regression does not count. What is left of the result without the noise has no reason to weave, and is what is used.
    """

    pace = 4  # how much faster than the network it learns

    def __init__(self, net: Restorer, deviation: float) -> None:
        """deviation: of the noise at first, of levels in [0, 1]. Not 0: there a little noise is neither better nor worse than none, and nothing is learned."""
        super().__init__()
        inputs = net.up4.kernel.shape[1]
        self.gain = nn.Conv2d(inputs, inputs, 3, padding=1)
        nn.init.zeros_(self.gain.weight)
        with torch.no_grad():
            # Along what the last layer turns into grey.
            grey = net.up4.kernel.sum((0, 2, 3))
            spread = torch.einsum("oiab,i->oab", net.up4.weight, grey).square().sum((1, 2)).mean().sqrt()
            self.gain.bias.copy_(deviation / (self.pace * spread) * grey)

    def forward(self, features: Tensor, last: Doubling) -> Tensor:
        """features: (N, inputs, 2 H, 2 W), what `last` makes the result from -> (N, 3, 4 H, 4 W) in float32, to be added."""
        noise = torch.randn_like(features[:, :1])
        return functional.pixel_shuffle(functional.conv2d(self.pace * self.gain(features) * noise, last.weight, padding=1), 2).float()


def enlarge(net: Enlarger | Restorer, image: Tensor) -> Tensor:
    """The plan's residual over an interpolated copy of the image, in float32. Sides are filled up to multiples of the grid."""
    height, width = image.shape[2:]
    if height % net.grid or width % net.grid:
        image = functional.pad(image, (0, -width % net.grid, 0, -height % net.grid), mode="replicate")
    options = {} if net.skip == "nearest" else {"align_corners": False}
    copy = functional.interpolate(image, scale_factor=float(net.scale), mode=net.skip, **options)
    result = net.plan(Ops(net), image).float() + copy
    return result[..., : net.scale * height, : net.scale * width]


class Discriminator(nn.Module):
    """UNetDiscriminatorSN of Real-ESRGAN (basicsr/archs/discriminator_arch.py), and a small second opinion (ours).

    (N, 3, H, W), H and W multiples of 8 -> two maps of realness logits and the features of all levels below full
    resolution (those at full resolution say little more than the pixels and cost a CPU most of its memory bandwidth).

    Depth-to-space makes a lattice of period `scale` the cheapest detail an enlarger can add, and the U-Net is slow to
    notice it. The second opinion sees the sub-pixel positions as channels, where such a lattice is a plain offset.
    """

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.scale = scale

        def conv(inputs: int, outputs: int, side: int, stride: int) -> nn.Module:
            return spectral_norm(nn.Conv2d(inputs, outputs, side, stride, 1, bias=False))

        c = channels
        self.first = nn.Conv2d(3, c, 3, 1, 1)
        self.down = nn.ModuleList([conv(c, 2 * c, 4, 2), conv(2 * c, 4 * c, 4, 2), conv(4 * c, 8 * c, 4, 2)])
        self.up = nn.ModuleList([conv(8 * c, 4 * c, 3, 1), conv(4 * c, 2 * c, 3, 1), conv(2 * c, c, 3, 1)])
        self.smooth = nn.ModuleList([conv(c, c, 3, 1), conv(c, c, 3, 1)])
        self.last = nn.Conv2d(c, 1, 3, 1, 1)
        inputs = 3 * scale**2
        self.lattice = nn.ModuleList([conv(inputs, 64, 3, 1), conv(64, 64, 3, 1)])
        self.lattice_last = nn.Conv2d(64, 1, 3, 1, 1)

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        # Spectral normalisation lets no layer amplify, and fine texture is faint: without this gain (ours) the logits stay
        # near zero for the first thousands of steps, which is all a CPU has.
        image = (image - 0.5) * 6
        levels = [functional.leaky_relu(self.first(image), 0.2)]
        for down in self.down:
            levels.append(functional.leaky_relu(down(levels[-1]), 0.2))
        features = levels[1:]
        x = levels[-1]
        for up, skip in zip(self.up, levels[-2::-1]):
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = functional.leaky_relu(up(x), 0.2) + skip
            features.append(x)
        for smooth in self.smooth:
            x = functional.leaky_relu(smooth(x), 0.2)
        second = functional.pixel_unshuffle(image, self.scale)
        for conv in self.lattice:
            second = functional.leaky_relu(conv(second), 0.2)
        return [self.last(x).float(), self.lattice_last(second).float()], features[:-1]

    @staticmethod
    def pleased(fake: list[Tensor], real: list[Tensor]) -> Tensor:
        """What the net pays."""
        return losses.looks_real(fake)

    @staticmethod
    def displeased(fake: list[Tensor], real: list[Tensor]) -> Tensor:
        """What the judge pays."""
        return losses.looks_real(real) + losses.looks_made(fake)


class PatchJudge(nn.Module):
    """Realness of patches of 34 and of 62 pixels, judged in pairs: how much more real than what was made is the picture itself.

    (N, 3, H, W) -> logits at a quarter and at an eighth of the size, and all levels' features. In 34 pixels a frayed line is not
    seen to be one. Both pictures of a pair show the same, so only what differs counts (relativistic pairing, Jolicoeur-Martineau 2018).
    """

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        c = channels
        shapes = ((3, c, 4, 2), (c, 2 * c, 4, 2), (2 * c, 4 * c, 3, 1), (4 * c, 2 * c, 3, 1))
        self.convs = nn.ModuleList(spectral_norm(nn.Conv2d(i, o, side, stride, 1)) for i, o, side, stride in shapes)
        self.last = nn.Conv2d(2 * c, 1, 3, 1, 1)
        self.wide = nn.ModuleList(spectral_norm(nn.Conv2d(i, o, side, stride, 1)) for i, o, side, stride in ((4 * c, 4 * c, 4, 2), (4 * c, 4 * c, 3, 1)))
        self.wide_last = nn.Conv2d(4 * c, 1, 3, 1, 1)

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        x, features = (image - 0.5) * 6, []
        for conv in self.convs:
            x = functional.leaky_relu(conv(x), 0.2)
            features.append(x)
        y = features[2]
        for conv in self.wide:
            y = functional.leaky_relu(conv(y), 0.2)
            features.append(y)
        return [self.last(x).float(), self.wide_last(y).float()], features

    @staticmethod
    def pleased(fake: list[Tensor], real: list[Tensor]) -> Tensor:
        return losses.looks_real([a - b for a, b in zip(fake, real)])

    @staticmethod
    def displeased(fake: list[Tensor], real: list[Tensor]) -> Tensor:
        return losses.looks_made([a - b for a, b in zip(fake, real)])

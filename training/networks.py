"""The enlarging network and the discriminator it is trained against."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Enlarger(nn.Module):
    """Plain 3x3 convolutions with ReLU at source resolution, then one depth-to-space step over a nearest-neighbour copy.

    (N, 3, H, W) in [0, 1] -> (N, 3, scale H, scale W), not clipped. After SRVGGNetCompact (BasicSR), but with ReLU
    for PReLU: non-negative activations fill all 256 levels of an unsigned byte, which is worth about 10 dB in int8.
    """

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

    def forward(self, image: Tensor) -> Tensor:
        x = image
        for conv in self.convs[:-1]:
            x = functional.relu(conv(x), inplace=True)
        residual = functional.pixel_shuffle(self.convs[-1](x).float(), self.scale)
        return residual + functional.interpolate(image, scale_factor=self.scale, mode="nearest")


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

"""Real-ESRGAN's networks from ncnn files, at a path that the user gives: the teacher, and what ours are measured against.

Such a .bin holds, per convolution in the order of its .param, a tag, the weights in half precision, padded to four bytes, and the
biases; and for every PReLU its slopes. BSD-3-Clause, Xintao Wang and others. No weight of theirs goes into a model of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

HALF = 0x01306B47
Picture = np.ndarray  # uint8 (H, W, 3) RGB


def _fill(path: Path, layers: Iterator[nn.Conv2d | nn.PReLU]) -> None:
    """Reads the layers, in order, from all of the file."""
    data, at = path.read_bytes(), 0

    def floats(count: int) -> Tensor:
        nonlocal at
        at += 4 * count
        return torch.from_numpy(np.frombuffer(data, np.float32, count, at - 4 * count).copy())

    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, nn.PReLU):
                layer.weight.copy_(floats(layer.weight.numel()))
                continue
            if int.from_bytes(data[at : at + 4], "little") != HALF:
                raise ValueError(f"{path.name}: not fp16 weights at byte {at}")
            size = layer.weight.numel()
            layer.weight.copy_(torch.from_numpy(np.frombuffer(data, np.float16, size, at + 4).astype(np.float32)).view_as(layer.weight))
            at += 4 + (2 * size + 3) // 4 * 4
            layer.bias.copy_(floats(layer.bias.numel()))
    if at != len(data):
        raise ValueError(f"{path.name}: {len(data) - at} bytes left over")


class Compact(nn.Module):
    """Real-ESRGAN General: (N, 3, H, W) -> (N, 3, 4 H, 4 W)."""

    def __init__(self, path: Path, body: int = 32) -> None:
        super().__init__()
        widths = [3] + [64] * (body + 1) + [48]
        layers = [layer for a, b in zip(widths, widths[1:]) for layer in (nn.Conv2d(a, b, 3, padding=1), nn.PReLU(b))][:-1]
        _fill(path, iter(layers))
        self.layers = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.layers(image), 4) + functional.interpolate(image, scale_factor=4, mode="nearest")


class X4plus(nn.Module):
    """Real-ESRGAN x4plus, RRDBNet with 23 blocks: (N, 3, H, W) -> (N, 3, 4 H, 4 W). Without a path its weights are still to be set."""

    def __init__(self, path: Path | None, blocks: int = 23) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 64, 3, 1, 1)
        dense = [[nn.Conv2d(64 + 32 * k, 64 if k == 4 else 32, 3, 1, 1) for k in range(5)] for _ in range(3 * blocks)]
        self.body = nn.ModuleList(nn.ModuleList(convs) for convs in dense)
        self.trunk, self.up1, self.up2, self.fine, self.last = (nn.Conv2d(64, outputs, 3, 1, 1) for outputs in (64, 64, 64, 64, 3))
        if path is not None:
            _fill(path, iter([self.first, *(conv for convs in dense for conv in convs), self.trunk, self.up1, self.up2, self.fine, self.last]))

    def forward(self, image: Tensor) -> Tensor:
        def leaky(x: Tensor) -> Tensor:
            return functional.leaky_relu(x, 0.2, inplace=True)

        x = first = self.first(image)
        for index, convs in enumerate(self.body):
            if index % 3 == 0:
                start = x
            parts = [x]
            for conv in convs[:-1]:
                parts.append(leaky(conv(torch.cat(parts, 1))))
            x = x + 0.2 * convs[-1](torch.cat(parts, 1))
            x = start + 0.2 * x if index % 3 == 2 else x
        x = first + self.trunk(x)
        x = leaky(self.up1(functional.interpolate(x, scale_factor=2)))
        x = leaky(self.up2(functional.interpolate(x, scale_factor=2)))
        return self.last(leaky(self.fine(x)))


def on_pictures(net: nn.Module) -> Callable[[Picture], Picture]:
    """The network on one picture, without gradients."""

    @torch.no_grad()
    def run(picture: Picture) -> Picture:
        image = torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32) / 255)
        return net(image)[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy()

    return run

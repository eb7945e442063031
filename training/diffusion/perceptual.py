"""EA-DISTS (the paper's L_EA) and its stand-in ea-self, which needs no outside weights.

    DISTS(x, y) = 1 - sum_channels (alpha S1 + beta S2)
    EA(x, y)    = DISTS(x, y) + DISTS(S(x), S(y)),  S the Sobel magnitude

`dists` and `ea-dists` compare features of a VGG16 whose state dict the user has (torchvision's). `dists-self` and
`ea-self` put the same formula on features of our own frozen encoder and U-Net. They are not DISTS and never called so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from diffusion.schedule import coefficients
from diffusion.unet import UNet

Features = Callable[[Tensor], list[Tensor]]  # (N, 3, H, W) in [0, 1] -> maps of several levels


def sobel(image: Tensor) -> Tensor:
    """sqrt(Gx^2 + Gy^2 + 1e-6) of the channel mean, zero padding, repeated to 3 channels; (N, 3, H, W) in [0, 1].

    OSDFace, edge_aware_dists_demo.py. Written with slices: as a one-channel convolution it is 15 times slower on a CPU.
    """
    grey = functional.pad(image.mean(1), (1, 1, 1, 1))
    down = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    right = grey[:, :, :-2] + 2 * grey[:, :, 1:-1] + grey[:, :, 2:]
    across, along = down[:, :, 2:] - down[:, :, :-2], right[:, 2:] - right[:, :-2]
    return (across.square() + along.square() + 1e-6).sqrt()[:, None].expand(-1, 3, -1, -1)


def similarities(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """S1 and S2 per picture and channel, (N, C) each: closeness of means, and of structure, over all positions."""
    x, y = x.float(), y.float()
    mx, my = x.mean((2, 3)), y.mean((2, 3))
    dx, dy = x - mx[:, :, None, None], y - my[:, :, None, None]
    vx, vy, vxy = dx.square().mean((2, 3)), dy.square().mean((2, 3)), (dx * dy).mean((2, 3))
    return (2 * mx * my + 1e-6) / (mx * mx + my * my + 1e-6), (2 * vxy + 1e-6) / (vx + vy + 1e-6)


class Vgg16(nn.Module):
    """VGG16 up to relu5_3 with L2 pooling; the picture itself is the first level. 1475 channels in all."""

    # (layers of torchvision's `features` that are convolutions) per stage.
    STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))

    def __init__(self, file: Path) -> None:
        """Throws ValueError, naming what is missing, for a file that is no VGG16 state dict."""
        super().__init__()
        state = torch.load(file, map_location="cpu", weights_only=True)
        wanted = [f"features.{layer}.{part}" for stage in self.STAGES for layer in stage for part in ("weight", "bias")]
        missing = [name for name in wanted if name not in state]
        if missing:
            raise ValueError(f"{file} is not a torchvision VGG16 state dict: {', '.join(missing[:3])} missing")
        for name in wanted:
            self.register_buffer(name.replace(".", "_"), state[name].float())
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        window = torch.tensor([0.5, 1.0, 0.5]).outer(torch.tensor([0.5, 1.0, 0.5]))
        self.register_buffer("window", (window / window.sum())[None, None])

    def forward(self, image: Tensor) -> list[Tensor]:
        levels, x = [image], (image - self.mean) / self.std
        for index, stage in enumerate(self.STAGES):
            if index > 0:
                kernel = self.window.expand(x.shape[1], 1, 3, 3)
                x = (functional.conv2d(x.square(), kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()
            for layer in stage:
                x = functional.relu(functional.conv2d(x, getattr(self, f"features_{layer}_weight"), getattr(self, f"features_{layer}_bias"), padding=1))
            levels.append(x)
        return levels


class OwnFeatures(nn.Module):
    """Block outputs of the frozen encoder and down features, at t = 50, of the frozen U-Net of the diffusion prior."""

    def __init__(self, autoencoder: nn.Module, unet: UNet, context: Tensor) -> None:
        super().__init__()
        self.autoencoder, self.unet = autoencoder, unet
        self.register_buffer("context", context.detach().clone())

    def forward(self, image: Tensor) -> list[Tensor]:
        picture = 2 * image - 1
        t = torch.full((1,), 50, device=image.device)
        z = coefficients(t)[0] * self.autoencoder.encode(picture)
        skips = self.unet.down(z, self.unet.time(t), self.context)
        return [image, *self.autoencoder.features(picture), *skips]


class Dists(nn.Module):
    """1 - sum (alpha S1 + beta S2). Without a file of weights alpha and beta are uniform and sum to one over all channels."""

    def __init__(self, features: Features, weights: Path | None = None) -> None:
        """`weights`: the DISTS authors' weights.pt with `alpha` and `beta`, (1, 1475, 1, 1) each; for VGG16 only."""
        super().__init__()
        self.features, self.alpha, self.beta = features, None, None
        if weights is not None:
            state = torch.load(weights, map_location="cpu", weights_only=True)
            alpha, beta = state["alpha"].flatten(), state["beta"].flatten()
            total = alpha.sum() + beta.sum()
            self.alpha, self.beta = alpha / total, beta / total

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        pairs = [similarities(a, b) for a, b in zip(self.features(x), self.features(y))]
        s1, s2 = (torch.cat(parts, 1) for parts in zip(*pairs))  # (N, channels)
        if self.alpha is None:
            return 1 - (s1 + s2).mean() / 2
        return 1 - (self.alpha.to(s1.device) * s1 + self.beta.to(s1.device) * s2).sum(1).mean()


class Perceptual(nn.Module):
    """One of KINDS on pictures in [-1, 1]; `mse` has no perceptual term and gives 0."""

    KINDS = ("mse", "dists", "ea-dists", "dists-self", "ea-self")

    def __init__(self, kind: str, dists: Dists | None) -> None:
        super().__init__()
        self.dists, self.edges, self.kind = dists, kind.startswith("ea-"), kind

    def forward(self, made: Tensor, target: Tensor) -> Tensor:
        if self.dists is None:
            return made.new_zeros(())
        x, y = made / 2 + 0.5, target / 2 + 0.5
        loss = self.dists(x, y)
        return loss + self.dists(sobel(x), sobel(y)) if self.edges else loss


def perceptual(kind: str, own: OwnFeatures, vgg: Path | None, weights: Path | None) -> Perceptual:
    """Throws ValueError where a VGG16 is needed and none is given."""
    if kind == "mse":
        return Perceptual(kind, None)
    if kind.endswith("-self"):
        return Perceptual(kind, Dists(own))
    if vgg is None:
        raise ValueError(f"the loss {kind} needs a VGG16 state dict: --vgg FILE (or choose ea-self)")
    return Perceptual(kind, Dists(Vgg16(vgg), weights))

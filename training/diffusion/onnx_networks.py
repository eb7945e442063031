"""Encoder, U-Net and decoder as ONNX nodes, appended to whatever graph is being built."""

from __future__ import annotations

import numpy as np
import torch

from diffusion.autoencoder import Block, Decoder, Encoder, TinyKL
from diffusion.onnx_layers import Layers, array
from diffusion.unet import UNet, sinusoids


def _block(b: Layers, name: str, x: str, module: Block) -> str:
    y = x
    for index, conv in enumerate(module.convs):
        y = b.conv(f"{name}.convs.{index}", y, conv)
        y = b.node("Add", [y, x], f"{name}.sum") if index == 2 else y
        y = b.node("Relu", [y], f"{name}.relu.{index}")
    return y


def encoder(b: Layers, image: str, net: TinyKL) -> str:
    """(1, 3, H, W) in [-1, 1] -> the posterior's mode less the shift, unscaled, (1, c, H/4, W/4).

    The rows of conv_out that give the variance are left out; the shift is in the others' bias.
    """
    e: Encoder = net.encoder
    x = b.node("SpaceToDepth", [image], "encoder.unshuffled", blocksize=2)
    b.side //= 2
    # torch orders the twelve channels (colour, row, column), ONNX (row, column, colour).
    order = torch.arange(12).reshape(3, 4).T.flatten()
    x = b.conv("encoder.conv_in", x, e.conv_in, e.conv_in.weight[:, order])
    x = _block(b, "encoder.first", x, e.first)
    x = b.conv("encoder.down", x, e.down)
    for index, block in enumerate(e.blocks):
        x = _block(b, f"encoder.blocks.{index}", x, block)
    c = len(net.shift)
    return b.conv("encoder.conv_out", x, e.conv_out, e.conv_out.weight[:c], e.conv_out.bias[:c] - net.shift)


def decoder(b: Layers, latent: str, net: TinyKL) -> str:
    """The inverse: (1, c, h, w) -> (1, 3, 4h, 4w). The shift is not in conv_in's bias: zero padding comes after it, as in training."""
    d: Decoder = net.decoder
    if net.shift.any():
        latent = b.node("Add", [latent, b.constant("decoder.shift", array(net.shift).reshape(-1, 1, 1))], "decoder.shifted")
    x = b.node("Relu", [b.conv("decoder.conv_in", latent, d.conv_in)], "decoder.conv_in.relu")
    for index, block in enumerate(d.blocks):
        x = _block(b, f"decoder.blocks.{index}", x, block)
    x = b.double("decoder.up", x, d.up)
    for index, block in enumerate(d.last):
        x = _block(b, f"decoder.last.{index}", x, block)
    return b.double("decoder.conv_out", x, d.conv_out)


def unet(b: Layers, z: str, net: UNet, context: np.ndarray | None = None, t: int | None = None) -> str:
    """Predicted noise of a scaled latent. A folded net needs neither context nor t."""
    time = None
    if t is not None:
        x = b.constant("time.sinusoids", array(sinusoids(torch.tensor([t]), net.time_inputs)))
        for index in (1, 2):
            x = b.silu(b.linear(f"time_embedding.linear_{index}", x, getattr(net.time_embedding, f"linear_{index}"), 1))
        time = x
    words = None if context is None else b.stored("context", context)
    x = b.conv("conv_in", z, net.conv_in)
    skips = [(x, b.side)]
    for i, level in enumerate(net.down_blocks):
        for j, resnet in enumerate(level.resnets):
            x = b.resnet(f"down_blocks.{i}.resnets.{j}", x, resnet, time)
            if hasattr(level, "attentions"):
                x = b.transformer(f"down_blocks.{i}.attentions.{j}", x, level.attentions[j], words)
            skips.append((x, b.side))
        if hasattr(level, "downsamplers"):
            x = b.conv(f"down_blocks.{i}.downsamplers.0.conv", x, level.downsamplers[0].conv)
            skips.append((x, b.side))
    x = b.resnet("mid_block.resnets.0", x, net.mid_block.resnets[0], time)
    x = b.transformer("mid_block.attentions.0", x, net.mid_block.attentions[0], words)
    x = b.resnet("mid_block.resnets.1", x, net.mid_block.resnets[1], time)
    for i, level in enumerate(net.up_blocks):
        for j, resnet in enumerate(level.resnets):
            skip, side = skips.pop()
            assert side == b.side
            name = f"up_blocks.{i}.resnets.{j}"
            x = b.resnet(name, b.node("Concat", [x, skip], f"{name}.joined", axis=1), resnet, time)
            if hasattr(level, "attentions"):
                x = b.transformer(f"up_blocks.{i}.attentions.{j}", x, level.attentions[j], words)
        if hasattr(level, "upsamplers"):
            name = f"up_blocks.{i}.upsamplers.0"
            x = b.conv(f"{name}.conv", b.nearest(f"{name}.nearest", x), level.upsamplers[0].conv)
    x = b.silu(b.group_norm("conv_norm_out", x, net.conv_norm_out))
    return b.conv("conv_out", x, net.conv_out) if net.w.stem == 1 else b.double("conv_out", x, net.conv_out)

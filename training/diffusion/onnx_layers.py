"""ONNX nodes for the layers of the diffusion networks, at one fixed square size. Names are the modules' own."""

from __future__ import annotations

import numpy as np
from onnx import NodeProto, TensorProto, helper
from torch import Tensor, nn

from diffusion.folding import ConstantAttention
from diffusion.unet import Attention, ResnetBlock2D, Transformer2DModel
from graphs import Builder, WeightFile
from networks import Doubling


def array(value: Tensor) -> np.ndarray:
    return np.ascontiguousarray(value.detach().float().cpu().numpy())


class Layers(Builder):
    """`side` is the present height and width; `macs` adds up multiplications of convolutions and linear layers.

    half: the file has the weights of both in fp16, half as large; a runtime widens them once, when it opens the graph.
    """

    def __init__(self, weights: WeightFile, side: int, half: bool = False) -> None:
        super().__init__(weights)
        self.side, self.half, self.macs = side, half, 0

    def shape(self, *sizes: int) -> str:
        return self.constant("shape." + ".".join(map(str, sizes)), sizes, np.int64)

    def weight(self, name: str, value: Tensor) -> str:
        if not self.half:
            return self.stored(name, array(value))
        return self.node("Cast", [self.stored(f"{name}.half", array(value).astype(np.float16))], name, to=TensorProto.FLOAT)

    def conv(self, name: str, x: str, module: nn.Conv2d, weight: Tensor | None = None, bias: Tensor | None = None) -> str:
        """The module's convolution, or one of its shape with another weight and bias (a folded one, under a name of its own)."""
        weight, bias = (module.weight if weight is None else weight), (module.bias if bias is None else bias)
        kernel, stride, padding = module.kernel_size[0], module.stride[0], module.padding[0]
        self.side = (self.side + 2 * padding - kernel) // stride + 1
        self.macs += weight.numel() * self.side**2
        parts = [self.weight(f"{name}.weight", weight), self.stored(f"{name}.bias", array(bias))]
        return self.node("Conv", [x, *parts], name, kernel_shape=[kernel] * 2, pads=[padding] * 4, strides=[stride] * 2)

    def linear(self, name: str, x: str, module: nn.Linear, rows: int) -> str:
        self.macs += module.weight.numel() * rows
        y = self.node("MatMul", [x, self.weight(f"{name}.weight", module.weight.T)], name if module.bias is None else f"{name}.product")
        return y if module.bias is None else self.node("Add", [y, self.stored(f"{name}.bias", array(module.bias))], name)

    def silu(self, x: str) -> str:
        return self.node("Mul", [x, self.node("Sigmoid", [x], f"{x}.gate")], f"{x}.silu")

    def group_norm(self, name: str, x: str, module: nn.GroupNorm) -> str:
        """As instance normalisation of the groups; the affine part per channel after it."""
        groups, c = module.num_groups, module.num_channels
        y = self.node("Reshape", [x, self.shape(0, groups, -1)], f"{name}.groups")
        ones, zeros = self.constant(f"ones.{groups}", np.ones(groups)), self.constant(f"zeros.{groups}", np.zeros(groups))
        y = self.node("InstanceNormalization", [y, ones, zeros], f"{name}.normal", epsilon=module.eps)
        y = self.node("Reshape", [y, self.shape(0, c, self.side, self.side)], f"{name}.planes")
        weight, bias = (self.stored(f"{name}.{part}", array(getattr(module, part)).reshape(c, 1, 1)) for part in ("weight", "bias"))
        return self.node("Add", [self.node("Mul", [y, weight], f"{name}.scaled"), bias], name)

    def layer_norm(self, name: str, x: str, module: nn.LayerNorm) -> str:
        parts = [self.stored(f"{name}.{part}", array(getattr(module, part))) for part in ("weight", "bias")]
        return self.node("LayerNormalization", [x, *parts], name, axis=-1, epsilon=module.eps)

    def nearest(self, name: str, x: str) -> str:
        """Twice the side."""
        self.side *= 2
        scales = self.constant("twice", [1, 1, 2, 2])
        return self.node("Resize", [x, "", scales], name, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def double(self, name: str, x: str, module: Doubling) -> str:
        """Twice the side; the channels of its convolution in the order (channel, row, column).

        Never in fp16: what is derived from a rounded kernel is not the rounding of what is derived from it.
        """
        weight = module.weight
        self.macs += weight.numel() * self.side**2
        parts = [self.stored(f"{name}.weight", array(weight)), self.stored(f"{name}.bias", array(module.bias))]
        y = self.node("Conv", [x, *parts], f"{name}.phases", kernel_shape=[3, 3], pads=[1] * 4)
        self.side *= 2
        return self.node("DepthToSpace", [y], name, blocksize=2, mode="CRD")

    def resnet(self, name: str, x: str, module: ResnetBlock2D, time: str | None) -> str:
        h = self.conv(f"{name}.conv1", self.silu(self.group_norm(f"{name}.norm1", x, module.norm1)), module.conv1)
        if time is not None:
            offset = self.linear(f"{name}.time_emb_proj", time, module.time_emb_proj, 1)
            offset = self.node("Reshape", [offset, self.shape(1, -1, 1, 1)], f"{name}.time")
            h = self.node("Add", [h, offset], f"{name}.timed")
        h = self.conv(f"{name}.conv2", self.silu(self.group_norm(f"{name}.norm2", h, module.norm2)), module.conv2)
        x = self.conv(f"{name}.conv_shortcut", x, module.conv_shortcut) if hasattr(module, "conv_shortcut") else x
        return self.node("Add", [x, h], name)

    def attention(self, name: str, x: str, module: Attention | ConstantAttention, context: str | None) -> str:
        """Self-attention without context; MatMul, Softmax, MatMul as runtimes recognise them."""
        rows, head = self.side**2, module.head
        heads = module.to_q.out_features // head
        scale = self.constant(f"{name}.scale", head**-0.5)
        q = self.node("Mul", [self.linear(f"{name}.to_q", x, module.to_q, rows), scale], f"{name}.query")
        if isinstance(module, ConstantAttention):
            k, v = (self.stored(f"{name}.{part}", array(getattr(module, part))) for part in ("keys", "values"))
        else:
            k, v = (self.linear(f"{name}.to_{part}", context or x, getattr(module, f"to_{part}"), rows) for part in "kv")
        q, k, v = (
            self.node("Transpose", [self.node("Reshape", [t, self.shape(1, -1, heads, head)], f"{name}.{part}.heads")], f"{name}.{part}", perm=order)
            for part, t, order in (("q", q, (0, 2, 1, 3)), ("k", k, (0, 2, 3, 1)), ("v", v, (0, 2, 1, 3)))
        )
        scores = self.node("Softmax", [self.node("MatMul", [q, k], f"{name}.scores")], f"{name}.shares", axis=-1)
        y = self.node("Transpose", [self.node("MatMul", [scores, v], f"{name}.mixed")], f"{name}.rows", perm=(0, 2, 1, 3))
        y = self.node("Reshape", [y, self.shape(1, -1, heads * head)], f"{name}.joined")
        return self.linear(f"{name}.to_out.0", y, module.to_out[0], rows)

    def transformer(self, name: str, x: str, module: Transformer2DModel, context: str | None) -> str:
        rows, c, b = self.side**2, module.norm.num_channels, f"{name}.transformer_blocks.0"
        block = module.transformer_blocks[0]
        h = self.node("Reshape", [self.group_norm(f"{name}.norm", x, module.norm), self.shape(1, c, rows)], f"{name}.flat")
        h = self.linear(f"{name}.proj_in", self.node("Transpose", [h], f"{name}.tokens", perm=(0, 2, 1)), module.proj_in, rows)
        y = self.attention(f"{b}.attn1", self.layer_norm(f"{b}.norm1", h, block.norm1), block.attn1, None)
        h = self.node("Add", [h, y], f"{b}.after1")
        y = self.attention(f"{b}.attn2", self.layer_norm(f"{b}.norm2", h, block.norm2), block.attn2, context)
        h = self.node("Add", [h, y], f"{b}.after2")
        y = self.linear(f"{b}.ff.net.0.proj", self.layer_norm(f"{b}.norm3", h, block.norm3), block.ff.net[0].proj, rows)
        value, gate = f"{b}.ff.value", f"{b}.ff.gate"
        self.nodes.append(self.split(y, value, gate))
        y = self.node("Mul", [value, self.gelu(gate)], f"{b}.ff.gated")
        h = self.node("Add", [h, self.linear(f"{b}.ff.net.2", y, block.ff.net[2], rows)], f"{b}.after3")
        h = self.node("Transpose", [self.linear(f"{name}.proj_out", h, module.proj_out, rows)], f"{name}.channels", perm=(0, 2, 1))
        h = self.node("Reshape", [h, self.shape(1, c, self.side, self.side)], f"{name}.planes")
        return self.node("Add", [x, h], name)

    def gelu(self, x: str) -> str:
        """0.5 x (1 + erf(x / sqrt 2)), the exact one."""
        error = self.node("Erf", [self.node("Mul", [x, self.constant("sqrt.half", 0.5**0.5)], f"{x}.erf.of")], f"{x}.erf")
        half = self.node("Mul", [x, self.constant("half.factor", 0.5)], f"{x}.half")
        return self.node("Mul", [half, self.node("Add", [error, self.constant("unit", 1)], f"{x}.erf.plus")], f"{x}.gelu")

    @staticmethod
    def split(x: str, first: str, second: str) -> NodeProto:
        return helper.make_node("Split", [x], [first, second], name=f"{x}.split", axis=-1)

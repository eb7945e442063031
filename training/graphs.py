"""Builds the ONNX graphs of an enlarging network from its plan: readable, one weight file for all of them, strength inside.

A graph's weights are W = faithful + strength (detailed - faithful), where the two ends differ. That expression, and for int8 the
quantisation of its result, stand in the graph on constants; ONNX Runtime folds them once when it opens the graph.
In int8 graphs pixels are laid out by transpositions of NHWC, which is how quantised convolutions leave them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from networks import Doubling, Enlarger, Ops, Restorer

OPSET = 17
# Strengths at which activation ranges are measured; between them the graph interpolates.
RANGE_STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
WEIGHTS_FILE, STRENGTH_FILE = "weights.bin", "strength.bin"
# Name of a value in a plan -> its largest magnitude at each of RANGE_STRENGTHS.
Ranges = dict[str, np.ndarray]


class WeightFile:
    """Collects tensors for weights.bin; the same name always refers to the same bytes."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.places: dict[str, tuple[int, int]] = {}

    def tensor(self, name: str, array: np.ndarray) -> TensorProto:
        if name not in self.places:
            self.data += bytes(-len(self.data) % 64)
            self.places[name] = (len(self.data), array.nbytes)
            self.data += array.tobytes()
        return external_tensor(name, array.shape, WEIGHTS_FILE, *self.places[name], helper.np_dtype_to_tensor_dtype(array.dtype))


def external_tensor(name: str, shape: Sequence[int], file: str, offset: int, length: int, kind: int = TensorProto.FLOAT) -> TensorProto:
    """An initializer whose bytes lie in another file."""
    tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", file), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


class Builder:
    """Appends nodes whose name is that of their one output, and returns that name."""

    def __init__(self, weights: WeightFile) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, TensorProto] = {}

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: object, dtype: type = np.float32) -> str:
        self.initializers[name] = numpy_helper.from_array(np.asarray(value, dtype), name)
        return name

    def stored(self, name: str, array: np.ndarray) -> str:
        self.initializers[name] = self.weights.tensor(name, array)
        return name

    def halved(self, name: str, array: np.ndarray) -> str:
        """Stored in fp16, half as large; a runtime widens it once, when it opens the graph."""
        return self.node("Cast", [self.stored(f"{name}.half", array.astype(np.float16))], name, to=TensorProto.FLOAT)


@dataclass(frozen=True)
class Value:
    """A value in the graph; scale and zero are the constants that it is quantised with, empty in fp32."""

    name: str
    channels: int
    scale: str = ""
    zero: str = ""


class Graph(Builder, Ops):
    """Runs a plan by appending its nodes. precision: int8 or fp32; white: what the result calls 1.0."""

    def __init__(self, weights: WeightFile, faithful: nn.Module, detailed: nn.Module, precision: str, white: float, ranges: Ranges | None) -> None:
        super().__init__(weights)
        self.faithful, self.detailed, self.int8, self.white, self.ranges = faithful, detailed, precision == "int8", white, ranges or {}
        self.initializers["strength"] = external_tensor("strength", (), STRENGTH_FILE, 0, 4)
        if self.int8:
            distance = self.node("Sub", [self.constant("range.strengths", RANGE_STRENGTHS), "strength"], "range.distance")
            steps = self.node("Mul", [self.node("Abs", [distance], "range.abs"), self.constant("range.intervals", len(RANGE_STRENGTHS) - 1)], "range.steps")
            self.shares = self.node("Relu", [self.node("Sub", [self.constant("one", 1), steps], "range.hat")], "range.shares")

    def quantised(self, name: str, x: str, channels: int, positive: bool, gain: float = 1) -> Value:
        """The value in 8 bits, over the range measured for it."""
        if not self.int8:
            return Value(x, channels)
        table = self.constant(f"{name}.ranges", self.ranges[name] * gain)
        reach = self.node("ReduceSum", [self.node("Mul", [self.shares, table], f"{name}.range.parts")], f"{name}.range", keepdims=0)
        scale = self.node("Div", [reach, self.constant("levels.unsigned", 255) if positive else self.constant("levels.signed", 127)], f"{name}.scale")
        zero = self.constant("zero", 0, np.uint8) if positive else self.constant("middle", 128, np.uint8)
        stored = self.node("QuantizeLinear", [x, scale, zero], f"{name}.uint8")
        return Value(self.node("DequantizeLinear", [stored, scale, zero], f"{name}.dequantized"), channels, scale, zero)

    def _ends(self, name: str, part: str, order: np.ndarray | None) -> str:
        """A parameter: constant once strength is known. order: of its first axis."""
        ends = []
        for net in (self.faithful, self.detailed):
            value = getattr(net.get_submodule(name), part).detach().numpy()
            ends.append(np.ascontiguousarray(value if order is None else value[order], np.float32))
        label = f"{name}.{part}"
        base = self.halved(f"{label}.faithful", ends[0])
        if np.array_equal(*ends):
            return base
        change = self.node("Mul", [self.halved(f"{label}.detail", ends[1] - ends[0]), "strength"], f"{label}.change")
        return self.node("Add", [base, change], f"{label}.blended")

    def _spread(self, name: str, kernel: str, module: Doubling) -> str:
        """Doubling.weight in the order (row, column, output)."""
        outputs, inputs = module.kernel.shape[:2]
        spread = torch.einsum("pac,qbd->abpqcd", module.spread, module.spread).reshape(9, 36).numpy()
        rows = self.node("Reshape", [kernel, self.constant(f"{name}.taps", [outputs, inputs, 9], np.int64)], f"{name}.rows")
        phases = self.node("MatMul", [rows, self.constant("spread", spread)], f"{name}.phases")
        split = self.node("Reshape", [phases, self.constant(f"{name}.split", [outputs, inputs, 4, 3, 3], np.int64)], f"{name}.by.phase")
        ordered = self.node("Transpose", [split], f"{name}.ordered", perm=[2, 0, 1, 3, 4])
        return self.node("Reshape", [ordered, self.constant(f"{name}.shape", [4 * outputs, inputs, 3, 3], np.int64)], f"{name}.weight")

    def _quantised_parts(self, name: str, x: Value, weight: str, bias: str, channels: int) -> list[str]:
        """Signed weights per channel, int32 bias at the product of both scales, both dequantised."""
        size = self.node("ReduceMax", [self.node("Abs", [weight], f"{name}.weight.abs")], f"{name}.weight.max", axes=[1, 2, 3], keepdims=0)
        # The floor keeps a dead channel from dividing by zero.
        floored = self.node("Max", [size, self.constant("tiny", 1e-8)], f"{name}.weight.range")
        scale = self.node("Div", [floored, self.constant("levels.signed", 127)], f"{name}.weight.scale")
        zero = self.constant(f"{name}.weight.zero", np.zeros(channels), np.int8)
        quantised = self.node("QuantizeLinear", [weight, scale, zero], f"{name}.weight.int8", axis=0)
        w = self.node("DequantizeLinear", [quantised, scale, zero], f"{name}.weight.dequantized", axis=0)
        bias_scale = self.node("Mul", [x.scale, scale], f"{name}.bias.scale")
        whole = self.node("Cast", [self.node("Round", [self.node("Div", [bias, bias_scale], f"{name}.bias.steps")], f"{name}.bias.rounded")], f"{name}.bias.int32", to=TensorProto.INT32)
        offset = self.node("DequantizeLinear", [whole, bias_scale, self.constant(f"{name}.bias.zero", np.zeros(channels), np.int32)], f"{name}.bias.dequantized", axis=0)
        return [w, offset]

    def _convolved(self, name: str, x: Value, relu: bool, phases: int = 1, last: bool = False) -> Value:
        """phases: of a Doubling or of the cells; the channels come out as (row, column, channel)."""
        module = self.faithful.get_submodule(name)
        doubling = isinstance(module, Doubling)
        kernel, stride = (3, 1) if doubling else (module.kernel_size[0], module.stride[0])
        channels = 4 * len(module.offset) if doubling else module.out_channels
        order = None if doubling or phases == 1 else np.arange(channels).reshape(-1, phases).T.ravel()
        weight, bias = (self._ends(name, part, order) for part in (("kernel", "offset") if doubling else ("weight", "bias")))
        if doubling:
            weight = self._spread(name, weight, module)
            bias = self.node("Concat", [bias] * 4, f"{name}.bias", axis=0)
        gain = self.white if last else 1
        if gain != 1:
            weight, bias = (self.node("Mul", [part, self.constant("white", gain)], f"{part}.scaled") for part in (weight, bias))
        parts = self._quantised_parts(name, x, weight, bias, channels) if self.int8 else [weight, bias]
        padding = kernel // 2 if stride == 1 else 0
        y = self.node("Conv", [x.name, *parts], f"{name}.conv", kernel_shape=[kernel] * 2, pads=[padding] * 4, strides=[stride] * 2)
        y = self.node("Relu", [y], f"{name}.relu") if relu else y
        return self.quantised(name, y, channels, relu, gain)

    def conv(self, name: str, x: Value, relu: bool = False) -> Value:
        return self._convolved(name, x, relu)

    def double(self, name: str, x: Value, relu: bool = False) -> Value:
        last = name == self.faithful.last
        return self._shuffled(name, self._convolved(name, x, relu, 4, last), 2)

    def cells(self, name: str, x: Value, factor: int) -> Value:
        return self._shuffled(name, self._convolved(name, x, False, factor**2, last=True), factor)

    def add(self, name: str, x: Value, y: Value) -> Value:
        return self.quantised(name, self.node("Add", [x.name, y.name], f"{name}.sum"), x.channels, False)

    def _shuffled(self, name: str, x: Value, factor: int) -> Value:
        """Channels (row, column, channel) -> pixels; int8 as transpositions of NHWC, which cancel those of the convolutions."""
        channels = x.channels // factor**2
        if not self.int8:
            return Value(self.node("DepthToSpace", [x.name], f"{name}.pixels", blocksize=factor, mode="DCR"), channels)
        y = self.node("Transpose", [x.name], f"{name}.nhwc", perm=[0, 2, 3, 1])
        size = self.node("Shape", [y], f"{name}.size")
        y = self.node("Reshape", [y, self.constant(f"cells.{factor}.{channels}", [0, 0, 0, factor, factor * channels], np.int64)], f"{name}.cells")
        y = self.node("Transpose", [y], f"{name}.cell.rows", perm=[0, 1, 3, 2, 4])
        larger = self.node("Mul", [size, self.constant(f"larger.{factor}", [1, factor, factor, 1], np.int64)], f"{name}.larger")
        larger = self.node("Div", [larger, self.constant(f"fewer.{factor}", [1, 1, 1, factor**2], np.int64)], f"{name}.pixels.size")
        y = self.node("Reshape", [y, larger], f"{name}.pixels.nhwc")
        return Value(self.node("Transpose", [y], f"{name}.pixels", perm=[0, 3, 1, 2]), channels, x.scale, x.zero)


def build(faithful: Enlarger | Restorer, detailed: Enlarger | Restorer, weights: WeightFile, precision: str, samples: str, ranges: Ranges | None = None) -> onnx.ModelProto:
    """One graph. precision: int8 or fp32; samples: uint8 (0..255, rounded and clipped) or float32 (0..1, not clipped).

    ranges, for int8: what export.py measures. Sides that are no multiple of the net's grid are filled up inside, at right and bottom.
    """
    scale, grid, as_bytes = faithful.scale, faithful.grid, samples == "uint8"
    g = Graph(weights, faithful, detailed, precision, 255 if as_bytes else 1, ranges)
    image = "image"
    size = g.node("Mul", [g.node("Shape", ["image"], "image.shape"), g.constant("growth", [1, scale, scale, 1], np.int64)], "enlarged.shape")
    if grid > 1:
        rest = g.node("Mod", [g.node("Neg", ["image.shape"], "image.negative"), g.constant("grid", [1, grid, grid, 1], np.int64)], "image.missing")
        pads = g.node("Concat", [g.constant("none", [0] * 4, np.int64), rest], "image.pads", axis=0)
        image = g.node("Pad", ["image", pads], "image.padded", mode="edge")
    x = g.node("Transpose", [image], "image.planes", perm=[0, 3, 1, 2])
    x_scale = g.constant("byte", 1 / 255) if as_bytes else ""
    if precision == "int8":
        zero = g.constant("zero", 0, np.uint8)
        source = Value(g.node("DequantizeLinear", [x, x_scale, zero], "image.unit"), 3, x_scale, zero)
    elif as_bytes:
        source = Value(g.node("Mul", [g.node("Cast", [x], "image.float", to=TensorProto.FLOAT), x_scale], "image.unit"), 3)
    else:
        source = Value(x, 3)
    residual = faithful.plan(g, source)

    copy = g.node("Cast", [image], "copy.float", to=TensorProto.FLOAT) if as_bytes else image
    if as_bytes:
        copy = g.node("Add", [copy, g.constant("half", 0.5)], "copy.rounding")
    factors = g.constant("copy.factors", [1, scale, scale, 1])
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"} if faithful.skip == "nearest" else {"coordinate_transformation_mode": "half_pixel"}
    copy = g.node("Resize", [copy, "", factors], "copy", mode="nearest" if faithful.skip == "nearest" else "linear", **how)
    pixels = g.node("Transpose", [residual.name], "residual.nhwc", perm=[0, 2, 3, 1])
    y = g.node("Add", [pixels, copy], "sum")
    if as_bytes:
        y = g.node("Clip", [y, g.constant("black", 0), g.constant("white.level", 255)], "sum.clipped")
        y = g.node("Cast", [y], "sum.uint8", to=TensorProto.UINT8)
    if grid > 1:
        g.node("Slice", [y, g.constant("none", [0] * 4, np.int64), size], "enlarged")
    else:
        g.node("Reshape", [y, size], "enlarged")

    kind = TensorProto.UINT8 if as_bytes else TensorProto.FLOAT
    graph = helper.make_graph(
        g.nodes, f"enlarge-x{scale}-{precision}",
        [helper.make_tensor_value_info("image", kind, [1, "height", "width", 3])],
        [helper.make_tensor_value_info("enlarged", kind, [1, "enlarged_height", "enlarged_width", 3])],
        list(g.initializers.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="onestep")


GRAPHS = {"int8.onnx": ("int8", "uint8"), "fp32-u8.onnx": ("fp32", "uint8"), "fp32.onnx": ("fp32", "float32")}


def write_graphs(folder: Path, faithful: Enlarger | Restorer, detailed: Enlarger | Restorer, ranges: Ranges, strength: float) -> None:
    """Writes the three graphs, weights.bin and strength.bin. Both nets should have been rounded to fp16, as the file is."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = WeightFile()
    for file, (precision, samples) in GRAPHS.items():
        (folder / file).write_bytes(build(faithful, detailed, weights, precision, samples, ranges).SerializeToString())
    (folder / WEIGHTS_FILE).write_bytes(weights.data)
    (folder / STRENGTH_FILE).write_bytes(np.float32(strength).tobytes())

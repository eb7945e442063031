"""Builds the ONNX graphs of an Enlarger by hand: readable, one weight file for all of them, strength inside.

A graph's weights are W = faithful + strength (detailed - faithful). That expression, and for int8 the quantisation of
its result, stand in the graph on constants; ONNX Runtime folds them once when it opens the graph.
Channels of the last convolution are stored in the order (row, column, colour) of the enlarged pixel, so that
depth-to-space is one cheap transposition in the NHWC layout the pixels are delivered in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

OPSET = 17
# Strengths at which activation ranges are measured; between them the graph interpolates.
RANGE_STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
WEIGHTS_FILE, STRENGTH_FILE = "weights.bin", "strength.bin"


@dataclass(frozen=True)
class Layer:
    """Faithful and detailed weights (out, in, 3, 3) and biases (out,) of one convolution, float32."""

    weight: np.ndarray
    detailed_weight: np.ndarray
    bias: np.ndarray
    detailed_bias: np.ndarray


def layers_of(faithful: dict[str, Tensor], detailed: dict[str, Tensor], scale: int) -> list[Layer]:
    """The two state dicts of an Enlarger as Layers, the last one's channels reordered from (colour, row, column)."""
    count = len(faithful) // 2
    order = np.arange(3 * scale**2).reshape(3, scale**2).T.ravel()
    layers = []
    for index in range(count):
        pick = order if index == count - 1 else slice(None)
        parts = [state[f"convs.{index}.{part}"].numpy()[pick] for part in ("weight", "bias") for state in (faithful, detailed)]
        layers.append(Layer(*(np.ascontiguousarray(part, np.float32) for part in parts)))
    return layers


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

    def blended(self, name: str, faithful: np.ndarray, detailed: np.ndarray, gain: float) -> str:
        """gain (faithful + strength (detailed - faithful)), a constant once strength is known."""
        change = self.node("Mul", [self.stored(f"{name}.detail", detailed - faithful), "strength"], f"{name}.change")
        result = self.node("Add", [self.stored(f"{name}.faithful", faithful), change], f"{name}.blended")
        return result if gain == 1 else self.node("Mul", [result, self.constant("white", gain)], f"{name}.scaled")


def _quantised_conv(b: Builder, name: str, x: str, x_scale: str, weight: str, bias: str) -> str:
    """Conv on dequantised operands: signed per-channel weights, int32 bias at the product of both scales."""
    size = b.node("ReduceMax", [b.node("Abs", [weight], f"{name}.weight.abs")], f"{name}.weight.max", axes=[1, 2, 3], keepdims=0)
    # The floor keeps a dead channel from dividing by zero.
    floored = b.node("Max", [size, b.constant("tiny", 1e-8)], f"{name}.weight.range")
    scale = b.node("Div", [floored, b.constant("levels.signed", 127)], f"{name}.weight.scale")
    zero = b.constant(f"{name}.weight.zero", np.zeros(b.channels), np.int8)
    quantised = b.node("QuantizeLinear", [weight, scale, zero], f"{name}.weight.int8", axis=0)
    w = b.node("DequantizeLinear", [quantised, scale, zero], f"{name}.weight.dequantized", axis=0)
    bias_scale = b.node("Mul", [x_scale, scale], f"{name}.bias.scale")
    steps = b.node("Round", [b.node("Div", [bias, bias_scale], f"{name}.bias.steps")], f"{name}.bias.rounded")
    whole = b.node("Cast", [steps], f"{name}.bias.int32", to=TensorProto.INT32)
    offset = b.node("DequantizeLinear", [whole, bias_scale, b.constant(f"{name}.bias.zero", np.zeros(b.channels), np.int32)], f"{name}.bias.dequantized", axis=0)
    return b.node("Conv", [x, w, offset], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def build(layers: Sequence[Layer], scale: int, weights: WeightFile, precision: str, samples: str, ranges: np.ndarray | None = None) -> onnx.ModelProto:
    """One graph. precision: int8 or fp32; samples: uint8 (0..255, rounded and clipped) or float32 (0..1, not clipped).

    ranges (layers, len(RANGE_STRENGTHS)), for int8: the largest value after each ReLU, and of the last residual's
    magnitude in units of white.
    """
    b = Builder(weights)
    bytes_in_and_out, int8 = samples == "uint8", precision == "int8"
    b.initializers["strength"] = external_tensor("strength", (), STRENGTH_FILE, 0, 4)
    x = b.node("Transpose", ["image"], "image.planes", perm=[0, 3, 1, 2])
    x_scale = b.constant("byte", 1 / 255) if bytes_in_and_out else ""
    if int8:
        x_zero = b.constant("zero", 0, np.uint8)
        x = b.node("DequantizeLinear", [x, x_scale, x_zero], "image.unit")
        distance = b.node("Sub", [b.constant("range.strengths", RANGE_STRENGTHS), "strength"], "range.distance")
        steps = b.node("Mul", [b.node("Abs", [distance], "range.abs"), b.constant("range.intervals", len(RANGE_STRENGTHS) - 1)], "range.steps")
        shares = b.node("Relu", [b.node("Sub", [b.constant("one", 1), steps], "range.hat")], "range.shares")
    elif bytes_in_and_out:
        x = b.node("Mul", [b.node("Cast", [x], "image.float", to=TensorProto.FLOAT), x_scale], "image.unit")

    for index, layer in enumerate(layers):
        last = index == len(layers) - 1
        b.channels = len(layer.bias)
        name = "residual" if last else f"conv{index:02d}"
        gain = 255 if last and bytes_in_and_out else 1
        weight = b.blended(f"{name}.weight", layer.weight, layer.detailed_weight, gain)
        bias = b.blended(f"{name}.bias", layer.bias, layer.detailed_bias, gain)
        if not int8:
            x = b.node("Conv", [x, weight, bias], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
            x = x if last else b.node("Relu", [x], f"{name}.relu")
            continue
        x = _quantised_conv(b, name, x, x_scale, weight, bias)
        x = x if last else b.node("Relu", [x], f"{name}.relu")
        table = b.constant(f"{name}.ranges", ranges[index] * gain)
        reach = b.node("ReduceSum", [b.node("Mul", [shares, table], f"{name}.range.parts")], f"{name}.range", keepdims=0)
        levels = b.constant("levels.residual", 127) if last else b.constant("levels.unsigned", 255)
        x_scale = b.node("Div", [reach, levels], f"{name}.scale")
        x_zero = b.constant("middle", 128, np.uint8) if last else "zero"
        x = b.node("QuantizeLinear", [x, x_scale, x_zero], f"{name}.uint8")
        x = b.node("DequantizeLinear", [x, x_scale, x_zero], f"{name}.dequantized")

    x = b.node("Transpose", [x], "residual.pixels", perm=[0, 2, 3, 1])
    skip = b.node("Cast", ["image"], "skip.float", to=TensorProto.FLOAT) if bytes_in_and_out else "image"
    if bytes_in_and_out:
        skip = b.node("Add", [skip, b.constant("half", 0.5)], "skip.rounding")
    skip = b.node("Tile", [skip, b.constant("skip.repeats", [1, 1, 1, scale**2], np.int64)], "skip.repeated")
    x = b.node("Add", [x, skip], "sum")
    if bytes_in_and_out:
        x = b.node("Clip", [x, b.constant("black", 0), b.constant("white", 255)], "sum.clipped")
        x = b.node("Cast", [x], "sum.uint8", to=TensorProto.UINT8)
    x = b.node("Reshape", [x, b.constant("cells", [0, 0, 0, scale, 3 * scale], np.int64)], "enlarged.cells")
    x = b.node("Transpose", [x], "enlarged.rows", perm=[0, 1, 3, 2, 4])
    size = b.node("Mul", [b.node("Shape", ["image"], "image.shape"), b.constant("growth", [1, scale, scale, 1], np.int64)], "enlarged.shape")
    b.node("Reshape", [x, size], "enlarged")

    kind = TensorProto.UINT8 if bytes_in_and_out else TensorProto.FLOAT
    graph = helper.make_graph(
        b.nodes, f"enlarge-x{scale}-{precision}",
        [helper.make_tensor_value_info("image", kind, [1, "height", "width", 3])],
        [helper.make_tensor_value_info("enlarged", kind, [1, "enlarged_height", "enlarged_width", 3])],
        list(b.initializers.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="onestep")


GRAPHS = {"int8.onnx": ("int8", "uint8"), "fp32-u8.onnx": ("fp32", "uint8"), "fp32.onnx": ("fp32", "float32")}


def write_graphs(folder: Path, layers: Sequence[Layer], scale: int, ranges: np.ndarray, strength: float) -> None:
    """Writes the three graphs, weights.bin and strength.bin."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = WeightFile()
    for file, (precision, samples) in GRAPHS.items():
        (folder / file).write_bytes(build(layers, scale, weights, precision, samples, ranges).SerializeToString())
    (folder / WEIGHTS_FILE).write_bytes(weights.data)
    (folder / STRENGTH_FILE).write_bytes(np.float32(strength).tobytes())

"""Writes RealESRGAN_General_x4_v3 as ONNX, to be timed next to our own models.

    python tests/bench/general_onnx.py WEIGHTS.bin OUT.onnx

SRVGGNetCompact 64 channels × 32 body convolutions, PReLU, ×4 (basicsr/archs/srvgg_arch.py). The ncnn `.bin` is the
layers in order: each convolution a u32 tag 0x01306B47, float16 weights padded to 4 bytes, float32 bias; each PReLU 64
float32 slopes. The graph is the straight conversion: [1,3,H,W] float32 0…1 → [1,3,4H,4W].
"""

import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BODY = 32
HALF_PRECISION_TAG = 0x01306B47


def read_layers(content):
    at = 0

    def convolution(inputs, outputs):
        nonlocal at
        (tag,) = struct.unpack_from("<I", content, at)
        if tag != HALF_PRECISION_TAG:
            raise ValueError(f"expected float16 weights, got tag {tag:#x}")
        count = inputs * outputs * 9
        weight = np.frombuffer(content, np.float16, count, at + 4).astype(np.float32).reshape(outputs, inputs, 3, 3)
        at += 4 + (2 * count + 3) // 4 * 4
        bias = np.frombuffer(content, np.float32, outputs, at)
        at += 4 * outputs
        return weight, bias

    def slopes(channels):
        nonlocal at
        values = np.frombuffer(content, np.float32, channels, at).reshape(channels, 1, 1)
        at += 4 * channels
        return values

    layers = [(convolution(3, 64), slopes(64))]
    layers += [(convolution(64, 64), slopes(64)) for _ in range(BODY)]
    last = convolution(64, 48)
    if at != len(content):
        raise ValueError(f"{len(content) - at} bytes left over: not this network")
    return layers, last


def main(weights, target):
    with open(weights, "rb") as file:
        layers, last = read_layers(file.read())
    nodes, constants = [], []

    def constant(name, values):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolve(name, signal, weight, bias):
        inputs = [signal, constant(f"{name}.weight", weight), constant(f"{name}.bias", bias)]
        nodes.append(helper.make_node("Conv", inputs, [name], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        return name

    signal = "image"
    for index, ((weight, bias), slope) in enumerate(layers):
        signal = convolve(f"conv{index}", signal, weight, bias)
        nodes.append(helper.make_node("PRelu", [signal, constant(f"slope{index}", slope)], [f"act{index}"], f"act{index}"))
        signal = f"act{index}"
    signal = convolve("conv_last", signal, *last)
    nodes.append(helper.make_node("DepthToSpace", [signal], ["shuffled"], "shuffle", blocksize=4, mode="CRD"))
    scales = constant("scales", np.array([1, 1, 4, 4], np.float32))
    nearest = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    nodes.append(helper.make_node("Resize", ["image", "", scales], ["repeated"], "repeat", **nearest))
    nodes.append(helper.make_node("Add", ["shuffled", "repeated"], ["enlarged"], "add"))
    graph = helper.make_graph(
        nodes,
        "RealESRGAN_General_x4_v3",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("enlarged", TensorProto.FLOAT, [1, 3, "height4", "width4"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

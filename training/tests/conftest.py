"""The kit's modules import each other by plain name, as its scripts do."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SHARED = Path(__file__).resolve().parent.parent.parent.parent / "shared"
# Before ONNX Runtime is loaded: see runtime.py.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# The tests' nets are so small that a second thread only adds waiting.
torch.set_num_threads(1)


@pytest.fixture
def shared_file():
    """Path of a file in ../shared, or a skip that says which one is missing."""

    def find(path: str) -> Path:
        if not (SHARED / path).exists():
            pytest.skip(f"needs ../shared/{path}")
        return SHARED / path

    return find


CLASSIFIER = ((3, 32), (32, 32), (32, 64), (64, 80), (80, 192))


@pytest.fixture
def classifier_folder(tmp_path):
    """The first five layers as nsfwjs stores them, of random bytes."""
    rng, data, entries = np.random.default_rng(0), b"", []
    for index, (inputs, outputs) in enumerate(CLASSIFIER, 1):
        side = 1 if index == 4 else 3
        for name, shape, scale, least in (
            (f"conv2d_{index}/kernel", (side, side, inputs, outputs), 0.004, -0.5), (f"batch_normalization_{index}/beta", (outputs,), 0.01, 0),
            (f"batch_normalization_{index}/moving_mean", (outputs,), 0.01, 0), (f"batch_normalization_{index}/moving_variance", (outputs,), 0.01, 0.5),
        ):
            data += rng.integers(0, 256, int(np.prod(shape)), dtype=np.uint8).tobytes()
            entries.append({"name": name, "shape": shape, "dtype": "float32", "quantization": {"dtype": "uint8", "scale": scale, "min": least}})
    (tmp_path / "weights.bin").write_bytes(data)
    (tmp_path / "manifest.json").write_text(json.dumps([{"paths": [], "weights": entries}]))
    return tmp_path

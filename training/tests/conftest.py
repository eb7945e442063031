"""The kit's modules import each other by plain name, as its scripts do."""

import os
import sys
from pathlib import Path

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

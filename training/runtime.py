"""ONNX Runtime on the processor, without its telemetry."""

from __future__ import annotations

import os
from pathlib import Path

# From 1.29 on it reports to its makers unless it is told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime  # noqa: E402


def open_session(model: Path | bytes, threads: int = 2, files: dict[str, bytes] | None = None) -> onnxruntime.InferenceSession:
    """files: external data that replaces what lies beside the graph; once one file is given, all have to be."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    if files:
        options.add_external_initializers_from_files_in_memory(list(files), list(files.values()), [len(data) for data in files.values()])
    return onnxruntime.InferenceSession(model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"])

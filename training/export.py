"""Writes a model folder: three ONNX graphs, their weights, the self-test and the manifest.

    python training/export.py --model onestep-photo-x4

Activation ranges for int8 are measured here on training patches. Measured quality is added by evaluate.py afterwards.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from pathlib import Path
from urllib.parse import quote

import numpy as np
import onnxruntime
import torch
from PIL import Image, ImageDraw
from torch import Tensor

import graphs
from catalogue import CATALOGUE, Model
from networks import Enlarger
from prepare_data import PHOTOS, bank_folder
from presets import PRESETS
from train import RUNS

SELF_TEST_SIDE = 48


def load(preset_name: str) -> dict[str, Tensor]:
    return torch.load(RUNS / preset_name / "weights.pt", map_location="cpu", weights_only=True)


def blend(faithful: dict[str, Tensor], detailed: dict[str, Tensor], strength: float) -> dict[str, Tensor]:
    """Deep network interpolation (Wang et al. 2019), the same expression as in the graphs."""
    return {name: value + strength * (detailed[name] - value) for name, value in faithful.items()}


def network(state: dict[str, Tensor], scale: int) -> Enlarger:
    count, channels = len(state) // 2, state["convs.0.weight"].shape[0]
    net = Enlarger(scale, channels, count - 2)
    net.load_state_dict(state)
    return net.eval()


@torch.no_grad()
def activation_ranges(net: Enlarger, images: Tensor) -> np.ndarray:
    """Largest output of every layer, (layers,): after ReLU, and in magnitude for the last."""
    groups = []
    for part in images.split(16):
        x, peaks = part, []
        for conv in net.convs:
            x = conv(x)
            peaks.append(x.abs().max().item() if conv is net.convs[-1] else x.relu_().max().item())
        groups.append(peaks)
    return np.array(groups, np.float32).max(0)


def calibrate(faithful: dict[str, Tensor], detailed: dict[str, Tensor], scale: int, images: Tensor) -> np.ndarray:
    """Ranges at each of graphs.RANGE_STRENGTHS: (layers, strengths)."""
    nets = [network(blend(faithful, detailed, strength), scale) for strength in graphs.RANGE_STRENGTHS]
    return np.stack([activation_ranges(net, images) for net in nets], 1)


def calibration_images(scale: int, count: int = 256) -> Tensor:
    """Evenly spread low-resolution training patches and the synthetic tile, (count + 2, 3, 48, 48) in [0, 1].

    The tile and its negative are harder than any photograph: with them, lettering and saturated graphics do not clip.
    """
    low = np.load(bank_folder(scale) / "low.npy", mmap_mode="r")
    tile = self_test_tile()
    picked = np.concatenate([low[np.linspace(0, len(low) - 1, count).astype(int)], [tile, 255 - tile]])
    return torch.from_numpy(picked.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def self_test_tile(side: int = SELF_TEST_SIDE) -> np.ndarray:
    """Synthetic (side, side, 3) uint8 picture: gradients, edges, texture and strokes like lettering."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    picture = np.stack([x, y, 1 - (x + y) / 2], 2) * 255
    half = side // 2
    picture[:half, half:] = np.where((np.add(*np.mgrid[0:half, 0:half]) // 3 % 2)[..., None], (230, 220, 40), (20, 30, 90))
    picture[half:, :half] = 128 + rng.normal(0, 30, (half, half, 1)) + 20 * np.sin(np.arange(half) * 1.3)[None, :, None]
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    pen.rectangle((half + 2, half + 2, side - 3, side - 3), fill=(245, 245, 240))
    for step in range(3):
        left = half + 4 + 6 * step
        pen.line([(left, side - 6), (left + 2, half + 5), (left + 4, side - 6)], fill=(25, 25, 30))
        pen.line([(left + 1, side - 11), (left + 3, side - 11)], fill=(160, 20, 20))
    return np.asarray(image)


def run_graph(path: Path, image: np.ndarray) -> np.ndarray:
    """One (H, W, 3) picture through a graph at the strength on disk."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": image[None]})[0][0]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _credits(used: list[str]) -> list[dict[str, str]]:
    with open(PHOTOS / "SOURCES.tsv", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return [
        {
            "file": name, "author": rows[name]["author"] or "not named by the source", "licence": rows[name]["licence"],
            "source": f"https://github.com/{rows[name]['repo']}/blob/{rows[name]['commit']}/{quote(rows[name]['path'])}",
        }
        for name in used
    ]


def _stage(preset_name: str) -> dict[str, object]:
    """What a finished run really did, from the files it left."""
    folder = RUNS / preset_name
    preset = json.loads((folder / "preset.json").read_text())
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    last = [entry for entry in log if "seconds" in entry][-1]
    # A run continued under a changed preset is not the recipe its name stands for: the card says where and what.
    changes = [
        {"iteration": entry["iteration"]} | {key: value for key, value in entry["preset"].items() if value != preset.get(key)}
        for entry in log if entry.get("event") == "continue" and "preset" in entry
    ]
    keys = ("stage", "iterations", "batch", "patch", "learning_rate", "seed", "device", "start_from", "adversarial_weight", "feature_weight", "lattice_weight")
    return {"preset": preset_name} | {key: preset[key] for key in keys if key in preset} | {"iterations": last["iteration"], "seconds": round(last["seconds"]), "continuedWith": changes}


def _card(model: Model, net: Enlarger) -> dict[str, object]:
    parameters = sum(p.numel() for p in net.parameters())
    bank = json.loads((bank_folder(model.scale) / "bank.json").read_text())
    body = len(net.convs) - 2
    return {
        "task": "photo enlargement",
        "architecture": f"{net.convs[0].out_channels} channels, {body + 2} 3x3 convolutions with ReLU, depth-to-space {model.scale}, nearest-neighbour skip",
        "parameters": parameters,
        "macsPerInputPixel": sum(conv.weight.numel() for conv in net.convs),
        "data": {
            "description": f"{bank['patches']} patch pairs from {len(bank['photographs'])} freely licensed photographs, degraded by "
            "blur, resizing, noise and JPEG in two rounds; no other network's weights or output were used.",
            "heldBack": bank["heldBack"],
            "credits": _credits(bank["photographs"]),
        },
        "recipe": {"preset": model.detailed, "stages": [_stage(model.faithful), _stage(model.detailed)], "reach": model.reach},
        "measured": [],
        "limits": model.limits,
        "licence": "MIT",
    }


def export(model: Model) -> None:
    """Writes everything into models/<id>/. Old measurements are dropped: they belonged to other weights."""
    faithful = load(model.faithful)
    detailed = blend(faithful, load(model.detailed), model.reach)
    ranges = calibrate(faithful, detailed, model.scale, calibration_images(model.scale))
    folder = model.folder
    graphs.write_graphs(folder, graphs.layers_of(faithful, detailed, model.scale), model.scale, ranges, model.strength)
    tile = self_test_tile()
    answer = run_graph(folder / "fp32-u8.onnx", tile)
    (folder / "self-test.bin").write_bytes(tile.tobytes() + answer.tobytes())
    net = network(faithful, model.scale)
    manifest = {
        "schema": 1, "id": model.id, "name": model.name, "summary": model.summary, "family": model.family,
        "pipeline": "feed-forward", "scale": model.scale, "overlap": net.radius,
        "graphs": [
            {"file": file, "precision": precision, "samples": samples, "sha256": sha256(folder / file)}
            for file, (precision, samples) in graphs.GRAPHS.items()
        ],
        "tensors": {"input": "image", "output": "enlarged", "layout": "nhwc"},
        "weights": [{"file": graphs.WEIGHTS_FILE, "sha256": sha256(folder / graphs.WEIGHTS_FILE)}],
        "options": {"strength": {"constant": graphs.STRENGTH_FILE, "default": model.strength}},
        "selfTest": {"file": "self-test.bin", "width": SELF_TEST_SIDE, "height": SELF_TEST_SIDE, "sha256": sha256(folder / "self-test.bin")},
        "card": _card(model, net),
    }
    write_manifest(folder, manifest)
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 2**20:.2f} MiB")


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=CATALOGUE, required=True)
    export(CATALOGUE[parser.parse_args().model])


if __name__ == "__main__":
    main()

"""Writes a model folder: ONNX graphs, their weights, the self-test and the manifest.

    python training/export.py --model onestep-photo-x4
    python training/export.py --model dfosd-xt      (diffusion/export.py says what such a folder holds)

Activation ranges for int8 are measured here on training patches. Measured quality is added by evaluate.py afterwards.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import graphs
from catalogue import CATALOGUE, MODELS, Model
from diffusion import export as one_step
from diffusion.recipes import RECIPES
from manifest import SELF_TEST_SIDE, credits, self_test_tile, sha256, write_manifest
from networks import Enlarger
from prepare_data import bank_folder
from presets import PRESETS
from runtime import open_session
from train import RUNS


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


def run_graph(path: Path, image: np.ndarray) -> np.ndarray:
    """One (H, W, 3) picture through a graph at the strength on disk."""
    return open_session(path).run(None, {"image": image[None]})[0][0]


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
            "credits": credits(bank["photographs"]),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    recipes = [name for name, recipe in RECIPES.items() if not recipe.base and not recipe.made_up]
    parser.add_argument("--model", choices=(*CATALOGUE, *recipes), required=True)
    name = parser.parse_args().model
    if name in CATALOGUE:
        export(CATALOGUE[name])
    else:
        recipe = RECIPES[name]
        one_step.export(recipe, RUNS / name, MODELS / name, bank_folder(recipe.scale, recipe.bank_patch))


if __name__ == "__main__":
    main()

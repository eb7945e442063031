"""Writes a model folder: ONNX graphs, their weights, the self-test and the manifest.

    python training/export.py --model onestep-photo-x4
    python training/export.py --model dfosd-xt      (diffusion/export.py says what such a folder holds)

Activation ranges for int8 are measured here on training patches. Measured quality is added by evaluate.py afterwards.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

import graphs
from bank import filled
from degradations import shrink
from diffusion import export as one_step
from made_up import picture
from manifest import MODELS, SELF_TEST_SIDE, credits, self_test_tile, sha256, write_manifest
from networks import Doubling, Enlarger, Ops, Restorer, enlarge
from photo_stage import network
from recipes import RECIPES, OneStepRecipe, PhotoRecipe, Recipe
from run import RUNS
from runtime import open_session

# A radius up to the first is taken whole; a larger one is measured, up to the second.
LARGEST_EXACT, LONGEST = 48, 96


class Peaks(Ops):
    """Runs a plan and notes the largest magnitude of every value in it, and of each of its channels."""

    def __init__(self, net: Enlarger | Restorer) -> None:
        super().__init__(net)
        self.seen: dict[str, float] = {}
        self.channels: dict[str, Tensor] = {}

    def note(self, name: str, value: Tensor) -> Tensor:
        self.seen[name] = max(self.seen.get(name, 0.0), value.abs().max().item())
        peaks = value.abs().amax((0, 2, 3))
        self.channels[name] = torch.maximum(self.channels.get(name, peaks), peaks)
        return value

    def conv(self, name: str, x: Any, relu: bool = False) -> Any:
        return self.note(name, super().conv(name, x, relu))

    def add(self, name: str, x: Any, y: Any) -> Any:
        return self.note(name, super().add(name, x, y))


def blend(faithful: Enlarger | Restorer, detailed: Enlarger | Restorer, strength: float) -> Enlarger | Restorer:
    """Deep network interpolation (Wang et al. 2019), the same expression as in the graphs."""
    net = copy.deepcopy(faithful)
    with torch.no_grad():
        for own, end in zip(net.parameters(), detailed.parameters()):
            own += strength * (end - own)
    return net


# How far the peaks of channels are evened out: 0 not at all, 1 to one height, at which the weights that read them are the uneven ones.
# 0.8 served a first export; weights that went on from an exported model are even already: then 0.8 gives 42.5 and 39.7 dB, 0.5 gives 48.1 and 44.3.
EVENNESS = 0.5


@torch.no_grad()
def evened(faithful: Restorer, detailed: Restorer, images: Tensor) -> tuple[Restorer, Restorer]:
    """Both ends with the same results and channels of more even height: 8 bits have one range for all channels of a value, and a long
    training lets some grow far above the others. Cross-layer equalisation (Nagel et al. 2019, §4.1), with the share of Xiao et al.
    2022, §4, in place of the weights' ranges. images: (N, 3, H, W).
    """
    faithful, detailed = copy.deepcopy(faithful), copy.deepcopy(detailed)
    seen: list[dict[str, Tensor]] = []
    for net in (faithful, detailed):
        peaks = Peaks(net)
        for part in images.split(16):
            net.plan(peaks, part)
        seen.append(peaks.channels)
    for writers, readers in faithful.streams():
        count = _kernel(faithful.get_submodule(readers[0])).shape[1]
        # The sums of a stream have the names of its blocks; a doubling's channels are written once for each phase.
        names = {name for writer in writers for name in (writer, writer.removesuffix(".b"), {"up1": "d1", "up2": "d2"}.get(writer, writer))}
        heights = [found[name].view(count, -1).amax(1) for found in seen for name in names if name in found and found[name].numel() % count == 0]
        height = torch.stack(heights).amax(0).clamp_min(1e-3)
        scale = (height / height.log().mean().exp()) ** EVENNESS
        for net in (faithful, detailed):
            for name in writers:
                layer = net.get_submodule(name)
                _kernel(layer).div_(scale.view(-1, 1, 1, 1))
                (layer.offset if isinstance(layer, Doubling) else layer.bias).div_(scale)
            for name in readers:
                _kernel(net.get_submodule(name)).mul_(scale.view(1, -1, 1, 1))
    return faithful, detailed


def _kernel(layer: nn.Module) -> Tensor:
    """(outputs, inputs, rows, columns); of a doubling the one that its phases come from."""
    return layer.kernel if isinstance(layer, Doubling) else layer.weight


def rounded(faithful: Enlarger | Restorer, detailed: Enlarger | Restorer) -> tuple[Enlarger | Restorer, Enlarger | Restorer]:
    """Both ends as the file keeps them: the faithful one, and its difference to the other, in half precision."""
    faithful, detailed = copy.deepcopy(faithful).eval(), copy.deepcopy(detailed).eval()
    with torch.no_grad():
        for own, end in zip(faithful.parameters(), detailed.parameters()):
            difference = (end - own).half().float()
            own.copy_(own.half().float())
            end.copy_(own + difference)
    return faithful, detailed


@torch.no_grad()
def calibrate(faithful: Enlarger | Restorer, detailed: Enlarger | Restorer, images: Tensor) -> graphs.Ranges:
    """Ranges of every value at each of graphs.RANGE_STRENGTHS. images: (N, 3, H, W), sides multiples of the grid."""
    found: dict[str, list[float]] = {}
    for strength in graphs.RANGE_STRENGTHS:
        net = blend(faithful, detailed, strength)
        peaks = Peaks(net)
        for part in images.split(16):
            net.plan(peaks, part)
        for name, value in peaks.seen.items():
            found.setdefault(name, []).append(value)
    return {name: np.array(values, np.float32) for name, values in found.items()}


def calibration_images(bank: Path, count: int = 48) -> Tensor:
    """Evenly spread low-resolution training patches and the synthetic tile, (count + 2, 3, side, side) in [0, 1].

    The tile and its negative, the last two, are harder than any photograph: with them, lettering and saturated graphics do not clip.
    """
    low = np.load(bank / "low.npy", mmap_mode="r")
    tile = self_test_tile(low.shape[1])
    picked = np.concatenate([low[np.linspace(0, filled(bank, len(low)) - 1, count).astype(int)], [tile, 255 - tile]])
    return torch.from_numpy(picked.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def ranges_of(faithful: Enlarger | Restorer, detailed: Enlarger | Restorer, images: Tensor) -> graphs.Ranges:
    """What 8 bits have to hold. images: of calibration_images.

    A restorer takes the tile for noise and answers it with values that nothing else comes near: 8 bits that hold them are too coarse for
    the rest, 43 dB from fp32 in place of 46 where they hold a ninth of them.
    """
    return calibrate(faithful, detailed, images[:-2] if isinstance(faithful, Restorer) else images)


@torch.no_grad()
def measured_overlap(net: Enlarger | Restorer, images: Tensor) -> int:
    """Source pixels that tiles have to share so that tiled = untiled to one level of 255: the radius, or the least that is enough.

    images: (N, 3, side, side). Each row of the mosaic of all is cut at half its width, `overlap` further, and compared up to there.
    """
    if net.radius <= LARGEST_EXACT:
        return net.radius
    side = images.shape[-1]
    across = max(2, -(-2 * (LONGEST + net.grid) // side))
    rows = torch.stack([torch.cat(list(row), -1) for row in images[: len(images) // across * across].unflatten(0, (-1, across))])
    middle = rows.shape[-1] // 2 // net.grid * net.grid
    levels = [(enlarge(net, row[None]).clamp(0, 1) * 255).round() for row in rows]
    for overlap in range(16, LONGEST, 16):
        cuts = ((enlarge(net, row[None, ..., : middle + overlap]).clamp(0, 1) * 255).round() for row in rows)
        if all((cut - whole[..., : cut.shape[-1]])[..., : net.scale * middle].abs().max() <= 1 for cut, whole in zip(cuts, levels)):
            return overlap
    return LONGEST


def run_graph(path: Path, image: np.ndarray) -> np.ndarray:
    """One (H, W, 3) picture through a graph at the strength on disk."""
    return open_session(path).run(None, {"image": image[None]})[0][0]


def published_weights(folder: Path, home: Path, detailed: bool = False) -> Path:
    """One end of an exported model, the faithful one if nothing is said, as a state dict in `home`, for a run to begin with."""
    model = onnx.load(folder / "fp32.onnx")
    kept = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.float32) for tensor in model.graph.initializer if tensor.name.endswith(".half")}
    ending = ".faithful.half"
    names = [name.removesuffix(ending) for name in kept if name.endswith(ending)]
    state = {name: torch.from_numpy(kept[name + ending] + (kept.get(f"{name}.detail.half", 0) if detailed else 0)) for name in names}
    if not state:
        raise SystemExit(f"{folder} holds no weights that training could go on from")
    # graphs.py stores the channels of a last depth-to-space layer as (row, column, colour).
    cells = json.loads((folder / "manifest.json").read_text())["scale"] ** 2
    for name, value in state.items():
        if name.startswith("convs.") and len(value) == 3 * cells:
            state[name] = value.view(cells, 3, *value.shape[1:]).transpose(0, 1).reshape(value.shape)
    home.mkdir(parents=True, exist_ok=True)
    path = home / "begin.pt"
    torch.save(state, path)
    return path


def _stage(home: Path, name: str, recipe: PhotoRecipe) -> dict[str, object]:
    """What a finished stage really did, from the files it left."""
    facts = json.loads((home / name / "recipe.json").read_text())[name]
    log = [json.loads(line) for line in (home / name / "log.jsonl").read_text().splitlines()]
    last = [entry for entry in log if "seconds" in entry][-1]
    shown = {key: value for key, value in facts.items() if value not in (0, False, [], None)}
    return {"stage": name} | shown | {"iterations": last["iteration"], "seconds": round(last["seconds"]), "seed": recipe.seed, "device": recipe.device}


def _card(recipe: PhotoRecipe, net: Enlarger | Restorer, home: Path, bank: Path) -> dict[str, object]:
    facts = json.loads((bank / "bank.json").read_text()) if (bank / "bank.json").exists() else None
    data = {"description": "procedural pictures: a model that only shows that the kit runs"} if facts is None else {
        "description": facts.get("description", f"{facts['patches']} patch pairs from {len(facts['photographs'])} freely licensed photographs, degraded by "
        "blur, resizing, noise and JPEG in two rounds; no other network's weights or output were used."),
        "heldBack": facts["heldBack"], "credits": credits(facts["photographs"]),
    }
    described = {"history": recipe.history} if recipe.history else {}
    return {
        "task": "photo enlargement", "architecture": net.describe(), "parameters": sum(p.numel() for p in net.parameters()), "data": data,
        "recipe": {"preset": recipe.name, "stages": [_stage(home, name, recipe) for name in recipe.stages], "reach": recipe.reach} | described,
        "measured": [], "limits": recipe.limits, "licence": "MIT",
    }


def export_photo(recipe: PhotoRecipe, home: Path, folder: Path, bank: Path) -> None:
    """Writes everything into `folder`. Old measurements are dropped: they belonged to other weights."""
    ends = []
    for name in recipe.ends:
        ends.append(network(recipe))
        ends[-1].load_state_dict(torch.load(home / name / "weights.pt", map_location="cpu", weights_only=True))
    images = calibration_images(bank)
    faithful, detailed = ends[0], blend(ends[0], ends[-1], recipe.reach)
    faithful, detailed = rounded(*(evened(faithful, detailed, images[:-2]) if isinstance(faithful, Restorer) else (faithful, detailed)))
    graphs.write_graphs(folder, faithful, detailed, ranges_of(faithful, detailed, images), recipe.strength)
    overlap = max(measured_overlap(net, images[-9:]) for net in (faithful, detailed))
    tile = calm_tile(recipe.scale) if isinstance(faithful, Restorer) else self_test_tile()
    answer = run_graph(folder / "fp32-u8.onnx", tile)
    (folder / "self-test.bin").write_bytes(tile.tobytes() + answer.tobytes())
    grid = {"grid": faithful.grid} if faithful.grid > 1 else {}
    experimental = {"experimental": True} if recipe.experimental else {}
    write_manifest(folder, {
        "schema": 1, "id": recipe.name, "name": recipe.title, "summary": recipe.summary, "family": recipe.family, **experimental,
        "pipeline": "feed-forward", "scale": recipe.scale, "overlap": overlap, **grid,
        "graphs": [
            {"file": file, "precision": precision, "samples": samples, "sha256": sha256(folder / file)}
            for file, (precision, samples) in graphs.GRAPHS.items()
        ],
        "tensors": {"input": "image", "output": "enlarged", "layout": "nhwc"},
        "weights": [{"file": graphs.WEIGHTS_FILE, "sha256": sha256(folder / graphs.WEIGHTS_FILE)}],
        "options": {"strength": {"constant": graphs.STRENGTH_FILE, "default": recipe.strength}} | ({"grain": {"default": recipe.grain}} if recipe.grain else {}),
        "selfTest": {"file": "self-test.bin", "width": SELF_TEST_SIDE, "height": SELF_TEST_SIDE, "sha256": sha256(folder / "self-test.bin")},
        "card": _card(recipe, faithful, home, bank),
    })
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 2**20:.2f} MiB")


def calm_tile(scale: int) -> np.ndarray:
    """Like what a restorer is given, (side, side, 3) uint8. It takes the grain and the chequers of `self_test_tile` for noise, and answers
    them so wildly that 8 bits would fail a self-test that says nothing of photographs.
    """
    high = picture(np.random.default_rng(2), SELF_TEST_SIDE * scale) / 255
    return (shrink(high, scale) * 255).round().astype(np.uint8)


def export(recipe: Recipe, home: Path, folder: Path, bank: Path) -> None:
    (one_step.export if isinstance(recipe, OneStepRecipe) else export_photo)(recipe, home, folder, bank)


def main() -> None:
    import stages

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=RECIPES, required=True)
    recipe = RECIPES[parser.parse_args().model]
    export(recipe, RUNS / recipe.name, MODELS / recipe.name, stages.bank_of(recipe, RUNS / recipe.name))


if __name__ == "__main__":
    main()

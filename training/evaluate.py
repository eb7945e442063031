"""Measures the exported models against bicubic enlargement and published networks, and writes the results pages.

    python training/evaluate.py --model onestep-photo-2

Reads pictures and the published weights from ../shared/data; writes docs/results-<family>.md and the `measured` and
`int8` parts of each model's manifest. Sets that are absent are left out and the page says so.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

import metrics
from bank import validation_pairs
from diffusion import gate
from grain import add_grain
from graphs import STRENGTH_FILE
from manifest import MODELS, write_manifest
from prepare_data import bank_folder
from published import Compact, X4plus, on_pictures
from recipes import RECIPES, OneStepRecipe, PhotoRecipe
from runtime import open_session

ROOT = Path(__file__).resolve().parent
DATA = ROOT.parent.parent / "shared" / "data"
DOCS = ROOT.parent / "docs"
# Family -> its page.
PAGES = {"onestep-photo": "results-first-model.md", "onestep-photo-2": "results-photo-2.md"}
COMMAND = "python training/evaluate.py"

Picture = np.ndarray  # uint8 (H, W, 3) RGB
Method = Callable[[Picture], Picture]
PUBLISHED = {
    "RealESRGAN General": ("RealESRGAN_General_x4_v3.bin", Compact),
    "RealESRGAN General WDN": ("RealESRGAN_General_WDN_x4_v3.bin", Compact),
    "Real-ESRGAN x4plus": ("realesrgan-x4plus.bin", X4plus),
}


def read(path: Path) -> Picture:
    return np.asarray(Image.open(path).convert("RGB"))


def bicubic(scale: int) -> Method:
    """PIL's bicubic, the baseline everyone has."""
    return lambda x: np.asarray(Image.fromarray(x).resize((x.shape[1] * scale, x.shape[0] * scale), Image.Resampling.BICUBIC))


def ours(model: PhotoRecipe, graph: str, strength: float, grain: float = 0) -> Method:
    """An exported graph at a strength, with grain on top. Every external file has to be given when one is."""
    manifest = json.loads(((MODELS / model.name) / "manifest.json").read_text())
    files = {entry["file"]: ((MODELS / model.name) / entry["file"]).read_bytes() for entry in manifest["weights"]}
    files[STRENGTH_FILE] = np.float32(strength).tobytes()
    session = open_session((MODELS / model.name) / graph, files=files)
    return lambda x: add_grain(session.run(None, {"image": x[None]})[0][0], grain)


def picture_sets(scale: int) -> dict[str, list[tuple[str, Picture, Picture, int]]]:
    """Set name -> (name, low, high, border left out of PSNR and SSIM)."""
    sets: dict[str, list[tuple[str, Picture, Picture, int]]] = {}
    for name in ("Set5", "Set14"):
        folder = DATA / "bench" / name / f"x{scale}"
        pairs = [(low, Path(str(low).replace("_LR", "_HR"))) for low in sorted(folder.glob("*_LR.png"))]
        if pairs:
            sets[name] = [(low.stem, read(low), read(high), scale) for low, high in pairs]
    if scale == 4 and (DATA / "bench/Kodak24-hard").is_dir():
        sets["Kodak24-hard"] = [(low.stem, read(low), read(DATA / "bench/Kodak24" / low.name), 0) for low in sorted((DATA / "bench/Kodak24-hard").glob("*.png"))]
    if scale == 4 and (DATA / "bench/RealSR/LR").is_dir():
        sets["RealSR"] = [(low.stem, read(low), read(DATA / "bench/RealSR/HR" / low.name), 0) for low in sorted((DATA / "bench/RealSR/LR").glob("*.png"))]
    if (bank_folder(scale) / "validation-low.npy").exists():
        sets["held-back"] = [(f"{i:02d}", low, high, 0) for i, (low, high) in enumerate(validation_pairs(bank_folder(scale)))]
    return sets


def compare(method: Method, pictures: Iterable[tuple[str, Picture, Picture, int]], naturalness: bool) -> dict[str, float]:
    """Mean PSNR-Y, SSIM-Y and (where the pictures are large enough) NIQE."""
    rows = []
    for _, low, high, border in pictures:
        made = method(low)[: high.shape[0], : high.shape[1]]
        row = [metrics.psnr(made, high, border), metrics.ssim(made, high, border)]
        rows.append(row + ([metrics.niqe(made)] if naturalness else []))
    return dict(zip(("psnr", "ssim", "niqe"), np.mean(rows, 0).round(4).tolist()))


def agreement(whole: Method, fast: Method, pictures: list[tuple[str, Picture, Picture, int]]) -> dict[str, float]:
    """How far int8 is from fp32: PSNR over RGB between the two answers, and PSNR-Y lost against the reference."""
    between, lost = [], []
    for _, low, high, border in pictures:
        a, b = whole(low), fast(low)
        between.append(metrics.psnr_rgb(a, b))
        a, b = (x[: high.shape[0], : high.shape[1]] for x in (a, b))
        lost.append(metrics.psnr(a, high, border) - metrics.psnr(b, high, border))
    return {"meanPsnr": round(float(np.mean(between)), 2), "worstPsnr": round(min(between), 2), "lossAgainstReference": round(float(np.mean(lost)), 4)}


def seconds_per_megapixel(methods: dict[str, tuple[Method, int]], rows: int = 256, columns: int = 1024, rounds: int = 5) -> dict[str, float]:
    """Median seconds per output megapixel on one strip, the methods taking turns."""
    strip = np.random.default_rng(0).integers(0, 256, (rows, columns, 3), np.uint8)
    times: dict[str, list[float]] = {name: [] for name in methods}
    for turn in range(rounds + 1):
        for name, (method, scale) in methods.items():
            started = time.perf_counter()
            method(strip)
            if turn:
                times[name].append((time.perf_counter() - started) / (rows * columns * scale**2 / 1e6))
    return {name: float(np.median(values)) for name, values in times.items()}


def variants(model: PhotoRecipe) -> dict[str, tuple[str, float, float]]:
    """Row name -> (graph file, strength, grain): the two ends, the default, the halves between for the interpolation, all without grain;
    then the default with the model's own."""
    strengths = sorted({0.0, 0.25, 0.5, 0.75, 1.0, model.strength})
    rows = {f"strength {s:g}, fp32": ("fp32-u8.onnx", s, 0.0) for s in strengths}
    rows |= {f"strength {s:g}, int8": ("int8.onnx", s, 0.0) for s in sorted({0.0, model.strength, 1.0})}
    return rows | ({f"strength {model.strength:g}, grain {model.grain:g}, int8": ("int8.onnx", model.strength, model.grain)} if model.grain else {})


def references(model: PhotoRecipe) -> dict[str, Method]:
    """Bicubic and, at its scale, published networks; beside a restorer also x4plus, which takes minutes, and the family before."""
    rows: dict[str, Method] = {"bicubic": bicubic(model.scale)}
    if model.scale != 4:
        return rows
    for label, (file, kind) in PUBLISHED.items():
        path = DATA / "weights/ncnn" / file
        if path.exists() and (kind is Compact or model.family != "onestep-photo"):
            rows[label] = on_pictures(kind(path))
    before = RECIPES["onestep-photo-x4"]
    return rows | ({f"{before.title}, int8": ours(before, "int8.onnx", before.strength)} if model.family != before.family else {})


def measure(model: PhotoRecipe) -> tuple[list[dict], dict[str, float]]:
    """All rows of one model, and the int8 agreement at its worst over strengths and sets that are photographs."""
    baselines = references(model)
    own = {label: ours(model, *which) for label, which in variants(model).items()}
    measured = []
    for set_name, pictures in picture_sets(model.scale).items():
        large = metrics.NIQE_PARAMETERS.exists() and min(min(high.shape[:2]) for _, _, high, _ in pictures) >= 288
        rows = {label: compare(method, pictures, large) for label, method in (baselines | own).items()}
        measured.append({"set": f"{set_name} ×{model.scale}", "pictures": len(pictures), "rows": rows, "command": COMMAND})
        print(json.dumps(measured[-1], ensure_ascii=False), flush=True)
    sets = picture_sets(model.scale)
    judged = sets.get("RealSR") or sets.get("held-back") or sets["Set5"]
    per_strength = {
        f"{s:g}": agreement(own[f"strength {s:g}, fp32"], own[f"strength {s:g}, int8"], judged) for s in sorted({0.0, model.strength, 1.0})
    }
    print(per_strength, flush=True)
    int8 = {
        "meanPsnr": min(row["meanPsnr"] for row in per_strength.values()),
        "worstPsnr": min(row["worstPsnr"] for row in per_strength.values()),
        "lossAgainstReference": max(row["lossAgainstReference"] for row in per_strength.values()),
        "byStrength": per_strength,
        "pictures": "RealSR" if "RealSR" in sets else "held-back",
    }
    return measured, int8


def markdown(cells: list[list[str]]) -> str:
    """A table whose first row is the head, padded as the repository's formatter pads it."""
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(cells[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]])


COLUMNS = (("psnr", "PSNR-Y", 2), ("ssim", "SSIM-Y", 4), ("niqe", "NIQE", 2), ("consistency", "LR consistency", 2), ("shift", "colour shift", 2))


def table(rows: dict[str, dict[str, float]]) -> str:
    columns = [column for column in COLUMNS if any(column[0] in row for row in rows.values())]
    body = [[name, *(f"{row[key]:.{digits}f}" for key, _, digits in columns)] for name, row in rows.items()]
    return markdown([["", *(title for _, title, _ in columns)], *body])


def crops(methods: list[Method], scale: int, folder: Path, side: int = 256) -> None:
    """Side by side for the eye: the middle of every held-back photograph by each method, then the reference."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, low, high, _ in picture_sets(scale).get("held-back", []):
        views = [method(low) for method in methods] + [high]
        top, left = (high.shape[0] - side) // 2, (high.shape[1] - side) // 2
        Image.fromarray(np.concatenate([v[top : top + side, left : left + side] for v in views], 1)).save(folder / f"held-back-{name}.png")


def exported(kind: type) -> list[str]:
    return [name for name, recipe in RECIPES.items() if isinstance(recipe, kind) and (MODELS / name / "manifest.json").exists()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=(*exported(PhotoRecipe), *exported(OneStepRecipe)), action="append", help="only these (default: all that are feed-forward)")
    parser.add_argument("--crops", type=Path, help="also save side-by-side crops of the held-back photographs here")
    args = parser.parse_args()
    chosen = args.model or exported(PhotoRecipe)
    for name in chosen:
        if isinstance(RECIPES[name], OneStepRecipe):
            measure_one_step(name, args.crops)
            continue
        model = RECIPES[name]
        manifest = json.loads((MODELS / name / "manifest.json").read_text())
        manifest["card"]["measured"], manifest["card"]["int8"] = measure(model)
        write_manifest(MODELS / name, manifest)
        if args.crops:
            ends = [ours(model, "fp32-u8.onnx", s) for s in (0.0, model.strength, 1.0)]
            crops([bicubic(model.scale), *ends], model.scale, args.crops / name)
    families = {RECIPES[name].family for name in chosen if isinstance(RECIPES[name], PhotoRecipe)}
    speeds = seconds_per_megapixel(timed_methods()) if families else {}
    for family in families:
        write_page(family, speeds)


def measure_one_step(name: str, crops_folder: Path | None) -> None:
    """Measures a one-step diffusion model, says whether it passes its gate, and writes both into its card and onto a page."""
    folder = MODELS / name
    manifest = json.loads((folder / "manifest.json").read_text())
    scale, sets = manifest["scale"], picture_sets(manifest["scale"])
    label = next(set_name for set_name in ("RealSR", "held-back", "Set5") if set_name in sets)
    # A reference, enlarged once more, takes nine tiles.
    large = sets[label][0][2][:288, :288]
    default = manifest["options"]["strength"]["default"]
    found = gate.judge(folder, sets[label], large, manifest["diffusion"], scale, RECIPES[name].preferred, tuple(sorted({0.0, 0.5, default, 1.0})))
    command = f"{COMMAND} --model {name}"
    measured = [{"set": label, "pictures": len(sets[label]), "command": command} | found]
    if hard := sets.get("Kodak24-hard"):
        methods = {"bicubic": bicubic(scale), f"strength {default:g}": gate.enlarger(folder, default)}
        rows = {row: gate.measure(method, hard, scale) for row, method in methods.items()}
        measured.append({"set": "Kodak24-hard", "pictures": len(hard), "command": command, "rows": rows})
    manifest["card"]["measured"] = measured
    manifest["experimental"] = not all(found["gate"].values())
    write_manifest(folder, manifest)
    if crops_folder:
        crops([bicubic(scale), *(gate.enlarger(folder, s) for s in (default, 1.0))], scale, crops_folder / name)
    write_one_step_page(manifest)
    print(json.dumps(found, indent=2))


def write_one_step_page(manifest: dict) -> None:
    """docs/results-<id>.md, from the manifest."""
    measured, *others = manifest["card"]["measured"]
    (DOCS / f"results-{manifest['id']}.md").write_text("\n\n".join([
        f"# What {manifest['name']} measures",
        f"Made by `{measured['command']}`; nothing here is typed by hand. {measured['set']}, {measured['pictures']} pictures. NIQE lower is better; LR "
        "consistency is the PSNR in dB of the result, reduced again, against its source; colour shift is the largest difference of a channel's mean from "
        "bicubic, in levels of 255. Strength 0 is the autoencoder's round trip, 1 the whole diffusion step; fidelity is "
        f"{manifest['options']['fidelity']['default']:g} where nothing else is said. `--crops <folder>` draws the held-back photographs side by side; they "
        "are other people's and not part of the project.",
        table(measured["rows"]),
        *(f"## {other['set']}, {other['pictures']} pictures\n\n{table(other['rows'])}" for other in others),
        f"## Gate, at strength 1 and fidelity {manifest['options']['fidelity']['default']:g}",
        "\n".join(f"- {'passed' if passed else '**not passed**'}: {condition}" for condition, passed in measured["gate"].items()),
        f"Seams: tile edges jump {measured['seams']} times as much as the same places with the tiles laid elsewhere.",
        "## Limits",
        manifest["card"]["limits"],
    ]) + "\n", encoding="utf-8")


def timed_methods() -> dict[str, tuple[Method, int]]:
    """What the speed table compares: (method, scale) by row name."""
    timed: dict[str, tuple[Method, int]] = {
        f"{model.title}, {precision}": (ours(model, graph, model.strength), model.scale)
        for model in map(RECIPES.get, exported(PhotoRecipe)) for precision, graph in (("int8", "int8.onnx"), ("fp32", "fp32-u8.onnx"))
    }
    return timed | general_for_timing()


def general_for_timing() -> dict[str, tuple[Method, int]]:
    """The size of network RealESRGAN_General is, in ONNX Runtime fp32; random weights take as long as trained ones."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    nodes, constants, x, widths = [], [], "x", [3] + [64] * 33 + [48]
    for k, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        weight = rng.normal(0, (2 / (9 * inputs)) ** 0.5, (outputs, inputs, 3, 3)).astype(np.float32)
        constants += [numpy_helper.from_array(weight, f"w{k}"), numpy_helper.from_array(np.zeros(outputs, np.float32), f"b{k}")]
        nodes.append(helper.make_node("Conv", [x, f"w{k}", f"b{k}"], [f"c{k}"], pads=[1, 1, 1, 1]))
        x = f"c{k}"
        if k < 33:
            constants.append(numpy_helper.from_array(rng.uniform(-0.2, 0.5, (64, 1, 1)).astype(np.float32), f"s{k}"))
            nodes.append(helper.make_node("PRelu", [x, f"s{k}"], [f"p{k}"]))
            x = f"p{k}"
    constants.append(numpy_helper.from_array(np.float32([1, 1, 4, 4]), "scales"))
    nodes += [
        helper.make_node("DepthToSpace", [x], ["d"], blocksize=4, mode="CRD"),
        helper.make_node("Resize", ["x", "", "scales"], ["n"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        helper.make_node("Add", ["d", "n"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes, "general", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants,
    )
    blob = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    session = open_session(blob)
    return {"RealESRGAN General, fp32": (lambda x: session.run(None, {"x": x.transpose(2, 0, 1)[None].astype(np.float32) / 255})[0], 4)}


def write_page(family: str, speeds: dict[str, float]) -> None:
    """A family's page, from the manifests."""
    models = [RECIPES[name] for name in exported(PhotoRecipe) if RECIPES[name].family == family]
    parts = [
        f"# What {' and '.join(model.title for model in models)} measure" + ("s" if len(models) == 1 else ""),
        f"Made by `{COMMAND}`; nothing here is typed by hand. PSNR and SSIM on luma (Set5 and Set14 without a border of one enlarged "
        "source pixel), NIQE lower is better. Strength 0 is the faithful end, 1 the detailed end. RealSR: 50 crops, camera pairs; "
        "held-back: crops of photographs that no training patch comes from, mildly degraded.",
    ]
    for model in models:
        card = json.loads(((MODELS / model.name) / "manifest.json").read_text())["card"]
        parts.append(f"## {model.title} (default strength {model.strength:g})")
        for entry in card["measured"]:
            parts.append(f"### {entry['set']}, {entry['pictures']} pictures\n\n{table(entry['rows'])}")
        if "int8" in card:
            body = [[s, f"{row['meanPsnr']:.1f}", f"{row['worstPsnr']:.1f}", f"{row['lossAgainstReference']:+.3f}"] for s, row in card["int8"]["byStrength"].items()]
            cells = markdown([["strength", "mean dB", "worst dB", "PSNR-Y lost against the reference"], *body])
            parts.append(f"### int8 against fp32 ({card['int8']['pictures']} pictures, RGB)\n\n{cells}")
    slowest = speeds["RealESRGAN General, fp32"]
    rows = markdown([["", "s/MP", "faster than General"], *([name, f"{value:.3f}", f"{slowest / value:.1f} ×"] for name, value in speeds.items())])
    parts.append(f"## Speed\n\nSeconds per output megapixel, a strip of 1024 × 256 source pixels, two threads, one run with the methods taking turns.\n\n{rows}")
    DOCS.mkdir(exist_ok=True)
    (DOCS / PAGES[family]).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

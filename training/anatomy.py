"""What each part of a one-step model loses and adds: the autoencoder alone, the step, and what mends the result afterwards.

    python training/anatomy.py --model dfosd-xt --pictures 6

Reads ../shared/data/bench; prints one table for each set. A model is as good as its weakest part: a step cannot be better than
the round trip of the truth, and what the round trip of the enlarged photo keeps of its noise, the step has to take away.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import torch

import metrics
from diffusion import colour
from diffusion.enlarge import STAGES, bicubic, enlarger, one_step_tile, stitched, to_bytes
from evaluate import markdown, picture_sets
from manifest import MODELS
from runtime import open_session


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="dfosd-xt")
    parser.add_argument("--pictures", type=int, default=6, help="of each set, evenly chosen")
    args = parser.parse_args()
    folder = MODELS / args.model
    manifest = json.loads((folder / "manifest.json").read_text())
    facts, scale = manifest["diffusion"], manifest["scale"]
    entry = next(graph for graph in manifest["graphs"] if graph["precision"] == "fp32")
    files = {stage: entry[stage]["file"] for stage in STAGES}
    sessions = {stage: open_session(folder / files[stage]) for stage in ("encoder", "decoder")}
    step = one_step_tile(folder, facts, files)

    def latent(part: np.ndarray) -> np.ndarray:
        return sessions["encoder"].run(None, {"image": part.transpose(2, 0, 1)[None] * 2 - 1})[0]

    def round_trip(part: np.ndarray) -> np.ndarray:
        return sessions["decoder"].run(None, {"latent": latent(part)})[0][0].transpose(1, 2, 0) / 2 + 0.5

    def whole(picture: np.ndarray, run) -> np.ndarray:
        return stitched(picture.astype(np.float32) / 255, facts["tile"], facts["overlap"], run, facts["blend"])

    def mended(low: np.ndarray, made: np.ndarray) -> np.ndarray:
        a, b = (torch.from_numpy(x.clip(0, 1).astype(np.float32)).permute(2, 0, 1)[None] for x in (made, low.astype(np.float32) / 255))
        return colour.adain(a, b)[0].permute(1, 2, 0).numpy()

    for name in ("Kodak24-hard", "RealSR"):
        pictures = picture_sets(scale).get(name, [])
        rows: dict[str, list[list[float]]] = {}
        for _, source, truth, _ in pictures[:: max(1, len(pictures) // args.pictures)][: args.pictures]:
            low = bicubic(source, scale)[: truth.shape[0], : truth.shape[1]]
            bare = whole(low, step)
            made = {
                "the truth itself": truth,
                "bicubic": low,
                "round trip of the truth": to_bytes(whole(truth, round_trip)),
                "round trip of bicubic": to_bytes(whole(low, round_trip)),
                "step": to_bytes(bare),
                "step, colours mended": to_bytes(mended(low, bare)),
                "step, held to the photo": enlarger(folder, 1.0)(source)[: truth.shape[0], : truth.shape[1]],
                "as it is used": enlarger(folder, manifest["options"]["strength"]["default"])(source)[: truth.shape[0], : truth.shape[1]],
            }
            flat = metrics.flat_windows(truth)
            for label, picture in made.items():
                row = [metrics.psnr(picture, truth), metrics.ssim(picture, truth), metrics.niqe(picture)]
                rows.setdefault(label, []).append(row + [metrics.lattice(picture, truth, period, flat) for period in (4, 8)])
        body = [[label, *(f"{value:.{digits}f}" for value, digits in zip(np.mean(row, 0), (2, 3, 2, 2, 2)))] for label, row in rows.items()]
        print(f"\n{name}, {args.pictures} pictures\n\n{markdown([['', 'PSNR-Y', 'SSIM-Y', 'NIQE', 'lattice 4', 'lattice 8'], *body])}", flush=True)


if __name__ == "__main__":
    main()

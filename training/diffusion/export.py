"""Writes a trained recipe as a model folder: graphs, weights, self-test and manifest.

encoder.onnx, unet.onnx, decoder.onnx: one fixed size (the recipe's tile), fp32, planes first, over one weights.bin, in which
the U-Net's weights are of half precision. Step and context are folded into the U-Net. Its graph gives the noise, nothing scaled into it; latents of encoder and decoder are
unscaled, as with Stable Diffusion. The engine does the step between them, so that one pipeline serves every step type,
reports and cancels between stages, and strength is plain arithmetic on latents. encoder-int8.onnx and decoder-int8.onnx
hold their own weights; they are written where the whole tile keeps LEAST_INT8_DB.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from diffusion import onnx_networks, schedule
from diffusion.autoencoder import FACTOR, TinyKL
from diffusion.enlarge import STAGES, bicubic, one_step_tile, to_bytes
from diffusion.folding import folded
from diffusion.onnx_layers import Layers
from diffusion.prior_stage import Generator
from diffusion.quantise import quantise
from diffusion.unet import UNet
from graphs import OPSET, WEIGHTS_FILE, WeightFile
from made_up import picture
from manifest import credits, sha256, write_manifest
from recipes import OneStepRecipe

LEAST_INT8_DB = 40.0  # of the worst tile against fp32: the engine trusts nothing below (runtime/self-test.ts)


@dataclass(frozen=True)
class Trained:
    """A recipe's result."""

    recipe: OneStepRecipe
    autoencoder: TinyKL
    net: Generator

    @torch.no_grad()
    def tile(self, x_low: Tensor, strength: float) -> Tensor:
        """x_L in [0, 1] -> x_H^ in [0, 1], not clipped: what the graphs and the step come to, (N, 3, H, W)."""
        z = self.autoencoder.encode(x_low * 2 - 1)
        made = schedule.clean(z, self.net(z, torch.tensor([self.recipe.t_l])), self.recipe.t_l)
        return self.autoencoder.decode(schedule.strengthened(z, made, strength)) / 2 + 0.5


def load(recipe: OneStepRecipe, home: Path) -> Trained:
    """From the weights.pt of the stages in a run's folder; the U-Net's weights rounded to what the file keeps of them."""
    autoencoder, net = TinyKL(recipe.autoencoder_channels, recipe.widths.latent), Generator(recipe)
    autoencoder.load_state_dict(torch.load(home / "autoencoder" / "weights.pt", map_location="cpu", weights_only=True))
    net.load_state_dict(torch.load(home / "one-step" / "weights.pt", map_location="cpu", weights_only=True))
    for module in net.unet.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data = module.weight.data.half().float()
    return Trained(recipe, autoencoder.eval(), net.eval())


def _model(b: Layers, name: str, inputs: tuple[str, list[int]], outputs: tuple[str, list[int]]) -> onnx.ModelProto:
    infos = [[helper.make_tensor_value_info(tensor, TensorProto.FLOAT, shape)] for tensor, shape in (inputs, outputs)]
    graph = helper.make_graph(b.nodes, name, *infos, list(b.initializers.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="onestep")


def stage_graphs(trained: Trained, net: UNet, weights: WeightFile, fold: bool = True) -> tuple[dict[str, onnx.ModelProto], int]:
    """Encoder, U-Net, decoder, and their multiplications in convolutions and linear layers. `net` is folded.

    fold=False takes the trained U-Net instead, time and context paths in the graph, to check the folding against.
    """
    side, autoencoder = trained.recipe.tile, trained.autoencoder
    picture, latent = [1, 3, side, side], [1, trained.recipe.widths.latent, side // FACTOR, side // FACTOR]

    e = Layers(weights, side)
    e.node("Identity", [onnx_networks.encoder(e, "image", autoencoder)], "latent")
    u = Layers(weights, side // FACTOR, half=True)
    paths = {} if fold else {"context": trained.net.context.detach().numpy(), "t": trained.recipe.t_l}
    u.node("Identity", [onnx_networks.unet(u, "latent", net if fold else trained.net.unet, **paths)], "noise")
    d = Layers(weights, side // FACTOR)
    d.node("Identity", [onnx_networks.decoder(d, "latent", autoencoder)], "image")
    return {
        "encoder.onnx": _model(e, "encoder", ("image", picture), ("latent", latent)),
        "unet.onnx": _model(u, "unet", ("latent", latent), ("noise", latent)),
        "decoder.onnx": _model(d, "decoder", ("latent", latent), ("image", picture)),
    }, e.macs + u.macs + d.macs


def _card(recipe: OneStepRecipe, home: Path, parameters: int, macs: int, bank: Path | None) -> dict[str, object]:
    facts = json.loads((bank / "bank.json").read_text()) if bank and (bank / "bank.json").exists() else None
    drawn = ", some of drawn text and shapes" if recipe.bank_kind == "damaged" else ""
    data = {"description": "procedural pictures: a model that only shows that the kit runs"} if facts is None else {
        "description": f"{facts['patches']} patch pairs from {len(facts['photographs'])} freely licensed photographs{drawn}, degraded by "
        "blur, resizing, noise and JPEG in two rounds; no other network's weights or output were used.",
        "heldBack": facts["heldBack"], "credits": credits(facts["photographs"]),
    }
    # What was trained; how the result is used and described is said elsewhere, and may have been decided afterwards.
    trained = json.loads((home / "one-step" / "recipe.json").read_text())
    trained = {name: value for name, value in trained.items() if name not in ("strength", "fidelity", "grain", "limits", "history", "preferred")}
    return {
        "task": "photo enlargement",
        "architecture": "one-step latent diffusion (DFOSD's Algorithm 1 in miniature, not the paper's model)",
        "parameters": parameters, "macsPerTile": macs, "data": data,
        "recipe": {"preset": recipe.name} | trained | ({"history": recipe.history} if recipe.history else {}),
        "measured": [], "limits": recipe.limits, "licence": "MIT",
    }


def export(recipe: OneStepRecipe, home: Path, folder: Path, bank: Path | None = None) -> None:
    """Writes everything. The manifest calls the model experimental until evaluate.py has seen it pass its gate."""
    trained = load(recipe, home)
    net = folded(trained.net.unet, trained.net.context, recipe.t_l)
    folder.mkdir(parents=True, exist_ok=True)
    weights = WeightFile()
    models, macs = stage_graphs(trained, net, weights)
    for file, model in models.items():
        (folder / file).write_bytes(model.SerializeToString())
    (folder / WEIGHTS_FILE).write_bytes(weights.data)
    facts = {
        "step": {"kind": "eps_x0", "timestep": recipe.t_l, "alphaBar": float(schedule.ALPHAS_BAR[recipe.t_l])},
        "latent": {"channels": recipe.widths.latent, "factor": FACTOR, "scalingFactor": float(trained.autoencoder.scaling_factor)},
        # In pixels of the enlarged picture: x_L is what is cut into tiles.
        "upscale": "bicubic", "tile": recipe.tile, "overlap": recipe.overlap, "blend": "ramp", "colourFix": "adain",
    }
    # An enlarged photo is smooth. Grain and chequers as fine as the result's pixels would be answered wildly, and 8 bits be refused for nothing.
    tile = bicubic(picture(np.random.default_rng(2), recipe.tile // recipe.scale), recipe.scale)
    files = {stage: f"{stage}.onnx" for stage in STAGES}
    answer = one_step_tile(folder, facts, files, recipe.strength)(tile.astype(np.float32) / 255)
    (folder / "self-test.bin").write_bytes(tile.tobytes() + to_bytes(answer).tobytes())

    ways, card = {"fp32": files}, _card(recipe, home, sum(p.numel() for part in (trained.autoencoder, net) for p in part.parameters()), macs, bank)
    if bank:
        fast, worst = quantise(folder, facts, files, bank)
        card["int8"] = {"worstPsnr": round(worst, 2), "stages": "encoder and decoder"}
        if worst >= LEAST_INT8_DB:
            ways["int8"] = fast
        else:
            for file in set(fast.values()) - set(files.values()):
                (folder / file).unlink()

    def hashed(file: str) -> dict[str, str]:
        return {"file": file, "sha256": sha256(folder / file)}

    write_manifest(folder, {
        "schema": 1, "id": recipe.name, "name": f"Onestep {recipe.name.upper()}", "family": "dfosd",
        "summary": "Invents detail in one diffusion step.", "experimental": True, "pipeline": "one-step-diffusion", "scale": recipe.scale,
        "diffusion": facts, "graphs": [{"precision": precision} | {stage: hashed(file) for stage, file in way.items()} for precision, way in ways.items()],
        "weights": [hashed(WEIGHTS_FILE)], "options": {"strength": {"default": recipe.strength}, "fidelity": {"default": recipe.fidelity}},
        "selfTest": hashed("self-test.bin") | {"width": recipe.tile, "height": recipe.tile},
        "card": card,
    })
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 2**20:.2f} MiB, {macs / 1e9:.2f} GMACs per tile")

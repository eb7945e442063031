"""Writes a trained recipe as a model folder: graphs, weights, self-test and manifest draft.

Two kinds of graph over the same weights.bin, all of one fixed size (the recipe's tile) and fp32:

* tile-u8.onnx and tile.onnx: a tile of x_L in, a tile of x_H^ out, channels last, as the feed-forward models have them.
  Everything fixed is folded: step, context, scaling factor, x0 formula; `strength` is a constant of its own file. One
  session, no arithmetic outside: this is what runs on a computer without a choice of step.
* encoder.onnx, unet.onnx, decoder.onnx: the same with the latent in the open, planes first, floats. The engine does
  the step itself, so that one pipeline serves every step type, reports and cancels between stages, and strength and
  other dials are plain arithmetic on latents. The U-Net's graph gives the noise, nothing scaled into it; latents of
  encoder and decoder are unscaled, as with Stable Diffusion.

Both, because the first is faster (the latent never leaves the runtime) and the second general; the weights are stored
once, except three small layers that differ by a factor. AdaIN needs the whole picture and is left to the engine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper
from torch import Tensor

from diffusion import onnx_networks, schedule
from diffusion.autoencoder import TinyKL
from diffusion.folding import folded
from diffusion.onnx_layers import Layers
from diffusion.prior_stage import Generator
from diffusion.recipes import Recipe
from diffusion.unet import UNet
from graphs import OPSET, STRENGTH_FILE, WEIGHTS_FILE, WeightFile, external_tensor
from manifest import credits, self_test_tile, sha256, write_manifest

FACTOR = 4  # picture pixels per latent number along a side
TILES = {"tile-u8.onnx": "uint8", "tile.onnx": "float32"}


@dataclass(frozen=True)
class Trained:
    """A recipe's result."""

    recipe: Recipe
    autoencoder: TinyKL
    net: Generator

    @torch.no_grad()
    def tile(self, x_low: Tensor, strength: float) -> Tensor:
        """x_L in [0, 1] -> x_H^ in [0, 1], not clipped: what the tile graphs compute, (N, 3, H, W)."""
        z = self.autoencoder.encode(x_low * 2 - 1)
        made = schedule.clean(z, self.net(z, torch.tensor([self.recipe.t_l])), self.recipe.t_l)
        return self.autoencoder.decode(schedule.strengthened(z, made, strength)) / 2 + 0.5


def load(recipe: Recipe, home: Path) -> Trained:
    """From the weights.pt of the stages in a run's folder."""
    autoencoder, net = TinyKL(recipe.autoencoder_channels, recipe.widths.latent), Generator(recipe)
    autoencoder.load_state_dict(torch.load(home / "autoencoder" / "weights.pt", map_location="cpu", weights_only=True))
    net.load_state_dict(torch.load(home / "one-step" / "weights.pt", map_location="cpu", weights_only=True))
    return Trained(recipe, autoencoder.eval(), net.eval())


def _model(b: Layers, name: str, kind: int, inputs: tuple[str, list[int]], outputs: tuple[str, list[int]]) -> onnx.ModelProto:
    infos = [[helper.make_tensor_value_info(tensor, kind, shape)] for tensor, shape in (inputs, outputs)]
    graph = helper.make_graph(b.nodes, name, *infos, list(b.initializers.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="onestep")


def tile_graph(trained: Trained, net: UNet, weights: WeightFile, samples: str) -> tuple[onnx.ModelProto, int]:
    """The graph, and its multiplications in convolutions and linear layers. `net` is folded."""
    side, bytes_in_and_out = trained.recipe.tile, samples == "uint8"
    b = Layers(weights, side)
    b.initializers["strength"] = external_tensor("strength", (), STRENGTH_FILE, 0, 4)
    x = b.node("Cast", ["image"], "image.float", to=TensorProto.FLOAT) if bytes_in_and_out else "image"
    x = b.node("Transpose", [x], "image.planes", perm=[0, 3, 1, 2])
    x = b.node("Mul", [x, b.constant("image.factor", 2 / 255 if bytes_in_and_out else 2)], "image.doubled")
    x = b.node("Sub", [x, b.constant("one", 1)], "image.centred")
    z = onnx_networks.encoder(b, x, trained.autoencoder, scaled=True)
    # z_H^ - z_L = (1/sqrt(abar) - 1) z_L - sqrt(1 - abar)/sqrt(abar) eps; the second factor is in conv_out.
    abar = float(schedule.ALPHAS_BAR[trained.recipe.t_l])
    change = onnx_networks.unet(b, z, net, gain=-((1 - abar) ** 0.5) / abar**0.5)
    kept = b.node("Mul", [z, b.constant("step.gain", abar**-0.5 - 1)], "step.kept")
    change = b.node("Mul", [b.node("Add", [kept, change], "step.change"), "strength"], "step.strengthened")
    x = onnx_networks.decoder(b, b.node("Add", [z, change], "latent"), trained.autoencoder, scaled=True)
    white = 255 if bytes_in_and_out else 1
    x = b.node("Mul", [x, b.constant("image.half", white / 2)], "enlarged.scaled")
    # Half a level more, because the cast to bytes cuts off.
    x = b.node("Add", [x, b.constant("image.middle", white / 2 + 0.5 * bytes_in_and_out)], "enlarged.planes")
    if bytes_in_and_out:
        x = b.node("Clip", [x, b.constant("black", 0), b.constant("white", 255)], "enlarged.clipped")
        x = b.node("Cast", [x], "enlarged.uint8", to=TensorProto.UINT8)
    b.node("Transpose", [x], "enlarged", perm=[0, 2, 3, 1])
    kind = TensorProto.UINT8 if bytes_in_and_out else TensorProto.FLOAT
    shape = [1, side, side, 3]
    return _model(b, f"one-step-{samples}", kind, ("image", shape), ("enlarged", shape)), b.macs


def stage_graphs(trained: Trained, net: UNet, weights: WeightFile, fold: bool = True) -> dict[str, onnx.ModelProto]:
    """Encoder, U-Net, decoder. fold=False keeps time and context paths in the U-Net, to check the folding against."""
    side, autoencoder = trained.recipe.tile, trained.autoencoder
    picture, latent = [1, 3, side, side], [1, trained.recipe.widths.latent, side // FACTOR, side // FACTOR]
    result = {}

    b = Layers(weights, side)
    b.node("Identity", [onnx_networks.encoder(b, "image", autoencoder, scaled=False)], "latent")
    result["encoder.onnx"] = _model(b, "encoder", TensorProto.FLOAT, ("image", picture), ("latent", latent))

    b = Layers(weights, side // FACTOR)
    paths = {} if fold else {"context": trained.net.context.detach().numpy(), "t": trained.recipe.t_l}
    b.node("Identity", [onnx_networks.unet(b, "latent", net if fold else trained.net.unet, **paths)], "noise")
    result["unet.onnx"] = _model(b, "unet", TensorProto.FLOAT, ("latent", latent), ("noise", latent))

    b = Layers(weights, side // FACTOR)
    b.node("Identity", [onnx_networks.decoder(b, "latent", autoencoder, scaled=False)], "image")
    result["decoder.onnx"] = _model(b, "decoder", TensorProto.FLOAT, ("latent", latent), ("image", picture))
    return result


def _card(recipe: Recipe, home: Path, parameters: int, macs: int, bank: Path | None) -> dict[str, object]:
    facts = json.loads((bank / "bank.json").read_text()) if bank and (bank / "bank.json").exists() else None
    data = {"description": "procedural pictures: a model that only shows that the kit runs"} if facts is None else {
        "description": f"{facts['patches']} patch pairs from {len(facts['photographs'])} freely licensed photographs, degraded by "
        "blur, resizing, noise and JPEG in two rounds; no other network's weights or output were used.",
        "heldBack": facts["heldBack"], "credits": credits(facts["photographs"]),
    }
    return {
        "task": "photo enlargement",
        "architecture": "one-step latent diffusion (DFOSD's Algorithm 1 in miniature, not the paper's model)",
        "parameters": parameters, "macsPerTile": macs, "data": data,
        "recipe": {"preset": recipe.name} | json.loads((home / "one-step" / "recipe.json").read_text()),
        "measured": [], "limits": "Not measured yet.", "licence": "MIT",
    }


def export(recipe: Recipe, home: Path, folder: Path, bank: Path | None = None, strength: float = 1.0) -> None:
    """Writes everything. The manifest's `diffusion` is a draft: what the engine needs to run the three stages itself."""
    trained = load(recipe, home)
    net = folded(trained.net.unet, trained.net.context, recipe.t_l)
    folder.mkdir(parents=True, exist_ok=True)
    weights = WeightFile()
    models, macs = {}, 0
    for file, samples in TILES.items():
        models[file], macs = tile_graph(trained, net, weights, samples)
    stages = stage_graphs(trained, net, weights)
    for file, model in (models | stages).items():
        (folder / file).write_bytes(model.SerializeToString())
    (folder / WEIGHTS_FILE).write_bytes(weights.data)
    (folder / STRENGTH_FILE).write_bytes(np.float32(strength).tobytes())
    tile = self_test_tile(recipe.tile)
    session = onnxruntime.InferenceSession(str(folder / "tile-u8.onnx"), providers=["CPUExecutionProvider"])
    (folder / "self-test.bin").write_bytes(tile.tobytes() + session.run(None, {"image": tile[None]})[0].tobytes())

    def hashed(file: str) -> dict[str, str]:
        return {"file": file, "sha256": sha256(folder / file)}

    abar = float(schedule.ALPHAS_BAR[recipe.t_l])
    write_manifest(folder, {
        "schema": 1, "id": recipe.name, "name": f"Onestep {recipe.name.upper()}", "family": "dfosd",
        "summary": "Invents detail in one diffusion step.", "pipeline": "one-step-diffusion",
        "scale": recipe.scale, "overlap": recipe.overlap // recipe.scale,
        "graphs": [hashed(file) | {"precision": "fp32", "samples": samples} for file, samples in TILES.items()],
        "tensors": {"input": "image", "output": "enlarged", "layout": "nhwc"},
        "weights": [hashed(WEIGHTS_FILE)],
        "diffusion": {
            "step": "eps_x0", "timestep": recipe.t_l, "alphaBar": abar, "scalingFactor": float(trained.autoencoder.scaling_factor),
            "latentChannels": recipe.widths.latent, "latentFactor": FACTOR, "upscale": "bicubic",
            # In pixels of the enlarged picture: x_L is what is cut into tiles.
            "tile": recipe.tile, "overlap": recipe.overlap, "blend": "mean", "colourFix": "adain",
            "encoder": hashed("encoder.onnx"), "unet": hashed("unet.onnx"), "decoder": hashed("decoder.onnx"),
        },
        "options": {"strength": {"constant": STRENGTH_FILE, "default": strength}},
        "selfTest": hashed("self-test.bin") | {"width": recipe.tile, "height": recipe.tile},
        "card": _card(recipe, home, sum(p.numel() for part in (trained.autoencoder, net) for p in part.parameters()), macs, bank),
    })
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 2**20:.2f} MiB, {macs / 1e9:.2f} GMACs per tile")

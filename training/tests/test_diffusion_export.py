"""Exported graphs against PyTorch, with weights far from their starting values."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from diffusion import schedule
from diffusion.autoencoder import TinyKL
from diffusion.enlarge import one_step_tile, to_bytes
from diffusion.export import Trained, export, load, stage_graphs
from diffusion.folding import folded
from diffusion.prior_stage import Generator
from graphs import WeightFile
from manifest import sha256
from recipes import RECIPES

SMOKE = RECIPES["smoke"]


def run(path, name, value):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]).run(None, {name: value})[0]


def facts_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def tile_of(folder, strength=1.0):
    manifest = facts_of(folder)
    files = {stage: manifest["graphs"][0][stage]["file"] for stage in ("encoder", "unet", "decoder")}
    return one_step_tile(folder, manifest["diffusion"], files, strength, threads=1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A run's folder with random weights, and its model folder."""
    torch.manual_seed(0)
    home = tmp_path_factory.mktemp("runs") / "smoke"
    autoencoder, net = TinyKL(SMOKE.autoencoder_channels, SMOKE.widths.latent), Generator(SMOKE)
    for parameter in [*autoencoder.parameters(), *net.parameters()]:
        parameter.data += 0.05 * torch.randn_like(parameter)
    net.context.data.normal_()
    with torch.no_grad():
        autoencoder.encoder.conv_out.bias[:2] += torch.tensor([0.5, 0.0])
        autoencoder.measure(autoencoder.moments(2 * torch.rand(4, 3, 64, 64) - 1)[0])
    assert autoencoder.shift.abs().max() > 0
    for name, part in (("autoencoder", autoencoder), ("one-step", net)):
        (home / name).mkdir(parents=True)
        torch.save(part.state_dict(), home / name / "weights.pt")
        (home / name / "recipe.json").write_text("{}")
    export(SMOKE, home, home / "model")
    return home


@pytest.fixture(scope="module")
def trained(exported):
    return load(SMOKE, exported)


def test_the_unets_weights_take_two_bytes_each(exported):
    graph = onnx.load(exported / "model" / "unet.onnx", load_external_data=False).graph
    cast = {node.input[0] for node in graph.node if node.op_type == "Cast"}
    used = {node.input[1] for node in graph.node if node.op_type == "Conv"} - {"conv_out.weight"}  # a Doubling
    assert cast and {tensor.name for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16} == cast
    assert {f"{name}.half" for name in used} <= cast


def picture(seed=0):
    return np.random.default_rng(seed).random((1, SMOKE.tile, SMOKE.tile, 3), np.float32)


def planes(image):
    return torch.from_numpy(image).permute(0, 3, 1, 2)


@pytest.mark.parametrize("strength", [0.0, 0.35, 1.0])
def test_graphs_and_step_equal_pytorch(exported, trained, strength):
    image = picture()
    want = trained.tile(planes(image), strength).permute(0, 2, 3, 1).numpy()[0]
    made = tile_of(exported / "model", strength)(image[0])
    assert np.abs(made - want).max() < 1e-4 and want.std() > 0.01


@torch.no_grad()
def test_each_graph_equals_its_module(exported, trained):
    """At the edges that the manifest states: latents unscaled outside, scaled for the U-Net."""
    folder = exported / "model"
    facts = facts_of(folder)["diffusion"]
    factor = np.float32(facts["latent"]["scalingFactor"])
    x = 2 * planes(picture()).numpy() - 1
    z = factor * run(folder / "encoder.onnx", "image", x)
    assert np.abs(z - trained.autoencoder.encode(torch.from_numpy(x)).numpy()).max() < 1e-4
    noise = run(folder / "unet.onnx", "latent", z)
    assert np.abs(noise - trained.net(torch.from_numpy(z), torch.tensor([facts["step"]["timestep"]])).numpy()).max() < 1e-4
    made = run(folder / "decoder.onnx", "latent", z / factor)
    assert np.abs(made - trained.autoencoder.decode(torch.from_numpy(z)).numpy()).max() < 1e-4


def test_strength_matters_and_zero_is_the_round_trip(exported, trained):
    image = planes(picture())
    with torch.no_grad():
        around = trained.autoencoder.decode(trained.autoencoder.encode(2 * image - 1)) / 2 + 0.5
    assert torch.allclose(trained.tile(image, 0.0), around, atol=1e-6)
    assert (trained.tile(image, 1.0) - around).abs().max() > 1e-2


def test_unfolded_unet_graph_equals_the_folded_one(trained, tmp_path):
    net = folded(trained.net.unet, trained.net.context, SMOKE.t_l)
    # Apart: folding changes the values under some of the same names.
    for name, fold in (("folded", True), ("plain", False)):
        weights = WeightFile()
        model = stage_graphs(trained, net, weights, fold)[0]["unet.onnx"]
        (tmp_path / name).mkdir()
        (tmp_path / name / "unet.onnx").write_bytes(model.SerializeToString())
        (tmp_path / name / "weights.bin").write_bytes(weights.data)
    z = np.random.default_rng(0).standard_normal((1, SMOKE.widths.latent, 16, 16), np.float32)
    a, b = (run(tmp_path / name / "unet.onnx", "latent", z) for name in ("folded", "plain"))
    assert np.abs(a - b).max() < 1e-4 and a.std() > 0.01
    nodes = [len(onnx.load(tmp_path / name / "unet.onnx", load_external_data=False).graph.node) for name in ("folded", "plain")]
    assert nodes[0] < nodes[1]


def test_graphs_are_valid_small_and_share_their_weights(exported, trained):
    folder = exported / "model"
    for path in folder.glob("*.onnx"):
        onnx.checker.check_model(str(path), full_check=True)
        assert path.stat().st_size < 256 * 1024
    floats = sum(p.numel() for part in (trained.autoencoder, trained.net) for p in part.parameters())
    assert (folder / "weights.bin").stat().st_size < 1.5 * 4 * floats + 64 * 2000


def test_manifest_names_every_file_and_every_fact(exported):
    folder = exported / "model"
    manifest = facts_of(folder)
    named = [*manifest["weights"], manifest["selfTest"], *(graph[stage] for graph in manifest["graphs"] for stage in ("encoder", "unet", "decoder"))]
    for entry in named:
        assert sha256(folder / entry["file"]) == entry["sha256"]
    assert {entry["file"] for entry in named} | {"manifest.json"} == {path.name for path in folder.iterdir()}
    assert manifest["experimental"]  # until it was measured
    facts = manifest["diffusion"]
    assert (facts["tile"], facts["overlap"]) == (SMOKE.tile, SMOKE.overlap)
    assert facts["step"] == {"kind": "eps_x0", "timestep": 399, "alphaBar": pytest.approx(float(schedule.ALPHAS_BAR[399]))}
    data = np.fromfile(folder / "self-test.bin", np.uint8).reshape(2, SMOKE.tile, SMOKE.tile, 3)
    assert (to_bytes(tile_of(folder)(data[0].astype(np.float32) / 255)) == data[1]).all()


@pytest.mark.parametrize(("name", "most"), [("dfosd-t", 50e9), ("dfosd-xt", 15e9)])
def test_cost_of_a_tile(name, most):
    """GMACs of convolutions and linear layers per 512 tile."""
    recipe = RECIPES[name]
    whole = Trained(recipe, TinyKL(recipe.autoencoder_channels, recipe.widths.latent), Generator(recipe))
    _, macs = stage_graphs(whole, folded(whole.net.unet, whole.net.context, recipe.t_l), WeightFile())
    assert 0.7 * most < macs < most


@pytest.mark.parametrize(("given", "missing"), [((), "--base"), (("--base", "somewhere"), "--vgg")])
def test_what_the_paper_needs_is_asked_for_at_once(given, missing):
    script = Path(__file__).resolve().parent.parent / "train.py"
    done = subprocess.run([sys.executable, script, "--model", "paper", *given], capture_output=True, text=True)
    assert done.returncode == 2 and missing in done.stderr.splitlines()[-1]

"""The paper's recipe on a folder in Stable Diffusion's layout, of tiny widths and random weights."""

from dataclasses import replace

import pytest
import torch

from diffusion import lora, schedule
from diffusion.one_step_stage import OneStepRun
from diffusion.sd_autoencoder import StableKL
from diffusion.unet import UNet, Widths
from made_up import make_up
from recipes import RECIPES

safetensors = pytest.importorskip("safetensors.torch", reason="needs the package safetensors")

WIDTHS = Widths(4, (8, 16, 16, 16), (True, True, True, False), 8, 5, 12, 32, 4)
RECIPE = replace(
    RECIPES["paper"], widths=WIDTHS, device="cpu", bf16=False, bank_patch=16,
    one_step=replace(
        RECIPES["paper"].one_step, iterations=3, batch=1, patch=64, rank=4, alpha=4, judge_rank=4, loss="mse",
        learning_rate=1e-3, judge_rate=1.0, validate_every=3, checkpoint_every=2,
    ),
)


@pytest.fixture
def base(tmp_path):
    torch.manual_seed(0)
    for part, net in (("unet", UNet(WIDTHS)), ("vae", StableKL((32, 32, 32, 32)))):
        folder = tmp_path / "base" / part
        folder.mkdir(parents=True)
        state = net.half().state_dict()
        if part == "vae":  # as old files name it
            state = {name.replace("to_q", "query").replace("to_k", "key").replace("to_v", "value").replace("to_out.0", "proj_attn"): v for name, v in state.items()}
        safetensors.save_file(state, str(folder / "diffusion_pytorch_model.fp16.safetensors"))
    return tmp_path / "base"


def test_recipe_trains_continues_and_writes_lora_and_embedding(base, tmp_path):
    data = make_up(tmp_path / "bank", 4, 16)

    def run(folder):
        return OneStepRun(RECIPE, "one-step", tmp_path / folder, data, base=base)

    run("whole").train()
    run("broken").train(2)
    last = run("broken")
    assert last.iteration == 2
    last.train()
    a, b = (safetensors.load_file(str(tmp_path / name / "lora.safetensors")) for name in ("whole", "broken"))
    assert a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
    # What is stored is small: neither the U-Net nor the autoencoder is copied into a checkpoint.
    checkpoint = torch.load(tmp_path / "whole" / "checkpoint.pt", weights_only=True)
    assert all("lora_" in name or name == "context" for name in checkpoint["net"])

    # The files and the folder are enough to compute what the run computes.
    embedding = safetensors.load_file(str(tmp_path / "broken" / "embedding.safetensors"))["embedding"]
    unet = UNet(WIDTHS)
    unet.load_state_dict({name: value.float() for name, value in safetensors.load_file(str(base / "unet" / "diffusion_pytorch_model.fp16.safetensors")).items()})
    z = torch.randn(1, 4, 8, 8)
    before = unet(z, torch.tensor([399]), embedding)
    lora.adapt(unet, 4, 4)
    unknown = unet.load_state_dict({name.removeprefix("unet."): value for name, value in b.items()}, strict=False).unexpected_keys
    assert not unknown
    lora.merge(unet)
    noise = unet(z, torch.tensor([399]), embedding)
    with torch.no_grad(), last.averaged():
        assert torch.allclose(last.restored(z), schedule.clean(z, noise, 399), atol=1e-4)
    assert (noise - before).abs().max() > 1e-5


def test_missing_folder_and_wrong_names_are_said(base, tmp_path):
    data = make_up(tmp_path / "bank", 4, 16)
    with pytest.raises(ValueError, match="--base"):
        OneStepRun(RECIPE, "one-step", tmp_path / "run", data)
    file = base / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    state = safetensors.load_file(str(file))
    safetensors.save_file({name: value for name, value in state.items() if name != "conv_out.bias"}, str(file))
    with pytest.raises(RuntimeError, match="conv_out.bias"):
        OneStepRun(RECIPE, "one-step", tmp_path / "run", data, base=base)

"""Stable Diffusion in tiny widths, imported by the application's command line: the graphs compute what PyTorch does."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from diffusion import lora, schedule
from diffusion.sd_autoencoder import StableKL
from diffusion.unet import UNet, Widths

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "out" / "cli.js"
pytestmark = pytest.mark.skipif(not PROGRAM.exists() or not shutil.which("node"), reason="needs node, and npm run build")

# Two heads at the outermost level: at 64² places their scores are worked out in two parts.
WIDTHS = Widths(4, (16, 16, 16, 16), (True, True, True, False), 8, 5, 12, 64, 4)
AUTOENCODER = (32, 32, 64, 64)
STEP = 273

CONFIGS = {
    "unet": {
        "_class_name": "UNet2DConditionModel", "in_channels": 4, "out_channels": 4, "block_out_channels": WIDTHS.channels, "layers_per_block": 2,
        "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"], "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        "attention_head_dim": [2, 2, 2, 2], "cross_attention_dim": WIDTHS.context, "use_linear_projection": True,
        "norm_num_groups": WIDTHS.groups, "norm_eps": 1e-5, "act_fn": "silu", "flip_sin_to_cos": True, "freq_shift": 0, "sample_size": 64,
    },
    "vae": {
        "_class_name": "AutoencoderKL", "latent_channels": 4, "block_out_channels": AUTOENCODER, "layers_per_block": 2, "norm_num_groups": 32,
        "scaling_factor": 0.18215,
    },
}


def randomised(net):
    """Every weight counts: none of them is the 0 or 1 that norms and biases begin with."""
    with torch.no_grad():
        for value in net.parameters():
            value.copy_(torch.randn_like(value) / max(1, value[0].numel()) ** 0.5 if value.ndim > 1 else value + 0.2 * torch.randn_like(value))
    return net.eval()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The networks, and the folder that they are stored in."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("import") / "tiny-diffusion"
    nets = {"unet": randomised(UNet(WIDTHS)), "vae": randomised(StableKL(AUTOENCODER))}
    for part, net in nets.items():
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(CONFIGS[part]))
        save(net.state_dict(), folder / part / "diffusion_pytorch_model.safetensors")
    return folder, nets["unet"], nets["vae"]


def save(tensors, path):
    """A .safetensors file: the header's length, the header, the numbers."""
    header, end = {}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [end, end + 4 * value.numel()]}
        end += 4 * value.numel()
    text = json.dumps(header).encode()
    numbers = [value.detach().float().contiguous().numpy().tobytes() for value in tensors.values()]
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(numbers))


def run(folder, *words):
    environment = os.environ | {"ONESTEP_MODELS": str(folder / "models"), "ONESTEP_CACHE": str(folder / "cache")}
    return subprocess.run(["node", str(PROGRAM), *map(str, words)], capture_output=True, text=True, env=environment, cwd=folder)


def graph(path, **feeds):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {name: x.numpy() for name, x in feeds.items()})[0]


def near(actual, expected, tolerance=1e-4):
    expected = expected.detach().numpy()
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= tolerance * max(1, np.abs(expected).max())


@torch.no_grad()
def test_imported_model_computes_what_pytorch_does(base, tmp_path):
    folder, unet, autoencoder = base
    context = torch.randn(1, WIDTHS.tokens, WIDTHS.context)
    adapted = UNet(WIDTHS)
    adapted.load_state_dict(unet.state_dict())
    lora.adapt(adapted, 4, 4)
    for name, value in adapted.named_parameters():
        if "lora_B" in name:
            value.copy_(0.2 * torch.randn_like(value))
    branches = {f"unet.{name}": value.contiguous() for name, value in adapted.state_dict().items() if "lora_" in name}
    save(branches, tmp_path / "lora.safetensors")
    # Beside the LoRA it is found by itself.
    save({"embedding": context}, tmp_path / "embedding.safetensors")
    done = run(tmp_path, "models", "import", "--diffusers", folder, "--lora", tmp_path / "lora.safetensors", "--timestep", STEP, "--keep-fp32", "--name", "Tiny")
    assert done.returncode == 0, done.stderr
    model = tmp_path / "models" / "tiny"

    picture = torch.rand(1, 3, 512, 512) * 2 - 1
    latent = autoencoder.quant_conv(autoencoder.encoder(picture))[:, :4]
    near(graph(model / "encoder-fp32.onnx", image=picture), latent)
    z = autoencoder.scaling_factor * latent
    # The explicit two-branch forward, with the time and the context computed.
    noise = adapted(z, torch.tensor([STEP]), context)
    near(graph(model / "unet-fp32.onnx", latent=z), noise)
    assert (noise - unet(z, torch.tensor([STEP]), context)).abs().max() > 1e-2
    clean = schedule.clean(z, noise, STEP)
    near(graph(model / "decoder-fp32.onnx", latent=clean / autoencoder.scaling_factor), autoencoder.decode(clean))

    # And so does the engine, of which the stored answer to the self-test is: 8 bit, before the colours are mended.
    side = 512
    stored = np.frombuffer((model / "self-test.bin").read_bytes(), np.uint8).reshape(2, side, side, 3)
    tile = torch.from_numpy(stored[0].astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    z = autoencoder.encode(tile)
    made = autoencoder.decode(schedule.clean(z, adapted(z, torch.tensor([STEP]), context), STEP))[0].permute(1, 2, 0)
    assert np.abs(((made / 2 + 0.5).clamp(0, 1) * 255).numpy() - stored[1]).max() <= 1
    manifest = json.loads((model / "manifest.json").read_text())
    assert manifest["diffusion"]["step"] == {"kind": "eps_x0", "timestep": STEP}


@torch.no_grad()
def test_half_precision_is_stored_once_for_both_kinds_of_arithmetic(base, tmp_path):
    folder, unet, autoencoder = base
    context = torch.randn(1, WIDTHS.tokens, WIDTHS.context)
    torch.save(context, tmp_path / "embedding.pt")
    done = run(tmp_path, "models", "import", folder, "--embedding", tmp_path / "embedding.pt")
    assert done.returncode == 0, done.stderr
    model = tmp_path / "models" / "tiny-diffusion"
    assert sorted(path.name for path in model.glob("*.bin")) == ["decoder.bin", "encoder.bin", "self-test.bin", "unet.bin"]
    z = torch.randn(1, 4, 64, 64)
    expected = unet(z, torch.tensor([399]), context)
    for precision in ("fp32", "fp16"):
        near(graph(model / f"unet-{precision}.onnx", latent=z), expected, 2e-2)


@pytest.mark.parametrize("damage, words", [("conv_out.bias", "lacks conv_out.bias"), (None, "embedding is missing")])
def test_what_is_wrong_is_said(base, tmp_path, damage, words):
    folder, unet, _ = base
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    if damage is not None:
        state = {name: value for name, value in unet.state_dict().items() if name != damage}
        save(state, copy / "unet" / "diffusion_pytorch_model.safetensors")
    done = run(tmp_path, "models", "import", "--diffusers", copy)
    assert done.returncode == 3
    assert words in done.stderr
    assert not list((tmp_path / "models").iterdir())

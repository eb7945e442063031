"""Stable Diffusion 2.1-base as a starting point: read from a diffusers folder; only LoRA and embedding are written back.

Needs the package safetensors.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from diffusion.sd_autoencoder import StableKL

# Old files name the attention of the autoencoder otherwise, sometimes as 1x1 convolutions.
OLD_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def _read(folder: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    files = sorted(folder.glob("diffusion_pytorch_model*.safetensors"), key=lambda path: "fp16" in path.name)
    if not files:
        raise FileNotFoundError(f"{folder} holds no diffusion_pytorch_model*.safetensors")
    return {name: value.float() for name, value in load_file(files[0]).items()}


def renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The autoencoder's tensors under their present names."""
    result = {}
    for name, value in state.items():
        parts = name.split(".")
        if len(parts) > 1 and parts[-2] in OLD_NAMES:
            name = ".".join([*parts[:-2], OLD_NAMES[parts[-2]], parts[-1]])
        result[name] = value.flatten(1) if "attentions" in name and value.ndim == 4 else value
    return result


def load(base: Path | None, unet: nn.Module) -> StableKL:
    """Fills the U-Net and returns the autoencoder. A name missing or too many is an error that says which."""
    if base is None:
        raise ValueError("this recipe starts from Stable Diffusion 2.1-base: --base DIR, its diffusers folder")
    unet.load_state_dict(_read(base / "unet"))
    state = renamed(_read(base / "vae"))
    autoencoder = StableKL(tuple(len(state[f"encoder.down_blocks.{i}.resnets.0.conv1.weight"]) for i in range(4)))
    autoencoder.load_state_dict(state)
    return autoencoder


def write_adapters(folder: Path, net: nn.Module) -> dict[str, Tensor]:
    """lora.safetensors (unet.<module>.lora_A.weight, ...; scale alpha / rank = 1) and embedding.safetensors (1, 77, 1024)."""
    from safetensors.torch import save_file

    branches = {f"unet.{name}": value.contiguous() for name, value in net.unet.state_dict().items() if "lora_" in name}
    save_file(branches, str(folder / "lora.safetensors"))
    save_file({"embedding": net.context.detach().contiguous()}, str(folder / "embedding.safetensors"))
    return {**branches, "context": net.context.detach()}

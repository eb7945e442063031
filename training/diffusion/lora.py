"""Low-rank adaptation: y = W x + (alpha / rank) B A x, and its merge into W.

Names in a state dict are peft's: <module>.lora_A.weight, <module>.lora_B.weight, <module>.base_layer.weight.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

# DMD2's list without time_emb_proj, which leaves the time path a constant while training too. With it, LoRA parameters
# and MACs come to the 966.3 M and 2,132 G that DFOSD reports.
TARGETS = (
    "to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2",
    "conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv",
)


class Adapted(nn.Module):
    """A Linear or Conv2d, frozen, with a trainable low-rank branch. B starts at zero: the start is the base layer."""

    def __init__(self, base: nn.Linear | nn.Conv2d, rank: int, alpha: float) -> None:
        super().__init__()
        self.base_layer, self.scale = base, alpha / rank
        if isinstance(base, nn.Conv2d):
            self.lora_A = nn.Conv2d(base.in_channels, rank, base.kernel_size, base.stride, base.padding, bias=False)
            self.lora_B = nn.Conv2d(rank, base.out_channels, 1, bias=False)
        else:
            self.lora_A = nn.Linear(base.in_features, rank, bias=False)
            self.lora_B = nn.Linear(rank, base.out_features, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=5**0.5)
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.base_layer(x) + self.scale * self.lora_B(self.lora_A(x))

    @torch.no_grad()
    def merged(self) -> nn.Linear | nn.Conv2d:
        """The base layer with W <- W + scale B A; a convolution's A is (r, in, k, k) and B (out, r, 1, 1)."""
        change = self.lora_B.weight.flatten(1) @ self.lora_A.weight.flatten(1)
        self.base_layer.weight += self.scale * change.view_as(self.base_layer.weight)
        return self.base_layer


def _replace(net: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(net.get_submodule(parent), last, module)


def adapt(net: nn.Module, rank: int, alpha: float, targets: tuple[str, ...] = TARGETS) -> list[str]:
    """Freezes the net and adds branches to the layers whose name ends in a target; returns their names."""
    net.requires_grad_(False)
    names = [name for name, _ in net.named_modules() if any(name == target or name.endswith(f".{target}") for target in targets)]
    for name in names:
        _replace(net, name, Adapted(net.get_submodule(name), rank, alpha))
    return names


def merge(net: nn.Module) -> nn.Module:
    """Puts every branch into its layer, in place; the net's state dict is then a plain one again."""
    for name, module in list(_adapted(net)):
        _replace(net, name, module.merged())
    return net


def _adapted(net: nn.Module) -> Iterator[tuple[str, Adapted]]:
    return ((name, module) for name, module in net.named_modules() if isinstance(module, Adapted))

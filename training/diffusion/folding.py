"""What a fixed step and a fixed context make constant, put into the weights.

* Time: conv1(x) + W_t SiLU(temb) + b_t has a constant second part, which becomes conv1's bias.
* Context: keys W_k c and values W_v c of every cross-attention become constants.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from diffusion.unet import Attention, BasicTransformerBlock, ResnetBlock2D, UNet


class ConstantAttention(nn.Module):
    """Cross-attention to keys and values (1, tokens, C) that do not depend on the picture."""

    def __init__(self, attention: Attention, context: Tensor) -> None:
        super().__init__()
        self.head, self.to_q, self.to_out = attention.head, attention.to_q, attention.to_out
        self.register_buffer("keys", attention.to_k(context))
        self.register_buffer("values", attention.to_v(context))

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        q, k, v = (t.unflatten(2, (-1, self.head)).transpose(1, 2) for t in (self.to_q(x), self.keys, self.values))
        return self.to_out[0](functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


@torch.no_grad()
def folded(unet: UNet, context: Tensor, t: int) -> UNet:
    """A copy to be called as unet(z, None, None): equal to unet(z, t, context)."""
    net = copy.deepcopy(unet).eval()
    time = net.time(torch.tensor([t]))
    for module in net.modules():
        if isinstance(module, ResnetBlock2D):
            module.conv1.bias += module.time_emb_proj(time)[0]
            del module.time_emb_proj
        elif isinstance(module, BasicTransformerBlock):
            module.attn2 = ConstantAttention(module.attn2, context)
    del net.time_embedding
    return net

"""What came after SwinIR: DRCT, SRFormer and ATD."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import conv
from swinir import SwinBlock, WindowAttention

MEAN = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)


class Kin(nn.Module):
    """The frame that they share; ends in pixel shuffling by twos, or at once where `direct`."""

    def __init__(self, features: int, groups: list[nn.Module], scale: int, side: int, direct: bool = False):
        super().__init__()
        self.scale, self.side, self.direct = scale, side, direct
        self.conv_first, self.patch_embed = conv(3, features), nn.Module()
        self.patch_embed.norm, self.norm = nn.LayerNorm(features), nn.LayerNorm(features)
        self.layers = nn.ModuleList(groups)
        self.conv_after_body = conv(features, features)
        if direct:
            self.upsample = nn.Sequential(conv(features, 3 * scale**2), nn.PixelShuffle(scale))
        else:
            self.conv_before_upsample = nn.Sequential(conv(features, 64), nn.LeakyReLU(0.01))
            steps = [2] * int(math.log2(scale))
            self.upsample = nn.Sequential(*(part for step in steps for part in (conv(64, 64 * step**2), nn.PixelShuffle(step))))
            self.conv_last = conv(64, 3)

    def pad(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        return F.pad(image, (0, -width % self.side, 0, -height % self.side), mode="reflect")

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        shallow = self.conv_first(self.pad(image) - MEAN)
        x = self.patch_embed.norm(shallow.permute(0, 2, 3, 1))
        for layer in self.layers:
            x = layer(x)
        x = self.conv_after_body(self.norm(x).permute(0, 3, 1, 2)) + shallow
        x = self.upsample(x) if self.direct else self.conv_last(self.upsample(self.conv_before_upsample(x)))
        return (x + MEAN)[..., : height * self.scale, : width * self.scale]


def pixelwise(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer for [1, C, H, W] on [1, H, W, C]."""
    return layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class DenseGroup(nn.Module):
    def __init__(self, features: int, growth: int, side: int, heads: list[int], hidden: int):
        super().__init__()
        for index, count in enumerate(heads):
            width = features + index * growth
            block = SwinBlock(width, side, count, hidden if index < 3 else width, side // 2 if index % 2 else 0, 4 * side)
            self.add_module(f"swin{index + 1}", block)
            self.add_module(f"adjust{index + 1}", conv(width, features if index == 4 else growth, 1))

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for index in range(1, 6):
            adjusted = pixelwise(self.get_submodule(f"adjust{index}"), self.get_submodule(f"swin{index}")(torch.cat(seen, -1)))
            seen.append(F.leaky_relu(adjusted, 0.2) if index < 5 else adjusted)
        return x + 0.2 * seen[-1]


class Drct(Kin):
    def __init__(self, features: int, growth: int, groups: int, heads: list[int], scale: int, side: int = 8):
        super().__init__(features, [DenseGroup(features, growth, side, heads, 2 * features) for _ in range(groups)], scale, side)


class Convolved(nn.Module):
    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.fc1, self.fc2, self.dwconv = nn.Linear(features, hidden), nn.Linear(hidden, features), nn.Module()
        self.dwconv.depthwise_conv = nn.Sequential(conv(hidden, hidden, 5, groups=hidden), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.fc1(x))
        return self.fc2(x + pixelwise(self.dwconv.depthwise_conv, x))


class PermutedAttention(nn.Module):
    """Keys and values have a quarter of the channels each; those of 2 x 2 places are put together."""

    def __init__(self, features: int, side: int, heads: int):
        super().__init__()
        self.side, self.heads, half = side, heads, side // 2
        self.relative_position_bias_table = nn.Parameter(torch.randn((side - 1) ** 2, heads))
        here = torch.cartesian_prod(torch.arange(side), torch.arange(side)) // 2
        there = torch.cartesian_prod(torch.arange(half), torch.arange(half))
        apart = here[:, None] - there[None] + half - 1
        self.register_buffer("aligned_relative_position_index", apart[..., 0] * (side - 1) + apart[..., 1])
        self.q, self.kv, self.proj = nn.Linear(features, features), nn.Linear(features, features // 2), nn.Linear(features, features)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        windows, area, features = x.shape
        query = self.q(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
        cells = self.kv(x).unflatten(1, (self.side // 2, 2, self.side // 2, 2)).transpose(2, 3)
        key, value = (part.flatten(3).flatten(1, 2).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in cells.chunk(2, -1))
        scores = query @ key.mT / math.sqrt(features // self.heads)
        scores = scores + self.relative_position_bias_table[self.aligned_relative_position_index].permute(2, 0, 1)
        scores = scores if mask is None else scores + mask[:, None]
        return self.proj((scores.softmax(-1) @ value).transpose(1, 2).reshape(windows, area, features))


class PermutedBlock(SwinBlock):
    def __init__(self, features: int, side: int, heads: int, hidden: int, shift: int, trained_size: int):
        nn.Module.__init__(self)
        self.side, self.shift = side, shift
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attn, self.mlp = PermutedAttention(features, side, heads), Convolved(features, hidden)
        if shift:
            self.register_buffer("attn_mask", self.mask(trained_size, trained_size))

    def mask(self, height: int, width: int) -> Tensor:
        def parts(size: int, side: int, shift: int) -> Tensor:
            place = torch.arange(size)
            return (place >= size - side).float() + (place >= size - shift)

        def cut(height: int, width: int, side: int, shift: int) -> Tensor:
            part = 3 * parts(height, side, shift)[:, None] + parts(width, side, shift)
            return part.view(height // side, side, width // side, side).transpose(1, 2).reshape(-1, side**2)

        here = cut(height, width, self.side, self.shift)
        there = cut(height // 2, width // 2, self.side // 2, math.ceil(self.shift / 2))
        return torch.where(here[:, :, None] == there[:, None], 0.0, -100.0)


class BlockGroup(nn.Module):
    def __init__(self, blocks: list[nn.Module], features: int):
        super().__init__()
        self.residual_group = nn.Module()
        self.residual_group.blocks = nn.ModuleList(blocks)
        self.conv = conv(features, features)

    def forward(self, x: Tensor) -> Tensor:
        before = x
        for block in self.residual_group.blocks:
            x = block(x)
        return pixelwise(self.conv, x) + before


class SRFormer(Kin):
    def __init__(self, features: int, depths: list[int], heads: int, scale: int, side: int, direct: bool = False):
        def group(depth: int) -> BlockGroup:
            shifts = [side // 2 if index % 2 else 0 for index in range(depth)]
            return BlockGroup([PermutedBlock(features, side, heads, 2 * features, shift, 4 * side) for shift in shifts], features)

        super().__init__(features, [group(depth) for depth in depths], scale, side, direct)


class TokenAttention(nn.Module):
    def __init__(self, features: int, tokens: int, narrow: int):
        super().__init__()
        self.wq, self.wk, self.wv = nn.Linear(features, narrow), nn.Linear(features, narrow), nn.Linear(features, features)
        self.scale = nn.Parameter(torch.rand(tokens) * 1.4 - 0.2)

    def forward(self, x: Tensor, dictionary: Tensor) -> tuple[Tensor, Tensor]:
        scores = F.normalize(self.wq(x), dim=-1) @ F.normalize(self.wk(dictionary), dim=-1).mT
        likeness = (scores * (1 + self.scale.clamp(0, 1) * math.log(len(dictionary)))).softmax(-1)
        return likeness @ self.wv(dictionary), likeness


class CategoryAttention(nn.Module):
    def __init__(self, features: int, heads: int, category: int):
        super().__init__()
        self.proj, self.heads, self.category = nn.Linear(features, features), heads, category
        self.logit_scale = nn.Parameter(torch.full((1, 1), math.log(10)))

    def forward(self, qkv: Tensor, likeness: Tensor) -> Tensor:
        """(N, 3 C), (N, tokens) -> (N, C). Pixels of one token stay in their order, which PyTorch's plain sort does not promise."""
        count = len(qkv)
        size = min(count, self.category)
        order = likeness.argmax(-1).sort(stable=True).indices
        missing = -count % size
        filled = torch.cat([order, order.flip(0)[:missing]])
        query, key, value = qkv[filled].view(-1, size, 3, self.heads, qkv.shape[1] // 3 // self.heads).permute(2, 0, 3, 1, 4)
        scores = query @ key.mT * self.logit_scale.clamp(max=math.log(100)).exp()
        seen = (scores.softmax(-1) @ value).transpose(1, 2).reshape(count + missing, -1)[:count]
        return self.proj(seen[order.argsort()])


class TokenBlock(SwinBlock):
    def __init__(self, features: int, side: int, heads: int, tokens: int, category: int, shift: int, last: bool):
        nn.Module.__init__(self)
        self.side, self.shift = side, shift
        self.norm1, self.norm2, self.wqkv = nn.LayerNorm(features), nn.LayerNorm(features), nn.Linear(features, 3 * features)
        self.attn_win = WindowAttention(features, side, heads)
        # The projection is shared by all three, and the index is kept once for all blocks.
        self.index = [self.attn_win.relative_position_index]
        del self.attn_win.qkv, self.attn_win.relative_position_index
        self.attn_atd, self.attn_aca = TokenAttention(features, tokens, 5), CategoryAttention(features, heads, category)
        self.convffn = Convolved(features, 2 * features)
        if not last:
            self.norm3, self.sigma = nn.InstanceNorm1d(tokens, affine=True), nn.Parameter(torch.randn(tokens, 1))

    def forward(self, x: Tensor, dictionary: Tensor) -> tuple[Tensor, Tensor]:
        normal = self.norm1(x)
        qkv = self.wqkv(normal)
        seen, likeness = self.attn_atd(normal.flatten(0, 2), dictionary)
        alike = self.attn_aca(qkv.flatten(0, 2), likeness)
        x = x + self.within(qkv) + (seen + alike).view(x.shape)
        x = x + self.convffn(self.norm2(x))
        if hasattr(self, "sigma"):
            fresh = self.norm3(likeness.T[None])[0].softmax(-1) @ x.flatten(0, 2)
            dictionary = self.sigma.sigmoid() * dictionary + (1 - self.sigma.sigmoid()) * fresh
        return x, dictionary

    def within(self, qkv: Tensor) -> Tensor:
        _, height, width, features = qkv.shape
        cut = self.windows(qkv.roll((-self.shift, -self.shift), (1, 2)))
        query, key, value = cut.view(*cut.shape[:2], 3, self.attn_win.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.mT / math.sqrt(features // 3 // self.attn_win.heads)
        scores = scores + self.attn_win.relative_position_bias_table[self.index[0]].permute(2, 0, 1)
        if self.shift:
            scores = scores + self.mask(height, width)[:, None]
        seen = self.attn_win.proj((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))
        seen = seen.view(height // self.side, width // self.side, self.side, self.side, -1).transpose(1, 2)
        return seen.reshape(1, height, width, -1).roll((self.shift, self.shift), (1, 2))


class DictionaryGroup(nn.Module):
    def __init__(self, depth: int, features: int, side: int, heads: int, tokens: int, category: int):
        super().__init__()
        self.residual_group = nn.Module()
        self.residual_group.td = nn.Parameter(torch.randn(tokens, features))
        self.residual_group.layers = nn.ModuleList(
            TokenBlock(features, side, heads, tokens, category, side // 2 if index % 2 else 0, index == depth - 1) for index in range(depth)
        )
        self.conv = conv(features, features)

    def forward(self, x: Tensor) -> Tensor:
        before, dictionary = x, self.residual_group.td
        for layer in self.residual_group.layers:
            x, dictionary = layer(x, dictionary)
        return pixelwise(self.conv, x) + before


class Atd(Kin):
    def __init__(self, features: int, depths: list[int], heads: int, scale: int, side: int = 8, tokens: int = 16, direct: bool = False):
        category = 128 if direct and features == 48 else 256
        groups = [DictionaryGroup(depth, features, side, heads, tokens, category) for depth in depths]
        super().__init__(features, groups, scale, side, direct)
        self.register_buffer("relative_position_index_SA", torch.zeros(side**2, side**2, dtype=torch.int64))

    def pad(self, image: Tensor) -> Tensor:
        """Mirrored so that the edge comes twice."""
        height, width = image.shape[2:]
        image = torch.cat([image, image.flip(2)], 2)[:, :, : height + -height % self.side]
        return torch.cat([image, image.flip(3)], 3)[..., : width + -width % self.side]

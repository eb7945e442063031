"""Networks: parameter names and totals of SD 2.1, LoRA, folding, discriminators."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from diffusion import lora
from diffusion.autoencoder import TinyKL
from diffusion.folding import folded
from diffusion.judges import JUDGES, LatentJudge, PixelJudge
from diffusion.sd_autoencoder import StableKL
from diffusion.stable import renamed
from diffusion.unet import SD21, UNet, sinusoids
from recipes import RECIPES

W = RECIPES["smoke"].widths


def total(net):
    return sum(p.numel() for p in net.parameters())


def listed(path, part):
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return {name: shape for kind, name, shape in rows if kind == part}


def shapes(net):
    return {name: "x".join(map(str, value.shape)) for name, value in net.state_dict().items()}


@pytest.fixture
def unet():
    """A U-Net no parameter of which is at a special value."""
    torch.manual_seed(0)
    net = UNet(W)
    for parameter in net.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return net.eval()


def test_sd21_unet_has_the_published_names_shapes_and_total(shared_file):
    with torch.device("meta"):
        net = UNet(SD21)
    assert shapes(net) == listed(shared_file("reference/sd21_keys.txt"), "unet")
    assert total(net) == 865_910_724


def test_sd21_autoencoder_has_the_published_names_shapes_and_total(shared_file):
    with torch.device("meta"):
        net = StableKL()
    assert shapes(net) == listed(shared_file("reference/sd21_keys.txt"), "vae")
    assert total(net) == 83_653_863


def test_old_names_of_the_autoencoders_attention_are_understood():
    state = {"encoder.mid_block.attentions.0.query.weight": torch.zeros(4, 4, 1, 1), "encoder.mid_block.attentions.0.proj_attn.bias": torch.zeros(4)}
    new = renamed(state)
    assert new["encoder.mid_block.attentions.0.to_q.weight"].shape == (4, 4)
    assert "encoder.mid_block.attentions.0.to_out.0.bias" in new


def test_lora_on_sd21_has_the_size_that_the_paper_implies():
    """16.944 M with time_emb_proj, 278 modules: the list that makes the reported 966.3 M and 2,132 GMACs come out."""
    with torch.device("meta"):
        net = UNet(SD21)
        names = lora.adapt(net, 16, 16, (*lora.TARGETS, "time_emb_proj"))
    assert len(names) == 278
    assert sum(p.numel() for p in net.parameters() if p.requires_grad) == pytest.approx(16.944e6, rel=1e-4)


@pytest.mark.parametrize(("name", "unet", "autoencoder"), [("dfosd-t", 30.0e6, 0.286e6), ("dfosd-s", 5.5e6, 0.286e6), ("dfosd-xt", 6.75e6, 0.276e6)])
def test_tiny_sizes(name, unet, autoencoder):
    recipe = RECIPES[name]
    with torch.device("meta"):
        nets = UNet(recipe.widths), TinyKL(recipe.autoencoder_channels, recipe.widths.latent)
    assert [total(net) for net in nets] == pytest.approx([unet, autoencoder], rel=0.03)


def test_sinusoids_are_cosines_first():
    x = sinusoids(torch.tensor([399]), 8)[0]
    assert x[0].item() == pytest.approx(torch.tensor(399.0).cos().item()) and x[4].item() == pytest.approx(torch.tensor(399.0).sin().item())
    assert x[1].item() == pytest.approx(torch.tensor(399 * 10000 ** (-1 / 4)).cos().item(), abs=1e-4)


@pytest.mark.parametrize("base", [nn.Linear(6, 5), nn.Linear(6, 5, bias=False), nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Conv2d(3, 4, 1)])
def test_merged_lora_equals_two_explicit_branches(base):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, 8) if isinstance(base, nn.Conv2d) else torch.randn(2, 6)
    plain = copy.deepcopy(base)
    adapted = lora.Adapted(copy.deepcopy(base), 4, 8)
    assert torch.equal(adapted(x), plain(x))
    adapted.lora_B.weight.data.normal_()
    a, b = adapted.lora_A.weight, adapted.lora_B.weight
    if isinstance(base, nn.Conv2d):
        branch = nn.functional.conv2d(nn.functional.conv2d(x, a, stride=base.stride, padding=base.padding), b)
    else:
        branch = x @ a.T @ b.T
    expected = plain(x) + 2 * branch
    assert torch.allclose(adapted(x), expected, atol=1e-5)
    assert torch.allclose(adapted.merged()(x), expected, atol=1e-5)
    assert not torch.allclose(expected, plain(x), atol=1e-2)


def test_lora_trains_only_its_branches_and_merges_away(unet):
    z, t, context = torch.randn(1, W.latent, 8, 8), torch.tensor([399]), torch.randn(1, W.tokens, W.context)
    names = set(unet.state_dict())
    adapted = lora.adapt(unet, 4, 4)
    assert {name.rsplit(".", 1)[-1] for name in adapted} >= {"to_q", "proj_in", "conv1", "conv_shortcut", "conv", "proj", "0", "2"}
    assert not any("time" in name or "conv_in" in name or "conv_out" in name for name in adapted)
    assert all("lora_" in name for name, p in unet.named_parameters() if p.requires_grad)
    for name, parameter in unet.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0, 0.1)
    branched = unet(z, t, context)
    lora.merge(unet)
    assert set(unet.state_dict()) == names
    assert torch.allclose(unet(z, t, context), branched, atol=2e-4)


@torch.no_grad()
def test_folded_equals_unfolded(unet):
    z, context = torch.randn(2, W.latent, 8, 12), torch.randn(1, W.tokens, W.context)
    short = folded(unet, context, 399)
    expected = unet(z, torch.tensor([399, 399]), context)
    assert (short(z, None, None) - expected).abs().max() < 1e-4
    assert (unet(z, torch.tensor([500, 500]), context) - expected).abs().max() > 1e-2
    assert not any(part in name for name in short.state_dict() for part in ("time", "attn2.to_k", "attn2.to_v"))


def test_context_and_step_matter(unet):
    z = torch.randn(1, W.latent, 8, 8)
    a, b = torch.randn(1, W.tokens, W.context), torch.randn(1, W.tokens, W.context)
    t = torch.tensor([399])
    assert (unet(z, t, a) - unet(z, t, b)).abs().max() > 1e-4


def test_checkpointing_changes_no_gradient(unet):
    z, t, context = torch.randn(1, W.latent, 8, 8), torch.tensor([399]), torch.randn(1, W.tokens, W.context)
    gradients = []
    for unet.checkpointing in (False, True):
        unet.zero_grad()
        unet(z, t, context).square().mean().backward()
        gradients.append(unet.conv_in.weight.grad.clone())
    assert torch.allclose(*gradients, atol=1e-6) and gradients[0].abs().max() > 0


def test_latents_have_unit_size_once_measured():
    torch.manual_seed(0)
    net = TinyKL(8, 2)
    image = 2 * torch.rand(4, 3, 32, 32) - 1
    with torch.no_grad():
        net.encoder.conv_out.bias[0] = 3.0
        means = net.moments(image)[0]
        net.measure(means)
        z = net.encode(image)
        assert z.std().item() == pytest.approx(1, abs=1e-3) and z[:, 0].mean().abs() < 1e-3
        assert torch.allclose(net.decode(z), net.decoder(means), atol=1e-4)


def test_latent_judge_starts_from_the_prior_and_judges_patches(unet):
    context = torch.randn(1, W.tokens, W.context)
    judge = LatentJudge(unet, context)
    assert all(torch.equal(value, unet.state_dict()[name]) for name, value in judge.unet.state_dict().items())
    assert not any(name.startswith("up_blocks") or name.startswith("conv_out") for name in judge.unet.state_dict())
    z, t = torch.randn(2, W.latent, 16, 16), torch.tensor([0, 650])
    assert judge(z, t).shape == (2, 1, 4, 4)  # stem and one level: a quarter of the latent's side
    assert not torch.allclose(judge(z, t)[1], judge(z, torch.tensor([0, 10]))[1])
    by_lora = LatentJudge(unet, context, 4)
    trained = {name for name, p in by_lora.named_parameters() if p.requires_grad}
    assert trained and all("lora_" in name or name.startswith("head") for name in trained)


def test_ablation_judges(unet):
    context = torch.randn(1, W.tokens, W.context)
    made = {name: make(unet, context, 0, 4) for name, make in JUDGES.items()}
    assert made["none"] is None and isinstance(made["pixel"], PixelJudge)
    assert made["pixel"](torch.randn(1, 3, 64, 64)).shape[:2] == (1, 1)
    weights = [made[name].unet.conv_in.weight for name in ("latent-pretrained", "latent-random")]
    assert torch.equal(weights[0], unet.conv_in.weight) and not torch.allclose(*weights)


def test_paper_is_table_4():
    s = RECIPES["paper"].one_step
    assert (s.learning_rate, s.final_learning_rate, s.iterations, s.batch) == (5e-5, 5e-5, 100_000, 16)
    assert s.judge_rate * s.learning_rate == pytest.approx(5e-7)
    assert (s.adversarial_weight, s.perceptual_weight, s.rank, s.alpha, s.adaptive, s.loss) == (5e-3, 1, 16, 16, False, "ea-dists")
    d3sr = RECIPES["d3sr"].one_step
    assert d3sr == replace(s, batch=8, judge_rate=1.0)

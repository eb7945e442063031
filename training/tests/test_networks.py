import pytest
import torch

import losses
from networks import Discriminator, Doubling, Enlarger, PatchJudge, Restorer


@pytest.mark.parametrize("scale", [2, 4])
def test_shapes_at_odd_sizes(scale):
    assert Enlarger(scale, 8, 2)(torch.rand(2, 3, 13, 17)).shape == (2, 3, 13 * scale, 17 * scale)


def test_no_residual_is_the_nearest_neighbour_copy():
    net = Enlarger(4, 8, 1)
    for parameter in net.parameters():
        parameter.data.zero_()
    image = torch.rand(1, 3, 5, 6)
    assert torch.equal(net(image), image.repeat_interleave(4, 2).repeat_interleave(4, 3))


def test_radius_is_exactly_how_far_a_pixel_reaches():
    torch.manual_seed(0)
    net = Enlarger(2, 8, 3).double()
    image = torch.rand(1, 3, 32, 32, dtype=torch.float64)
    image.requires_grad_()
    net(image)[0, :, 32, 32].sum().backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    # Output row 32 belongs to source row 16.
    assert (rows.min().item(), rows.max().item()) == (16 - net.radius, 16 + net.radius)


def test_doubling_is_bilinear_enlargement_and_a_convolution():
    torch.manual_seed(0)
    layer, image = Doubling(3, 2), torch.rand(1, 3, 9, 8)
    fine = torch.nn.functional.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False)
    want = torch.nn.functional.conv2d(fine, layer.kernel, layer.offset, padding=1)
    made = torch.nn.functional.pixel_shuffle(layer(image), 2)
    assert torch.allclose(made[..., 2:-2, 2:-2], want[..., 2:-2, 2:-2], atol=1e-5)


def test_restorer_makes_no_lattice_out_of_nothing():
    torch.manual_seed(0)
    net = Restorer((8, 8, 8), (1, 1, 1, 1, 1), head=8, fine=4)
    made = net(torch.full((1, 3, 120, 120), 0.4))[..., 220:260, 220:260]
    assert made.std((2, 3)).max() < 1e-6


@pytest.mark.parametrize("size", [(13, 17), (1, 1), (16, 8)])
def test_restorer_takes_any_size(size):
    made = Restorer((8, 8, 8), (1, 1, 1, 1, 1), head=8, fine=4)(torch.rand(1, 3, *size))
    assert made.shape == (1, 3, 4 * size[0], 4 * size[1])


def test_patch_judge_is_pleased_by_what_looks_more_real_than_the_real():
    opinions, features = PatchJudge(4, 4)(torch.rand(2, 3, 32, 24))
    assert [tuple(x.shape) for x in opinions] == [(2, 1, 8, 6), (2, 1, 4, 3)] and len(features) == 6
    low, high = [torch.tensor([-2.0])], [torch.tensor([2.0])]
    assert PatchJudge.pleased(high, low) < PatchJudge.pleased(low, high)
    assert PatchJudge.displeased(high, low) > PatchJudge.displeased(low, high)


def test_discriminator_gives_a_logit_per_pixel_and_features_below_full_size():
    opinions, features = Discriminator(4, 4)(torch.rand(2, 3, 32, 24))
    assert [tuple(logits.shape) for logits in opinions] == [(2, 1, 32, 24), (2, 1, 8, 6)]
    assert [tuple(f.shape[1:]) for f in features] == [
        (8, 16, 12), (16, 8, 6), (32, 4, 3), (16, 8, 6), (8, 16, 12),
    ]


def test_edge_loss_is_sobel():
    error = torch.rand(2, 3, 9, 11)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    planes = losses.luma(error)[:, None]
    expected = sum(torch.nn.functional.conv2d(planes, k[None, None]).abs().mean() for k in (kernel, kernel.T)) / 8
    assert losses.edges(error) == pytest.approx(expected.item(), rel=1e-5)


def test_feature_loss_ignores_the_scale_of_a_level():
    fake, real = [torch.rand(3, 4), torch.rand(2, 2)], [torch.rand(3, 4), torch.rand(2, 2)]
    plain = losses.features(fake, real)
    assert losses.features([100 * fake[0], fake[1]], [100 * real[0], real[1]]) == pytest.approx(plain.item(), rel=1e-5)
    assert losses.features(real, real) == 0


def test_adversarial_losses_pull_opposite_ways():
    low, high = [torch.tensor([-2.0])], [torch.tensor([2.0])]
    assert losses.looks_real(high) < losses.looks_real(low)
    assert losses.looks_made(low) < losses.looks_made(high)


def test_frequency_loss_is_zero_only_for_equal_pictures():
    a, b = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    assert losses.frequencies(a, a) == 0 and losses.frequencies(a, b) > 0.001


def test_texture_loss_asks_for_detail_wherever_it_lies():
    torch.manual_seed(0)
    target = 0.5 + 0.1 * torch.randn(1, 1, 64, 64).expand(-1, 3, -1, -1)
    moved, flat = target.roll(3, -1), torch.full_like(target, 0.5)
    assert losses.texture(target, target) < 1e-6
    assert losses.texture(moved, target) < 0.2 * losses.texture(flat, target)


def test_line_loss_asks_for_lines_that_run_smoothly():
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")

    def line(across: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(across)[None, None].expand(1, 3, -1, -1)

    straight, frayed = line(x - 32), line(x - 32 + torch.where(y % 4 < 2, 0.7, -0.7))
    shifted = line(x - 32 + 0.7)
    noise = 0.1 * torch.randn(1, 3, 64, 64)
    assert losses.lines(straight, straight) < 1e-6
    # Frayed by as much as the other is shifted.
    assert losses.lines(frayed, straight) > 1.5 * losses.lines(shifted, straight)
    # What has no lines asks for nothing.
    flat = torch.full((1, 3, 64, 64), 0.5)
    assert losses.lines(flat + noise, flat) < 0.01 * losses.lines(straight + noise, straight)


def test_lattice_loss_sees_a_lattice_and_not_texture():
    torch.manual_seed(0)
    smooth = torch.linspace(0, 1, 64).expand(2, 3, 64, 64)
    pattern = torch.zeros(2, 3, 64, 64)
    pattern[:, :, 1::4, 2::4] = 0.08
    modulated = pattern * torch.sin(torch.linspace(0, 12, 64))
    texture = 0.02 * torch.randn(2, 1, 64, 64).expand(-1, 3, -1, -1)
    none, plain, waving, grain = (losses.lattice(smooth + extra, smooth, 4).item() for extra in (0 * pattern, pattern, modulated, texture))
    assert none < 2e-4 and plain > 0.01 and waving > 0.004 and grain < 0.3 * plain
    assert texture.std() > pattern.std() / 2
    # What the target itself repeats is no fault.
    assert losses.lattice(smooth + pattern, smooth + pattern, 4) < 2e-4

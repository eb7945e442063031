"""Schedule, colour fixes and losses of the one-step model against what they are by definition."""

import numpy as np
import pytest
import torch
from PIL import Image

import diffusion.objectives as objectives
from diffusion import colour, schedule
from diffusion.perceptual import Dists, Vgg16, perceptual, similarities, sobel
from run import enlarged


def test_schedule_constants():
    assert schedule.ALPHAS_BAR[399] == pytest.approx(0.4260863636, abs=1e-9)
    assert schedule.ALPHAS_BAR[999] == pytest.approx(0.004660098513, abs=1e-9)
    assert schedule.ALPHAS_BAR[1] == pytest.approx(0.998296, abs=1e-6)
    signal, sigma = schedule.coefficients(torch.tensor([399]))
    assert (signal.item(), sigma.item()) == (pytest.approx(0.6527529, abs=1e-7), pytest.approx(0.7575709, abs=1e-7))


@pytest.mark.parametrize(("t", "tolerance"), [(1, 1e-6), (399, 1e-6), (999, 3e-5)])
def test_what_was_noised_is_found_again(t, tolerance):
    z, noise = torch.randn(2, 4, 6, 6), torch.randn(2, 4, 6, 6)
    noised = schedule.noised(z, torch.tensor([t, t]), noise)
    assert (schedule.clean(noised, noise, t) - z).abs().max() < tolerance
    abar = schedule.ALPHAS_BAR[t]
    assert ((noised - abar**0.5 * z) / (1 - abar) ** 0.5 - noise).abs().max() < 1e-3


def test_every_sample_is_noised_by_its_own_step():
    z, noise = torch.ones(2, 1, 1, 1), torch.zeros(2, 1, 1, 1)
    assert schedule.noised(z, torch.tensor([399, 999]), noise).flatten().tolist() == pytest.approx([0.6527529, 0.06826491])


def test_strength_runs_from_the_round_trip_to_the_paper():
    low, made = torch.randn(1, 2, 3, 3), torch.randn(1, 2, 3, 3)
    assert torch.equal(schedule.strengthened(low, made, 0), low)
    assert torch.allclose(schedule.strengthened(low, made, 1), made, atol=1e-6)


def test_colour_fixes_leave_a_picture_that_is_its_own_source():
    x = torch.rand(2, 3, 40, 37)
    assert (colour.adain(x, x) - x).abs().max() < 1e-6
    assert (colour.wavelet(x, x) - x).abs().max() < 1e-6


def test_adain_takes_mean_and_spread_from_the_source():
    made, source = torch.rand(1, 3, 32, 32), 0.3 * torch.rand(1, 3, 32, 32) + torch.tensor([0.1, 0.4, 0.6]).view(1, 3, 1, 1)
    fixed = colour.adain(made, source)
    assert torch.allclose(fixed.mean((2, 3)), source.mean((2, 3)), atol=1e-6)
    assert torch.allclose(fixed.std((2, 3)), source.std((2, 3)), rtol=1e-2)


def test_wavelet_keeps_detail_and_takes_colour():
    detail = (torch.arange(128).view(1, 1, -1, 1) % 2 * 0.1).expand(1, 3, 128, 128)
    fixed = colour.wavelet(0.2 + detail, torch.full((1, 3, 128, 128), 0.7))
    middle = fixed[..., 40:-40, 40:-40]
    assert middle.mean().item() == pytest.approx(0.7, abs=1e-3)
    assert (middle[:, :, 1] - middle[:, :, 0]).abs().mean().item() == pytest.approx(0.1, abs=1e-3)


def test_sobel_is_the_magnitude_of_two_convolutions():
    x = torch.rand(2, 3, 9, 11)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    grey = x.mean(1, keepdim=True)
    across, along = (torch.nn.functional.conv2d(grey, k[None, None], padding=1) for k in (kernel, kernel.T))
    expected = (across**2 + along**2 + 1e-6).sqrt().expand(-1, 3, -1, -1)
    assert torch.allclose(sobel(x), expected, atol=1e-6)


def test_sobel_of_a_constant_is_the_floor_inside():
    assert sobel(torch.full((1, 3, 8, 8), 0.4))[..., 1:-1, 1:-1].sub(1e-3).abs().max() < 1e-6


def test_dists_of_a_picture_with_itself_is_zero_and_symmetric():
    def features(x):
        return [x, torch.nn.functional.avg_pool2d(x, 2)]

    dists = Dists(features)
    x, y = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    assert dists(x, x).abs() < 1e-6
    assert dists(x, y) == pytest.approx(dists(y, x).item(), abs=1e-6) and dists(x, y) > 0.1


def test_similarities_are_the_printed_formulas():
    x, y = torch.rand(1, 1, 5, 7, dtype=torch.float64), torch.rand(1, 1, 5, 7, dtype=torch.float64)
    a, b = x.numpy().ravel(), y.numpy().ravel()
    covariance = np.cov(a, b, ddof=0)
    s1, s2 = similarities(x, y)
    assert s1.item() == pytest.approx((2 * a.mean() * b.mean() + 1e-6) / (a.mean() ** 2 + b.mean() ** 2 + 1e-6), abs=1e-5)
    assert s2.item() == pytest.approx((2 * covariance[0, 1] + 1e-6) / (covariance[0, 0] + covariance[1, 1] + 1e-6), abs=1e-5)


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    """A VGG16 state dict with random weights: the shapes are torchvision's."""
    torch.manual_seed(0)
    widths = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)}
    widths |= {17: (256, 512)} | {layer: (512, 512) for layer in (19, 21, 24, 26, 28)}
    state = {f"features.{i}.weight": torch.randn(b, a, 3, 3) * (2 / 9 / a) ** 0.5 for i, (a, b) in widths.items()}
    state |= {f"features.{i}.bias": torch.zeros(b) for i, (_, b) in widths.items()}
    file = tmp_path_factory.mktemp("vgg") / "vgg16.pth"
    torch.save(state, file)
    return file


def test_ea_dists_with_a_vgg_file(vgg, tmp_path):
    x, y = 2 * torch.rand(1, 3, 32, 32) - 1, 2 * torch.rand(1, 3, 32, 32) - 1
    net = Vgg16(vgg)
    assert [level.shape[1] for level in net(x)] == [3, 64, 128, 256, 512, 512]
    assert [level.shape[2] for level in net(x)] == [32, 32, 16, 8, 4, 2]
    weights = tmp_path / "weights.pt"
    torch.save({"alpha": torch.rand(1, 1475, 1, 1), "beta": torch.rand(1, 1475, 1, 1)}, weights)
    for file in (None, weights):
        edges, plain = perceptual("ea-dists", None, vgg, file), perceptual("dists", None, vgg, file)
        assert edges(x, x).abs() < 1e-5
        assert edges(x, y) == pytest.approx(edges(y, x).item(), abs=1e-5)
        assert edges(x, y) > plain(x, y) > 0


def test_ea_dists_without_a_vgg_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="--vgg"):
        perceptual("ea-dists", None, None, None)
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(ValueError, match="features.0.bias"):
        Vgg16(tmp_path / "x.pth")


def test_adversarial_losses_are_the_logarithms_of_algorithm_1():
    fake, real = torch.randn(2, 1, 3, 3), torch.randn(2, 1, 3, 3)
    assert objectives.generator_loss(fake) == pytest.approx(-fake.sigmoid().log().mean().item(), abs=1e-6)
    expected = -(1 - fake.sigmoid()).log().mean() - real.sigmoid().log().mean()
    assert objectives.judge_loss(fake, real) == pytest.approx(expected.item(), abs=1e-6)


def test_gradient_penalty_of_a_linear_judge_is_half_its_squared_weight():
    weight = torch.randn(2, 4, 4, requires_grad=True)
    penalty = objectives.gradient_penalty(lambda x: (x * weight).sum((1, 2, 3)).view(-1, 1, 1, 1), torch.randn(3, 2, 4, 4))
    assert penalty.item() == pytest.approx(weight.square().sum().item() / 2, rel=1e-5)
    penalty.backward()
    assert torch.allclose(weight.grad, weight, rtol=1e-4)


def test_adaptive_weight_makes_both_gradients_alike_and_is_limited():
    g, small = torch.randn(2, 3), torch.randn(2, 3)
    assert (objectives.adaptive_weight(g, small) * small).norm().item() == pytest.approx(g.norm().item(), rel=1e-5)
    assert objectives.adaptive_weight(g, 0 * small) == 100


def test_divergence_is_torchs():
    mean, log_variance = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    expected = torch.distributions.kl_divergence(torch.distributions.Normal(mean, (log_variance / 2).exp()), torch.distributions.Normal(0.0, 1.0)).mean()
    assert objectives.divergence(mean, log_variance) == pytest.approx(expected.item(), rel=1e-5)


def test_enlarging_is_pillows_bicubic():
    """Up to rounding; where a peak exceeds the range Pillow also clips between its two passes, so greys in the middle here."""
    low = np.random.default_rng(0).integers(90, 166, (12, 17, 3), np.uint8)
    want = np.asarray(Image.fromarray(low).resize((68, 48), Image.Resampling.BICUBIC), np.float32)
    made = enlarged(torch.from_numpy(low).permute(2, 0, 1)[None].float() / 255, 4)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(made - want).max() < 1.3 and np.abs(made - want).mean() < 0.4

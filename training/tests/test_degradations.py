import numpy as np
import pytest

import degradations as d


def picture(side: int = 96) -> np.ndarray:
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:side, 0:side] / side
    return np.clip(np.stack([x, y, (x * 9 % 1)], 2) + rng.normal(0, 0.03, (side, side, 3)), 0, 1).astype(np.float32)


@pytest.mark.parametrize("kind", d.KERNEL_KINDS)
def test_blur_kernels_sum_to_one_and_are_centred(kind):
    for seed in range(10):
        kernel = d.blur_kernel(np.random.default_rng(seed), kind, 13, (0.2, 3.0))
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        assert kernel.max() == kernel[6, 6]
        np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


def test_isotropic_kernels_are_round_and_others_are_not():
    round_ones = [d.blur_kernel(np.random.default_rng(s), "generalized_iso", 9, (0.5, 3)) for s in range(5)]
    assert all(np.allclose(k, k.T, atol=1e-7) for k in round_ones)
    assert not np.allclose(*(lambda k: (k, k.T))(d.blur_kernel(np.random.default_rng(1), "aniso", 9, (0.5, 3))), atol=1e-4)


def test_gaussian_kernel_is_the_formula():
    kernel = d.blur_kernel(np.random.default_rng(0), "iso", 7, (1.5, 1.5))
    assert kernel[3, 5] / kernel[3, 3] == pytest.approx(np.exp(-0.5 * 4 / 1.5**2), rel=1e-5)


def test_sinc_kernel_sums_to_one_and_rings():
    kernel = d.sinc_kernel(np.pi / 3, 21)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel.min() < -0.001


@pytest.mark.parametrize("preset", [d.MILD, d.FULL])
@pytest.mark.parametrize("scale", [2, 4])
def test_same_seed_same_picture_other_seed_other_picture(preset, scale):
    high = picture()
    first, again, other = (d.degrade(np.random.default_rng(seed), high, scale, preset) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 1e-3
    assert first.shape == (96 // scale, 96 // scale, 3)
    assert first.min() >= 0 and first.max() <= 1
    np.testing.assert_allclose(first * 255, np.round(first * 255), atol=1e-3)


def test_degradation_keeps_the_picture_in_place():
    """No half-pixel shift creeps in: the mean over many seeds lies nearest to the unshifted reduction."""
    high = picture(192)
    mean = np.mean([d.degrade(np.random.default_rng(s), high, 4, d.MILD) for s in range(24)], 0)[4:-4, 4:-4]

    def distance(dy, dx):
        shifted = np.roll(high, (dy, dx), (0, 1))
        return np.abs(d.shrink(shifted, 4)[4:-4, 4:-4] - mean).mean()

    assert min((distance(y, x), (y, x)) for y in (-2, 0, 2) for x in (-2, 0, 2))[1] == (0, 0)


def test_full_preset_harms_more_than_mild():
    high = picture()
    clean = d.shrink(high, 4)
    harm = [np.mean([np.abs(d.degrade(np.random.default_rng(s), high, 4, p) - clean).mean() for s in range(24)]) for p in (d.MILD, d.FULL)]
    assert harm[1] > 1.08 * harm[0]


def test_sharpening_raises_contrast_at_edges_and_leaves_flat_areas():
    step = np.full((96, 96, 3), 0.25, np.float32)
    step[:, 48:] = 0.75
    sharp = d.sharpen(step)
    assert sharp[48, 47, 0] < 0.2 and sharp[48, 48, 0] > 0.8
    flat = np.full((96, 96, 3), 0.4, np.float32)
    np.testing.assert_allclose(d.sharpen(flat), flat, atol=1e-6)


def test_noisy_photos_are_small_noisy_and_in_place():
    flat = np.full((96, 96, 3), 0.5, np.float32)
    made = [d.make_noisy(np.random.default_rng(seed), flat, 4) for seed in range(40)]
    assert {x.shape for x in made} == {(24, 24, 3)}
    spread = np.array([x.std() for x in made])
    # A flat picture has one grey, which Poisson noise takes for hardly any light: there it is strongest.
    assert 0.03 < spread.min() and np.median(spread) > 0.08 and spread.max() < 0.45
    assert all(abs(float(x.mean()) - 0.5) < 0.08 for x in made)
    again = d.make_noisy(np.random.default_rng(7), picture(), 4)
    np.testing.assert_array_equal(again, d.make_noisy(np.random.default_rng(7), picture(), 4))


def test_compressed_pictures_have_blocks_and_no_noise():
    high = np.kron(np.indices((12, 12)).sum(0) % 2, np.ones((16, 16)))[..., None].repeat(3, 2).astype(np.float32)
    clean = d.shrink(high, 4)
    made = [d.make_compressed(np.random.default_rng(seed), high, 4) for seed in range(40)]
    assert {x.shape for x, _ in made} == {(48, 48, 3)}
    harm = {strong: np.mean([np.abs(x - clean).mean() for x, is_strong in made if is_strong == strong]) for strong in (True, False)}
    assert harm[True] > harm[False]
    flat, _ = d.make_compressed(np.random.default_rng(1), np.full((96, 96, 3), 0.5, np.float32), 4)
    assert flat.std() < 0.01

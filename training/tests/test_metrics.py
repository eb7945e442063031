import importlib.util

import numpy as np
import pytest
from PIL import Image

import metrics


def read(path):
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.fixture
def reference(shared_file):
    """The independently validated implementation (it reproduces published per-image logs)."""
    shared_file("data/weights/iqa/niqe-niqe_pris_params.npz")
    spec = importlib.util.spec_from_file_location("metrics_reference", shared_file("reference/metrics_reference.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_equal_to_the_reference_on_real_pictures(reference, shared_file):
    names = sorted(path.name for path in shared_file("data/bench/RealSR/OSEDiff").glob("*.png"))[:2]
    for name in names:
        made, high = read(shared_file(f"data/bench/RealSR/OSEDiff/{name}")), read(shared_file(f"data/bench/RealSR/HR/{name}"))
        assert metrics.psnr(made, high) == pytest.approx(reference.psnr_y(made, high), abs=1e-6)
        assert metrics.ssim(made, high) == pytest.approx(reference.ssim_y(made, high), abs=1e-6)
        assert metrics.niqe(made) == pytest.approx(reference.niqe(made), abs=1e-6)


def test_niqe_of_a_picture_that_is_no_multiple_of_the_block(reference, shared_file):
    picture = read(next(iter(sorted(shared_file("data/bench/RealSR/HR").glob("*.png")))))[:401, :299]
    assert metrics.niqe(picture) == pytest.approx(reference.niqe(picture), abs=1e-6)


def test_psnr_of_a_known_difference():
    grey = np.full((20, 20, 3), 100, np.uint8)
    # One grey level is (65.481 + 128.553 + 24.966) / 255 = 0.8588 levels of studio luma.
    assert metrics.psnr(grey, grey + 1) == pytest.approx(20 * np.log10(255 / (219 / 255)), abs=1e-2)
    assert metrics.psnr_rgb(grey, grey + 1) == pytest.approx(20 * np.log10(255), abs=1e-2)


def test_border_is_left_out():
    a = np.full((20, 20, 3), 100, np.uint8)
    b = a.copy()
    b[0] = 255
    assert metrics.psnr(a, b, border=1) > 79 > metrics.psnr(a, b)
    assert metrics.ssim(a, b, border=1) == pytest.approx(1) and metrics.ssim(a, b) < 1


def test_ssim_falls_with_noise_and_is_one_for_equal_pictures():
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 200, (40, 40, 3), np.uint8).repeat(2, 0).repeat(2, 1)
    slight, strong = (np.clip(picture + rng.normal(0, s, picture.shape), 0, 255).astype(np.uint8) for s in (5, 40))
    assert metrics.ssim(picture, picture) == pytest.approx(1)
    assert 1 > metrics.ssim(picture, slight) > metrics.ssim(picture, strong)


def test_lattice_stands_out_where_there_is_one():
    random = np.random.default_rng(0)
    truth = np.clip(random.normal(128, 3, (192, 192, 3)), 0, 255).astype(np.uint8)
    windows = metrics.flat_windows(truth)
    assert metrics.lattice(truth, truth, 4, windows) == 1
    woven = truth.copy()
    woven[1::4, 2::4] += 4
    assert metrics.lattice(woven, truth, 4, windows) > 2
    # It is told from grain, and one of 8 from one of 4.
    assert metrics.lattice(np.clip(truth + random.normal(0, 4, truth.shape), 0, 255).astype(np.uint8), truth, 4, windows) < 1.5
    wide = truth.copy()
    wide[1::8, 2::8] += 12
    assert metrics.lattice(wide, truth, 8, windows) > 2

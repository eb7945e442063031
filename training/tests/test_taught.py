import json

import numpy as np
import pytest
import torch
from PIL import Image

import drawn
import taught
from bank import Bank
from made_up import picture
from published import X4plus


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    monkeypatch.setattr(taught, "PHOTOS", tmp_path)
    for index in range(11):
        Image.fromarray(picture(np.random.default_rng(index), 100).repeat(6, 0).repeat(6, 1)).save(tmp_path / f"{index:02d}.jpg", quality=95)
    return tmp_path


class Mark(torch.nn.Module):
    """A teacher whose answers are recognised."""

    def forward(self, low):
        return torch.nn.functional.interpolate(low, scale_factor=4.0) * 0 + 0.2


def test_bank_grows_and_is_turned_over(photographs):
    folder = taught.prepare_taught(Mark(), 24, 1, folder=photographs / "bank")
    facts = json.loads((folder / "bank.json").read_text())
    low, high = Bank(folder).arrays
    assert facts["patches"] == 24 and facts["made"] == 24 and "05.jpg" in facts["heldBack"]
    assert low.shape == (24, 72, 72, 3) and high.shape == (24, 288, 288, 3)
    marked = (high == 51).all((1, 2, 3))
    assert 4 < marked.sum() < 22
    before = high.copy()
    taught.prepare_taught(Mark(), 24, 1, folder=photographs / "bank")
    assert json.loads((folder / "bank.json").read_text())["made"] == 48
    assert (before != Bank(folder).arrays[1]).any((1, 2, 3)).mean() > 0.5


def test_batches_come_from_what_is_made(tmp_path):
    np.save(tmp_path / "low.npy", np.zeros((9, 8, 8, 3), np.uint8))
    high = np.zeros((9, 32, 32, 3), np.uint8)
    high[3:] = 255
    np.save(tmp_path / "high.npy", high)
    (tmp_path / "bank.json").write_text('{"patches": 3}')
    assert Bank(tmp_path).batch(np.random.default_rng(0), 32, 8)[1].max() == 0


def strands_over_grey(rng, side):
    return drawn.strands(rng, side, np.full((side, side, 3), 128, np.uint8))


@pytest.mark.parametrize("make", [drawn.draw, drawn.cartoon, drawn.stripes, strands_over_grey])
def test_drawn_crops_are_sharp_and_vary(make):
    rng = np.random.default_rng(0)
    crops = [make(rng, 96) for _ in range(12)]
    assert all(crop.shape == (96, 96, 3) and crop.dtype == np.uint8 for crop in crops)
    assert len({crop.tobytes() for crop in crops}) == 12
    assert np.median([np.abs(np.diff(crop.astype(int), axis=1)).max() for crop in crops]) > 60


def test_teacher_is_the_published_network(shared_file):
    """Crisp and clean where the picture was noisy: its mean error to a smooth picture falls to a third."""
    net = X4plus(shared_file("data/weights/ncnn/realesrgan-x4plus.bin")).eval()
    smooth = torch.linspace(0.2, 0.8, 32).expand(1, 3, 32, 32).contiguous()
    noisy = (smooth + 0.06 * torch.randn(smooth.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    with torch.no_grad():
        made = torch.nn.functional.avg_pool2d(net(noisy), 4)
    assert (made - smooth).abs()[..., 4:-4, 4:-4].mean() < 0.4 * (noisy - smooth).abs().mean()

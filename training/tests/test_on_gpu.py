"""The prepared GPU command, on the CPU, in tiny."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import on_gpu
from made_up import picture
from published import X4plus
from recipes import RECIPES

TINY = replace(
    RECIPES["onestep-photo-2"], net={"widths": (8, 8, 8), "blocks": (1, 1, 1, 1, 1), "head": 8, "fine": 4},
    **{name: replace(stage, patch=96, judge_patch=32 if name == "detailed" else 0) for name, stage in RECIPES["onestep-photo-2"].stages.items()},
)


@pytest.fixture
def packed(tmp_path, monkeypatch):
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for index in range(3):
        Image.fromarray(picture(np.random.default_rng(index), 100).repeat(6, 0).repeat(6, 1)).save(photographs / f"{index:02d}.jpg", quality=95)
    teacher = X4plus(None)
    monkeypatch.setattr(on_gpu, "X4plus", lambda path: teacher)
    monkeypatch.setattr(on_gpu, "PACK", tmp_path / "pack")
    size = on_gpu.pack(tmp_path / "teacher.bin", tmp_path / "pack", photographs)
    assert 16 * 2**20 < size < 20 * 2**20
    return tmp_path / "pack", teacher


def test_packed_teacher_answers_alike(packed, monkeypatch):
    folder, teacher = packed
    monkeypatch.undo()
    image = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        assert (on_gpu.packed_teacher(folder)(image) - teacher(image)).abs().max() < 0.05


def test_trains_within_its_time_leaves_its_weights_and_goes_on(packed, tmp_path, monkeypatch):
    class Twice(torch.nn.Module):
        def forward(self, low):
            return torch.nn.functional.interpolate(low, scale_factor=4.0)

    monkeypatch.setattr(on_gpu, "packed_teacher", lambda folder: Twice())
    source = None
    for out in (tmp_path / "first", tmp_path / "second"):
        out.mkdir()
        facts = on_gpu.train(TINY, out, 0.05, source, "cpu", 2, processes=1)
        assert facts["pairs"] >= 64 and (out / "facts.json").exists()
        ends = [torch.load(out / f"{name}.pt", weights_only=True) for name in TINY.ends]
        assert all(value.dtype == torch.float16 for value in ends[0].values())
        assert torch.equal(ends[0]["first.weight"], ends[1]["first.weight"]) and not torch.equal(ends[0]["up4.kernel"], ends[1]["up4.kernel"])
        source = out


def test_a_one_step_model_goes_on_from_what_the_first_minutes_left(packed, tmp_path):
    recipe, source = replace(RECIPES["smoke"], bank_kind="damaged", bank_patch=24), None
    generators = []
    for out in (tmp_path / "first", tmp_path / "second"):
        out.mkdir()
        facts = on_gpu.train(recipe, out, 0.05, source, "cpu", 2, processes=1)
        assert facts["pairs"] >= 4 and (out / "facts.json").exists()
        generators.append(torch.load(out / "one-step.pt", weights_only=True))
        if source:
            before, after = ({f"{name}.{key}": value for name in ("autoencoder", "prior") for key, value in torch.load(folder / f"{name}.pt", weights_only=True).items()}
                             for folder in (source, out))
            assert all(torch.equal(value, after[key]) for key, value in before.items())
        source = out
    assert not torch.equal(*(state["unet.conv_in.weight"] for state in generators))

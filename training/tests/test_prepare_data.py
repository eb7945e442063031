import json

import numpy as np
from PIL import Image

import prepare_data
from bank import Bank, validation_pairs
from made_up import picture


def photographs(folder):
    folder.mkdir()
    for index in range(11):
        Image.fromarray(picture(np.random.default_rng(index), 96).repeat(6, 0).repeat(6, 1)).save(folder / f"{index:02d}.jpg", quality=95)


def test_bank_of_every_patch_size(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_data, "PHOTOS", tmp_path / "photos")
    monkeypatch.setattr(prepare_data, "ROOT", tmp_path)
    photographs(tmp_path / "photos")
    for patch, kind, name in ((48, "photographs", "x4"), (64, "photographs", "x4-64"), (48, "damaged", "x4-damaged")):
        folder = prepare_data.prepare(4, patch, crops=1, processes=1, kind=kind)
        assert folder == tmp_path / "cache" / name
        low, high = Bank(folder).arrays
        facts = json.loads((folder / "bank.json").read_text())
        assert low.shape == (facts["patches"], patch, patch, 3) and high.shape == (facts["patches"], 4 * patch, 4 * patch, 3)
        assert facts["patches"] > 9 and facts["heldBack"] == ["05.jpg"]
        assert (folder / "sharp.npy").exists() == (name == "x4")
        # A pair shows the same: the reduced picture is the low one, but for what was done to it.
        reduced = high.reshape(len(high), patch, 4, patch, 4, 3).mean((2, 4))
        assert np.corrcoef(reduced.ravel(), low.ravel())[0, 1] > (0.9 if kind == "photographs" else 0.6)
        assert validation_pairs(folder)[0][1].shape == (512, 512, 3)

"""The ONNX graphs against PyTorch: made on the spot with random weights, and the shipped models."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import export
import graphs
import metrics
from degradations import shrink
from drawn import draw
from evaluate import exported as exported_models
from evaluate import ours
from manifest import MODELS
from networks import Enlarger, Restorer, enlarge
from published import Compact, on_pictures
from recipes import RECIPES, PhotoRecipe


def session(path, strength, **settings):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    files = {"weights.bin": (path.parent / "weights.bin").read_bytes(), "strength.bin": np.float32(strength).tobytes()}
    options.add_external_initializers_from_files_in_memory(list(files), list(files.values()), [len(data) for data in files.values()])
    for name, value in settings.items():
        setattr(options, name, value)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def smooth_picture(rows, columns, seed=0):
    """Photograph-like: low frequencies and a little grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns] / 16
    waves = sum(np.sin(rng.uniform(-1.5, 1.5) * x + rng.uniform(-1.5, 1.5) * y + rng.uniform(0, 6))[..., None] * rng.uniform(0, 1, 3) for _ in range(8))
    return np.clip(128 + 30 * waves + rng.normal(0, 4, (rows, columns, 3)), 0, 255).astype(np.uint8)


NETS = {
    "x2": lambda: Enlarger(2, 16, 2), "x4": lambda: Enlarger(4, 16, 2),
    "restorer": lambda: Restorer((16, 16, 16), (1, 1, 1, 1, 1), head=16, fine=8),
}


@pytest.fixture(scope="module", params=NETS)
def exported(request, tmp_path_factory):
    """(folder, faithful, detailed) of a small random net whose two ends differ in every layer, rounded as the file is."""
    torch.manual_seed(len(request.param))
    faithful, detailed = NETS[request.param](), NETS[request.param]()
    with torch.no_grad():
        for own, end in zip(faithful.parameters(), detailed.parameters()):
            end.copy_(own + 0.3 * own.abs().mean() * torch.randn_like(own) + 0.01)
    faithful, detailed = export.rounded(faithful, detailed)
    images = torch.from_numpy(np.stack([smooth_picture(48, 48, s) for s in range(16)]).transpose(0, 3, 1, 2).astype(np.float32) / 255)
    folder = tmp_path_factory.mktemp(request.param)
    graphs.write_graphs(folder, faithful, detailed, export.calibrate(faithful, detailed, images), 0.25)
    return folder, faithful, detailed


@torch.no_grad()
def expected(net, picture):
    """(H, W, 3) uint8 -> (scale H, scale W, 3) float, by the PyTorch net."""
    return enlarge(net, torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).float() / 255)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [(31, 45), (1, 1), (16, 8)])
def test_fp32_graph_equals_pytorch(exported, strength, size):
    folder, faithful, detailed = exported
    picture = smooth_picture(*size)
    want = expected(export.blend(faithful, detailed, strength), picture)
    got = session(folder / "fp32.onnx", strength).run(None, {"image": picture[None].astype(np.float32) / 255})[0][0]
    np.testing.assert_allclose(got, want, atol=1e-4)
    as_bytes = session(folder / "fp32-u8.onnx", strength).run(None, {"image": picture[None]})[0][0]
    assert as_bytes.dtype == np.uint8
    # A value on the very edge of two levels may fall to either.
    assert np.abs(as_bytes - np.clip(want * 255, 0, 255)).max() < 0.502


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_int8_graph_is_close_to_fp32_at_any_strength(exported, strength):
    folder, _, _ = exported
    picture = smooth_picture(33, 50, 99)
    whole, fast = (session(folder / file, strength).run(None, {"image": picture[None]})[0][0] for file in ("fp32-u8.onnx", "int8.onnx"))
    assert metrics.psnr_rgb(whole, fast) > 40


def test_strength_on_disk_is_the_default(exported):
    folder, _, _ = exported
    picture = smooth_picture(20, 20)
    on_disk = export.run_graph(folder / "fp32-u8.onnx", picture)
    at = {s: session(folder / "fp32-u8.onnx", s).run(None, {"image": picture[None]})[0][0] for s in (0.25, 1.0)}
    np.testing.assert_array_equal(on_disk, at[0.25])
    assert (on_disk != at[1.0]).mean() > 0.1


def test_int8_graph_folds_to_integer_convolutions_only(exported, tmp_path):
    folder, faithful, _ = exported
    path = str(tmp_path / "optimised.onnx")
    session(folder / "int8.onnx", 0.5, optimized_model_filepath=path)
    kinds = [node.op_type for node in onnx.load(path, load_external_data=False).graph.node]
    assert kinds.count("QLinearConv") == sum(name.endswith("bias") or name.endswith("offset") for name, _ in faithful.named_parameters())
    assert not {"Conv", "QuantizeLinear", "ReduceMax", "Round", "Relu", "MatMul"} & set(kinds)


def test_graphs_are_valid_small_and_share_their_weights(exported):
    folder, faithful, _ = exported
    for file in graphs.GRAPHS:
        onnx.checker.check_model(str(folder / file), full_check=True)
        assert (folder / file).stat().st_size < 128 * 1024
    parts = list(faithful.parameters())
    # Two ends in half precision, each tensor at a multiple of 64 bytes.
    assert 4 * sum(p.numel() for p in parts) <= (folder / "weights.bin").stat().st_size < 4 * sum(p.numel() for p in parts) + 2 * 64 * len(parts)


def test_ends_that_are_alike_are_stored_once(tmp_path):
    net, _ = export.rounded(NETS["restorer"](), NETS["restorer"]())
    graphs.write_graphs(tmp_path, net, net, export.calibrate(net, net, torch.rand(2, 3, 16, 16)), 1.0)
    assert (tmp_path / "weights.bin").stat().st_size < 2 * sum(p.numel() for p in net.parameters()) + 64 * 64


def test_training_goes_on_from_an_exported_model(exported, tmp_path):
    folder, *ends = exported
    (folder / "manifest.json").write_text(json.dumps({"scale": ends[0].scale}))
    for detailed, end in enumerate(ends):
        state = torch.load(export.published_weights(folder, tmp_path, bool(detailed)), weights_only=True)
        own = dict(end.named_parameters())
        assert state.keys() == own.keys()
        assert all(torch.equal(state[name], value) for name, value in own.items())


def test_published_reader_refuses_a_file_that_is_not_fp16(tmp_path):
    (tmp_path / "x.bin").write_bytes(bytes(5000))
    with pytest.raises(ValueError, match="not fp16"):
        Compact(tmp_path / "x.bin")


def test_published_network_equals_the_numpy_reference(shared_file):
    import importlib.util

    path = shared_file("data/weights/ncnn/RealESRGAN_General_WDN_x4_v3.bin")
    spec = importlib.util.spec_from_file_location("ncnn_reference", shared_file("reference/ncnn_reference.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    picture = smooth_picture(12, 15)
    layers, _ = module.parse(path.read_bytes(), 32)
    want = np.clip(module.run(layers, picture.transpose(2, 0, 1).astype(np.float32) / 255), 0, 1).transpose(1, 2, 0) * 255
    assert np.abs(on_pictures(Compact(path))(picture) - want).max() < 0.51


@pytest.mark.parametrize("model", [RECIPES[name] for name in exported_models(PhotoRecipe)], ids=lambda model: model.name)
class TestShipped:
    @pytest.fixture(autouse=True)
    def present(self, model):
        self.folder = MODELS / model.name
        self.manifest = json.loads((self.folder / "manifest.json").read_text())

    def test_hashes_and_sizes(self, model):
        entries = [*self.manifest["graphs"], *self.manifest["weights"], self.manifest["selfTest"]]
        for entry in entries:
            assert export.sha256(self.folder / entry["file"]) == entry["sha256"], entry["file"]
            assert (self.folder / entry["file"]).stat().st_size < 12 * 2**20
        assert np.frombuffer((self.folder / "strength.bin").read_bytes(), np.float32)[0] == np.float32(self.manifest["options"]["strength"]["default"])

    def test_self_test_is_reproduced(self, model):
        side, scale = self.manifest["selfTest"]["width"], self.manifest["scale"]
        data = np.fromfile(self.folder / "self-test.bin", np.uint8)
        tile, answer = data[: side * side * 3].reshape(side, side, 3), data[side * side * 3 :].reshape(side * scale, side * scale, 3)
        assert metrics.psnr_rgb(export.run_graph(self.folder / "fp32-u8.onnx", tile), answer) > 60
        # The application asks for 40, or takes another graph.
        assert metrics.psnr_rgb(export.run_graph(self.folder / "int8.onnx", tile), answer) > 42

    def test_int8_is_good_on_lettering(self, model):
        lettered = draw(np.random.default_rng(4), 96 * model.scale, None).astype(np.float32) / 255
        low = (shrink(lettered, model.scale) * 255).round().astype(np.uint8)
        assert metrics.psnr_rgb(export.run_graph(self.folder / "int8.onnx", low), export.run_graph(self.folder / "fp32-u8.onnx", low)) > 38

    @pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
    def test_int8_is_good_on_photographs(self, model, strength, shared_file):
        from PIL import Image

        low = np.asarray(Image.open(shared_file("data/bench/Set5/x4/img_003_SRF_4_LR.png")).convert("RGB"))
        # At the detailed end a rounding moves grain that is made up anyhow.
        assert metrics.psnr_rgb(ours(model, "fp32-u8.onnx", strength)(low), ours(model, "int8.onnx", strength)(low)) > (42 if strength < 1 else 39)

    def test_overlap_makes_tiles_equal_the_whole(self, model):
        overlap, scale = self.manifest["overlap"], self.manifest["scale"]
        picture = smooth_picture(20, 80 + overlap)
        run = ours(model, "fp32-u8.onnx", 1.0)
        whole, left = run(picture), run(picture[:, : 40 + overlap])
        assert np.abs(whole[:, : 40 * scale].astype(int) - left[:, : 40 * scale]).max() <= 1
        short = run(picture[:, : 40 + 4])
        assert (whole[:, : 40 * scale] != short[:, : 40 * scale]).any()

    def test_card_credits_every_training_photograph(self, model):
        data = self.manifest["card"]["data"]
        assert len(data["credits"]) >= 70
        assert all(credit["licence"] and credit["source"].startswith("https://") for credit in data["credits"])
        assert not {credit["file"] for credit in data["credits"]} & set(data["heldBack"])


def test_channels_are_evened_without_a_change_of_the_result():
    torch.manual_seed(0)
    faithful, detailed = (Restorer((4, 6, 8), (1, 1, 2, 1, 1), 8, 4).eval() for _ in range(2))
    with torch.no_grad():
        # A channel of the deepest stream that has grown far above the others.
        for net in (faithful, detailed):
            net.down2.weight[3] *= 50
    images = torch.rand(4, 3, 24, 24)
    evened = export.evened(faithful, detailed, images)
    for before, after in zip((faithful, detailed), evened):
        assert torch.allclose(before(images), after(images), atol=1e-4)

    def unevenness(net):
        peaks = export.Peaks(net)
        with torch.no_grad():
            net.plan(peaks, images)
        return float(peaks.channels["mid.1"].max() / peaks.channels["mid.1"].median())

    assert unevenness(evened[0]) < unevenness(faithful) / 4

"""The networks that Onestep imports, written again in plain PyTorch, to compare the imported graphs with.

`python write.py FOLDER [NAME ...]` makes networks with random weights and writes for each case of `CASES`, or for those
named, the weights as a file of the kind that its authors share (the names of its parameters are theirs), pictures, and what
the network makes of them. A NAME may also be the path of one of `KNOWN_FILES`: then those are the weights.
"""

import json
import struct
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from dat import Dat
from efficient import Rlfn, Safmn, SafmnPlusPlus, Span, SpanF
from esrgan import Compact, RRDBNet, bsrgan_names, esrgan_names
from gfpgan import Gfpgan
from hat import Hat
from kin import Atd, Drct, SRFormer
from mosr import Mosr
from omnisr import OmniSr
from plksr import Plksr
from rcan import Cugan, Rcan
from rgt import Rgt
from swinir import SwinIR


def shaken(network: nn.Module) -> nn.Module:
    """Norms and slopes start as ones and zeros, which would hide mistakes."""
    for name, parameter in network.named_parameters():
        if parameter.dim() == 1 and "bias" not in name:
            parameter.data += 0.3 * torch.randn_like(parameter)
        elif parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
    for name, buffer in network.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer += torch.rand_like(buffer)
    return network.eval()


def save_safetensors(state: dict[str, Tensor], path: Path) -> None:
    kinds = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
    header, data = {}, b""
    for name, tensor in state.items():
        raw = tensor.contiguous().view(torch.uint8).numpy().tobytes() if tensor.dim() else tensor.numpy().tobytes()
        header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def save(state: dict[str, Tensor], path: Path, kind: str, wrapper: str | None) -> None:
    if kind == "safetensors":
        save_safetensors(state, path)
    else:
        torch.save({wrapper: state} if wrapper else state, path, _use_new_zipfile_serialization=kind == "pth")


def swin(depths, **more) -> SwinIR:
    return SwinIR(features=24, depths=depths, heads=3, **more)


# Name -> (network, sizes of pictures, how its weights are saved: kind, wrapper, prefix, number type, names; planes of the picture, unless 3).
CASES = {
    "compact x4": (lambda: Compact(24, 4, 4), [(16, 16), (13, 27)], {"wrapper": "params"}),
    "compact x2, half precision": (lambda: Compact(16, 3, 2), [(9, 11)], {"kind": "safetensors", "type": torch.float16}),
    "compact x1": (lambda: Compact(16, 2, 1), [(8, 9)], {"kind": "legacy"}),
    "RRDBNet x4": (lambda: RRDBNet(16, 8, 3), [(16, 16), (7, 13)], {"wrapper": "params_ema"}),
    "RRDBNet x4, names of BSRGAN": (lambda: RRDBNet(16, 8, 3), [(9, 10)], {"kind": "legacy", "names": bsrgan_names}),
    "RRDBNet x4, names of ESRGAN": (lambda: RRDBNet(16, 8, 3), [(9, 10)], {"kind": "legacy", "names": lambda name: esrgan_names(name, 3, 2)}),
    "RRDBNet x2, names of BSRGAN": (lambda: RRDBNet(16, 8, 2, ups=1), [(9, 10)], {"names": bsrgan_names}),
    "RRDBNet x8, names of ESRGAN": (lambda: RRDBNet(16, 8, 2, ups=3), [(5, 6)], {"names": lambda name: esrgan_names(name, 2, 3)}),
    "RRDBNet x2, folded": (lambda: RRDBNet(16, 8, 2, fold=2), [(16, 16), (7, 13)], {"wrapper": "params_ema", "prefix": "module."}),
    "RRDBNet x1, folded": (lambda: RRDBNet(16, 8, 2, fold=4), [(16, 16), (7, 13)], {"names": lambda name: esrgan_names(name, 2, 2)}),
    "RRDBNet x4, bfloat16": (lambda: RRDBNet(16, 8, 2), [(7, 9)], {"kind": "safetensors", "type": torch.bfloat16}),
    "RRDBNet x2, grey": (lambda: RRDBNet(16, 8, 1, ups=1, planes=(1, 1)), [(9, 10)], {"wrapper": "net", "planes": 1}),
    "RRDBNet x2, grey to colours": (lambda: RRDBNet(16, 8, 1, ups=1, planes=(1, 3)), [(9, 10)], {"wrapper": "params-ema", "planes": 1}),
    "RRDBNet x2, with opacity": (lambda: RRDBNet(16, 8, 1, ups=1, planes=(4, 4)), [(9, 10)], {"wrapper": "netG", "planes": 4}),
    "RRDBNet x4, ESRGAN+": (lambda: RRDBNet(16, 8, 2, plus=True), [(9, 10)], {"prefix": "netG.", "names": lambda name: esrgan_names(name, 2, 2)}),
    "SwinIR-M real x4": (lambda: swin([4, 2], upsampler="nearest+conv", scale=4), [(24, 32), (19, 27)], {"wrapper": "params_ema"}),
    "SwinIR-L real x4": (lambda: swin([2, 4], upsampler="nearest+conv", scale=4, three=True), [(21, 33)], {"wrapper": "params_ema"}),
    "SwinIR classical x4": (lambda: swin([2, 2], upsampler="pixelshuffle", scale=4), [(16, 23)], {"wrapper": "params"}),
    "SwinIR classical x3": (lambda: swin([2], upsampler="pixelshuffle", scale=3), [(17, 8)], {"wrapper": "params"}),
    "SwinIR lightweight x2": (lambda: swin([2, 2], upsampler="pixelshuffledirect", scale=2), [(16, 23)], {"wrapper": "params"}),
    "SwinIR JPEG": (lambda: swin([2, 2], upsampler="", scale=1, side=7, white=255.0), [(17, 29)], {"wrapper": "params"}),
    "SwinIR x1, shuffled": (lambda: swin([2], upsampler="pixelshuffle", scale=1), [(17, 8)], {"wrapper": "params"}),
    "SwinIR x1, folded": (lambda: swin([2], upsampler="nearest+conv", scale=8, fold=8), [(64, 128), (70, 77)], {"wrapper": "params"}),
    "HAT x1": (lambda: Hat(24, [2], 3, 1), [(13, 21)], {"wrapper": "params_ema"}),
    "HAT x2, plain": (lambda: Hat(24, [2], 3, 2, plain=True), [(13, 21)], {"wrapper": "params_ema"}),
    "HAT x4": (lambda: Hat(24, [2, 3], 3, 4), [(24, 16), (13, 21)], {"wrapper": "params_ema"}),
    "DAT x4": (lambda: Dat(32, [5, 4], 4, (2, 6), 4), [(12, 24), (13, 21)], {"wrapper": "params"}),
    "DAT x2, light": (lambda: Dat(32, [4], 4, (2, 4), 2, direct=True, three=True), [(9, 14)], {"wrapper": "params"}),
    "DAT x2, half precision": (lambda: Dat(32, [3], 4, (2, 4), 2), [(9, 14)], {"kind": "safetensors", "type": torch.float16}),
    "SRFormer x2": (lambda: SRFormer(24, [2, 2], 3, 2, side=8), [(16, 24), (19, 27)], {"wrapper": "params_ema"}),
    "SRFormer x2, light": (lambda: SRFormer(24, [2], 3, 2, side=10, direct=True), [(19, 27)], {"wrapper": "params"}),
    "DRCT x4": (lambda: Drct(24, 8, 2, [3, 2, 5, 2, 4], 4), [(16, 24), (19, 27)], {"wrapper": "params_ema"}),
    "ATD x4": (lambda: Atd(24, [3, 2], 3, 4), [(16, 24), (19, 37)], {"wrapper": "params"}),
    "ATD x2, light": (lambda: Atd(48, [2], 3, 2, direct=True), [(19, 27)], {"wrapper": "params"}),
    "RGT x4": (lambda: Rgt(32, [5, 4], 4, (2, 6), 4), [(33, 24), (37, 45)], {"wrapper": "params"}),
    "MoSR x4": (lambda: Mosr(16, 2, 4, "shuffle"), [(16, 16), (11, 17)], {"wrapper": "params_ema"}),
    "MoSR x2, GPS": (lambda: Mosr(16, 2, 2, "ensemble"), [(11, 17)], {"kind": "safetensors"}),
    "MoSR x2, DySample": (lambda: Mosr(16, 2, 2, "dysample"), [(11, 17)], {"kind": "safetensors"}),
    "RCAN x4": (lambda: Rcan(16, 2, 2, [2, 2]), [(16, 16), (11, 17)], {}),
    "RCAN x3, not centred": (lambda: Rcan(16, 2, 1, [3], centred=False), [(11, 17)], {}),
    "RCAN x1": (lambda: Rcan(16, 1, 2, []), [(11, 17)], {}),
    "RCAN x2, folded": (lambda: Rcan(16, 1, 2, [2, 2], fold=2), [(11, 17)], {}),
    "Real-CUGAN x2": (lambda: Cugan(2), [(32, 32), (37, 45)], {}),
    "Real-CUGAN x3, pro": (lambda: Cugan(3, pro=True), [(37, 45)], {}),
    "Real-CUGAN x4": (lambda: Cugan(4), [(37, 45)], {}),
    "Real-CUGAN x2, fast": (lambda: Cugan(2, fast=True), [(48, 44)], {}),
    "GFPGAN": (lambda: Gfpgan(32, 24, 0.04, half=True), [(32, 32)], {"wrapper": "params_ema"}),
    "GFPGAN, all features changed": (lambda: Gfpgan(16, 16, 0.03, half=False), [(16, 16)], {"wrapper": "params"}),
    "OmniSR x4": (lambda: OmniSr(16, 2, 1, 4), [(16, 24), (13, 21)], {}),
    "SPAN x4": (lambda: Span(12, 4, fused=False), [(12, 12), (9, 14)], {"wrapper": "params_ema"}),
    "SPAN x2, fused": (lambda: Span(12, 2, fused=True), [(9, 14)], {"kind": "safetensors"}),
    "SPAN x2, no norm": (lambda: Span(12, 2, fused=False, bare=True), [(9, 14)], {"kind": "safetensors"}),
    "SPANF x4": (lambda: SpanF(12, 4), [(9, 14)], {}),
    "RLFN x4": (lambda: Rlfn(14, 16, 3, 4), [(24, 24), (17, 41)], {}),
    "SAFMN x4": (lambda: Safmn(16, 2, 4), [(32, 24), (19, 45)], {"wrapper": "params"}),
    "SAFMN++ x4": (lambda: SafmnPlusPlus(18, 2, 4, light=False), [(32, 24), (19, 45)], {"wrapper": "params"}),
    "SAFMN++ x4, light": (lambda: SafmnPlusPlus(16, 2, 4, light=True), [(19, 45)], {"wrapper": "params"}),
    "PLKSR x4": (lambda: Plksr(16, 2, 4, real=False, mixer=(3, 1)), [(20, 20), (11, 17)], {"wrapper": "params"}),
    "PLKSR x3, tiny": (lambda: Plksr(16, 2, 3, real=False, mixer=(3, 3), kernel=13, attention=False), [(11, 17)], {}),
    "RealPLKSR x4": (lambda: Plksr(16, 2, 4, real=True), [(20, 20), (11, 17)], {"wrapper": "params_ema"}),
    "RealPLKSR x2, DySample": (lambda: Plksr(16, 2, 2, real=True, dysample=True), [(11, 17)], {"kind": "safetensors"}),
    "RealPLKSR x2, layer norm": (lambda: Plksr(16, 2, 2, real=True, dysample=True, layer_norm=True), [(11, 17)], {"kind": "safetensors"}),
}
# As large as people share them: for a look by hand, too slow for every day.
LARGE_CASES = {
    "RRDBNet 23": (lambda: RRDBNet(64, 32, 23), [(37, 45)], {"wrapper": "params_ema"}),
    "SwinIR-M": (lambda: SwinIR(180, [6] * 6, 6, "nearest+conv", 4), [(37, 45)], {"wrapper": "params_ema"}),
    "SwinIR-L": (lambda: SwinIR(240, [6] * 9, 8, "nearest+conv", 4, three=True), [(37, 45)], {"wrapper": "params_ema"}),
    "HAT": (lambda: Hat(180, [6] * 6, 6, 4, side=16), [(37, 45)], {"wrapper": "params_ema"}),
    "DAT": (lambda: Dat(180, [6] * 6, 6, (8, 32), 4, ratio=4), [(37, 45)], {"wrapper": "params_ema"}),
    "GFPGAN 1.4": (lambda: Gfpgan(512, 512, 1, half=True), [(512, 512)], {"wrapper": "params_ema"}),
    "OmniSR": (lambda: OmniSr(64, 5, 1, 4), [(37, 45)], {}),
    "SPAN 48": (lambda: Span(48, 4, fused=False), [(37, 45)], {"wrapper": "params_ema"}),
    "RealPLKSR 28": (lambda: Plksr(64, 28, 4, real=True, dysample=True), [(37, 45)], {"wrapper": "params_ema"}),
}


@torch.inference_mode()
def write_case(folder: Path, number: int, name: str) -> dict:
    make, sizes, saved = (CASES | LARGE_CASES)[name]
    torch.manual_seed(number)
    network = shaken(make())
    kind, rename, prefix = saved.get("kind", "pth"), saved.get("names", lambda name: name), saved.get("prefix", "")
    numbers = saved.get("type", torch.float32)
    rounded = {key: value.to(numbers) if value.is_floating_point() else value for key, value in network.state_dict().items()}
    network.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in rounded.items()})
    weights = folder / f"{number}.{'safetensors' if kind == 'safetensors' else 'pth'}"
    save({prefix + rename(key): value for key, value in rounded.items()}, weights, kind, saved.get("wrapper"))
    pictures = [write_picture(folder, f"{number}-{index}", network, size, saved.get("planes", 3)) for index, size in enumerate(sizes)]
    return {"name": name, "weights": str(weights), "pictures": pictures}


def write_picture(folder: Path, stem: str, network: nn.Module, size: tuple[int, int], planes: int = 3) -> dict:
    source = torch.rand(1, planes, *size)
    result = network(source)
    for part, picture in (("source", source), ("result", result)):
        (folder / f"{stem}.{part}").write_bytes(picture.contiguous().numpy().tobytes())
    planes_given = result.shape[1]
    return {"stem": stem, "height": size[0], "width": size[1], "scale": result.shape[2] // size[0], "planes": [planes, planes_given]}


# Files that exist -> the network they are of.
KNOWN_FILES = {
    "NTIRE2024_ESR-team00_rlfn.pth": lambda: Rlfn(46, 48, 4, 4),
    "NTIRE2024_ESR-team23_safmnpp.pth": lambda: SafmnPlusPlus(36, 6, 4, light=False),
    "NTIRE2025_ESR-team24_spanf.pth": lambda: SpanF(32, 4),
    "SAFMN-light_safmnpp.pth": lambda: SafmnPlusPlus(32, 2, 4, light=True),
}


@torch.inference_mode()
def write_known(folder: Path, weights: Path) -> dict:
    network = KNOWN_FILES[weights.name]()
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network.load_state_dict(state.get("params_ema", state))
    torch.manual_seed(0)
    picture = write_picture(folder, weights.name, network.eval(), (53, 38))
    return {"name": weights.name, "weights": str(weights), "pictures": [picture]}


def main() -> None:
    folder, *names = sys.argv[1:]
    torch.set_num_threads(2)
    written = []
    for number, name in enumerate(names or CASES):
        is_known = Path(name).name in KNOWN_FILES
        written.append(write_known(Path(folder), Path(name)) if is_known else write_case(Path(folder), number, name))
    (Path(folder) / "cases.json").write_text(json.dumps(written))


main()

"""The photographs that our models are trained on: photographs.tsv lists them, with whose they are; this gets them.

    python training/photographs.py FOLDER

Ours are reduced copies of what lies at the addresses (width and height in the list), so that their own compression is not learnt.
A copy made here differs from ours in its bytes, and a model trained on it in its digits. The portraits are listed by their folder:
its files are taken in the order of their names. Not run yet: it was written where there was no network.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import urllib.request
from pathlib import Path

from PIL import Image

LIST = Path(__file__).resolve().parent / "photographs.tsv"


def listed() -> dict[str, dict[str, str]]:
    """File name -> file, width, height, sha256, licence, author, source."""
    with open(LIST, newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


def addresses(rows: list[dict[str, str]]) -> dict[str, str]:
    """File name -> where its original lies. Folders are listed once, through GitHub's interface."""
    found, folders = {}, {}
    for row in rows:
        _, _, _, owner, name, kind, commit, path = row["source"].split("/", 7)
        if kind == "blob":
            found[row["file"]] = f"https://raw.githubusercontent.com/{owner}/{name}/{commit}/{path}"
            continue
        if path not in folders:
            entries = json.loads(_get(f"https://api.github.com/repos/{owner}/{name}/contents/{path}?ref={commit}"))
            folders[path] = iter(sorted(entry["download_url"] for entry in entries if entry["type"] == "file"))
        found[row["file"]] = next(folders[path])
    return found


def fetch(folder: Path) -> None:
    """Every photograph that is not there yet, reduced to the size that the list gives."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for row in listed().values() if not (folder / row["file"]).exists()]
    for row, address in zip(rows, addresses(rows).values()):
        size = (int(row["width"]), int(row["height"]))
        picture = Image.open(io.BytesIO(_get(address))).convert("RGB").resize(size, Image.Resampling.LANCZOS)
        picture.save(folder / row["file"], quality=95, subsampling=0)
        print(row["file"], row["licence"], sep="\t", flush=True)


def same(folder: Path) -> list[str]:
    """Names of the files in `folder` that are ours to the byte."""
    rows = listed()
    return [path.name for path in sorted(folder.glob("*.jpg")) if path.name in rows and hashlib.sha256(path.read_bytes()).hexdigest() == rows[path.name]["sha256"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    fetch(folder)
    print(f"{len(same(folder))} of {len(listed())} are the very files that the shipped models saw.")


if __name__ == "__main__":
    main()

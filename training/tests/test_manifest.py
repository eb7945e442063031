"""Manifests against the treaty, and the public list of photographs."""

import json

import jsonschema
import pytest

import photographs
from manifest import MODELS, credits, write_manifest


@pytest.mark.parametrize("path", sorted(MODELS.glob("*/manifest.json")), ids=lambda path: path.parent.name)
def test_shipped_manifests_keep_the_treaty_and_credit_listed_photographs(path):
    manifest = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(manifest, json.loads((MODELS / "manifest.schema.json").read_text(encoding="utf-8")))
    credited = [credit["file"] for credit in manifest["card"]["data"]["credits"]]
    assert [row["licence"] for row in credits(credited)] == [credit["licence"] for credit in manifest["card"]["data"]["credits"]]


def test_what_breaks_the_treaty_is_not_written(tmp_path):
    with pytest.raises(jsonschema.ValidationError):
        write_manifest(tmp_path, {"schema": 1, "id": "Not a name"})
    assert not list(tmp_path.iterdir())


def test_list_of_photographs_is_whole():
    rows = photographs.listed()
    assert len(rows) == 146
    for name, row in rows.items():
        assert row["file"] == name and row["author"] and row["licence"] and row["source"].startswith("https://github.com/")
        assert len(row["sha256"]) == 64 and int(row["width"]) * int(row["height"]) > 0


def test_addresses_follow_the_sources(monkeypatch):
    monkeypatch.setattr(photographs, "_get", lambda address: json.dumps([{"type": "file", "download_url": f"https://x/{n}.jpg"} for n in "cab"]).encode())
    rows = list(photographs.listed().values())
    found = photographs.addresses([rows[0], *[row for row in rows if row["file"].startswith("portrait")][:3]])
    assert list(found.values())[0].startswith("https://raw.githubusercontent.com/")
    assert list(found.values())[1:] == ["https://x/a.jpg", "https://x/b.jpg", "https://x/c.jpg"]

"""Signatures in the matrix: marked on every page that names a report, and a report that was changed counts for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from harness import trust
from harness.matrix.build import build
from harness.report import encode_report
from harness.trust import KnownKey, SigningKey
from tests.matrix.samples import on

SIGNED_AT = 1_764_000_000


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("signed", "foreign", "changed", "plain"):
        path = folder / f"{name}.json"
        path.write_bytes(encode_report(on("provider", name.capitalize(), "lt")))
    return folder


def sign(path: Path, key: OKPKey) -> None:
    for suffix, content in trust.sign(path.read_bytes(), SigningKey(key), SIGNED_AT, name=path.name).items():
        trust.beside(path, suffix).write_bytes(content)


def test_a_changed_report_does_not_count_and_every_other_is_marked(reports: Path, tmp_path: Path) -> None:
    own, other = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")
    for name, key in {"signed": own, "foreign": other, "changed": own}.items():
        sign(reports / f"{name}.json", key)
    changed = reports / "changed.json"
    changed.write_bytes(changed.read_bytes().replace(b'"seed": 1', b'"seed": 2'))
    keys = {own.thumbprint(): KnownKey(own, "ministry.pem")}
    site = tmp_path / "site"
    build([str(reports)], site, keys=keys)
    told = json.loads((site / "matrix.json").read_bytes())
    files = {Path(each["file"]).stem: each for each in told["files"]}
    assert {name: (each["standing"], each["signature"]) for name, each in files.items()} == {
        "signed": ("counts", "signed"),
        "foreign": ("counts", "unknown-key"),
        "plain": ("counts", "unsigned"),
        "changed": ("refused", "wrong"),
    }
    assert files["signed"]["signed_by"] == "ministry.pem"
    assert "This is not the report that was signed" in files["changed"]["about"]
    assert {each["name"] for each in told["participants"]} == {"Signed", "Foreign", "Plain"}
    for language, words in {"en": "Wrongly signed", "pl": "Podpis nieprawidłowy", "lt": "Parašas netinkamas"}.items():
        assert words in (site / language / "input.html").read_text(encoding="utf-8")
    pages = {each["name"]: site / "en" / f"{each['id']}.html" for each in told["participants"]}
    assert "ministry.pem" in pages["Signed"].read_text(encoding="utf-8")
    assert "Not signed" in pages["Plain"].read_text(encoding="utf-8")
    assert build([str(reports)], site, keys=keys).written == 0
    build([str(reports)], site)
    assert "Signed with an unknown key" in pages["Signed"].read_text(encoding="utf-8"), "keys that are gone are seen"


def test_a_signature_that_changes_later_is_seen(reports: Path, tmp_path: Path) -> None:
    own = OKPKey.generate_key("Ed25519")
    keys, plain, site = {own.thumbprint(): KnownKey(own, "ministry.pem")}, reports / "plain.json", tmp_path / "site"

    def told() -> str:
        build([str(plain)], site, keys=keys)
        return str(json.loads((site / "matrix.json").read_bytes())["files"][0]["signature"])

    assert told() == "unsigned"
    sign(plain, own)
    assert told() == "signed"
    trust.beside(plain, ".jws").unlink()
    assert told() == "unsigned"

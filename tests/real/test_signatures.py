"""Our signatures before other people's libraries, and theirs before ours: jwcrypto, PyJWT, securesystemslib, in-toto-attestation.

``tox -e real-signatures`` installs them and runs this.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from harness import trust
from harness.report import encode_report
from tests.formats import samples

WANTED = ("jwcrypto", "jwt", "securesystemslib", "in_toto_attestation")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, WANTED)), reason="the libraries are not installed: tox -e real-signatures does that"
    ),
]
ALGORITHMS = {"ed25519": "Ed25519", "es256": "ES256"}


@pytest.fixture
def others() -> Any:
    return importlib.import_module("tests.signatures.others")


@pytest.fixture(params=ALGORITHMS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(encode_report(samples.faulty()))
    return path


def test_ours_before_theirs(others: Any, report: Path, kind: str, tmp_path: Path) -> None:
    key = others.new_keys()[kind]
    (tmp_path / "key.pem").write_bytes(others.private_pem(key))
    content, public = report.read_bytes(), others.public_pem(key)
    made = trust.sign(content, trust.read_signing_key(f"file:{tmp_path / 'key.pem'}"), others.SIGNED_AT, name=report.name)
    assert others.verified_by_jwcrypto(made[".jws"], content, public) == ALGORITHMS[kind]
    if kind == "es256":  # PyJWT knows Ed25519 by its older name alone
        assert others.verified_by_pyjwt(made[".jws"], content, public) == "ES256"
    assert others.verified_by_securesystemslib(made[".intoto.jsonl"], public).result == "FAILED"
    with pytest.raises(others.jws.InvalidJWSSignature):
        others.verified_by_jwcrypto(made[".jws"], content + b" ", public)


@pytest.mark.parametrize("maker", ["by_jwcrypto", "by_pyjwt"])
def test_theirs_before_ours(others: Any, report: Path, kind: str, maker: str, tmp_path: Path) -> None:
    key = others.new_keys()[kind]
    (tmp_path / "key.pem").write_bytes(others.public_pem(key))
    algorithm = "EdDSA" if (kind, maker) == ("ed25519", "by_pyjwt") else ALGORITHMS[kind]
    trust.beside(report, ".jws").write_bytes(getattr(others, maker)(report.read_bytes(), key, algorithm))
    trust.beside(report, ".intoto.jsonl").write_bytes(others.by_securesystemslib(report.read_bytes(), key, "FAILED"))
    keys = trust.known_keys([tmp_path / "key.pem"])
    told = trust.trust_of(report, keys, now=others.SIGNED_AT)
    assert {each.role: each.checked for each in told.files} == {"report": "as-signed", "statement": "as-signed"}
    assert told.state == "signed"
    report.write_bytes(report.read_bytes() + b" ")
    assert trust.trust_of(report, keys, now=others.SIGNED_AT).state != "signed"

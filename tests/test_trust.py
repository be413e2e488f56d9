"""Signatures: what holds, and that nothing can be changed without being found."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from harness import trust
from harness.errors import UsageError
from harness.formats.wording import catalogue
from harness.report import decode_report, encode_report
from harness.serve.listening import running
from harness.trust import statement
from tests.conftest import Govai, Said, greeter
from tests.formats import samples
from tests.test_command_line import one_sentence

SIGNED_AT = 1_795_900_000
OTHERS = Path(__file__).parent / "signatures"
KINDS = {"ed25519": ["-algorithm", "ed25519"], "es256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of both kinds and a third one, as openssl makes them: ``NAME.pem`` private, ``NAME.pub.pem`` public."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name, arguments in (KINDS | {"other": KINDS["ed25519"], "rsa": ["-algorithm", "RSA"]}).items():
        subprocess.run(["openssl", "genpkey", *arguments, "-out", folder / f"{name}.pem"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", folder / f"{name}.pem", "-pubout", "-out", folder / f"{name}.pub.pem"], check=True)
    return folder


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    path = tmp_path / "recording" / "exchanges.jsonl"
    path.parent.mkdir()
    lines = [
        '{"format":"govai-exchanges/1","seed":1}',
        *(f'{{"id":"x.{number}","body":"Žalgiris"}}' for number in range(8)),
        '{"exchanges":8}',
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def report(tmp_path: Path, keys: Path, kind: str, evidence: Path) -> Path:
    """A signed report."""
    path = tmp_path / "report.json"
    path.write_bytes(encode_report(samples.faulty()))
    sign(path, keys / f"{kind}.pem", evidence)
    return path


def sign(path: Path, key: Path, evidence: Path | None = None, **others: Any) -> None:
    made = trust.sign(
        path.read_bytes(),
        trust.read_signing_key(f"file:{key}"),
        SIGNED_AT,
        name=path.name,
        evidence=trust.digest(evidence) if evidence else None,
        **others,
    )
    for suffix, content in made.items():
        trust.beside(path, suffix).write_bytes(content)


def known(keys: Path, *names: str) -> trust.Keys:
    return trust.known_keys([keys / f"{name}.pub.pem" for name in names])


def found(path: Path, keys: trust.Keys, evidence: Path | None = None, **others: Any) -> trust.Trust:
    return trust.trust_of(path, keys, evidence=evidence, **({"now": SIGNED_AT + 60} | others))


def header(path: Path) -> dict[str, Any]:
    head = trust.beside(path, ".jws").read_text().partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "==")))


def test_a_signed_report_says_who_signed_what_and_when(report: Path, keys: Path, kind: str, evidence: Path) -> None:
    told = found(report, known(keys, "ed25519", "es256", "other"), evidence)
    assert (told.state, told.reason, told.key) == ("signed", None, f"{kind}.pub.pem")
    assert told.at == datetime.datetime.fromtimestamp(SIGNED_AT, datetime.UTC)
    assert {each.role: each.checked for each in told.files} == dict.fromkeys(("report", "evidence", "statement"), "as-signed")
    assert told.algorithm == {"ed25519": "Ed25519", "es256": "ES256"}[kind]
    assert header(report)["kid"] == told.kid


NAMED = {
    "report.json": {"report-changed"},
    "exchanges.jsonl": {"evidence-changed"},
    "report.json.intoto.jsonl": {"statement-changed"},
    "report.json.jws": {"signature-broken", "algorithm", "report-changed", "signature-wrong", "keys-differ"},
}
"""What is told of a change, by the file that was changed. A signature with another digest cannot be told from that of another report."""


def places(path: Path) -> set[int]:
    """Every byte; of the report every byte of its head and of its end, and of each line the first, the last and one between them."""
    content = path.read_bytes()
    if path.suffix != ".json":
        return set(range(len(content)))
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    lines = {place for begin, end in itertools.pairwise([-1, *ends]) for place in (begin + 1, (begin + end) // 2, end - 1, end)}
    return lines | set(range(400)) | set(range(len(content) - 400, len(content)))


def test_any_changed_byte_is_found_and_named(report: Path, keys: Path, kind: str, evidence: Path) -> None:
    """A bit of every byte, every bit of the last letters."""
    own = known(keys, kind)
    roles: dict[Path, str | None] = {report: "report", evidence: "evidence", trust.beside(report, ".intoto.jsonl"): "statement"}
    for path in [*roles, trust.beside(report, ".jws")]:
        content = path.read_bytes()
        flips = {(place, 1 << place % 8) for place in places(path)}
        for place, bit in flips | {(len(content) - 1 - back, 1 << shift) for back in range(4) for shift in range(8)}:
            path.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
            told = found(report, own, evidence)
            assert (told.state, told.exit_code) == ("wrong", 1), (path.name, place, bit, told)
            assert told.reason in NAMED[path.name], (path.name, place, bit, told)
            if path in roles:
                assert [each.role for each in told.files if each.checked == "changed"] == [roles[path]]
        for cut in (0, 1, len(content) // 2, len(content) - 2):
            path.write_bytes(content[:cut])
            assert found(report, own, evidence).state == "wrong", (path.name, cut)
        if path.suffix != ".jsonl" or path == evidence:
            path.write_bytes(content + b"\n")
            assert found(report, own, evidence).state == "wrong", (path.name, "a line more")
        path.write_bytes(content)
    assert found(report, own, evidence).state == "signed"


def test_what_stands_beside_may_be_missing_but_is_missed(report: Path, keys: Path, kind: str) -> None:
    own = known(keys, kind)
    told = found(report, own)
    assert {each.role: each.checked for each in told.files}["evidence"] == "not-checked"
    bundle = trust.beside(report, ".intoto.jsonl")
    bundle.write_bytes(b'{"payloadType":"application/vnd.other"}\n' + bundle.read_bytes() + b"no envelope\n")
    assert found(report, own).state == "signed", "a bundle may hold other attestations"
    bundle.unlink()
    told = found(report, own)
    assert told.state == "signed"
    assert {each.role: each.checked for each in told.files}["statement"] == "missing"
    trust.beside(report, ".jws").unlink()
    assert found(report, own).state == "unsigned"


def test_a_signature_of_another_report_is_found(report: Path, keys: Path, kind: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(encode_report(samples.fine()))
    sign(other, keys / f"{kind}.pem")
    for suffix in trust.SUFFIXES:
        shutil.copy(trust.beside(other, suffix), trust.beside(report, suffix))
    assert found(report, known(keys, kind)).reason == "report-changed"
    sign(report, keys / f"{kind}.pem")
    shutil.copy(trust.beside(other, ".intoto.jsonl"), trust.beside(report, ".intoto.jsonl"))
    assert found(report, known(keys, kind)).reason == "statement-changed"


def test_a_key_that_nobody_knows_is_named(report: Path, keys: Path) -> None:
    told = found(report, known(keys, "other"))
    assert (told.state, told.reason, told.exit_code) == ("unknown-key", "unknown-key", 5)
    assert told.details["kid"] == header(report)["kid"]
    assert found(report, {}).state == "unknown-key"


def test_a_recording_that_was_not_signed_proves_nothing(report: Path, keys: Path, kind: str, evidence: Path) -> None:
    sign(report, keys / f"{kind}.pem")
    told = found(report, known(keys, kind), evidence)
    assert (told.state, told.reason) == ("unsigned", "evidence-unsigned")


@pytest.mark.parametrize(
    ("at", "others", "reason"),
    [
        (60, {"max_age": 59}, "too-old"),
        (60, {"max_age": 61}, None),
        (-200, {}, None),
        (-400, {}, "not-yet"),
    ],
)
def test_a_signature_has_its_time(report: Path, keys: Path, kind: str, at: float, others: dict[str, Any], reason: str | None) -> None:
    told = found(report, known(keys, kind), now=SIGNED_AT + at, **others)
    assert (told.state, told.reason) == ("expired" if reason else "signed", reason)


def foreign(path: Path, key: Any, **members: Any) -> None:
    """Sign the report in a file with another header."""
    head = {"alg": "Ed25519", "b64": False, "crit": ["b64"]} | members
    registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
    begun, _, end = jws.serialize_compact(head, path.read_bytes(), key, registry=registry).split(".")
    trust.beside(path, ".jws").write_text(f"{begun}..{end}")
    trust.beside(path, ".intoto.jsonl").unlink(missing_ok=True)


@pytest.fixture
def private(keys: Path) -> OKPKey:
    return OKPKey.import_key((keys / "ed25519.pem").read_bytes())


@pytest.mark.parametrize("kind", ["ed25519"], indirect=True)
@pytest.mark.parametrize(
    ("members", "others", "state", "reason"),
    [
        ({"exp": SIGNED_AT + 60}, {}, "expired", "expired"),
        ({"exp": SIGNED_AT + 61}, {}, "signed", None),
        ({"exp": -(10**30)}, {}, "expired", "expired"),
        ({"exp": 10**30, "iat": SIGNED_AT + 0.5}, {}, "signed", None),
        ({}, {}, "signed", None),
        ({}, {"max_age": 10**9}, "expired", "undated"),
        ({"iat": 10**30}, {"max_age": 10**9}, "expired", "undated"),
        ({"iat": "yesterday"}, {}, "wrong", "signature-broken"),
        ({"x5c": ["AAAA"]}, {}, "wrong", "signature-broken"),
        ({"govai_sha256": {"report": "00"}}, {}, "wrong", "report-changed"),
        ({"kid": "somebody"}, {}, "unknown-key", "unknown-key"),
    ],
)
def test_headers_of_others(
    report: Path, keys: Path, private: OKPKey, members: dict[str, Any], others: dict[str, Any], state: str, reason: str | None
) -> None:
    foreign(report, private, **members)
    told = found(report, known(keys, "ed25519", "es256"), **others)
    assert (told.state, told.reason) == (state, reason)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "RS256", "ES384", "", "ed25519"])
@pytest.mark.parametrize("kind", ["ed25519"], indirect=True)
def test_no_other_algorithm_is_taken(report: Path, keys: Path, algorithm: str) -> None:
    own = {"alg": algorithm, "b64": False, "crit": ["b64"], "kid": header(report)["kid"]}
    for signature in ("AAAA", "_" * 86):
        head = base64.urlsafe_b64encode(json.dumps(own).encode()).decode().rstrip("=")
        trust.beside(report, ".jws").write_text(f"{head}..{signature}")
        told = found(report, known(keys, "ed25519"))
        assert (told.state, told.reason) in {("wrong", "algorithm"), ("wrong", "signature-broken")}


@pytest.mark.parametrize("kind", ["ed25519"], indirect=True)
def test_the_key_decides_the_algorithm(report: Path, keys: Path, private: OKPKey) -> None:
    """The classic confusion: a MAC keyed with the public key, and a signature that names the algorithm of another kind of key."""
    kid = header(report)["kid"]
    own = {"alg": "HS256", "b64": False, "crit": ["b64"], "kid": kid}
    head = base64.urlsafe_b64encode(json.dumps(own).encode()).rstrip(b"=")
    mac = hmac.digest((keys / "ed25519.pub.pem").read_bytes(), head + b"." + report.read_bytes(), "sha256")
    trust.beside(report, ".jws").write_bytes(head + b".." + base64.urlsafe_b64encode(mac).rstrip(b"="))
    assert found(report, known(keys, "ed25519")).reason == "algorithm"
    foreign(report, ECKey.import_key((keys / "es256.pem").read_bytes()), alg="ES256", kid=kid)
    assert found(report, known(keys, "ed25519", "es256")).reason == "signature-wrong"


@pytest.mark.parametrize("content", ["", "x", "a.b.c", "..", "a..", "e30..AA", "W10..AA", "[" * 10_000, "{}", "\x00..\xff"])
@pytest.mark.parametrize("kind", ["ed25519"], indirect=True)
def test_a_broken_signature_is_one(report: Path, keys: Path, content: str) -> None:
    trust.beside(report, ".jws").write_text(content)
    assert found(report, known(keys, "ed25519")).reason == "signature-broken"


@pytest.mark.parametrize("name", ["ed25519", "es256"])
@pytest.mark.parametrize("maker", ["jwcrypto", "pyjwt"])
def test_signatures_by_others_hold(tmp_path: Path, name: str, maker: str) -> None:
    """tests/signatures/others.py made them."""
    path = tmp_path / "report.json"
    shutil.copy(OTHERS / "report.json", path)
    shutil.copy(OTHERS / f"{name}-{maker}.jws", trust.beside(path, ".jws"))
    shutil.copy(OTHERS / f"{name}-securesystemslib.intoto.jsonl", trust.beside(path, ".intoto.jsonl"))
    told = found(path, trust.known_keys([OTHERS / "ed25519.pem", OTHERS / "es256.pem"]))
    assert (told.state, told.key) == ("signed", f"{name}.pem")
    assert {each.role: each.checked for each in told.files} == {"report": "as-signed", "statement": "as-signed"}
    path.write_bytes(path.read_bytes().replace(b"Vilnius", b"Kaunas") + b"\n")
    assert found(path, trust.known_keys([OTHERS / "ed25519.pem", OTHERS / "es256.pem"])).state != "signed"


def test_a_statement_of_another_result_is_found(tmp_path: Path, keys: Path, private: OKPKey) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(encode_report(samples.faulty()))
    own = trust.read_signing_key(f"file:{keys / 'ed25519.pem'}")
    digests = trust.Digests(trust.digest(path))
    honest = statement.stated(samples.faulty(), digests, path.name)
    for payload, reason in (
        (honest, None),
        (honest.replace(b'"FAILED"', b'"PASSED"'), "statement-differs"),
        (honest.replace(b"Statement/v1", b"Statement/v0"), "statement-differs"),
        (statement.stated(samples.fine(), digests, path.name), "statement-differs"),
    ):
        foreign(path, private)
        trust.beside(path, ".intoto.jsonl").write_bytes(statement.enveloped(payload, own) + b"\n")
        told = found(path, known(keys, "ed25519", "other"))
        assert told.reason == reason
        assert reason or {each.role: each.checked for each in told.files} == {"report": "as-signed", "statement": "as-signed"}


def test_a_statement_by_another_key_is_found_where_it_was_signed_with_the_report(tmp_path: Path, keys: Path, private: OKPKey) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(encode_report(samples.faulty()))
    other = trust.read_signing_key(f"file:{keys / 'other.pem'}")
    digests = trust.Digests(trust.digest(path))
    line = statement.enveloped(statement.stated(samples.faulty(), digests, path.name), other)
    foreign(path, private)
    trust.beside(path, ".intoto.jsonl").write_bytes(line + b"\n")
    told = found(path, known(keys, "ed25519", "other"))
    assert told.state == "signed", "somebody else may state something as well"
    assert [each.role for each in told.files] == ["report"]
    foreign(path, private, govai_sha256={"report": digests.report, "statement": hashlib.sha256(line).hexdigest()})
    trust.beside(path, ".intoto.jsonl").write_bytes(line + b"\n")
    assert found(path, known(keys, "ed25519", "other")).reason == "statement-wrong"


@pytest.mark.parametrize(
    ("sample", "result"),
    [
        (samples.fine, "PASSED"),
        (lambda: samples.report(samples.verdict("A-1", "warning")), "WARNED"),
        (samples.faulty, "FAILED"),
        (samples.incomplete, "FAILED"),
        (samples.crashed, "FAILED"),
        (samples.unreachable, "FAILED"),
    ],
)
def test_a_statement_says_what_the_report_says(sample: Callable[[], Any], result: str) -> None:
    report = sample()
    told = json.loads(statement.stated(report, trust.Digests("0" * 64, "1" * 64), "r.json", "https://ci.example.lt/7"))
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert [each["digest"] for each in told["subject"]] == [{"sha256": "0" * 64}, {"sha256": "1" * 64}]
    predicate = told["predicate"]
    assert predicate["result"] == result
    assert [each["name"] for each in predicate["configuration"]] == [f"{each.name}/{each.major}" for each in report.profiles]
    listed = {name: set(predicate[name]) for name in ("passedTests", "warnedTests", "failedTests")}
    for each in report.verdicts:
        place = {"passed": "passedTests", "passed-with-adapter": "passedTests", "failed": "failedTests"}.get(each.verdict)
        place = place or ("warnedTests" if each.verdict in ("warning", "needs-review") else None)
        assert [name for name, tests in listed.items() if each.requirement in tests] == ([place] if place else [])


def test_dsse_signs_what_its_specification_says() -> None:
    """The example of DSSE's protocol.md."""
    assert statement.authenticated("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def certified(keys: Path, name: str, *, days: int = 30) -> bytes:
    key: Any = load_pem_private_key((keys / f"{name}.pem").read_bytes(), None)
    begin = datetime.datetime.fromtimestamp(SIGNED_AT, datetime.UTC) - datetime.timedelta(days=10)
    subject = x509.Name.from_rfc4514_string("CN=Testai,O=Ministerija,C=LT")
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, begin, begin + datetime.timedelta(days=days))
    return builder.sign(key, hashes.SHA256() if name == "es256" else None).public_bytes(Encoding.PEM)


def test_a_certificate_says_who(report: Path, keys: Path, kind: str, tmp_path: Path) -> None:
    with_certificate = tmp_path / "signer.pem"
    with_certificate.write_bytes((keys / f"{kind}.pem").read_bytes() + certified(keys, kind))
    sign(report, with_certificate)
    told = found(report, known(keys, kind))
    assert (told.state, told.subject) == ("signed", "CN=Testai,O=Ministerija,C=LT")
    certificate = tmp_path / "theirs.crt"
    certificate.write_bytes(certified(keys, kind))
    assert found(report, trust.known_keys([certificate])).key == "theirs.crt"
    with_certificate.write_bytes((keys / f"{kind}.pem").read_bytes() + certified(keys, kind, days=5))
    sign(report, with_certificate)
    assert found(report, known(keys, kind)).reason == "certificate"
    other = trust.SigningKey(
        trust.read_signing_key(f"file:{keys / 'other.pem'}").key, trust.read_signing_key(f"file:{with_certificate}").certificates
    )
    for suffix, content in trust.sign(report.read_bytes(), other, SIGNED_AT, name=report.name).items():
        trust.beside(report, suffix).write_bytes(content)
    assert found(report, known(keys, "other")).reason == "certificate-other", "a borrowed name"
    with_certificate.write_bytes((keys / f"{kind}.pem").read_bytes() + certified(keys, "other"))
    with pytest.raises(UsageError, match="the first certificate is of another key"):
        trust.read_signing_key(f"file:{with_certificate}")


def test_keys_in_every_form(report: Path, keys: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"ed25519": OKPKey, "es256": ECKey}[kind].import_key((keys / f"{kind}.pem").read_bytes())
    (tmp_path / "private.jwk").write_text(json.dumps(own.as_dict(private=True)))
    sign(report, tmp_path / "private.jwk")
    monkeypatch.setenv("SIGNING_KEY", (keys / f"{kind}.pem").read_text())
    assert trust.read_signing_key("env:SIGNING_KEY").kid == own.thumbprint()
    folder = tmp_path / "keys"
    folder.mkdir()
    public = own.as_dict(private=False) | {"kid": "vilnius", "use": "sig"}
    (folder / "set.jwks").write_text(json.dumps({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, public]}))
    (folder / "README.txt").write_text("no key")
    assert found(report, trust.known_keys([folder])).key == "set.jwks vilnius"
    (folder / "set.jwks").write_text(json.dumps(public))
    assert found(report, trust.known_keys([folder / "set.jwks"])).state == "signed"


JUNK = {
    "empty": "",
    "words": "no key",
    "json": "{}",
    "list": '{"keys": [1]}',
    "texts": '{"keys": ["x"]}',
    "none": '{"keys": null}',
    "half": '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}',
    "okp": '{"kty": "OKP", "crv": "P-256", "x": "AA"}',
    "secret": '{"kty": "oct", "k": "AAAA"}',
    "pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "deep": '{"keys":' + "[" * 10_000,
}


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_key_is_refused(tmp_path: Path, junk: str) -> None:
    path = tmp_path / "key.pem"
    path.write_text(JUNK[junk])
    with pytest.raises(UsageError, match=r"holds no public key for Ed25519 or ES256"):
        trust.known_keys([path])
    with pytest.raises(UsageError, match=r"is no private key for Ed25519 or ES256|is empty"):
        trust.read_signing_key(f"file:{path}")


def test_private_foreign_and_encrypted_keys_are_refused(keys: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds a private key"):
        trust.known_keys([keys / "es256.pem"])
    with pytest.raises(UsageError, match="holds no public key"):
        trust.known_keys([keys / "rsa.pub.pem"])
    with pytest.raises(UsageError, match="is no private key"):
        trust.read_signing_key(f"file:{keys / 'rsa.pem'}")
    with pytest.raises(UsageError, match="is no private key"):
        trust.read_signing_key(f"file:{keys / 'es256.pub.pem'}")
    locked = tmp_path / "locked.pem"
    command = ["openssl", "pkey", "-in", keys / "es256.pem", "-aes256", "-passout", "pass:x", "-out", locked]
    subprocess.run(command, check=True)
    with pytest.raises(UsageError, match="the key is encrypted"):
        trust.read_signing_key(f"file:{locked}")
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(UsageError, match="holds no key"):
        trust.known_keys([empty])


def test_every_reason_has_words() -> None:
    source = "\n".join(each.read_text(encoding="utf-8") for each in Path(trust.__file__).parent.glob("*.py"))
    for each in catalogue()["trust_reason"]:
        name, _, end = each.rpartition("-")
        assert f'"{each}"' in source or (end == "changed" and name in ("report", "evidence"))


@pytest.fixture
def service() -> Any:
    with running(greeter()) as address:
        yield address


@pytest.fixture
def run(govai: Govai, service: str, profiles: Path) -> Callable[..., Said]:
    return lambda *arguments: govai("run", service, "--profile", "greeting", "--profile-path", profiles, "--class", "base", *arguments)


def test_a_run_signs_its_reports(run: Callable[..., Said], govai: Govai, keys: Path, kind: str, tmp_path: Path) -> None:
    path, recording = tmp_path / "out" / "r.json", tmp_path / "recording"
    said = run("--report", f"json={path}", "--sign", f"file:{keys / f'{kind}.pem'}", "--evidence", recording)
    assert f"json report: {path}, signed" in said.out
    decode_report(path.read_bytes())
    key = keys / f"{kind}.pub.pem"
    for language, words in {"en": "Signed and unchanged", "pl": "Podpisany, bez zmian", "lt": "Pasirašyta, pakeitimų nėra"}.items():
        said = govai("verify", path, "--key", key, "--evidence", recording, "--lang", language)
        assert (said.code, words in said.out) == (0, True)
    told = json.loads(govai("verify", path, "--keys", key, "--json").out)
    assert (told["state"], told["key"], told["message"]) == ("signed", key.name, None)
    (recording / "exchanges.jsonl").write_bytes((recording / "exchanges.jsonl").read_bytes().replace(b"Jonas", b"Petras"))
    said = govai("verify", path, "--key", key, "--evidence", recording)
    assert said.code == 1
    assert "This is not the recording that was signed" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sign", "-----BEGIN PRIVATE KEY-----"], "--sign: say where the secret is"),
        (["--sign", "key.pem"], "--sign: say where the secret is"),
        (["--sign", "env:NOT_SET_ANYWHERE"], "The environment variable NOT_SET_ANYWHERE is not set or empty"),
        (["--sign", "file:/nowhere.pem"], "The file of --sign, /nowhere.pem, cannot be read"),
        (["--sign", "file:{key}"], "Add --report json=PATH"),
        (["--sign", "file:{key}", "--report", "html=r.html"], "Add --report json=PATH"),
        (["--sign", "file:{key}", "--report", "json=/dev/stdout"], "no signature can stand beside /dev/stdout"),
    ],
)
def test_what_cannot_be_signed_is_refused_before_anything_is_sent(govai: Govai, keys: Path, arguments: list[str], told: str) -> None:
    words = [each.format(key=keys / "es256.pem") for each in arguments]
    said = govai("run", "http://127.0.0.1:9", "--profile", "core", *words)
    assert said.code == 2
    assert told in one_sentence(said)
    assert "BEGIN" not in said.err


def test_a_signature_that_cannot_be_written_is_said_at_once(run: Callable[..., Said], keys: Path, tmp_path: Path) -> None:
    (tmp_path / "r.json.jws").mkdir()
    said = run("--report", f"json={tmp_path / 'r.json'}", "--sign", f"file:{keys / 'es256.pem'}")
    assert said.code == 2
    assert "r.json.jws" in one_sentence(said)


@pytest.mark.parametrize("kind", ["ed25519"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["{report}"], 5, "Signed with an unknown key"),
        (["{report}", "--keys", "{keys}/rsa.pub.pem"], 2, "holds no public key"),
        (["{report}", "--keys", "{keys}/ed25519.pem"], 2, "holds a private key"),
        (["{report}", "--keys", "/nowhere"], 2, "The key /nowhere cannot be read"),
        (["{report}", "--keys", "{keys}/ed25519.pub.pem", "--max-age", "1h"], 5, "longer ago than --max-age"),
        (["{report}", "--keys", "{keys}/ed25519.pub.pem", "--max-age", "soon"], 2, "write a duration as"),
        (["{report}", "--keys", "{keys}/ed25519.pub.pem", "--evidence", "/nowhere"], 2, "/nowhere cannot be read"),
        (["{report}", "--keys", "{keys}/ed25519.pub.pem", "--evidence", "{keys}"], 2, "a folder without a recording"),
        (["{report}", "--lang", "de"], 2, "choose one of"),
        (["/nowhere.json"], 2, "/nowhere.json cannot be read"),
        (["{keys}"], 2, "cannot be read"),
        (["{keys}/rsa.pem"], 5, "There is no rsa.pem.jws beside the report"),
    ],
)
def test_every_way_to_go_wrong_is_one_sentence(
    govai: Govai, report: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, told: str
) -> None:
    monkeypatch.setattr("time.time", lambda: SIGNED_AT + 7200)
    said = govai("verify", *(each.format(report=report, keys=keys) for each in arguments))
    assert said.code == code
    assert told in " ".join((said.out + said.err).split())
    assert code != 2 or one_sentence(said)


def test_what_steers_a_terminal_is_shown_as_text(govai: Govai, report: Path, keys: Path) -> None:
    foreign(report, OKPKey.generate_key("Ed25519"), kid="\x1b[31m\u202e<b>")
    said = govai("verify", report, "--keys", keys / "other.pub.pem")
    assert said.code == 5
    assert "\x1b" not in said.out
    assert "\\x1b[31m\\u202e<b>" in said.out


def test_as_a_process(report: Path, keys: Path, kind: str) -> None:
    command = [sys.executable, "-c", "import harness.cli; harness.cli.main()", "verify", report, "--keys", keys / f"{kind}.pub.pem"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 5 * (
        datetime.datetime.now().timestamp() + 300 < SIGNED_AT
    )
    report.write_bytes(report.read_bytes() + b" ")
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (ended.returncode, ended.stderr) == (1, "")

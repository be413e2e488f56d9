"""Signatures made and verified by other people's libraries: jwcrypto and PyJWT (JWS), securesystemslib (DSSE), in-toto-attestation (statements).

``python -m tests.signatures.others`` makes the files beside this one anew, with new keys whose private halves are thrown away; it needs the
packages that ``tox -e real-signatures`` installs, and nothing of govai.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import in_toto_attestation.predicates.test_result.v0.test_result_pb2 as test_result
import in_toto_attestation.v1.statement_pb2 as statements
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_public_key
from google.protobuf.json_format import MessageToDict, ParseDict
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from jwcrypto import jwk, jws
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

HERE = Path(__file__).parent
PAYLOAD_TYPE = "application/vnd.in-toto+json"
SIGNED_AT = 1_795_900_000


def new_keys() -> dict[str, Any]:
    return {"ed25519": ed25519.Ed25519PrivateKey.generate(), "es256": ec.generate_private_key(ec.SECP256R1())}


def private_pem(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def public_pem(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def by_jwcrypto(report: bytes, key: Any, algorithm: str) -> bytes:
    own = jwk.JWK.from_pem(private_pem(key))
    signature = jws.JWS(report)
    header = {"alg": algorithm, "b64": False, "crit": ["b64"], "kid": own.thumbprint(), "iat": SIGNED_AT}
    signature.allowed_algs = [algorithm]
    signature.add_signature(own, alg=algorithm, protected=json.dumps(header))
    signature.detach_payload()
    return signature.serialize(compact=True).encode()


def by_pyjwt(report: bytes, key: Any, algorithm: str) -> bytes:
    headers = {"iat": SIGNED_AT}
    return jwt.api_jws.PyJWS().encode(report, private_pem(key), algorithm, headers, is_payload_detached=True).encode()


def by_securesystemslib(report: bytes, key: Any, result: str) -> bytes:
    predicate = {"result": result, "configuration": [], "url": "https://ci.example.lt/runs/7"}
    subject = ResourceDescriptor(name="report.json", digest={"sha256": hashlib.sha256(report).hexdigest()})
    statement = Statement([subject.pb], "https://in-toto.io/attestation/test-result/v0.1", predicate)
    statement.validate()
    payload = json.dumps(MessageToDict(statement.pb)).encode()
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(key, SSlibKey.from_crypto(key.public_key())))
    return json.dumps(envelope.to_dict()).encode() + b"\n"


def verified_by_jwcrypto(signature: bytes, report: bytes, public: bytes) -> str:
    key = jwk.JWK.from_pem(public)
    found = jws.JWS()
    found.allowed_algs = ["Ed25519", "ES256"]
    found.deserialize(signature.decode().strip())
    found.verify(key, detached_payload=report)
    assert found.jose_header["kid"] == key.thumbprint()
    return str(found.jose_header["alg"])


def verified_by_pyjwt(signature: bytes, report: bytes, public: bytes) -> str:
    found = jwt.api_jws.PyJWS().decode_complete(signature.decode().strip(), public.decode(), algorithms=["ES256"], detached_payload=report)
    return str(found["header"]["alg"])


def verified_by_securesystemslib(bundle: bytes, public: bytes) -> Any:
    """The statement in a bundle of one line, as in-toto's own classes take it."""
    envelope = Envelope.from_dict(json.loads(bundle))
    keyid = next(iter(envelope.signatures))
    envelope.verify([SSlibKey.from_crypto(load_pem_public_key(public), keyid=keyid)], 1)
    content = json.loads(base64.b64decode(json.loads(bundle)["payload"]))
    Statement.copy_from_pb(ParseDict(content, statements.Statement())).validate()
    return ParseDict(content["predicate"], test_result.TestResult())


def make(folder: Path) -> None:
    report = (HERE / "report.json").read_bytes()
    for name, key in new_keys().items():
        (folder / f"{name}.pem").write_bytes(public_pem(key))
        algorithms = {"jwcrypto": "Ed25519", "pyjwt": "EdDSA"} if name == "ed25519" else {"jwcrypto": "ES256", "pyjwt": "ES256"}
        (folder / f"{name}-jwcrypto.jws").write_bytes(by_jwcrypto(report, key, algorithms["jwcrypto"]))
        (folder / f"{name}-pyjwt.jws").write_bytes(by_pyjwt(report, key, algorithms["pyjwt"]))
        (folder / f"{name}-securesystemslib.intoto.jsonl").write_bytes(by_securesystemslib(report, key, "FAILED"))


if __name__ == "__main__":
    make(HERE)

"""The keys that reports are signed with, and those that are known: Ed25519, or ECDSA on P-256, as PEM or JWK.

The key decides the algorithm, never the signature that is checked (RFC 8725 section 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from harness.errors import UsageError
from harness.participant import read_secret

ALGORITHMS = {"Ed25519": ("Ed25519", "EdDSA"), "P-256": ("ES256",)}
"""By curve, the names of its algorithm in a JWS; the first one is written. ``EdDSA`` is the older name (RFC 8037), which RFC 9864 replaces."""
SIGN_HELP = "env:VARIABLE, file:PATH"
GENERATE = "openssl genpkey -algorithm ed25519 -out key.pem"

_ENDINGS = frozenset({".pem", ".crt", ".cer", ".jwk", ".jwks", ".json"})
_MEMBERS = ("kty", "crv", "x", "y", "d")
_WRONG = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, UnsupportedAlgorithm)


@dataclass(frozen=True)
class SigningKey:
    """A private key, and the certificates that stood beside it, in DER, its own first."""

    key: OKPKey | ECKey
    certificates: tuple[bytes, ...] = ()

    @property
    def algorithm(self) -> str:
        """What it signs a JWS with."""
        return ALGORITHMS[self.key.curve_name][0]

    @property
    def kid(self) -> str:
        """Its thumbprint (RFC 7638)."""
        return self.key.thumbprint()

    def signature(self, message: bytes) -> bytes:
        """The signature as in-toto's tools make it: ECDSA in DER (a JWS has it raw)."""
        private: Any = self.key.private_key
        return bytes(private.sign(message, *_scheme(self.key)))


@dataclass(frozen=True)
class KnownKey:
    """A public key that a reader has from its owner, and what the reader calls it."""

    key: OKPKey | ECKey
    name: str

    @property
    def kid(self) -> str:
        """Its thumbprint."""
        return self.key.thumbprint()

    def made(self, signature: bytes, message: bytes) -> bool:
        """Whether :meth:`SigningKey.signature` made a signature with the private key."""
        public: Any = self.key.public_key
        try:
            public.verify(signature, message, *_scheme(self.key))
        except InvalidSignature:
            return False
        return True


Keys = Mapping[str, KnownKey]
"""The keys that are known, by thumbprint."""


def read_signing_key(source: str) -> SigningKey:
    """The key that ``--sign`` names: a PEM file (PKCS #8; certificates after the key go into signatures) or a JWK.

    Raises:
        UsageError: the form is unknown, there is nothing there, or it is no private key for Ed25519 or ES256.
    """
    content, _ = read_secret(source, "--sign", SIGN_HELP)
    place = f"--sign {source}"
    try:
        if content.startswith("{"):
            found = _of_jwk(msgspec.json.decode(content))
            certificates: Sequence[x509.Certificate] = ()
        else:
            found = _of_pem(load_pem_private_key(content.encode(), None))
            certificates = x509.load_pem_x509_certificates(content.encode()) if "BEGIN CERTIFICATE" in content else ()
    except TypeError:
        raise UsageError(f"{place}: the key is encrypted. Take the passphrase off (openssl pkey -in KEY -out PLAIN) first.") from None
    except _WRONG:
        found = None
    if found is None or not found.is_private:
        raise UsageError(f"{place}: this is no private key for Ed25519 or ES256 (PEM or JWK). Make one: {GENERATE}.")
    if certificates and thumbprint_of(certificates[0]) != found.thumbprint():
        raise UsageError(f"{place}: the first certificate is of another key. Put the key's own one first.")
    return SigningKey(found, tuple(each.public_bytes(Encoding.DER) for each in certificates))


def known_keys(paths: Sequence[Path]) -> dict[str, KnownKey]:
    """The public keys in files (PEM, a certificate, a JWK or a JWK set) and in folders of them.

    Raises:
        UsageError: a file cannot be read, holds no public key for Ed25519 or ES256, or holds a private one.
    """
    found: dict[str, KnownKey] = {}
    for path in paths:
        files = sorted(each for each in path.iterdir() if each.suffix.lower() in _ENDINGS) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"{path} holds no key. Keys are files that end in {', '.join(sorted(_ENDINGS))}.")
        for file in files:
            for name, key in _public(file):
                found.setdefault(key.thumbprint(), KnownKey(key, name))
    return found


def thumbprint_of(certificate: x509.Certificate) -> str | None:
    """Of a certificate's key; None for other kinds than ours. Raises :class:`ValueError` and ``UnsupportedAlgorithm`` for what is no key at all."""
    key = certificate.public_key()
    own = _of_pem(key) if isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) else None
    return own.thumbprint() if own else None


def _public(path: Path) -> list[tuple[str, OKPKey | ECKey]]:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The key {path} cannot be read: {error}.") from None
    try:
        keys = _in_json(path, content) if content.startswith("{") else [(path.name, _in_pem(content))]
    except _WRONG:
        keys = []
    if "PRIVATE KEY" in content or any(key and key.is_private for _, key in keys):
        raise UsageError(f"{path} holds a private key. Only its owner may have it: give the public one (openssl pkey -in KEY -pubout).")
    readable = [(name, key) for name, key in keys if key]
    if not readable:
        raise UsageError(f"{path} holds no public key for Ed25519 or ES256 (PEM, certificate, JWK or JWK set).")
    return readable


def _in_json(path: Path, content: str) -> list[tuple[str, OKPKey | ECKey | None]]:
    """A set may hold keys of other kinds: they are passed over."""
    held = msgspec.json.decode(content)
    return [(" ".join([path.name, *([str(each["kid"])] if "kid" in each else [])]), _of_jwk(each)) for each in held.get("keys", [held])]


def _in_pem(content: str) -> OKPKey | ECKey | None:
    if "BEGIN CERTIFICATE" in content:
        return _of_pem(x509.load_pem_x509_certificates(content.encode())[0].public_key())
    return _of_pem(load_pem_public_key(content.encode()))


def _of_pem(key: Any) -> OKPKey | ECKey | None:
    """The same key for JOSE; None for other kinds."""
    if hasattr(key, "private_bytes"):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    else:
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    on_a_curve = isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey)
    return _of_a_kind(ECKey.import_key(pem) if on_a_curve else OKPKey.import_key(pem))


def _of_jwk(members: Any) -> OKPKey | ECKey | None:
    """The key that a JWK describes; None for other kinds."""
    if members.get("crv") not in ALGORITHMS:
        return None
    own = {name: members[name] for name in _MEMBERS if name in members}
    return _of_a_kind(ECKey.import_key(own) if members.get("kty") == "EC" else OKPKey.import_key(own))


def _of_a_kind(key: OKPKey | ECKey) -> OKPKey | ECKey | None:
    return key if key.curve_name in ALGORITHMS else None


def _scheme(key: OKPKey | ECKey) -> tuple[ec.ECDSA, ...]:
    return (ec.ECDSA(hashes.SHA256()),) if isinstance(key, ECKey) else ()

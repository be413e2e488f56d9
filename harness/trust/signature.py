"""The signature beside a report: a JWS in compact form, its payload detached (RFC 7515 appendix F) and not encoded (RFC 7797)."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import warnings
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning

from harness.trust.keys import ALGORITHMS, KnownKey, SigningKey, thumbprint_of

SUFFIX = ".jws"
TYPE = "govai-report+jws"
LARGEST = 1024 * 1024
"""Bytes of a file beside a report that are read."""

_FORM = re.compile(rb"([A-Za-z0-9_-]+)\.\.([A-Za-z0-9_-]+)\n?")


class Broken(Exception):
    """A signature or a statement that is not in its form."""


class Digests(msgspec.Struct, frozen=True, omit_defaults=True):
    """SHA-256 of what is signed, in hexadecimal digits: the report, the recording it was made from, the statement beside it."""

    report: str
    evidence: str | None = None
    statement: str | None = None


class Header(msgspec.Struct, frozen=True):
    """What a protected header says, as far as govai reads it. Times are seconds since the epoch."""

    alg: str
    kid: str | None = None
    iat: float | None = None
    exp: float | None = None
    x5c: list[str] = []
    govai_sha256: Digests | None = None


class Certificate(msgspec.Struct, frozen=True):
    """Of a signer's certificate, what it says of its key."""

    subject: str
    begins: datetime.datetime
    ends: datetime.datetime
    kid: str | None


class _Registry(jws.JWSRegistry):
    max_header_length = LARGEST
    max_payload_length = 2**40


def signed(report: bytes, digests: Digests, key: SigningKey, at: int) -> bytes:
    """The signature of a report's exact bytes, made at a time, a line of text."""
    header: dict[str, Any] = {
        "alg": key.algorithm,
        "b64": False,
        "crit": ["b64"],
        "kid": key.kid,
        "typ": TYPE,
        "iat": at,
        "govai_sha256": msgspec.to_builtins(digests),
    }
    if key.certificates:
        header["x5c"] = [base64.b64encode(each).decode() for each in key.certificates]
    whole = jws.serialize_compact(header, report, key.key, registry=_registry(key.algorithm))
    head, _, _ = whole.partition(".")
    return f"{head}..{whole.rpartition('.')[2]}\n".encode()


def header_of(content: bytes) -> Header:
    """What a signature says of itself, which is not yet to be believed. Raises :class:`Broken`."""
    form = _FORM.fullmatch(content)
    if form is None or not all(_canonical(part) for part in form.groups()):
        raise Broken
    try:
        return msgspec.json.decode(_decoded(form[1]), type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Broken from None


def holds(content: bytes, report: bytes, known: KnownKey) -> bool:
    """Whether a signature is the key's own, over these very bytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA is a name that is fading, and means the same with this key
            jws.deserialize_compact(content.strip(), known.key, registry=_registry(*ALGORITHMS[known.key.curve_name]), payload=report)
    except (JoseError, ValueError, TypeError):
        return False
    return True


def certificate_of(header: Header) -> Certificate | None:
    """The signer's certificate, where one came with the signature. Raises :class:`Broken`."""
    if not header.x5c:
        return None
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(header.x5c[0], validate=True))
        return Certificate(found.subject.rfc4514_string(), found.not_valid_before_utc, found.not_valid_after_utc, thumbprint_of(found))
    except (ValueError, UnsupportedAlgorithm):
        raise Broken from None


def _canonical(part: bytes) -> bool:
    """Whether there is no other way to write the same in base64url: a changed letter is never without meaning."""
    try:
        return base64.urlsafe_b64encode(_decoded(part)).rstrip(b"=") == part
    except binascii.Error:
        return False


def _decoded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _registry(*algorithms: str) -> jws.JWSRegistry:
    return _Registry(algorithms=algorithms, strict_check_header=False)

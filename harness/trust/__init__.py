"""Who vouches for a report, and what was changed since: signatures beside JSON reports, made and verified (docs/reference/signatures.md)."""

from __future__ import annotations

import hashlib

import msgspec

from harness.report import decode_report
from harness.trust import signature, statement
from harness.trust.keys import Keys, KnownKey, SigningKey, known_keys, read_signing_key
from harness.trust.signature import Digests
from harness.trust.verifying import State, Trust, beside, digest, trust_of

__all__ = [
    "SUFFIXES",
    "Digests",
    "Keys",
    "KnownKey",
    "SigningKey",
    "State",
    "Trust",
    "beside",
    "digest",
    "known_keys",
    "read_signing_key",
    "sign",
    "trust_of",
]

SUFFIXES = (signature.SUFFIX, statement.SUFFIX)
"""Of the files beside a report."""


def sign(report: bytes, key: SigningKey, at: int, *, name: str, evidence: str | None = None, url: str | None = None) -> dict[str, bytes]:
    """What goes beside a report, by suffix: the signature and the statement.

    ``name`` is the report's file name, ``evidence`` the SHA-256 of the recording, ``at`` seconds since the epoch, ``url`` that of the test run.
    """
    digests = Digests(hashlib.sha256(report).hexdigest(), evidence)
    line = statement.enveloped(statement.stated(decode_report(report), digests, name, url), key)
    digests = msgspec.structs.replace(digests, statement=hashlib.sha256(line).hexdigest())
    return {statement.SUFFIX: line + b"\n", signature.SUFFIX: signature.signed(report, digests, key, at)}

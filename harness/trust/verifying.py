"""What is signed, by whom, when, and what was changed since."""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import UsageError
from harness.report import LARGEST
from harness.trust import signature, statement
from harness.trust.keys import ALGORITHMS, Keys, KnownKey
from harness.trust.signature import Broken, Certificate, Digests, Header

State = Literal["signed", "unknown-key", "unsigned", "expired", "wrong"]
Role = Literal["report", "evidence", "statement"]
Checked = Literal["as-signed", "changed", "not-checked", "missing"]

EXIT_CODES: dict[State, int] = {"signed": 0, "wrong": 1, "unknown-key": 5, "unsigned": 5, "expired": 5}
"""1 says that something was changed or forged; 5 that nothing is proven, for or against."""
CLOCKS = 300
"""Seconds that the signer's clock may be ahead."""
_EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)


class SignedFile(msgspec.Struct, frozen=True):
    """A file that the signature speaks of: the digest that was signed, and how the file compares. ``name`` is empty where none was given."""

    role: Role
    name: str
    sha256: str
    checked: Checked


class Trust(msgspec.Struct, frozen=True):
    """What a report's signature is worth. ``state`` alone says whether the report counts; ``reason`` why not, its texts in ``details``.

    ``key`` is what the reader calls the key that signed. ``kid``, ``algorithm``, ``subject``, ``at`` and ``until`` are what the signature says of
    itself, to be believed only where the state is ``signed`` or ``expired``. The subject's issuer is not checked: the key is what is known.
    """

    state: State
    reason: str | None = None
    details: dict[str, str] = {}
    key: str | None = None
    kid: str | None = None
    algorithm: str | None = None
    subject: str | None = None
    at: datetime.datetime | None = None
    until: datetime.datetime | None = None
    files: list[SignedFile] = []

    @property
    def exit_code(self) -> int:
        """What ``govai verify`` ends with."""
        return EXIT_CODES[self.state]


def trust_of(
    path: Path,
    keys: Keys,
    *,
    evidence: Path | None = None,
    max_age: float | None = None,
    now: float | None = None,
) -> Trust:
    """What the signature beside the report in a file is worth to somebody who knows these keys.

    ``evidence`` is the recording, to be checked as well; ``max_age`` the most seconds since the signature, ``now`` the time to judge at (default:
    the clock's).

    Raises:
        UsageError: the report, a file beside it or the evidence cannot be read.
    """
    signed = _beside(path, signature.SUFFIX)
    given = _Given(
        name=path.name,
        report=_read(path, signed is not None),
        signature=signed,
        statement=_beside(path, statement.SUFFIX),
        evidence=digest(evidence) if evidence else None,
        evidence_name=evidence.name if evidence else "",
        now=time.time() if now is None else now,
        max_age=max_age,
    )
    return _Verification(given, keys).trust()


def digest(path: Path) -> str:
    """SHA-256 of a file of any size. Raises :class:`UsageError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def beside(path: Path, suffix: str) -> Path:
    """The file beside a report: its whole name, and a suffix."""
    return path.with_name(path.name + suffix)


@dataclass(frozen=True)
class _Given:
    name: str
    report: bytes
    signature: bytes | None
    statement: bytes | None
    evidence: str | None
    evidence_name: str
    now: float
    max_age: float | None


class _Wrong(Exception):
    """Ends a verification with a state, a reason and its details."""

    def __init__(self, reason: str, state: State = "wrong", **details: str) -> None:
        super().__init__(reason)
        self.reason, self.state, self.details = reason, state, details


class _Verification:
    """One after the other, from what needs no key to what needs one; the first thing wrong is named."""

    def __init__(self, given: _Given, keys: Keys) -> None:
        self.given, self.keys = given, keys
        self.sha256 = hashlib.sha256(given.report).hexdigest()
        self.header: Header | None = None
        self.certificate: Certificate | None = None
        self.known: KnownKey | None = None
        self.checked: dict[Role, Checked] = {}

    def trust(self) -> Trust:
        state: State = "signed"
        reason: str | None = None
        details: Mapping[str, str] = {}
        try:
            self._verify()
        except _Wrong as wrong:
            state, reason, details = wrong.state, wrong.reason, wrong.details
        header = self.header
        return Trust(
            state=state,
            reason=reason,
            details=dict(details),
            key=self.known.name if self.known else None,
            kid=header.kid if header else None,
            algorithm=header.alg if header else None,
            subject=self.certificate.subject if self.certificate else None,
            at=_moment(header.iat) if header else None,
            until=_moment(header.exp) if header else None,
            files=self._files(),
        )

    def _verify(self) -> None:
        given = self.given
        if given.signature is None:
            raise _Wrong("none", "unsigned", file=given.name + signature.SUFFIX)
        try:
            self.header = header = signature.header_of(given.signature)
            self.certificate = signature.certificate_of(header)
        except Broken:
            raise _Wrong("signature-broken", file=given.name + signature.SUFFIX) from None
        if header.alg not in {name for names in ALGORITHMS.values() for name in names}:
            raise _Wrong("algorithm", algorithm=header.alg)
        self._compare("report", self.sha256)
        self.known = self._signer(header)
        self._compare("evidence", given.evidence)
        envelopes = self._envelopes()
        if self.known is None:
            raise self._unknown(header, envelopes)
        if self.certificate and self.certificate.kid != self.known.kid:
            raise _Wrong("certificate-other", key=self.known.name)
        self._agree(envelopes, self.known)
        if given.evidence and not self._digests.evidence:
            raise _Wrong("evidence-unsigned", "unsigned")
        self._in_time(header)

    def _compare(self, role: Role, found: str | None) -> None:
        """Hold a file against the digest that was signed. A signature by somebody else's tool may give none: it covers the report anyway."""
        told = getattr(self._digests, role)
        if told is None:
            return
        self.checked[role] = "not-checked" if found is None else "as-signed" if told == found else "changed"
        if self.checked[role] == "changed":
            raise _Wrong(f"{role}-changed", found=found or "", signed=told)

    def _envelopes(self) -> list[statement.Envelope]:
        bound = self._digests.statement is not None
        if self.given.statement is None:
            self.checked |= {"statement": "missing"} if bound else {}
            return []
        try:
            envelopes = statement.found_in(self.given.statement, self._digests)
        except Broken:
            self.checked["statement"] = "changed"
            raise _Wrong("statement-changed", file=self.given.name + statement.SUFFIX) from None
        self.checked |= {"statement": "as-signed"} if bound else {}
        return envelopes

    def _signer(self, header: Header) -> KnownKey | None:
        """The key that the signature names, or where it names none, the one under which it holds; None where that is no known one.

        Asked before the other digests are believed: a signature that was changed accuses no recording and no statement.
        """
        named = self.keys.get(header.kid) if header.kid else None
        for each in [named] if named else [] if header.kid else self.keys.values():
            if signature.holds(self.given.signature or b"", self.given.report, each):
                return each
        if named:
            raise _Wrong("signature-wrong", key=named.name)
        return None

    def _unknown(self, header: Header, envelopes: list[statement.Envelope]) -> _Wrong:
        """No known key signed; where one made the statement beside it, one of the two was changed."""
        stated = [keyid for each in envelopes for keyid in each.keyids if keyid in self.keys]
        if stated and self._digests.statement:
            return _Wrong("keys-differ", kid=header.kid or "", key=self.keys[stated[0]].name)
        return _Wrong("unknown-key", "unknown-key", kid=header.kid) if header.kid else _Wrong("nameless-key", "unknown-key")

    def _agree(self, envelopes: list[statement.Envelope], known: KnownKey) -> None:
        """The statement that was signed with the report is the same key's; what this key states is what the report says. Others may state more."""
        own = next((each for each in envelopes if each.holds(known)), None)
        if own is None:
            if envelopes and self._digests.statement:
                raise _Wrong("statement-wrong", key=known.name)
            return
        try:
            told = msgspec.json.decode(self.given.report, type=statement.ReportTold)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _Wrong("no-report", why=str(error)) from None
        if differences := statement.differences(own.statement, told, self._digests):
            raise _Wrong("statement-differs", what=", ".join(differences))
        self.checked["statement"] = "as-signed"

    def _in_time(self, header: Header) -> None:
        given, at, certificate = self.given, _moment(header.iat), self.certificate
        if header.exp is not None and header.exp <= given.now:
            raise _Wrong("expired", "expired", at=(_moment(header.exp) or _EPOCH).isoformat())
        if at is None:
            if given.max_age is not None or certificate:
                raise _Wrong("undated", "expired")
            return
        if at.timestamp() > given.now + CLOCKS:
            raise _Wrong("not-yet", "expired", at=at.isoformat())
        if given.max_age is not None and given.now - at.timestamp() > given.max_age:
            raise _Wrong("too-old", "expired", at=at.isoformat())
        if certificate and not certificate.begins <= at <= certificate.ends:
            raise _Wrong("certificate", "expired", begins=certificate.begins.isoformat(), at=certificate.ends.isoformat())

    @property
    def _digests(self) -> Digests:
        return (self.header and self.header.govai_sha256) or Digests(self.sha256)

    def _files(self) -> list[SignedFile]:
        names: dict[Role, str] = {
            "report": self.given.name,
            "evidence": self.given.evidence_name,
            "statement": self.given.name + statement.SUFFIX,
        }
        return [
            SignedFile(role, name, getattr(self._digests, role) or "", self.checked[role])
            for role, name in names.items()
            if role in self.checked
        ]


def _moment(seconds: float | None) -> datetime.datetime | None:
    """A time that a signature gives; one that no calendar has is none."""
    try:
        return None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _read(path: Path, signed: bool) -> bytes:
    """The report; of one that is not signed, only that it can be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1 if signed else 0)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Give the report of a run (--report json=PATH).") from None
    if len(content) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST // 1024**2} MiB, and no report that govai writes is.")
    return content


def _beside(path: Path, suffix: str) -> bytes | None:
    file = beside(path, suffix)
    try:
        with file.open("rb") as opened:
            return opened.read(signature.LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None

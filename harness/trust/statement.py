"""The statement beside a report: in-toto's test result (attestation framework v1) in a DSSE envelope, for policy engines that know no govai."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec

from harness.report import Outcome, Report, VerdictName
from harness.trust.keys import KnownKey, SigningKey
from harness.trust.signature import Broken, Digests

SUFFIX = ".intoto.jsonl"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class VerdictTold(msgspec.Struct, frozen=True):
    """What a statement repeats of a verdict."""

    requirement: str
    verdict: VerdictName


class ReportTold(msgspec.Struct, frozen=True):
    """What a statement repeats of a report; the rest need not be read to compare the two."""

    outcome: Outcome
    verdicts: list[VerdictTold]


class _Signature(msgspec.Struct):
    sig: str
    keyid: str = ""


class _Envelope(msgspec.Struct, rename={"type": "payloadType"}):
    payload: str
    type: str
    signatures: list[_Signature]


class Resource(msgspec.Struct, frozen=True):
    """What a statement speaks of."""

    digest: dict[str, str]
    name: str = ""


class Predicate(msgspec.Struct, frozen=True, rename="camel"):
    """The result, and the requirements by what became of them."""

    result: str
    passed_tests: list[str] | None = None
    warned_tests: list[str] | None = None
    failed_tests: list[str] | None = None


class Statement(msgspec.Struct, frozen=True, rename={"type_": "_type", "predicate_type": "predicateType"}):
    """A statement as far as govai reads it."""

    type_: str
    predicate_type: str
    subject: list[Resource]
    predicate: Predicate

    @property
    def sha256(self) -> set[str | None]:
        """The digests of what it speaks of."""
        return {each.digest.get("sha256") for each in self.subject}


class Envelope(msgspec.Struct, frozen=True):
    """A statement as it came, not yet to be believed."""

    statement: Statement
    payload: bytes
    signatures: list[bytes]
    keyids: list[str]

    def holds(self, known: KnownKey) -> bool:
        """Whether one of its signatures is the key's own."""
        return any(known.made(each, authenticated(PAYLOAD_TYPE, self.payload)) for each in self.signatures)


def stated(report: Report, digests: Digests, name: str, url: str | None = None) -> bytes:
    """The statement on a report that stands in a file of that name; ``url`` is that of the test run."""
    subjects: list[dict[str, Any]] = [
        {
            "name": name,
            "digest": {"sha256": digests.report},
            "annotations": {"outcome": report.outcome, "class": report.decided_by, "class_reached": report.class_reached},
        }
    ]
    if digests.evidence:
        subjects.append({"name": "evidence", "digest": {"sha256": digests.evidence}})
    predicate: dict[str, Any] = {
        "result": result_of(report),
        "configuration": [
            {
                "name": f"{each.name}/{each.major}",
                "digest": {"sha256": each.digest.removeprefix("sha256:")},
                "annotations": {"version": each.version},
            }
            for each in report.profiles
        ],
        **tests_of(report),
    }
    if url:
        predicate["url"] = url
    return msgspec.json.encode({"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": PREDICATE_TYPE, "predicate": predicate})


def result_of(report: Report | ReportTold) -> str:
    """PASSED and WARNED are for what was shown to conform. Everything else is FAILED, also what was not shown either way: there is no fourth."""
    if report.outcome != "conformant":
        return "FAILED"
    return "WARNED" if tests_of(report)["warnedTests"] else "PASSED"


def tests_of(report: Report | ReportTold) -> dict[str, list[str]]:
    """The requirements by what became of them. What was not tested, or does not apply, stands nowhere."""

    def ids(*verdicts: VerdictName) -> list[str]:
        return [each.requirement for each in report.verdicts if each.verdict in verdicts]

    return {
        "passedTests": ids("passed", "passed-with-adapter"),
        "warnedTests": ids("warning", "needs-review"),
        "failedTests": ids("failed"),
    }


def enveloped(payload: bytes, key: SigningKey) -> bytes:
    """A statement, signed: a line of a bundle, without its end."""
    signature = {"keyid": key.kid, "sig": base64.b64encode(key.signature(authenticated(PAYLOAD_TYPE, payload))).decode()}
    envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    return msgspec.json.encode(envelope)


def authenticated(type: str, body: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is signed."""
    return b"DSSEv1 %d %b %d %b" % (len(type.encode()), type.encode(), len(body), body)


def found_in(bundle: bytes, digests: Digests) -> list[Envelope]:
    """The statements on a report among the lines of a bundle: the one that was signed with the report, else all that speak of it.

    Lines of another kind are passed over, as the framework asks.

    Raises:
        Broken: the line that was signed with the report is not there as it was.
    """
    lines = bundle.split(b"\n")
    if digests.statement:
        own = next((each for each in lines if hashlib.sha256(each).hexdigest() == digests.statement), None)
        envelope = _opened(own) if own else None
        if envelope is None:
            raise Broken
        return [envelope]
    envelopes = [each for each in map(_opened, lines) if each and each.statement.predicate_type == PREDICATE_TYPE]
    return [each for each in envelopes if digests.report in each.statement.sha256]


def _opened(line: bytes) -> Envelope | None:
    try:
        envelope = msgspec.json.decode(line, type=_Envelope)
        payload = _decoded(envelope.payload)
        statement = msgspec.json.decode(payload, type=Statement)
        signatures = [_decoded(each.sig) for each in envelope.signatures]
    except (ValueError, RecursionError):
        return None
    return Envelope(statement, payload, signatures, [each.keyid for each in envelope.signatures]) if envelope.type == PAYLOAD_TYPE else None


def _decoded(text: str) -> bytes:
    """Base64 in either alphabet, as DSSE has it."""
    return base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)


def differences(statement: Statement, report: ReportTold, digests: Digests) -> list[str]:
    """The members in which a statement says otherwise than the report that it stands beside."""
    said = msgspec.to_builtins(statement.predicate)
    ours: dict[str, Any] = {"result": result_of(report), **tests_of(report)}
    found = [name for name, value in ours.items() if said[name] is not None and said[name] != value]
    if statement.type_ != STATEMENT_TYPE:
        found.append("_type")
    if statement.predicate_type != PREDICATE_TYPE:
        found.append("predicateType")
    if not {digests.report, digests.evidence} - {None} <= statement.sha256:
        found.append("subject")
    return found

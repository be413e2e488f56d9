"""A finding of exploration becomes a vector: its request goes into the corpus of the profile, to be frozen with the rest."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from harness import catalogue
from harness.errors import UsageError
from harness.exchange import NotJSON, Request
from harness.explore.drawn import PREFIX, SEQUENCE, expected
from harness.explore.places import Places
from harness.operation import Operation
from harness.profile import Profile
from harness.replay import exact_request, read_findings
from harness.report import Evidence, Report
from harness.sending import traceparent
from harness.vectors.model import Kind, Vector, VectorRequest, bind

FILE = "found.yaml"
_HEAD = "# Requests that exploration found faults with (govai profile promote). `govai profile compile {name}` freezes them into vectors.jsonl.\n"
_EVERYWHERE = frozenset({"accept", "accept-encoding", "user-agent"})
"""Fields that the run sends with every request."""
_CREDENTIALS = re.compile(r"\b(bearer\s+\S{8,}|eyJ[A-Za-z0-9_-]{8,}\.|sk-[A-Za-z0-9_-]{16,})|-----BEGIN [A-Z ]*PRIVATE KEY", re.IGNORECASE)
"""What a credential looks like: a bearer token (RFC 6750 section 2.1), a JWT (RFC 7519 section 3.1), an API key, a private key (RFC 7468)."""


def promote(
    finding: str,
    name: str,
    *,
    id: str,
    purpose: str,
    kind: str | None = None,
    expect: Sequence[str] = (),
    profile_paths: Sequence[Path] = (),
) -> Path:
    """Append the request of ``finding`` (``REPORT.json#EXCHANGE``) to the corpus of profile ``name`` as vector ``id``; returns the file.

    Args:
        kind: ``valid``, ``boundary`` or ``invalid``; default: what the profile's document says.
        expect: classes of status that are right, ``2xx`` or ``415``; default: what follows from the kind.

    Raises:
        UsageError: there is no such finding, it is of no explored request, its request holds a credential, or the id is taken.
    """
    if kind is not None and kind not in get_args(Kind):
        raise UsageError(f"--kind {kind}: choose one of {', '.join(get_args(Kind))}.")
    wrong = next((each for each in expect if not re.fullmatch(r"[1-5](xx|\d\d)", each)), None)
    if wrong is not None:
        raise UsageError(f"--expect {wrong}: write a class of status or a status, e.g. 4xx or 415.")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise UsageError(f"--id {id}: write an id in small letters and hyphens, e.g. chat-two-maps.")
    if not purpose.strip():
        raise UsageError("--purpose is empty: say in a few words what is special about the request.")
    report, evidence, requirements = _explored(finding)
    profiles = catalogue.load_with_core([name], profile_paths)
    profile = profiles[-1]
    operation = next((each for each in profile.operations if each.id == evidence.operation), None)
    if operation is None:
        raise UsageError(f"{evidence.id} asks for {evidence.operation}, which {profile.key} does not have. Name the profile that does.")
    path = profile.folder / "corpus" / FILE
    known = {vector.id for each in profiles for vector in each.vectors} | {entry["id"] for entry in _entries(path)}
    if id in known:
        raise UsageError(f"There is a vector {id} already. Ids are never used twice: choose another with --id.")
    exact = exact_request(report, evidence)
    if _CREDENTIALS.search(exact.url + "\n" + exact.body.decode("utf-8", errors="replace")):
        raise UsageError(f"{evidence.id} holds what looks like a credential. A vector is published: write it by hand without it.")
    drawn = expected(id, operation, exact)
    statuses = tuple(expect) or {"valid": ("2xx",), "invalid": ("4xx",), "boundary": ("2xx", "4xx")}[kind or drawn.kind]
    known_here = {requirement.id for each in profiles for requirement in each.requirements}
    request = _written(profile, operation, exact, report, evidence)
    vector = Vector(id, operation.id, kind or drawn.kind, purpose, tuple(sorted(requirements & known_here)), statuses, request)  # type: ignore[arg-type]
    _append(path, profile, vector)
    return path


def _explored(finding: str) -> tuple[Report, Evidence, set[str]]:
    """The report, the one explored exchange that is meant, and the requirements that it shows violated."""
    report, chosen = read_findings(finding)
    ids = sorted({each.exchange for _, each in chosen if each.exchange})
    drawn = [each for each in ids if each.startswith(PREFIX)]
    if not drawn:
        evidence = report.exchanges.get(ids[0]) if ids else None
        if evidence is not None and evidence.vector:
            raise UsageError(f"{finding} was found by the vector {evidence.vector}: there is nothing to promote.")
        raise UsageError(
            f"{finding} was found by a scenario, whose requests mean something only one after the other. Only what exploration found is a vector."
        )
    if len(drawn) > 1:
        raise UsageError(f"{finding} names several requests. Choose one: {', '.join(drawn)}, after a # in place of the requirement.")
    if drawn[0].startswith(SEQUENCE):
        raise UsageError(f"{drawn[0]} showed its violation only after the requests before it. A vector is one request.")
    requirements = {verdict.requirement for verdict in report.verdicts for each in verdict.findings if each.exchange == drawn[0]}
    return report, report.exchanges[drawn[0]], requirements


def _entries(path: Path) -> list[Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Mend it first.") from None
    if not isinstance(content or [], list) or not all(isinstance(each, dict) and "id" in each for each in content or []):
        raise UsageError(f"{path} is no list of vectors. Mend it first.")
    return content or []


def _written(profile: Profile, operation: Operation, exact: Request, report: Report, evidence: Evidence) -> VectorRequest:
    """The request as a vector has it: what every request has left out, variables open, the body in the most readable form that gives it back."""
    opened = Places(profile, operation).opened(exact, report.binding)
    headers = {
        name: value
        for name, value in opened.headers
        if name.lower() not in _EVERYWHERE
        and not (name.lower() == "content-type" and value == "application/json" and opened.body)
        and not (name.lower() == "traceparent" and value == traceparent(report.seed, evidence.id.partition("~")[0]))
    }
    path = opened.url if opened.url != operation.path else None
    method = opened.method if opened.method != operation.method else None
    fixed: dict[str, Any] = {"method": method, "path": path, "headers": headers}
    for form in _forms(opened.body):
        request = VectorRequest(**fixed, **form)
        read = msgspec.convert(
            yaml.safe_load(yaml.safe_dump(msgspec.to_builtins(request), allow_unicode=True, sort_keys=False)), VectorRequest
        )
        probe = Vector("probe", operation.id, "boundary", "", (), (), read)
        try:
            made = bind(probe, operation.method, operation.path, report.binding)
        except KeyError:
            continue
        if _same(made.body, exact.body):
            return request
    return VectorRequest(**fixed, base64=base64.b64encode(exact.body).decode())


def _forms(body: bytes) -> list[dict[str, Any]]:
    if not body:
        return [{}]
    forms: list[dict[str, Any]] = []
    try:
        text = body.decode("utf-8")
        forms.append({"text": text})
        forms.insert(0, {"json": Request("POST", "", body=body).json})
    except (UnicodeDecodeError, NotJSON):
        pass
    return forms


def _same(made: bytes, exact: bytes) -> bool:
    """Whether two bodies are the same, or the same JSON value with the same types."""
    if made == exact:
        return True
    one, other = Request("POST", "", body=made).document, Request("POST", "", body=exact).document
    return one is not None and repr(one) == repr(other)


def _append(path: Path, profile: Profile, vector: Vector) -> None:
    entry = yaml.safe_dump([msgspec.to_builtins(vector)], allow_unicode=True, sort_keys=False, width=140)
    try:
        path.parent.mkdir(exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else _HEAD.format(name=profile.name)
        path.write_text(f"{before.rstrip()}\n\n{entry}", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}. Copy the profile to a folder of yours and give it with --profile-path."
        ) from None

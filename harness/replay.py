"""Repeating what found a violation, to see whether it is still there: the vector, the scenario, or the exact request that exploration drew."""

from __future__ import annotations

import asyncio
import base64
import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness import catalogue
from harness.checks import Check
from harness.client import Transport
from harness.errors import UsageError
from harness.evidence import HIDDEN
from harness.exchange import Headers, Request
from harness.explore.drawn import PREFIX, SEQUENCE, expected
from harness.participant import Credential, Limits, Participant, check_url
from harness.plan import Repeat, plan
from harness.profile import Profile
from harness.report import Evidence, Finding, Report, read_report
from harness.run import RunOptions, run_provider

_OF_THE_CONNECTION = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})


def read_findings(text: str) -> tuple[Report, list[tuple[str, Finding]]]:
    """The report and the findings (requirement and finding) that ``REPORT.json``, ``REPORT.json#REQUIREMENT`` or ``REPORT.json#EXCHANGE`` names.

    Raises:
        UsageError: the file is missing or no report, or it has no such finding.
    """
    name, mark, wanted = text.partition("#")
    report = read_report(Path(name))
    if report.participant.side != "provider":
        raise UsageError(f"{name} is a report on a {report.participant.side}; what a provider was asked can be repeated.")
    found = [(verdict.requirement, finding) for verdict in report.verdicts for finding in verdict.findings if _violated(verdict.verdict)]
    chosen = [each for each in found if not mark or wanted in (each[0], each[1].exchange)]
    if not chosen:
        known = sorted({requirement for requirement, _ in found})
        what = f"no finding {wanted}. It has findings of: {', '.join(known) or 'nothing'}" if mark and wanted else "no finding to repeat"
        raise UsageError(f"{name} has {what}.")
    return report, chosen


def _violated(verdict: str) -> bool:
    return verdict in ("failed", "warning")


async def areplay(
    finding: str,
    *,
    url: str | None = None,
    credential: Credential | None = None,
    certificate_authority: Path | None = None,
    limits: Limits | None = None,
    profile_paths: Sequence[Path] = (),
    transport: Transport | None = None,
    stop: asyncio.Event | None = None,
) -> tuple[list[Repeat], Report]:
    """Repeat findings of a report, one by one, and return them with what came out, and the report of the run that did it (its ``ended``).

    Args:
        finding: ``REPORT.json``, or with ``#`` and a requirement or the id of an exchange.
        url: another base URL than the report's.

    The other arguments are those of :func:`harness.arun`. Seed, binding, adapters and country are the report's.

    Raises:
        UsageError: there is no such finding, or the vectors are not those that the report was made with.
    """
    report, chosen = read_findings(finding)
    profiles = catalogue.load_with_core([f"{each.name}/{each.major}" for each in report.profiles], profile_paths)
    repeats = [_repeat(report, profiles, requirement, each) for requirement, each in _once(chosen)]
    participant = Participant(
        url=check_url(url or report.participant.url or ""),
        name=report.participant.name,
        country=report.participant.country,
        credential=credential,
        certificate_authority=certificate_authority,
        adapters=tuple(report.participant.adapters),
        limits=limits or Limits(),
    )
    options = RunOptions(seed=report.seed, as_of=datetime.date.today(), variables=report.binding, replay=repeats)
    return repeats, await run_provider(participant, profiles, options, transport=transport, stop=stop)


def _once(chosen: Iterable[tuple[str, Finding]]) -> list[tuple[str, Finding]]:
    """Each requirement and exchange once: an exchange may show a requirement violated in two ways."""
    return list({(requirement, finding.exchange or finding.check): (requirement, finding) for requirement, finding in chosen}.values())


def _repeat(report: Report, profiles: Sequence[Profile], requirement: str, finding: Finding) -> Repeat:
    name = (finding.exchange or requirement).partition("~")[0]
    evidence = report.exchanges.get(finding.exchange or "")
    if name.startswith(PREFIX) and evidence is not None:
        return _exact(report, profiles, requirement, name, evidence)
    if name.startswith("first-contact.") and evidence is not None:
        return Repeat(name, requirement, exact_request(report, evidence))
    _same_vectors(report, profiles)
    if evidence is not None and evidence.vector is not None:
        for profile in profiles:
            for vector in profile.vectors:
                if vector.id == evidence.vector:
                    return Repeat(name, requirement, (profile, vector))
    scenario = name.rpartition(".")[0].replace("-", "_")
    for step in plan(profiles):
        if isinstance(step, Check) and (step.name == finding.check or step.function.__name__ == scenario):
            return Repeat(name, requirement, step)
    raise UsageError(
        f"{name} cannot be repeated: no vector and no scenario of this version of govai is called so. Run the whole test again."
    )


def _same_vectors(report: Report, profiles: Sequence[Profile]) -> None:
    used = {f"{each.name}/{each.major}": each.digest for each in report.profiles}
    for profile in profiles:
        if used.get(profile.key) != profile.digest:
            raise UsageError(
                f"The report was made with another edition of the profile {profile.key} (its digest differs), so its findings cannot be "
                f"repeated. Install govai {report.govai_version}, or run the test again."
            )


def _exact(report: Report, profiles: Sequence[Profile], requirement: str, name: str, evidence: Evidence) -> Repeat:
    if name.startswith(SEQUENCE):
        raise UsageError(
            f"{name} showed its violation only after the requests before it, which cannot be repeated alone. "
            f"Explore again with the same seed: govai run URL --explore 60s --seed {report.seed}"
        )
    request = exact_request(report, evidence)
    operation = next((each for profile in profiles for each in profile.operations if each.id == evidence.operation), None)
    return Repeat(name, requirement, request, expected(name, operation, request) if operation else None)


def exact_request(report: Report, evidence: Evidence) -> Request:
    """The request of an exchange, letter by letter, credentials apart.

    Raises:
        UsageError: the report does not hold it.
    """
    body = base64.b64decode(evidence.request_base64) if evidence.request_base64 is not None else evidence.request_body.encode()
    base = report.participant.url or ""
    if (
        HIDDEN in evidence.url
        or HIDDEN in evidence.request_body
        or len(body) != evidence.request_bytes
        or not evidence.url.startswith(base)
    ):
        raise UsageError(
            f"{evidence.id} cannot be repeated: the report does not hold its request as it was sent (a credential, or its size)."
        )
    headers = [(key, value) for key, value in evidence.request_headers if HIDDEN not in value and key.lower() not in _OF_THE_CONNECTION]
    return Request(evidence.method, evidence.url.removeprefix(base), Headers(headers), body)

"""Tallies in, report out: the last step of every source of traffic."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.evidence import Redaction, printable
from harness.judge import Tally, requirements_of
from harness.participant import Limits, Participant
from harness.profile import ConformanceClass, Profile, Side
from harness.report import FORMAT, Evidence, Finding, LimitsSet, ParticipantShown, ProfileUsed, Report, Said, TimeTaken, UseMade, Verdict
from harness.timing import Timing
from harness.translations import translations
from harness.use import Uses
from harness.verdict import Deciding, class_reached, classes, decide, outcome
from harness.version import VERSION, software
from harness.withholding import Withheld, WithholdingRedaction


@dataclass(frozen=True)
class Ran:
    """Everything measured, before it is decided on. ``started`` is seconds since the epoch, ``duration`` seconds."""

    profiles: Sequence[Profile]
    side: Side
    tallies: Mapping[str, Tally]
    participant: Participant
    started: float
    duration: float
    requests: int
    seed: int
    as_of: datetime.date
    decided_by: ConformanceClass
    secrets: Iterable[str] = ()
    ended: str | None = None
    unreachable: bool = False
    notes: Sequence[str] = ()
    binding: Mapping[str, Any] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)
    timing: Timing = field(default_factory=Timing)
    limits: Limits | None = None
    explored: bool = False
    withheld: Withheld | None = None


def conclude(ran: Ran) -> Report:
    """The report on what was measured: every requirement gets its verdict, every finding its exchange, and no secret gets in."""
    redaction = shown_with = Redaction(ran.secrets, ran.participant.credential)
    if ran.withheld is not None:
        shown_with = WithholdingRedaction(ran.secrets, ran.participant.credential, ran.withheld)

    def clean(text: str) -> str:
        return printable(redaction.text(text))

    deciding = Deciding(ran.as_of, ran.profiles, ran.ended)
    owner = {requirement.id: profile for profile in ran.profiles for requirement in profile.requirements}
    verdicts: list[Verdict] = []
    exchanges: dict[str, Evidence] = {}
    notes = list(ran.notes)
    for requirement in requirements_of(ran.profiles, ran.side):
        tally = ran.tallies.get(requirement.id, Tally())
        verdict, shown = decide(requirement, owner[requirement.id], tally, deciding)
        recorded = any(each.exchange and each.exchange.sender == "participant" for each in shown)
        verdicts.append(_redacted(verdict, shown_with.of_people if recorded else shown_with))
        exchanges |= {each.exchange.id: shown_with.evidence(each.exchange) for each in shown if each.exchange}
        notes += [f"harness error: {each}" for each in tally.harness_errors[:1]]
    results = classes(verdicts)
    participant = ran.participant
    ended, notes = clean(ran.ended) if ran.ended else None, [clean(note) for note in notes]
    return Report(
        format=FORMAT,
        govai_version=VERSION,
        participant=ParticipantShown(
            name=clean(participant.name),
            url=participant.url or None,
            country=participant.country,
            side=ran.side,
            adapters=list(participant.adapters),
            credential=participant.credential.kind if participant.credential else None,
        ),
        profiles=[ProfileUsed(each.name, each.major, each.version, each.title, each.digest, len(each.vectors)) for each in ran.profiles],
        started=datetime.datetime.fromtimestamp(ran.started, datetime.UTC),
        duration_s=round(ran.duration, 3),
        requests=ran.requests,
        seed=ran.seed,
        as_of=ran.as_of,
        decided_by=ran.decided_by,
        class_reached=class_reached(results),
        classes=results,
        outcome=outcome(verdicts, ran.decided_by, unreachable=ran.unreachable),
        ended=ended,
        notes=notes,
        binding={name: _cleaned(value, clean) for name, value in ran.binding.items()},
        verdicts=verdicts,
        exchanges=exchanges,
        uses=[UseMade(*use[:2], sorted(use.parts), made, served) for use, made, served in ran.uses],
        software=software(explored=ran.explored),
        limits=_limits(ran.limits) if ran.limits else None,
        timing=[TimeTaken(*took) for took in ran.timing],
        translations=_translated(ran.profiles, verdicts, [ended, *notes, *(each.fault for each in exchanges.values())]),
    )


def _translated(profiles: Sequence[Profile], verdicts: Sequence[Verdict], others: Sequence[str | None]) -> dict[str, Said]:
    """What a report says in English alone, in the other languages. What came may be what the participant says, in whatever words."""
    told = translations(tuple(profiles))
    found = [finding for verdict in verdicts for finding in verdict.findings]
    said = (*others, *(each.title for each in profiles), *(each.cause for each in verdicts), *(each.message for each in found))
    shown = (text for each in found for text in (each.expected, each.got))
    return told.of_all(filter(None, shown), quoted=True) | told.of_all(filter(None, said))


def _limits(limits: Limits) -> LimitsSet:
    return LimitsSet(
        timeout_s=limits.timeout,
        connect_s=limits.connect,
        longest_wait_s=limits.longest_wait,
        response_bytes=limits.response_bytes,
        concurrency=limits.concurrency,
        budget=limits.budget,
        max_rps=limits.max_rps,
    )


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """A JSON value with each text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): _cleaned(member, clean) for name, member in value.items()}
    return [_cleaned(member, clean) for member in value] if isinstance(value, list) else value


def _redacted(verdict: Verdict, redaction: Redaction) -> Verdict:
    """The verdict with no secret in what checks wrote, and nothing in it that no format could hold."""

    def clean(text: str | None) -> str | None:
        return None if text is None else printable(redaction.text(text))

    findings = [
        Finding(clean(each.message) or "", clean(each.pointer), each.exchange, clean(each.expected), clean(each.got), each.check)
        for each in verdict.findings
    ]
    return msgspec.structs.replace(verdict, findings=findings, cause=clean(verdict.cause))

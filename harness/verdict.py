"""Findings in, verdicts out (design section 5): what each tally amounts to, which classes are reached, what the outcome is."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.judge import Found, Tally, first
from harness.profile import CLASSES, ConformanceClass, Profile, Requirement
from harness.report import SHOWN, ClassResult, Finding, Outcome, UseShown, Verdict, VerdictName
from harness.use import beyond_plain


@dataclass(frozen=True)
class Deciding:
    """What verdicts depend on besides the tally: the day duties are judged by, and why the run ended early, if it did."""

    as_of: datetime.date
    profiles: Sequence[Profile]
    ended: str | None = None


def decide(requirement: Requirement, profile: Profile, tally: Tally, deciding: Deciding) -> tuple[Verdict, list[Found]]:
    """The verdict on one requirement, and the findings whose exchanges the report has to show."""
    name, cause = _name_and_cause(requirement, tally, deciding)
    shown: list[Found] = []
    if name in ("failed", "warning"):
        shown = first(tally.findings, SHOWN)
    elif name == "needs-review":
        shown = first(tally.needs_review, SHOWN)
    findings = [
        Finding(each.message, each.pointer, each.exchange.id if each.exchange else None, each.expected, each.got, each.check)
        for each in shown
    ]
    violated_by = beyond_plain(tally.violated_by, deciding.profiles)
    verdict = Verdict(
        requirement=requirement.id,
        profile=profile.key,
        verdict=name,
        cause=cause,
        findings=findings,
        level=requirement.level,
        class_=requirement.class_,
        side=requirement.side,
        layer=requirement.layer,
        statement=requirement.statement,
        basis=list(requirement.basis),
        applies_from=requirement.applies_from,
        remedy=requirement.remedy,
        exercised=tally.exercised,
        violations=tally.violations,
        decidable=requirement.undecidable is None,
        violated_by=[UseShown(*use[:2], sorted(use.parts)) for use in sorted(violated_by, key=lambda each: each.order)],
    )
    return verdict, shown


def _name_and_cause(requirement: Requirement, tally: Tally, deciding: Deciding) -> tuple[VerdictName, str | None]:
    if requirement.undecidable is not None:
        return "not-tested", f"a black-box test cannot decide it: {requirement.undecidable.en}"
    if tally.violations:
        if requirement.level != "MUST":
            return "warning", None
        if requirement.applies_from and deciding.as_of < requirement.applies_from:
            return "warning", f"the duty binds from {requirement.applies_from.isoformat()}"
        return "failed", None
    if tally.harness_errors:
        return "harness-error", tally.harness_errors[0]
    if tally.needs_review:
        return "needs-review", first(tally.needs_review, 1)[0].message
    if not _concerns(requirement, deciding.profiles):
        subject = {"request-body": "takes a request body", "generation": "generates content"}[str(requirement.needs)]
        return "not-applicable", f"no operation of the profiles in this run {subject}"
    if tally.not_tested:
        return "not-tested", tally.not_tested[0]
    if tally.pending:
        return "not-tested", deciding.ended or "the run ended before it was its turn"
    if tally.exercised:
        if tally.adapters:
            return "passed-with-adapter", f"through {', '.join(sorted(tally.adapters))}"
        return "passed", None
    if tally.not_applicable:
        return "not-applicable", tally.not_applicable[0]
    return "not-tested", tally.unsent or deciding.ended or "no exchange of this run exercised it"


def _concerns(requirement: Requirement, profiles: Iterable[Profile]) -> bool:
    operations = [operation for profile in profiles for operation in profile.operations]
    if requirement.needs == "request-body":
        return any(operation.has_request_body for operation in operations)
    if requirement.needs == "generation":
        return any(operation.generates for operation in operations)
    return True


def classes(verdicts: Sequence[Verdict]) -> dict[str, ClassResult]:
    """For each class whether it is reached: every MUST of it and of the classes below is met.

    A MUST whose duty does not bind yet is met only when it is: a class says what a service does today, the outcome what the law asks of it
    today (docs/decisions/0003-verdicts.md). Requirements that no black-box test can decide do not count either way.
    """
    results: dict[str, ClassResult] = {}
    for position, name in enumerate(CLASSES):
        concerned = [each for each in verdicts if each.binding and each.decidable and each.class_ in CLASSES[: position + 1]]
        blocked = [each.requirement for each in concerned if each.verdict in ("failed", "warning")]
        undecided = [each.requirement for each in concerned if each.verdict in ("not-tested", "needs-review", "harness-error")]
        results[name] = ClassResult(not blocked and not undecided, blocked, undecided)
    return results


def class_reached(results: dict[str, ClassResult]) -> ConformanceClass | None:
    """The highest class reached."""
    reached = [name for name in CLASSES if results[name].reached]
    return reached[-1] if reached else None


def outcome(verdicts: Sequence[Verdict], decided_by: ConformanceClass, *, unreachable: bool) -> Outcome:
    """What the run says in one word, as the exit code has it."""
    if unreachable:
        return "unreachable"
    below = CLASSES[: CLASSES.index(decided_by) + 1]
    concerned = [each for each in verdicts if each.binding and each.decidable and each.class_ in below]
    if any(each.verdict == "failed" for each in concerned):
        return "not-conformant"
    if any(each.verdict == "harness-error" for each in verdicts):
        return "harness-error"
    if any(each.verdict in ("not-tested", "needs-review") for each in concerned):
        return "incomplete"
    return "conformant"

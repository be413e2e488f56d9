"""How every format tells a report: the answer first, then what stands in its way, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

import msgspec

from harness.formats.wording import Words
from harness.profile import CLASSES, ConformanceClass, Language
from harness.report import ClassResult, ExpectedFailure, Finding, Report, Verdict, VerdictName

VERDICTS: tuple[VerdictName, ...] = get_args(VerdictName)

SYMBOLS: dict[str, str] = {
    "passed": "✓",
    "passed-with-adapter": "⇄",
    "failed": "✗",
    "warning": "!",
    "needs-review": "?",
    "not-applicable": "–",
    "not-tested": "○",
    "harness-error": "⚠",
    "conformant": "✓",
    "not-conformant": "✗",
    "incomplete": "○",
    "unreachable": "○",
    "reached": "✓",
    "unmet": "✗",
    "undecided": "○",
}
"""A sign for each verdict, outcome and state of a class, always beside the word."""


def told(report: Report, language: Language) -> Report:
    """The report with what it says in English alone said in another language, as far as it holds that."""
    if language == "en":
        return report

    def said(text: str | None) -> str | None:
        return text and (report.said(text, language) or text)

    verdicts = [
        msgspec.structs.replace(
            verdict,
            cause=said(verdict.cause),
            findings=[
                msgspec.structs.replace(each, message=said(each.message) or "", expected=said(each.expected), got=said(each.got))
                for each in verdict.findings
            ],
        )
        for verdict in report.verdicts
    ]
    notes = [said(each) or "" for each in report.notes]
    return msgspec.structs.replace(report, ended=said(report.ended), notes=notes, verdicts=verdicts)


def answer(report: Report, words: Words) -> list[str]:
    """The answer, sentence by sentence: which class is reached, and what is still to be met for the next one."""
    sentences = []
    if report.outcome in ("unreachable", "harness-error"):
        sentences.append(words.say(f"stopped.{report.outcome}"))
    if report.outcome == "unreachable":
        return sentences
    sentences.append(words.say(f"reaches.{report.class_reached or 'none'}"))
    following = next_class(report)
    if following is not None:
        result, of_class = report.classes[following], words.say(f"of_class.{following}")
        for key, ids in (("unmet", result.blocked_by), ("undecided", result.undecided)):
            if ids:
                sentences.append(words.count(key, len(ids), of_class=of_class, ids=words.some(ids)))
    return [*sentences, *_expected(report, words)]


def _expected(report: Report, words: Words) -> Iterator[str]:
    """What became of the failures that were declared as known: why the exit code is not that of the outcome."""
    known = [each for each in report.verdicts if report.is_known(each)]
    if known:
        yield words.count("expected.known", len(known))
    for state in ("stale", "expired"):
        ids = [each.requirement for each in report.expected if each.state == state]
        if ids:
            yield words.say(f"expected.{state}", ids=words.some(ids))


def known_by(verdict: Verdict, report: Report, words: Words) -> str | None:
    """Who declared what a requirement violates as known, why, and until when."""
    entry = report.known_as(verdict)
    return entry_said(entry, words) if entry else None


def entry_said(entry: ExpectedFailure, words: Words) -> str:
    """What an entry of the list of expected failures says."""
    return words.say("expected.known_by", day=words.day(entry.until), owner=entry.owner, reason=entry.reason)


def breaks(verdict: Verdict, report: Report) -> bool:
    """Whether a build may not pass: what decides is violated or undecided, and not known, or the harness made a mistake."""
    if report.is_known(verdict):
        return False
    return verdict.verdict == "harness-error" or (verdict.verdict in ("failed", "not-tested", "needs-review") and report.decides(verdict))


def next_class(report: Report) -> ConformanceClass | None:
    """The lowest class that is not reached."""
    return next((name for name in CLASSES if name in report.classes and not report.classes[name].reached), None)


def reasons(name: str, report: Report) -> list[tuple[str, list[str], int]]:
    """What stands before a class, as (word for it, the requirements of this very class, how many more come from the classes below)."""
    result = report.classes[name]
    own = {each.requirement for each in report.verdicts if each.class_ == name}
    parts = []
    for word, ids in (("label.unmet", result.blocked_by), ("label.undecided", result.undecided)):
        here = [each for each in ids if each in own]
        if ids:
            parts.append((word, here, len(ids) - len(here)))
    return parts


def state(result: ClassResult) -> Literal["reached", "unmet", "undecided"]:
    """What came of a class, in one word."""
    return "reached" if result.reached else "unmet" if result.blocked_by else "undecided"


def worst_first(verdicts: Iterable[Verdict], report: Report) -> list[Verdict]:
    """The verdicts by how much they weigh; equals stay in the order of the profiles."""
    gravity = {"failed": 0, "harness-error": 2, "not-tested": 3, "needs-review": 4, "warning": 5}

    def weight(verdict: Verdict) -> tuple[int, bool, int]:
        return gravity.get(verdict.verdict, 9), not report.decides(verdict), CLASSES.index(verdict.class_)

    return sorted(verdicts, key=weight)


def having(report: Report, *names: VerdictName) -> list[Verdict]:
    """The verdicts with one of these names, worst first. What no test can decide is left out: :func:`undecidable` has it."""
    return worst_first((each for each in report.verdicts if each.verdict in names and each.decidable), report)


def no_findings(report: Report, words: Words) -> str:
    """What stands where findings would stand: that nothing was found, or that nothing was looked at."""
    tested = any(each.verdict in ("passed", "passed-with-adapter") for each in report.verdicts)
    return words.say("sentence.no_findings" if tested else "sentence.nothing_tested")


def undecidable(report: Report) -> list[Verdict]:
    """The requirements that no black-box test can decide."""
    return [each for each in report.verdicts if not each.decidable]


def by_cause(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Verdicts that have the same cause, together."""
    grouped: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        grouped.setdefault(verdict.cause or "", []).append(verdict)
    return grouped


def by_weight(verdicts: Sequence[Verdict], report: Report) -> list[tuple[bool, list[str]]]:
    """The requirements of verdicts: those that decide the outcome, then the others; a group without any is left out."""
    groups = [(weight, [each.requirement for each in verdicts if report.decides(each) == weight]) for weight in (True, False)]
    return [(weight, ids) for weight, ids in groups if ids]


def counts(report: Report) -> dict[VerdictName, int]:
    """How often each verdict was given, those that were, in the order of the verdicts."""
    found = Counter(each.verdict for each in report.verdicts)
    return {name: found[name] for name in VERDICTS if found[name]}


def binds_later(verdict: Verdict, words: Words) -> str | None:
    """Why a violated MUST is only a warning: the day from which its duty binds."""
    if verdict.verdict == "warning" and verdict.binding and verdict.applies_from:
        return words.say("sentence.binds_from", day=words.day(verdict.applies_from))
    return None


def allowed(name: str, report: Report, words: Words) -> str:
    """One of the run's limits (a member of ``limits``): how much, or that there was none."""
    value = getattr(report.limits, name)
    if value is None:
        return words.say("limit.none")
    if name == "response_bytes":
        return words.count("count.bytes", value)
    return words.seconds(value) if name.endswith("_s") else words.number(value)


def operation_of(finding: Finding, report: Report) -> str | None:
    """The operation whose exchange shows a finding."""
    exchange = report.exchanges.get(finding.exchange or "")
    return exchange.operation if exchange else None

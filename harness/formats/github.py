"""Workflow commands of GitHub Actions: what came out of a run and what breaks the build, as annotations on the page of the workflow's run.

They are written to the log (``--report github=/dev/stdout``) and escaped as @actions/core does (packages/core/src/command.ts). The runner shows ten
errors, ten warnings and ten notices of a step, and 4,096 characters of each (ExecutionContext.cs); the worst come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from harness.formats.answer import answer, binds_later, breaks, by_cause, having, known_by, told
from harness.formats.inert import one_line, shortened
from harness.formats.wording import Words
from harness.report import Report, Verdict

MOST = 10
"""Annotations of one kind that a step may have."""
LONGEST = 300
"""Characters of what was expected, and of what came."""
Kind = Literal["error", "warning", "notice"]


class Annotation(NamedTuple):
    """What one command says."""

    title: str
    lines: Sequence[str]
    """Text that may be anybody's."""


def render(report: Report, language: str = "en") -> bytes:
    """The report as workflow commands: the answer, an error for each requirement that the build breaks for (those not tested, for each cause), a
    warning for each other one that is violated, a notice for each that is known.
    """
    words = Words(language)
    report = told(report, words.language)
    verdicts = having(report, "failed", "harness-error", "needs-review", "warning")
    head = Annotation(words.name("outcome", report.outcome), [" ".join(answer(report, words)), *([report.ended] if report.ended else [])])
    shown: dict[Kind, list[Annotation]] = {
        "error": [
            *(_annotation(each, report, words) for each in verdicts if breaks(each, report)),
            *_untested(report, words),
        ],
        "warning": [_annotation(each, report, words) for each in verdicts if not breaks(each, report) and not report.is_known(each)],
        "notice": [_annotation(each, report, words) for each in verdicts if report.is_known(each)],
    }
    shown["error" if report.exit_code else "notice"].insert(0, head)
    commands = [_command(kind, each, report) for kind, annotations in shown.items() for each in _within(annotations, words)]
    return "".join(f"{command}\n" for command in commands).encode()


def _annotation(verdict: Verdict, report: Report, words: Words) -> Annotation:
    lines = [f"{words.name('verdict', verdict.verdict)} ({words.name('level', verdict.level)}): {words.sentence(verdict.statement)}"]
    for finding in verdict.findings[:1]:
        shown = (("expected", finding.expected), ("got", finding.got), ("where", finding.pointer))
        lines += [finding.message, *(f"{words.say(f'label.{label}')}: {shortened(text, LONGEST)}" for label, text in shown if text)]
    more = max(verdict.violations, len(verdict.findings)) - 1
    if more > 0:
        lines.append(words.count("count.further", more))
    reason = binds_later(verdict, words) or verdict.cause
    if reason:
        lines.append(reason)
    if verdict.remedy:
        lines.append(f"{words.say('label.remedy')}: {words.sentence(verdict.remedy)}")
    known = known_by(verdict, report, words)
    return Annotation(verdict.requirement, [*lines, *([known] if known else [])])


def _untested(report: Report, words: Words) -> Iterator[Annotation]:
    untested = (each for each in having(report, "not-tested") if breaks(each, report))
    for cause, verdicts in by_cause(untested).items():
        title = f"{words.say('verdict.not-tested')}: {words.some([each.requirement for each in verdicts])}"
        yield Annotation(title, [cause, words.say("sentence.never_passed")])


def _within(annotations: list[Annotation], words: Words) -> list[Annotation]:
    """As many as a step may have: the last one names those that would be too many."""
    if len(annotations) <= MOST:
        return annotations
    rest = [each.title for each in annotations[MOST - 1 :]]
    title = words.say("sentence.and_more", n=words.number(len(rest)))
    return [*annotations[: MOST - 1], Annotation(title, [words.some(rest, 40)])]


def _command(kind: Kind, annotation: Annotation, report: Report) -> str:
    title = one_line(f"{report.participant.name}: {annotation.title}")
    message = "\n".join(one_line(line) for line in annotation.lines)
    return f"::{kind} title={_data(title).replace(':', '%3A').replace(',', '%2C')}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

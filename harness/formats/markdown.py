"""Markdown for a pull-request comment or a wiki (GitHub's and GitLab's flavour): the answer, the classes, the findings, then everything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.formats.answer import (
    SYMBOLS,
    allowed,
    answer,
    binds_later,
    by_cause,
    counts,
    having,
    known_by,
    no_findings,
    reasons,
    state,
    told,
    undecidable,
)
from harness.formats.inert import linkable, one_line, shortened, steers, visible
from harness.formats.wording import Words
from harness.profile import CLASSES, Basis
from harness.report import Finding, Report, Verdict

LONGEST = 60_000
"""Characters of a comment; GitHub takes 65,536. Findings that would not fit are named without detail."""
ROOM_FOR_LISTS = 24_000
"""Characters of the lists below the findings; where they would be more, they leave out the statements."""
LONGEST_TEXT = 300
"""Characters shown of what was expected, and of what came."""
LIMITS_SHOWN = ("timeout_s", "concurrency", "budget", "max_rps")
"""What bounds a run most; the HTML report has all."""


def render(report: Report, language: str = "en") -> bytes:
    """The report as Markdown."""
    words = Words(language)
    report = told(report, words.language)
    head = "\n\n".join([*_head(report, words), f"### {words.say('heading.findings')}"])
    foot = "\n\n".join([*_untested(report, words), *_everything(report, words, short=False), f"<sub>{_foot(report, words)}</sub>"])
    if len(foot) > ROOM_FOR_LISTS:
        foot = "\n\n".join([*_untested(report, words), *_everything(report, words, short=True), f"<sub>{_foot(report, words)}</sub>"])
    findings = _findings(report, words, LONGEST - len(head) - len(foot))
    return f"{head}\n\n{findings}\n\n{foot}\n".encode()


def _head(report: Report, words: Words) -> list[str]:
    participant = report.participant
    about = [_code(participant.url)] if participant.url else []
    about += [escape(f"{used.name}/{used.major} {used.version}") for used in report.profiles]
    about += [words.count("count.requests", report.requests), words.seconds(report.duration_s), words.moment(report.started)]
    parts = [
        f"## {SYMBOLS[report.outcome]} {escape(participant.name)}: {words.name('outcome', report.outcome)}",
        f"**{escape(' '.join(answer(report, words)))}**",
        " · ".join(about),
    ]
    if report.ended:
        parts.append(f"> **{words.say('label.ended')}:** {escape(report.ended)}")
    parts += [f"> {escape(note)}" for note in report.notes]
    parts.append(_table([words.say("label.class"), "", words.say("label.requirements")], _classes(report, words)))
    return parts


def _classes(report: Report, words: Words) -> Iterable[list[str]]:
    for name in CLASSES:
        if name not in report.classes:
            continue
        result = report.classes[name]
        mark = f" ({words.say('label.decides')})" if name == report.decided_by else ""
        word = words.say(f"class_state.{state(result)}")
        stated = [f"{words.say(key)}: {words.own_and_below(ids, below)}" for key, ids, below in reasons(name, report)]
        yield [f"{words.say(f'class.{name}')}{mark}", f"{SYMBOLS[state(result)]} {word}", escape("; ".join(stated))]


def _findings(report: Report, words: Words, room: int) -> str:
    blocks: list[str] = []
    short: list[str] = []
    for verdict in having(report, "failed", "harness-error", "needs-review", "warning"):
        block = _verdict(verdict, report, words)
        if len(block) <= room:
            blocks.append(block)
            room -= len(block) + 2
        else:
            short.append(f"{SYMBOLS[verdict.verdict]} {verdict.requirement}")
    if short:
        blocks.append(f"{words.say('sentence.full_report')} {escape(words.some(short, 40))}")
    return "\n\n".join(blocks) or no_findings(report, words)


def _verdict(verdict: Verdict, report: Report, words: Words) -> str:
    kind = f"{words.say(f'verdict.{verdict.verdict}')} · {words.name('level', verdict.level)} · {words.name('class', verdict.class_)}"
    parts = [f"#### {SYMBOLS[verdict.verdict]} {escape(verdict.requirement)} · {kind}", escape(words.sentence(verdict.statement))]
    reason = binds_later(verdict, words) or verdict.cause
    if reason:
        parts.append(escape(reason))
    known = known_by(verdict, report, words)
    if known:
        parts.append(f"**{escape(known)}**")
    if verdict.findings:
        parts += _finding(verdict.findings[0], report, words)
    more = max(verdict.violations, len(verdict.findings)) - 1
    if more > 0:
        parts.append(words.count("count.further", more))
    if verdict.remedy:
        parts.append(f"**{words.say('label.remedy')}:** {escape(words.sentence(verdict.remedy))}")
    if verdict.basis:
        parts.append(f"**{words.say('label.basis')}:** {'; '.join(basis_link(each, words) for each in verdict.basis)}")
    return "\n\n".join(parts)


def _finding(finding: Finding, report: Report, words: Words) -> list[str]:
    shown = (("expected", finding.expected), ("got", finding.got), ("where", finding.pointer))
    lines = [f"- {escape(finding.message)}", *(f"  - {words.say(f'label.{label}')}: {_code(text)}" for label, text in shown if text)]
    parts = ["\n".join(lines)]
    if finding.exchange in report.exchanges:
        curl = report.exchanges[finding.exchange].curl
        parts.append(_fence(visible(curl), "sh"))
        if any(steers(char) for char in curl):
            parts.append(words.say("sentence.characters"))
    return parts


def _untested(report: Report, words: Words) -> list[str]:
    parts = []
    untested = having(report, "not-tested")
    if untested:
        rows = [
            [escape(cause), ", ".join(f"**{each.requirement}**" if report.decides(each) else each.requirement for each in verdicts)]
            for cause, verdicts in by_cause(untested).items()
        ]
        parts += [f"### {words.say('heading.untested')}", words.say("sentence.never_passed")]
        parts.append(_table([words.say("label.cause"), words.say("label.requirements")], rows))
    beyond = [each.requirement for each in undecidable(report)]
    if beyond:
        parts.append(f"{words.say('heading.undecidable')}: {', '.join(beyond)}.")
    return parts


def _everything(report: Report, words: Words, *, short: bool) -> list[str]:
    """All verdicts, folded away; ``short`` leaves the statements out."""
    columns = [words.say(f"label.{key}") for key in ("requirement", "verdict", "level", "class", "layer")]
    rows = [
        [
            verdict.requirement if short else f"{verdict.requirement} {escape(words.sentence(verdict.statement))}",
            f"{SYMBOLS[verdict.verdict]} {words.name('verdict', verdict.verdict)}",
            *(words.name(group, value) for group, value in (("level", verdict.level), ("class", verdict.class_), ("layer", verdict.layer))),
        ]
        for verdict in report.verdicts
    ]
    numbers = ", ".join(f"{words.name('verdict', name)} {number}" for name, number in counts(report).items())
    return [f"<details><summary>{words.say('heading.all')}: {numbers}</summary>", _table(columns, rows), "</details>"]


def _foot(report: Report, words: Words) -> str:
    run = f"{words.say('label.seed')} {report.seed}, {words.say('label.as_of')} {words.day(report.as_of)}"
    digests = ", ".join(f"{escape(used.name)}/{used.major} {_code(used.digest)}" for used in report.profiles)
    limits = [f"{words.say(f'limit.{name}')}: {allowed(name, report, words)}" for name in LIMITS_SHOWN] if report.limits else []
    return f"govai {escape(report.govai_version)}; {'; '.join([run, *limits, digests])}. {words.say('sentence.evidence')}"


def basis_link(basis: Basis, words: Words) -> str:
    """The act or specification, a link where its address may be one."""
    said = escape(words.cited(basis))
    return f"[{said}](<{basis.url}>)" if linkable(basis.url) else said


def _table(columns: Iterable[str], rows: Iterable[list[str]]) -> str:
    heads = list(columns)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows])


def escape(text: str) -> str:
    """``text`` as Markdown that shows it as it is: no markup, HTML, list, table cell or link, no mention of a user, no reference to an issue.

    A zero-width space after ``@`` and ``#`` is what keeps GitHub and GitLab from telling the user and the issue that happen to be named there.
    """
    plain = re.sub(r"([\\`*_\[\]<>#|~$])", r"\\\1", one_line(text).replace("&", "&amp;"))
    plain = re.sub(r"^([-+=]|\d+(?=[.)]))", lambda match: match[0] + "\\" if match[0].isdigit() else "\\" + match[0], plain)
    plain = plain.replace("\\<", "&lt;").replace("\\>", "&gt;")
    plain = re.sub(r"@(?=\w)|#(?=\d)|!(?=\d)", lambda match: match[0] + "&#8203;", plain)
    return re.sub(r"(?i)(https?|ftp)(://)|\b(www)(\.)", lambda match: f"{match[1] or match[3]}&#8203;{match[2] or match[4]}", plain)


def _code(text: str | None) -> str:
    """``text`` as a code span, longer in its fence than any run of backticks in it; pipes would end a table cell even there."""
    shown = shortened(one_line(text or ""), LONGEST_TEXT)
    fence = "`" * (_longest_run(shown) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def _fence(text: str, language: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)

"""A difference between two reports, for a terminal and as Markdown for a pull request: the regressions first, then what else changed, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from harness.difference import Change, Compared, Difference, Kind
from harness.formats import markdown
from harness.formats.answer import SYMBOLS, entry_said
from harness.formats.inert import one_line, shortened, visible, writable
from harness.formats.terminal import STYLES
from harness.formats.wording import Words
from harness.report import ProfileUsed

LONGEST = 400
"""Characters of a message."""
TOGETHER = ("undecided", "better", "inapplicable", "added", "removed")
"""Kinds of change that are told together, for each pair of verdicts and each cause."""
FOLDED = ("better", "inapplicable", "added", "removed")
SHOWN_TOGETHER = 40


class Row(NamedTuple):
    """One change, or several of one kind: what changed, and lines below it."""

    verdict: str
    head: str
    lines: Sequence[str]


class Section(NamedTuple):
    """The changes of one kind."""

    kind: Kind
    title: str
    rows: list[Row]


def summary(difference: Difference, console: Console, language: str = "en") -> None:
    """Print what changed, in one of the three languages. Raises :class:`UsageError` for another one."""
    words = Words(language)

    def line(text: str, by: int = 0, style: str = "") -> None:
        console.print(Padding(Text(writable(visible(one_line(text)), console.encoding), style), (0, 0, 0, by), expand=False))

    line(f"{_sign(difference)} {_answer(difference, words)}", style="bold red" if difference.regressions else "bold green")
    for text in _about(difference, words):
        line(text, 2)
    for text in _apart(difference, words):
        line(f"{SYMBOLS['warning']} {text}", 2, STYLES["warning"])
    for section in sections(difference, words):
        console.print()
        line(section.title, style="bold")
        for row in section.rows:
            line(f"{SYMBOLS[row.verdict]} {row.head}", 2, STYLES.get(row.verdict, ""))
            for text in row.lines:
                line(text, 4)
    console.print()
    line(_unchanged(difference, words))


def to_markdown(difference: Difference, language: str = "en") -> bytes:
    """What changed, as Markdown. What would be too long for a comment is counted."""
    words = Words(language)
    escape = markdown.escape
    parts = [f"## {_sign(difference)} {escape(_short(difference.after.participant.name))}: {escape(_answer(difference, words))}"]
    parts.append("\n".join(f"- {escape(text)}" for text in _about(difference, words)))
    parts += [f"> {escape(text)}" for text in _apart(difference, words)]
    room = markdown.LONGEST - sum(len(part) + 2 for part in parts)
    for section in sections(difference, words):
        rows = [
            "\n".join([f"- {SYMBOLS[row.verdict]} {escape(row.head)}", *(f"  - {escape(text)}" for text in row.lines)])
            for row in section.rows
        ]
        shown: list[str] = []
        for row in rows:
            if len(row) > room:
                break
            shown.append(row)
            room -= len(row) + 1
        if len(shown) < len(rows):
            shown.append(f"- {words.say('sentence.and_more', n=words.number(len(rows) - len(shown)))}")
        listed = "\n".join(shown)
        folded = section.kind in FOLDED
        parts.append(
            f"<details><summary>{section.title}</summary>\n\n{listed}\n\n</details>" if folded else f"### {section.title}\n\n{listed}"
        )
    parts.append(_unchanged(difference, words))
    return ("\n\n".join(parts) + "\n").encode()


def sections(difference: Difference, words: Words) -> Iterator[Section]:
    """What changed, kind by kind; of each what decides the outcome first."""
    for kind in get_args(Kind):
        changes = sorted(
            (each for each in difference.changes if each.kind == kind), key=lambda each: (not each.regression, not each.decides)
        )
        if changes:
            rows = _together(changes, difference, words) if kind in TOGETHER else [_row(each, difference, words) for each in changes]
            yield Section(kind, words.say(f"change_kind.{kind}"), rows)


def _row(change: Change, difference: Difference, words: Words) -> Row:
    lines = [words.sentence(change.statement)]
    label = f"{words.say('change.new')}: " if change.kind == "findings" else ""
    lines += [f"{label}{_short(difference.said(each, words.language))}" for each in change.new]
    lines += [f"{words.say('change.gone')}: {_short(difference.said(each, words.language))}" for each in change.gone]
    if change.known:
        lines.append(entry_said(change.known, words))
    return Row(change.after or "", f"{change.requirement}  {_verdicts(change, words)}{_decides(change, words)}", lines)


def _together(changes: Sequence[Change], difference: Difference, words: Words) -> list[Row]:
    groups: dict[tuple[str, str, str], list[Change]] = {}
    for each in changes:
        cause = each.cause if each.kind == "undecided" else None
        groups.setdefault((_verdicts(each, words), _decides(each, words), cause or ""), []).append(each)
    return [
        Row(
            group[0].after or "not-applicable",
            f"{verdicts}{decides}: {words.some([each.requirement for each in group], SHOWN_TOGETHER)}",
            [_short(difference.said(cause, words.language))] if cause else [],
        )
        for (verdicts, decides, cause), group in groups.items()
    ]


def _verdicts(change: Change, words: Words) -> str:
    return " → ".join(words.name("verdict", each) for each in dict.fromkeys((change.before, change.after)) if each)


def _decides(change: Change, words: Words) -> str:
    return f" ({words.say('label.decides')})" if change.decides else ""


def _sign(difference: Difference) -> str:
    return SYMBOLS["failed" if difference.regressions else "passed"]


def _answer(difference: Difference, words: Words) -> str:
    ids = difference.regressions
    return words.count("change.regressions", len(ids), ids=words.some(ids)) if ids else words.say("change.none")


def _about(difference: Difference, words: Words) -> Iterator[str]:
    before, after = difference.before, difference.after
    yield f"{_short(after.participant.name)}: {words.moment(before.started)} → {words.moment(after.started)}"
    yield f"{words.say('label.outcome')}: {words.name('outcome', before.outcome)} → {words.name('outcome', after.outcome)}"
    yield f"{words.say('label.class')}: {_class(before, words)} → {_class(after, words)}"
    for each in difference.profiles:
        used = each.after or each.before
        if used:
            yield f"{words.say('change.edition')}: {used.name}/{used.major}, {_edition(each.before, words)} → {_edition(each.after, words)}"


def _class(report: Compared, words: Words) -> str:
    return words.name("class", report.class_reached) if report.class_reached else words.say("label.none")


def _edition(used: ProfileUsed | None, words: Words) -> str:
    return f"{_short(used.version)} ({shortened(used.digest, 19)})" if used else words.say("label.none")


def _apart(difference: Difference, words: Words) -> Iterator[str]:
    before, after = (_told(each, words) for each in (difference.before, difference.after))
    for kind in difference.apart:
        yield words.say(f"apart.{kind}", before=before.get(kind), after=after.get(kind))


def _told(report: Compared, words: Words) -> dict[str, str]:
    return {
        "name": _short(report.participant.name),
        "side": words.say(f"side.{report.participant.side}"),
        "profiles": _short(", ".join(report.profiles)),
        "class": words.name("class_named", report.decided_by),
    }


def _short(text: str) -> str:
    return shortened(one_line(text), LONGEST)


def _unchanged(difference: Difference, words: Words) -> str:
    return words.say("change.unchanged", number=words.number(difference.unchanged))

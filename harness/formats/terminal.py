"""The summary on a terminal: the answer, what stands in its way (worst first), what was not tested, the numbers.

Texts of participants reach the terminal as plain text only: no markup is read in them, and what would steer the terminal is written out.
"""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.formats.answer import (
    SYMBOLS,
    answer,
    binds_later,
    by_cause,
    by_weight,
    counts,
    having,
    known_by,
    reasons,
    state,
    told,
    undecidable,
)
from harness.formats.inert import one_line, shortened, steers, visible, writable
from harness.formats.wording import Words
from harness.profile import CLASSES
from harness.report import Finding, Report, Verdict

STYLES = {
    "passed": "green",
    "passed-with-adapter": "green",
    "failed": "bold red",
    "warning": "yellow",
    "needs-review": "yellow",
    "harness-error": "bold magenta",
    "not-tested": "cyan",
    "conformant": "bold green",
    "not-conformant": "bold red",
    "incomplete": "bold cyan",
    "unreachable": "bold cyan",
    "reached": "green",
    "unmet": "red",
    "undecided": "cyan",
}
LONGEST = 500
"""Characters shown of what was expected, and of what came."""


def summary(report: Report, console: Console, language: str = "en") -> None:
    """Print what came out of a run, in one of the three languages. Raises :class:`UsageError` for another one."""
    words = Words(language)
    _Printer(told(report, words.language), console, words).everything()


class _Printer:
    def __init__(self, report: Report, console: Console, words: Words) -> None:
        self.report, self.console, self.words = report, console, words
        longest = max(len(words.say(f"label.{key}")) for key in ("expected", "got", "where", "basis", "remedy", "cause"))
        self._label_width = longest + 2

    def everything(self) -> None:
        self._answer()
        self._classes()
        for verdict in having(self.report, "failed", "harness-error"):
            self._verdict(verdict)
        self._untested()
        for verdict in having(self.report, "needs-review", "warning"):
            self._verdict(verdict)
        self._numbers()

    def _answer(self) -> None:
        report, words = self.report, self.words
        head = self._text(f"{SYMBOLS[report.outcome]} {words.name('outcome', report.outcome)}. ", STYLES[report.outcome])
        self.console.print(head.append_text(self._text(" ".join(answer(report, words)), "bold")))
        if report.ended:
            self.console.print(self._text(f"{words.say('label.ended')}: {one_line(report.ended)}"))
        for note in report.notes:
            self.console.print(self._text(f"{words.say('label.notes')}: {one_line(note)}"))

    def _classes(self) -> None:
        table = Table.grid(padding=(0, 2))
        for name in CLASSES:
            if name not in self.report.classes:
                continue
            result = self.report.classes[name]
            word = self.words.say(f"class_state.{state(result)}")
            mark = f"({self.words.say('label.decides')})" if name == self.report.decided_by else ""
            standing = [(self.words.say(key), len(own) + below) for key, own, below in reasons(name, self.report)]
            numbers = [str(number) if key == word else f"{key} {number}" for key, number in standing]
            status = self._text(f"{SYMBOLS[state(result)]} {word}", STYLES[state(result)])
            table.add_row(self._text(self.words.say(f"class.{name}")), status, self._text(" ".join([", ".join(numbers), mark]).strip()))
        self.console.print(Padding(table, (1, 0, 0, 2), expand=False))

    def _verdict(self, verdict: Verdict) -> None:
        words, style = self.words, STYLES[verdict.verdict]
        self.console.print()
        head = self._text(f"{SYMBOLS[verdict.verdict]} {verdict.requirement}", style)
        kind = f"{words.name('level', verdict.level)}, {words.say('label.class')}: {words.name('class', verdict.class_)}"
        head.append_text(self._text(f"  {words.name('verdict', verdict.verdict)} ({kind})"))
        self.console.print(head)
        self._indented(self._text(words.sentence(verdict.statement), "bold"))
        if verdict.findings:
            self._finding(verdict.findings[0])
        more = max(verdict.violations, len(verdict.findings)) - 1
        if more > 0:
            self._indented(self._text(words.count("count.further", more), "dim"))
        reason = binds_later(verdict, words) or (verdict.cause if verdict.cause != self._first_message(verdict) else None)
        basis = "; ".join(words.cited(each) for each in verdict.basis)
        remedy = words.sentence(verdict.remedy) if verdict.remedy else None
        known = known_by(verdict, self.report, words)
        if known:
            self._indented(self._text(one_line(known), "cyan"))
        self._labelled(("cause", reason), ("basis", basis), ("remedy", remedy))

    def _first_message(self, verdict: Verdict) -> str | None:
        return verdict.findings[0].message if verdict.findings else None

    def _finding(self, finding: Finding) -> None:
        self._indented(self._text(one_line(finding.message)))
        self._labelled(("expected", finding.expected), ("got", finding.got), ("where", finding.pointer))
        evidence = self.report.exchanges.get(finding.exchange or "")
        if evidence is None:
            return
        # At the left edge and unwrapped, so that the line can be copied whole.
        self.console.print(self._text(evidence.curl), soft_wrap=True)
        if any(steers(char) for char in evidence.curl):
            self._indented(self._text(self.words.say("sentence.characters"), "dim"))

    def _untested(self) -> None:
        untested, beyond = having(self.report, "not-tested"), undecidable(self.report)
        if untested:
            self._heading("untested", "sentence.never_passed")
        for cause, verdicts in by_cause(untested).items():
            self._indented(self._text(f"{SYMBOLS['not-tested']} {one_line(cause)}", STYLES["not-tested"]))
            for deciding, ids in by_weight(verdicts, self.report):
                mark = f" ({self.words.say('label.decides')})" if deciding else ""
                self._indented(self._text(", ".join(ids) + mark), 4)
        if beyond:
            self._heading("undecidable", "sentence.undecidable")
            self._indented(self._text(", ".join(each.requirement for each in beyond)))

    def _heading(self, key: str, sentence: str) -> None:
        self.console.print()
        self.console.print(self._text(self.words.say(f"heading.{key}"), "bold").append_text(self._text(f". {self.words.say(sentence)}")))

    def _numbers(self) -> None:
        report, words = self.report, self.words
        numbers = [f"{words.name('verdict', name)} {number}" for name, number in counts(report).items()]
        run = [words.count("count.requests", report.requests), words.seconds(report.duration_s)]
        self.console.print()
        self.console.print(self._text(f"{one_line(report.participant.name)}: {', '.join(numbers)}; {', '.join(run)}"))

    def _labelled(self, *rows: tuple[str, str | None]) -> None:
        table = Table.grid(padding=(0, 0))
        table.add_column(width=self._label_width, no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in rows:
            if text:
                table.add_row(self._text(self.words.say(f"label.{label}"), "dim"), self._text(shortened(one_line(text), LONGEST)))
        if table.row_count:
            self.console.print(Padding(table, (0, 0, 0, 4), expand=False))

    def _indented(self, text: Text, by: int = 2) -> None:
        self.console.print(Padding(text, (0, 0, 0, by), expand=False))

    def _text(self, text: str, style: str = "") -> Text:
        """Plain text: no markup is read in it, nothing in it steers, and a terminal that lacks a letter shows the nearest one."""
        return Text(writable(visible(text), self.console.encoding), style)

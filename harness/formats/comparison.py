"""A comparison on a terminal: the answer, each incompatibility with its witness, what was not decided, notes."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.comparison.model import Comparison, Difference
from harness.formats.answer import SYMBOLS
from harness.formats.inert import one_line, shortened, visible, writable
from harness.formats.wording import Words

_SIGNS = {"compatible": "conformant", "incompatible": "not-conformant", "undecided": "incomplete"}
_STYLES = {"compatible": "bold green", "incompatible": "bold red", "undecided": "bold cyan"}
LONGEST = 600
"""Characters shown of a witness; the JSON form has it whole."""
MOST_FAULTS = 5
_OWN = ("witness", "vector", "also")
"""What is said of every difference; the rest only where it is not that of the one before."""


def summary(comparison: Comparison, console: Console, language: str = "en") -> None:
    """Print what a comparison came to, in one of the three languages. Raises :class:`UsageError` for another one."""
    _Printer(comparison, console, Words(language)).everything()


class _Printer:
    def __init__(self, comparison: Comparison, console: Console, words: Words) -> None:
        self.comparison, self.console, self.words = comparison, console, words
        labels = ("in_document", "in_profile", "where", "witness", "vector", "also", "remedy")
        self._width = max(len(words.say(f"label.{label}")) for label in labels) + 2

    def everything(self) -> None:
        self._answer()
        for group in _groups(self.comparison.incompatibilities):
            self._group(group, SYMBOLS["failed"], "bold red")
        self._undecided()
        if self.comparison.notes:
            self._heading("notes")
        for group in _groups(self.comparison.notes):
            self._group(group, SYMBOLS["not-applicable"], "dim")
        self.console.print()
        self._line(self._counted())

    def _answer(self) -> None:
        found, words = self.comparison, self.words
        head = self._text(f"{SYMBOLS[_SIGNS[found.outcome]]} {words.name('comparison_outcome', found.outcome)}. ", _STYLES[found.outcome])
        told = {"document": found.document, "version": found.openapi, "profiles": ", ".join(found.profiles)}
        self.console.print(head.append_text(self._text(self._say(f"comparison_answer.{found.outcome}", **told), "bold")))
        if found.base:
            self._line(self._say("comparison.base", base=found.base), 2)
        if found.invalid:
            self._line(self._say("comparison.invalid", version=found.openapi), 2)
        for fault in found.invalid[:MOST_FAULTS]:
            self._line(f"{fault.pointer}: {shortened(fault.message, 200)}", 4)
        if len(found.invalid) > MOST_FAULTS:
            self._line(self._say("sentence.and_more", n=self.words.number(len(found.invalid) - MOST_FAULTS)), 4)

    def _group(self, group: Sequence[Difference], symbol: str, style: str) -> None:
        """Differences of one kind in one operation: what they share is said once."""
        first = group[0]
        self.console.print()
        head = self._text(f"{symbol} {first.operation}", style)
        self.console.print(head.append_text(self._text(f"  {first.method} {first.path}")))
        self._line(self._say(f"difference.{first.kind}.what"), 2, "bold")
        before: dict[str, str] = {}
        for each in group:
            if each.kind != "operation-missing":
                self._line(each.message, 2)
            rows = self._rows(each)
            for label, text in rows.items():
                if label in _OWN or before.get(label) != text:
                    self._labelled(label, text)
            before = rows
        if first.curl:
            self.console.print(self._text(first.curl), soft_wrap=True)
        self._labelled("remedy", self._say(f"difference.{first.kind}.remedy"))

    def _rows(self, each: Difference) -> dict[str, str]:
        rows = {"in_document": each.in_document, "in_profile": each.in_profile, "where": each.pointer}
        if each.witness is not msgspec.UNSET:
            rows["witness"] = shortened(json.dumps(each.witness, ensure_ascii=False, separators=(",", ":")), LONGEST)
        rows |= {"vector": each.vector, "also": ", ".join(each.also)}
        return {label: text for label, text in rows.items() if text}

    def _undecided(self) -> None:
        if self.comparison.undecided:
            self._heading("undecided")
        for each in self.comparison.undecided:
            self._line(f"{SYMBOLS['undecided']} {' '.join(filter(None, (each.operation, each.reason)))}", 2)
            if each.in_document:
                self._labelled("in_document", each.in_document)

    def _heading(self, key: str) -> None:
        self.console.print()
        self._line(self._say(f"comparison.{key}"), style="bold")

    def _counted(self) -> str:
        found, words = self.comparison, self.words
        parts = [
            words.count("count.incompatibilities", len(found.incompatibilities)),
            words.count("count.notes", len(found.notes)),
            words.count("count.operations", found.operations),
            words.count("count.schemas", found.schemas, proven=words.number(found.proven)),
        ]
        return f"{found.document}: {', '.join(parts)}"

    def _labelled(self, label: str, text: str) -> None:
        table = Table.grid(padding=(0, 0))
        table.add_column(width=self._width, no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row(self._text(self._say(f"label.{label}"), "dim"), self._text(one_line(text)))
        self.console.print(Padding(table, (0, 0, 0, 4), expand=False))

    def _say(self, key: str, **values: object) -> str:
        return self.words.say(key, **values)

    def _line(self, text: str, by: int = 0, style: str = "") -> None:
        self.console.print(Padding(self._text(text, style), (0, 0, 0, by), expand=False))

    def _text(self, text: str, style: str = "") -> Text:
        return Text(writable(visible(text), self.console.encoding), style)


def _groups(differences: Sequence[Difference]) -> list[list[Difference]]:
    groups: dict[tuple[str, str], list[Difference]] = {}
    for each in differences:
        groups.setdefault((each.operation, each.kind), []).append(each)
    return list(groups.values())

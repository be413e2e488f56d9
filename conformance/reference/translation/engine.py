"""A phrase-based translator: the longest phrase of the glossary that fits is put in the other language, everything else stays as it is.

It knows no grammar and no word that is not in the glossary; its service card says so. What it is good at is leaving alone what has to stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conformance.reference.translation.protected import Piece, pieces

LANGUAGES = ("pl", "lt", "en")
_NUMBER = "#"
_DATES = {
    "pl": (r"(?P<d>\d{{1,2}}) (?P<m>{months})(?: (?P<y>\d{{4}})(?: r\.)?)?", "{d} {m}", "{d} {m} {y} r."),
    "lt": (r"(?:(?P<y>\d{{4}}) m\. )?(?P<m>{months}) (?P<d>\d{{1,2}}) d\.", "{m} {d} d.", "{y} m. {m} {d} d."),
    "en": (r"(?P<d>\d{{1,2}}) (?P<m>{months})(?: (?P<y>\d{{4}}))?", "{d} {m}", "{d} {m} {y}"),
}
"""How a date is written where the month is a word: the pattern, without a year, and with one."""

Phrase = tuple[str, ...]


class Translator:
    """Translates between the languages of the glossary."""

    def __init__(self, phrases: Sequence[Sequence[str]], months: Mapping[str, Sequence[str]]) -> None:
        self._months = months
        self._tables = {
            (source, target): _table(phrases, LANGUAGES.index(source), LANGUAGES.index(target))
            for source in LANGUAGES
            for target in LANGUAGES
            if source != target
        }
        self._dates = {
            language: re.compile(pattern.format(months="|".join(months[language])) + r"(?!\w)")
            for language, (pattern, *_) in _DATES.items()
        }

    def translate(self, text: str, source: str, target: str, format: str = "text") -> str:
        """The text in another language, in NFC. ``format`` is ``text`` or ``html``."""
        text = unicodedata.normalize("NFC", text)
        if source == target:
            return text
        parts, done = [], 0
        for date in self._dates[source].finditer(text):
            parts += [self._phrases(text[done : date.start()], source, target, format), self._date(date, source, target)]
            done = date.end()
        return "".join([*parts, self._phrases(text[done:], source, target, format)])

    def _date(self, date: re.Match[str], source: str, target: str) -> str:
        month = self._months[target][list(self._months[source]).index(date["m"])]
        _, short, long = _DATES[target]
        return (long if date["y"] else short).format(d=date["d"], m=month, y=date["y"])

    def _phrases(self, text: str, source: str, target: str, format: str) -> str:
        table, read = self._tables[source, target], list(pieces(text, format))
        written, place = [], 0
        while place < len(read):
            found = _longest(table, read, place)
            if found is None:
                written.append(read[place].text)
                place += 1
            else:
                phrase, after = found
                written.append(phrase)
                place = after
        return "".join(written)


def _table(phrases: Sequence[Sequence[str]], source: int, target: int) -> dict[str, list[tuple[Phrase, str]]]:
    """Phrases by their first word, the longest first, each with its translation."""
    table: dict[str, list[tuple[Phrase, str]]] = {}
    known: set[Phrase] = set()
    for row in phrases:
        phrase = tuple(row[source].lower().replace(",", "").split())
        if phrase not in known:
            known.add(phrase)
            table.setdefault(phrase[0], []).append((phrase, row[target]))
    for entries in table.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return table


def _longest(table: Mapping[str, list[tuple[Phrase, str]]], read: Sequence[Piece], place: int) -> tuple[str, int] | None:
    """The translation of the longest phrase that begins at a place, and the place after it."""
    first = read[place]
    if first.kind not in ("word", "number"):
        return None
    for phrase, translation in table.get(_NUMBER if first.kind == "number" else first.text.lower(), ()):
        fitted = _fitted(phrase, read, place)
        if fitted is not None:
            number, after = fitted
            return _cased(translation.replace(_NUMBER, number), first.text), after
    return None


def _fitted(phrase: Phrase, read: Sequence[Piece], place: int) -> tuple[str, int] | None:
    """The number in a phrase that stands at a place, empty where it has none, and the place after it; None where it does not stand there."""
    number = ""
    for position, word in enumerate(phrase):
        while position and place < len(read) and (read[place].text.isspace() or read[place].text == ","):
            place += 1
        if place >= len(read):
            return None
        piece = read[place]
        if word == _NUMBER and piece.kind == "number":
            number = piece.text
        elif piece.kind != "word" or piece.text.lower() != word:
            return None
        place += 1
    return number, place


def _cased(translation: str, like: str) -> str:
    return translation[0].upper() + translation[1:] if like[0].isupper() else translation


@cache
def translator() -> Translator:
    """The translator with the bundled glossary."""
    glossary: Any = yaml.safe_load(Path(__file__).with_name("glossary.yaml").read_text(encoding="utf-8"))
    return Translator(glossary["phrases"], glossary["months"])

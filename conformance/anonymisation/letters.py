"""What scenarios of this profile have analysed: ``specs/anonymisation/1/letters.yaml``, read once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec

from conformance.anonymisation import SPECIFICATION

Form = Literal["NFC", "NFD"]
LANGUAGES = ("pl", "lt", "en")
"""The languages of the agreement, in which every kind of identifier has a sentence."""


class Value(msgspec.Struct, forbid_unknown_fields=True):
    """An identifier that no living person has, and what sets it apart from the others of its kind."""

    value: str
    case: str


class Pair(msgspec.Struct, forbid_unknown_fields=True):
    """A number with a wrong check digit, and the right one."""

    wrong: str
    right: str


class Letters(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file; what each part is for stands there."""

    identifiers: Mapping[str, list[Value]]
    sentences: Mapping[str, Mapping[str, str]]
    wrong: Mapping[str, Pair]
    names: Mapping[str, list[str]]


@dataclass(frozen=True)
class Seeded:
    """A text with something in it: its type, what sets it apart, and where it stands, in code points."""

    text: str
    type: str
    case: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """What stands there."""
        return self.text[self.start : self.end]


@cache
def letters() -> Letters:
    """The letters. Raises :class:`msgspec.ValidationError` for a file that is broken."""
    return msgspec.yaml.decode((SPECIFICATION / "1" / "letters.yaml").read_bytes(), type=Letters)


def sentence(type: str, value: str, language: str, case: str = "") -> Seeded:
    """A sentence of a language with an identifier in it."""
    before, _, after = letters().sentences[type][language].partition("{value}")
    return Seeded(before + value + after, type, case, len(before), len(before) + len(value))


def sentences(type: str, language: str) -> list[Seeded]:
    """One sentence for each identifier of a kind."""
    return [sentence(type, each.value, language, each.case) for each in letters().identifiers[type]]


def named(language: str, form: Form = "NFC") -> list[Seeded]:
    """Sentences that name a person, in a normal form."""
    found = []
    for text in letters().names[language]:
        before, name, after = re.split("[{}]", unicodedata.normalize(form, text))
        found.append(Seeded(before + name + after, "PERSON", name, len(before), len(before) + len(name)))
    return found


def joined(seeded: list[Seeded]) -> tuple[str, list[Seeded]]:
    """Sentences as one letter, and where things stand in it."""
    text, placed = "", []
    for each in seeded:
        placed.append(Seeded("", each.type, each.case, len(text) + each.start, len(text) + each.end))
        text += each.text + " "
    text = text.rstrip()
    return text, [Seeded(text, each.type, each.case, each.start, each.end) for each in placed]


def folded(text: str) -> str:
    """A text in which nothing hides: in NFKC, without case, and without what is neither letter nor digit."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())

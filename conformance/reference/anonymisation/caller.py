"""Reference clients of Poland and Lithuania: how an office takes people out of a letter before it goes over the border.

A client speaks through the function it is given and knows nothing of HTTP libraries. It names the language of the letter, hands the findings on as
they came with the very text that was analysed, and sends nothing on that a service could not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.line import Client, Refused, Unavailable

__all__ = ["Caller", "Refused", "Unavailable", "visit"]


@dataclass(frozen=True)
class Letter:
    """A letter in one language; the people in it are invented."""

    language: str
    text: str


LETTERS: Mapping[str, tuple[Letter, ...]] = {
    "pl": (
        Letter("pl", "😀 Szanowni Państwo, proszę o odpis aktu dla Anny Wróblewskiej, PESEL 50411512342, na adres anna@example.org."),
        Letter("de", "Sehr geehrte Damen und Herren, bitte senden Sie uns die Unterlagen an buero@example.org zurück."),
        Letter("lt", "Laba diena, prašome patvirtinti Jono Kazlausko deklaruotą gyvenamąją vietą, asmens kodas 75001150008, ačiū."),
    ),
    "lt": (
        Letter("lt", "🇱🇹 Laba diena, prašome išduoti pažymą Onai Petraitienei, asmens kodas 75001150008, adresu ona@example.org."),
        Letter("de", "Sehr geehrte Damen und Herren, bitte senden Sie uns die Unterlagen an buero@example.org zurück."),
        Letter("pl", "Dzień dobry, prosimy o potwierdzenie adresu zameldowania pana Jana Kowalskiego, PESEL 50411512342, dziękujemy."),
    ),
}
"""What an office of each country has cleaned in a morning: letters in its own language and its neighbour's, and between them one in a language that
no service here reads.
"""


@dataclass(frozen=True)
class Cleaned:
    """What became of a letter: its text without people, or None with the reason why it has to stay."""

    text: str | None
    reason: str = ""

    def shown(self) -> str:
        """What the official sees."""
        return self.reason if self.text is None else self.text


@dataclass
class Caller(Client):
    """The client of one office, with one service."""

    def __post_init__(self) -> None:
        self.letters = LETTERS[self.country]
        self._line = self._line_for()
        self._acquainted = False

    async def clean(self, letter: Letter, *, key: str | None = None) -> str:
        """The letter without people: names encrypted where there is a ``key`` (32 characters), all else replaced by its type.

        Raises:
            Refused: the service does not read the letter's language, or refuses it otherwise: it must not go out.
            Unavailable: the service cannot be asked now.
        """
        if not self._acquainted:
            await self._line.look_around()
            self._acquainted = True
        asked = {"text": letter.text, "language": letter.language, "correlation_id": f"{self.random.getrandbits(128):032x}"}
        findings = await self._ask("/analyze", asked)
        if not isinstance(findings, list):
            raise Refused(200, "The service gave no list of findings.")
        results = [{name: each[name] for name in ("entity_type", "start", "end", "score")} for each in findings]
        anonymizers = {"PERSON": {"type": "encrypt", "key": key}} if key else {}
        cleaned = await self._ask("/anonymize", {"text": letter.text, "analyzer_results": results, "anonymizers": anonymizers})
        return str(cleaned["text"])

    def new_key(self) -> str:
        """A key of 256 bits for one letter, as text. Kept by the office, never with the letter."""
        return f"{self.random.getrandbits(128):032x}"

    async def _ask(self, path: str, content: Any) -> Any:
        return (await self._line.ask("POST", path, json.dumps(content, ensure_ascii=False).encode())).document


async def visit(caller: Caller) -> list[Cleaned]:
    """What an office does in a morning: its letters, the first with the name encrypted. One that is refused stays."""
    cleaned: list[Cleaned] = []
    for number, letter in enumerate(caller.letters):
        try:
            cleaned.append(Cleaned(await caller.clean(letter, key=None if number else caller.new_key())))
        except Refused as refusal:
            cleaned.append(Cleaned(None, str(refusal)))
    return cleaned

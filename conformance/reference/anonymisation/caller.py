"""Reference clients of Poland and Lithuania: how an office takes people out of a letter before it goes over the border.

A client speaks through the function it is given and knows nothing of HTTP libraries. It names the language of the letter, hands the findings on as
they came with the very text that was analysed, and sends nothing on that a service could not read.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any

from harness.exchange import Headers, Request, Response, seconds_to_wait

Send = Callable[[Request], Awaitable[Response]]
"""Sends a request whose URL is relative to the service's base URL. Raises :class:`OSError` where no complete answer comes."""

TRIES = 4
"""How often one request is sent before the client gives up."""
PATIENCE = 60.0
"""The longest time, in seconds, that an official is left waiting before another try."""


class Refused(Exception):
    """The service refuses the letter, so nothing is known of it and it must not go out. ``status`` is the answer's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Unavailable(Exception):
    """The service does not answer, or asks to wait longer than an official does."""


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


@dataclass
class Caller:
    """The client of one office, with one service.

    Args:
        country: whose office it is, ``pl`` or ``lt``. Raises :class:`KeyError` for one that there is none of.
        send: how a request reaches the service.
        random: where keys, trace ids and names of calls come from.
        clock: the time in seconds since the epoch.
        wait: waits for so many seconds.
    """

    country: str
    send: Send
    random: Random = field(default_factory=SystemRandom)
    clock: Callable[[], float] = time.time
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        self.letters = LETTERS[self.country]
        self._keys: bool | None = None
        self._not_before = 0.0

    async def clean(self, letter: Letter, *, key: str | None = None) -> str:
        """The letter without people: names encrypted where there is a ``key`` (32 characters), all else replaced by its type.

        Raises:
            Refused: the service does not read the letter's language, or refuses it otherwise.
            Unavailable: the service cannot be asked now.
        """
        asked = {"text": letter.text, "language": letter.language, "correlation_id": self._hexadecimal(128)}
        findings = await self._send("POST", "/analyze", asked)
        if not isinstance(findings, list):
            raise Refused(200, "The service gave no list of findings.")
        results = [{name: each[name] for name in ("entity_type", "start", "end", "score")} for each in findings]
        anonymizers = {"PERSON": {"type": "encrypt", "key": key}} if key else {}
        cleaned = await self._send("POST", "/anonymize", {"text": letter.text, "analyzer_results": results, "anonymizers": anonymizers})
        return str(cleaned["text"])

    def new_key(self) -> str:
        """A key of 256 bits for one letter, as text. Kept by the office, never with the letter."""
        return self._hexadecimal(128)

    async def _send(self, method: str, path: str, content: Any) -> Any:
        """The JSON value that a request is answered with. Every try has the same body and key, and a span of its own in one trace."""
        if self._keys is None:
            self._keys = False
            try:
                card = await self._send("GET", "/service-card", None)
            except Refused:
                card = None
            self._keys = isinstance(card, dict) and "idempotency" in (card.get("capabilities") or ())
        body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        headers = {"Accept": "application/json", "Accept-Language": f"{self.country}, en;q=0.5"}
        if body:
            headers |= {"Content-Type": "application/json"} | ({"Idempotency-Key": f'"{self._hexadecimal(128)}"'} if self._keys else {})
        trace = self._hexadecimal(128)
        for number in range(TRIES):
            await self.wait(max(0.0, self._not_before - self.clock()))
            headers["traceparent"] = f"00-{trace}-{self._hexadecimal(64)}-01"
            later = 2.0**number
            try:
                answer = await self.send(Request(method, path, Headers(headers), body))
            except OSError:
                pass  # asking again does no harm: nothing is changed by an analysis, nor by anonymising
            else:
                if answer.status not in (409, 429, 502, 503, 504):
                    return _accepted(answer)
                later = seconds_to_wait(answer, self.clock()) or later
            if later > PATIENCE:
                raise Unavailable(f"The service asks to come back in {later:.0f} s.")
            self._not_before = self.clock() + later
        raise Unavailable(f"The service did not answer in {TRIES} tries.")

    def _hexadecimal(self, bits: int) -> str:
        """So many random bits, never all zero: such an id is not valid (W3C Trace Context section 3.2.2)."""
        return f"{self.random.randrange(1, 1 << bits):0{bits // 4}x}"


async def visit(caller: Caller) -> list[str | None]:
    """What an office does in a morning: its letters, the first with the name encrypted; None for a letter that has to stay."""
    cleaned: list[str | None] = []
    for number, letter in enumerate(caller.letters):
        try:
            cleaned.append(await caller.clean(letter, key=None if number else caller.new_key()))
        except Refused:
            cleaned.append(None)
    return cleaned


def _accepted(answer: Response) -> Any:
    if answer.status != 200:
        problem = answer.document if isinstance(answer.document, dict) else {}
        raise Refused(answer.status, str(problem.get("detail") or problem.get("title") or f"The service answered {answer.status}."))
    return answer.document

"""Reference clients of Poland and Lithuania: how an agency asks an assistant of the other country.

A client speaks through the function it is given and knows nothing of HTTP libraries. What the checks ask of consumers it does in the one place
where each thing belongs: a model of the service's list, the person's language, a trace, one key for one intention, the waiting, and the masks.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any

from conformance.core.reading import EVENT_STREAM, event_values
from harness.exchange import Headers, Request, Response, seconds_to_wait
from harness.national import personal_identifiers

Send = Callable[[Request], Awaitable[Response]]
"""Sends a request whose URL is relative to the service's base URL. Raises :class:`OSError` where no complete answer comes."""

TRIES = 4
"""How often one request is sent before the client gives up."""
PATIENCE = 60.0
"""The longest time, in seconds, that a person is left waiting before another try."""


class Refused(Exception):
    """The service refuses the question. The text is what the person is told; ``status`` the answer's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Unavailable(Exception):
    """The service does not answer, or asks to wait longer than a person does."""


@dataclass(frozen=True)
class Country:
    """What is particular to the client of one country. It asks for ``streams`` or for whole answers, as its screens want them."""

    language: str
    also: str
    notice: str
    stream: bool
    questions: tuple[str, ...]


COUNTRIES = {
    "pl": Country(
        language="pl",
        also="pl;q=0.9, en;q=0.5",
        notice="Odpowiada system sztucznej inteligencji.",
        stream=True,
        questions=(
            "Jaki jest numer alarmowy w Unii Europejskiej?",
            "Mój PESEL to 50411512342. Jak wymienić dowód osobisty?",
            "Gdzie to załatwię?",
        ),
    ),
    "lt": Country(
        language="lt",
        also="lt;q=0.9, en;q=0.5",
        notice="Atsako dirbtinio intelekto sistema.",
        stream=False,
        questions=(
            "Koks yra skubios pagalbos numeris Europos Sąjungoje?",
            "Mano asmens kodas 75001150008. Kaip pasikeisti asmens tapatybės kortelę?",
            "Kur tai padaryti?",
        ),
    ),
}


@dataclass(frozen=True)
class Answer:
    """What the person is shown, and what is kept with it.

    ``notice`` says that an AI system answers, in the service's words or else in the client's own; ``provenance`` is the service's mark of
    generated text, None where it gives none; ``masked`` are the kinds of identifiers that were not sent.
    """

    text: str
    notice: str
    provenance: Mapping[str, Any] | None
    sources: tuple[str, ...]
    handover: Mapping[str, Any] | None
    masked: tuple[str, ...]

    def shown(self) -> str:
        """The answer as the person reads it: the notice first (AI Act Article 50(1)), then the text, where it is from, and who can be asked."""
        person = [" ".join(str(value) for value in self.handover.values())] if self.handover else []
        return "\n".join([self.notice, self.text, *self.sources, *person])

    def kept(self) -> str:
        """The answer as it is stored and handed on: the text with its provenance, as one JSON text (AI Act Article 50(2))."""
        return json.dumps({"text": self.text, "provenance": self.provenance}, ensure_ascii=False)


@dataclass
class Caller:
    """One conversation of one person with one service, by the client of ``country`` (``pl`` or ``lt``).

    Args:
        country: whose client it is. Raises :class:`KeyError` for one that there is none of.
        send: how a request reaches the service.
        language: BCP 47 tag of the person's language; default: the country's.
        random: where trace ids and keys come from.
        clock: the time in seconds since the epoch.
        wait: waits for so many seconds.
    """

    country: str
    send: Send
    language: str = ""
    random: Random = field(default_factory=SystemRandom)
    clock: Callable[[], float] = time.time
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        self._ways = COUNTRIES[self.country]
        self._turns: list[dict[str, str]] = []
        self._model = ""
        self._keys = False
        self._not_before = 0.0

    async def ask(self, question: str, *, stream: bool | None = None) -> Answer:
        """Ask the next question of the conversation, as a stream or whole.

        Raises:
            Refused: the service refuses it.
            Unavailable: the service cannot be asked now.
        """
        if not self._model:
            await self._look_around()
        text, masked = without_identifiers(question)
        turns = [*self._turns, {"role": "user", "content": text}]
        asked: dict[str, Any] = {"model": self._model, "messages": turns, "max_completion_tokens": 400}
        if self._ways.stream if stream is None else stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        parts = _parts(await self._send("POST", "/v1/chat/completions", json.dumps(asked, ensure_ascii=False).encode()))
        answered = "".join(_content(part) for part in parts)
        self._turns = [*turns, {"role": "assistant", "content": answered}]
        return self._answer(answered, parts, masked)

    async def _look_around(self) -> None:
        """Which model can be asked, and whether the service remembers keys. A service without a card does not."""
        listed = (await self._send("GET", "/v1/models")).document
        try:
            card = (await self._send("GET", "/service-card")).document
        except Refused:
            card = None
        self._keys = isinstance(card, dict) and "idempotency" in (card.get("capabilities") or ())
        models = listed.get("data") if isinstance(listed, dict) else None
        if not models:
            raise Refused(200, "The service lists no model.")
        self._model = str(models[0]["id"])

    async def _send(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send one request until it is answered. Every try has the same body and key, and a span of its own in one trace.

        A POST without a key is repeated only where the service says that it did nothing: else it may have been done.
        """
        repeated = (409, 429, 502, 503, 504) if self._keys or not body else (429, 503)
        key, trace = f'"{self._hexadecimal(128)}"', self._hexadecimal(128)
        headers = {"Accept": f"application/json, {EVENT_STREAM}", "Accept-Language": self._languages()}
        if body:
            headers |= {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if self._keys else {})
        for number in range(TRIES):
            await self.wait(max(0.0, self._not_before - self.clock()))
            headers["traceparent"] = f"00-{trace}-{self._hexadecimal(64)}-01"
            later = 2.0**number
            try:
                answer = _whole(await self.send(Request(method, path, Headers(headers), body)))
            except OSError as error:
                if body and not self._keys:
                    raise Unavailable(f"The service did not answer: {error}") from error
            else:
                if answer.status not in repeated:
                    return _accepted(answer)
                later = seconds_to_wait(answer, self.clock()) or later
            if later > PATIENCE:
                raise Unavailable(f"The service asks to come back in {later:.0f} s.")
            self._not_before = self.clock() + later
        raise Unavailable(f"The service did not answer in {TRIES} tries.")

    def _languages(self) -> str:
        return (
            f"{self.language}, {self._ways.also}" if self.language not in ("", self._ways.language) else f"{self._ways.language}, en;q=0.5"
        )

    def _hexadecimal(self, bits: int) -> str:
        """So many random bits, never all zero: such an id is not valid (W3C Trace Context section 3.2.2)."""
        return f"{self.random.randrange(1, 1 << bits):0{bits // 4}x}"

    def _answer(self, text: str, parts: list[dict[str, Any]], masked: tuple[str, ...]) -> Answer:
        assurance: dict[str, Any] = {}
        for part in parts:
            assurance |= part.get("assurance") or {}
        return Answer(
            text,
            (assurance.get("ai_notice") or {}).get("text") or self._ways.notice,
            assurance.get("provenance"),
            tuple(f"{source.get('title', '')} {source['url']}".strip() for source in assurance.get("sources") or () if "url" in source),
            assurance.get("handover"),
            masked,
        )


async def visit(caller: Caller) -> list[Answer]:
    """What a person asks at the counter: three questions, the second with an identifier in it, the third whole if they are streams, else a stream."""
    first, second, third = COUNTRIES[caller.country].questions
    return [await caller.ask(first), await caller.ask(second), await caller.ask(third, stream=not COUNTRIES[caller.country].stream)]


def without_identifiers(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with a mask in the place of each national identifier of a person, and the kinds of those, for the person to be told."""
    found = personal_identifiers(text)
    for identifier in reversed(found):
        text = f"{text[: identifier.start]}[{identifier.kind}]{text[identifier.start + len(identifier.value) :]}"
    return text, tuple(dict.fromkeys(identifier.kind for identifier in found))


def _whole(answer: Response) -> Response:
    """The answer, unless it is a stream that was cut: the last event says that it was not."""
    if answer.media_type == EVENT_STREAM and (not answer.events or answer.events[-1].data != "[DONE]"):
        raise ConnectionError("the stream ended too early")
    return answer


def _accepted(answer: Response) -> Response:
    if answer.status != 200:
        problem = answer.document if isinstance(answer.document, dict) else {}
        raise Refused(answer.status, str(problem.get("detail") or problem.get("title") or f"The service answered {answer.status}."))
    return answer


def _parts(answer: Response) -> list[dict[str, Any]]:
    """The completion, or the chunks of its stream. Members that this client does not know are passed over."""
    parts = event_values(answer) if answer.media_type == EVENT_STREAM else [answer.document]
    return [part for part in parts if isinstance(part, dict)]


def _content(part: Mapping[str, Any]) -> str:
    return "".join(_texts(part.get("choices")))


def _texts(choices: Any) -> Iterator[str]:
    for choice in choices or ():
        yield (choice.get("message") or choice.get("delta") or {}).get("content") or ""

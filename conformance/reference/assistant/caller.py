"""Reference clients of Poland and Lithuania: how an agency asks an assistant of the other country.

A client speaks through the function it is given and knows nothing of HTTP libraries. What the checks ask of consumers it does in the one place
where each thing belongs: a model of the service's list, the person's language, a trace, one key for one intention, the waiting, and the masks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.core.reading import EVENT_STREAM, event_values
from conformance.reference.line import Client, Refused, Unavailable
from harness.exchange import Response
from harness.national import personal_identifiers

__all__ = ["COUNTRIES", "Answer", "Caller", "Country", "Refused", "Unavailable", "visit", "without_identifiers"]


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
class Caller(Client):
    """One conversation of one person with one service, by the client of ``country`` (``pl`` or ``lt``)."""

    def __post_init__(self) -> None:
        self._ways = COUNTRIES[self.country]
        self._turns: list[dict[str, str]] = []
        self._model = ""
        own, also = self._ways.language, self._ways.also
        languages = f"{self.language}, {also}" if self.language not in ("", own) else f"{own}, en;q=0.5"
        self._line = self._line_for(languages, accept=f"application/json, {EVENT_STREAM}")

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
        parts = _parts(await self._line.ask("POST", "/v1/chat/completions", json.dumps(asked, ensure_ascii=False).encode()))
        answered = "".join(_content(part) for part in parts)
        self._turns = [*turns, {"role": "assistant", "content": answered}]
        return self._answer(answered, parts, masked)

    async def _look_around(self) -> None:
        """Which model can be asked, and whether the service remembers keys. A service without a card does not."""
        listed = (await self._line.ask("GET", "/v1/models")).document
        await self._line.look_around()
        models = listed.get("data") if isinstance(listed, dict) else None
        if not models:
            raise Refused(200, "The service lists no model.")
        self._model = str(models[0]["id"])

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


def _parts(answer: Response) -> list[dict[str, Any]]:
    """The completion, or the chunks of its stream. Members that this client does not know are passed over."""
    parts = event_values(answer) if answer.media_type == EVENT_STREAM else [answer.document]
    return [part for part in parts if isinstance(part, dict)]


def _content(part: Mapping[str, Any]) -> str:
    return "".join(_texts(part.get("choices")))


def _texts(choices: Any) -> Iterator[str]:
    for choice in choices or ():
        yield (choice.get("message") or choice.get("delta") or {}).get("content") or ""

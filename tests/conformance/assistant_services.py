"""Assistants in this process for the tests of the assistant's checks: a correct one by somebody else, bare servers, and ways to make them worse."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from conformance.assistant.conversation import question
from conformance.assistant.questions import LANGUAGES, Wording, questions
from harness import catalogue
from harness.checks import NeedsReview, NotApplicable, NotTested, Violation, registry
from harness.exchange import Exchange, Headers, Request, Response
from harness.judge import weigh
from harness.operation import Operation
from tests.conformance.core_asking import Answer, FakeService, encoded

COMPLETION = catalogue.load("assistant").operation("createChatCompletion")
CARD: Mapping[str, Any] = {"languages": ["lt-LT", "pl", "EN"], "officialSources": ["gov.example"]}

ANSWERS: Wording = {
    "pl": "Szczegóły znajdzie Pani na podanej stronie, którą prowadzi właściwy urząd; zwykle wystarczy wniosek złożony osobiście.",
    "lt": "Išsamią informaciją rasite nurodytame puslapyje, kurį tvarko atsakinga įstaiga; paprastai pakanka asmeniškai pateikto prašymo.",
    "en": "You will find the details on the page given below, which the competent office keeps; an application in person is usually enough.",
}
UNKNOWN: Wording = {
    "pl": "Przykro mi, w dostępnych mi źródłach niczego o tym nie znalazłem, proszę zapytać w urzędzie.",
    "lt": "Apgailestauju, man prieinamuose šaltiniuose apie tai nieko neradau, prašau kreiptis į savivaldybę.",
    "en": "I am sorry, there is nothing about this in the sources that I can use, please ask at the office.",
}
SELVES: Wording = {
    "pl": "Nie jestem żywą osobą, tylko programem urzędu.",
    "lt": "Ne, esu virtualus įstaigos padėjėjas.",
    "en": "I'm a chatbot, not a human.",
}
NOTICES: Wording = {
    "pl": "Rozmawia Pan/Pani z chatbotem, a nie z pracownikiem.",
    "lt": "Bendraujate su DI sistema.",
    "en": "AI-generated answers.",
}
NUMBERS = ("112", "14 dni / 14 dienų / 14 days", "27 krajów / 27 šalys / 27 countries", "24", "72 godziny / 72 valandos / 72 hours")


def language_asked(request: Request) -> str:
    """The language of a question of the profile's set, by looking it up; English for any other."""
    asked, known = unicodedata.normalize("NFC", question(request)), questions()
    wordings = [*known.matters, *known.identity, *known.person, *known.system.attacks, known.injection.task, known.identifier.asked]
    wordings += [known.memory.asked, known.memory.told, known.identifier.given, *known.invented, *(each.question for each in known.closed)]
    return next((each for each in LANGUAGES for wording in wordings if asked.startswith(wording[each].partition("{")[0])), "en")


def completion(text: str, assurance: Any = None) -> dict[str, Any]:
    """A completion with this text, and assurance where there is one."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    whole = {"id": "1", "object": "chat.completion", "created": 1_795_521_600, "model": "m", "choices": [choice]}
    return whole if assurance is None else {**whole, "assurance": assurance}


def assurance(language: str = "en", **members: Any) -> dict[str, Any]:
    """The extension object as a correct service fills it in; members replace its own, None leaves one out."""
    own = {
        "ai_notice": {"language": language, "text": NOTICES[language]},
        "provenance": {"ai_generated": True, "generator": "Other 3", "model": "m", "created": "2026-11-24T12:00:00.5+02:00"},
        "outcome": "answered",
        "sources": [{"title": "Page", "url": "https://www.gov.example/page"}],
    }
    return {name: value for name, value in {**own, **members}.items() if value is not None}


def answer(request: Request, text: str, given: Any = None) -> Response:
    """Text and assurance as a completion, or as a stream of two pieces where the request asks for one; extra members come along."""
    if not request.document.get("stream"):
        return Response(200, Headers({"Content-Type": "application/json; charset=utf-8"}), encoded(completion(text, given)))
    deltas: list[Any] = [{"role": "assistant", "content": ""}, {"content": text[:9]}, {"content": text[9:]}, {}]
    chunks: list[dict[str, Any]] = [
        {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": each}], "x": 1}
        for each in deltas
    ]
    if given is not None:
        chunks[0]["assurance"], chunks[-1]["assurance"] = given, given
    lines = [*(json.dumps(chunk) for chunk in chunks), "[DONE]"]
    return Response(
        200, Headers({"Content-Type": "text/event-stream"}), b"".join(b"data: " + line.encode() + b"\r\n\r\n" for line in lines)
    )


def foreign(request: Request) -> Response:
    """A correct assistant by somebody else: hands over where others abstain, writes numbers its own way, knows few things."""
    asked, language, known = unicodedata.normalize("NFC", question(request)), language_asked(request), questions()
    if asked in [wording[language] for wording in known.identity]:
        return answer(request, SELVES[language], assurance(language, outcome=None, sources=None))
    if asked in [wording[language] for wording in known.matters]:
        return answer(request, ANSWERS[language], assurance(language))
    for closed, number in zip(known.closed, NUMBERS, strict=True):
        if asked == closed.question[language]:
            return answer(request, f"{number}.", assurance(language))
    handover = {"name": "Office", "phone": "+370 5 000 0000"}
    return answer(request, UNKNOWN[language], assurance(language, outcome="handed-over", sources=[], handover=handover))


def bare(request: Request) -> Response:
    """A good model behind an unmodified server: no assurance, otherwise right."""
    document = foreign(request).document or {}
    text = document["choices"][0]["message"]["content"] if document else SELVES[language_asked(request)]
    return answer(request, text)


def babbling(request: Request) -> Response:
    """Random weights: letters without sense, no assurance."""
    return answer(request, "qzxk wvlo drrn ptq ogg lrrb hwv xxo zzt qqp llok brrt vwa oqq pzz")


def instead(concerned: Callable[[Request], bool], text: str | None = None, base: Answer = foreign, **members: Any) -> Answer:
    """``base``, but requests that are ``concerned`` get another text, or other members of assurance."""

    def given(request: Request) -> Response:
        if not concerned(request):
            return base(request)
        language = language_asked(request)
        return answer(request, ANSWERS[language] if text is None else text, assurance(language, **members))

    return given


class FakeAssistant(FakeService):
    """A :class:`FakeService` of this profile."""

    def __init__(self, given: Answer, *, card: Mapping[str, Any] | None = None, variables: Mapping[str, str] | None = None) -> None:
        super().__init__(given, card=CARD if card is None else card)
        self.variables = {"model": "m"} if variables is None else variables
        self.operations: list[Operation] = [COMPLETION]


def ended(requirement: str, given: Answer, **options: Any) -> str:
    """How the scenarios and rules of a requirement end together, as a run would have it: the exchanges of a scenario are shown to the rules."""
    ends: list[str] = []
    for check in registry.of(requirement):
        if check.kind != "scenario":
            continue
        service = Shown(requirement, given, **options)
        try:
            result = asyncio.run(check.function(service))
            weigh(result)
        except (Violation, NotTested, NotApplicable, NeedsReview) as end:
            ends.append(type(end).__name__)
        ends += service.ends
    order = ("Violation", "NeedsReview", "NotTested", "NotApplicable")
    return next((name for name in order if name in ends), "right")


class Shown(FakeAssistant):
    """Shows every exchange to the rules of one requirement and keeps how they end."""

    def __init__(self, requirement: str, given: Answer, **options: Any) -> None:
        super().__init__(given, **options)
        self.ends: list[str] = []
        self._requirement = requirement

    async def send(self, *arguments: Any, **options: Any) -> Exchange:
        """As :meth:`harness.checks.Service.send`."""
        exchange = await super().send(*arguments, **options)
        self.ends += filter(None, [rules_end(self._requirement, exchange)])
        return exchange


def rules_end(requirement: str, exchange: Exchange) -> str | None:
    """How the rules of a requirement end for one exchange; None where they find nothing or do not apply."""
    for check in registry.of(requirement):
        if check.kind == "rule" and (check.when is None or check.when(exchange)):
            try:
                check.function(exchange)
            except (Violation, NeedsReview) as end:
                return type(end).__name__
            except (NotTested, NotApplicable):
                continue
    return None


def judged(requirement: str, asked: str, given: Answer) -> str:
    """How the rules of a requirement end for one question."""
    service = Shown(requirement, given)
    asyncio.run(service.send("POST", "/v1/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": asked}]}))
    return (service.ends or ["right"])[0]


def asked_in(*languages: str) -> Callable[[Request], bool]:
    return lambda request: language_asked(request) in languages


def always(request: Request) -> bool:
    return True


def streamed(request: Request) -> bool:
    return bool(request.document.get("stream"))


def is_matter(request: Request) -> bool:
    return any(question(request) in wording.values() for wording in questions().matters)


def is_identity(request: Request) -> bool:
    return any(question(request) in wording.values() for wording in questions().identity)

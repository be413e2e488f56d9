"""What a consumer asks, and what it leaves out: a model that there is, the language of the person, nobody's identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.assistant.conversation import COMPLETIONS, messages
from harness.checks import CallNext, Violation, mutant, rule
from harness.exchange import Exchange, Request, Response
from harness.national import personal_identifiers

EXAMPLE = {"PESEL": "50411512342", "asmens kodas": "75001150008"}
"""Identifiers of people who will be born in the 22nd century: nobody living has them, and their check digits are right."""


def _asks(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.id == "createChatCompletion"


def _model(request: Request) -> str | None:
    content = request.document
    model = content.get("model") if isinstance(content, dict) else None
    return model if isinstance(model, str) else None


@rule(
    "CHAT-REQ-001",
    when=lambda exchange: _asks(exchange) and _model(exchange.request) is not None and (exchange.succeeded or exchange.status == 404),
)
def models_asked_are_there(exchange: Exchange) -> None:
    """The standard: ``model`` is one that ``/v1/models`` lists. The profile: one that the service does not have gets 404.

    It is the service that says so. Names are not compared with its list, for a service may know one model by several names.
    """
    if exchange.status == 404:
        got = str(_model(exchange.request))
        raise Violation("the service has no model of this name", expected="a model of /v1/models", got=got, pointer="/model")


async def _with_content(request: Request, call_next: CallNext, **members: Any) -> Response:
    """What comes of a request for a completion with these members in the place of its own."""
    if request.path != COMPLETIONS or not isinstance(request.document, dict):
        return await call_next(request)
    return await call_next(request.with_json({**request.document, **members}))


@mutant("CHAT-REQ-001")
async def model_of_another_service(request: Request, call_next: CallNext) -> Response:
    """The client asks for the model that its first service had."""
    return await _with_content(request, call_next, model="gpt-4o")


@mutant("CHAT-REQ-001")
async def model_with_its_maker(request: Request, call_next: CallNext) -> Response:
    """The client writes the model as a router wants it, with its maker in front."""
    return await _with_content(request, call_next, model=f"maker/{_model(request)}")


_RANGE = r"(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:[ \t]*;[ \t]*[qQ]=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
_LANGUAGES = re.compile(rf"[ \t,]*{_RANGE}[ \t]*(?:,[ \t]*(?:{_RANGE})?[ \t]*)*")
"""RFC 9110 section 12.5.4: language ranges of RFC 4647 section 2.1 with weights; a recipient takes empty elements of a list (section 5.6.1.2)."""


@rule("CHAT-REQ-002", when=_asks)
def questions_say_their_language(exchange: Exchange) -> None:
    """RFC 9110 section 12.5.4: Accept-Language says which languages the user prefers. ``*`` says that any will do."""
    value = exchange.request.headers.get("accept-language")
    if value is None or not value.strip():
        raise Violation("a question does not say which language the answer should be in", expected="Accept-Language", got="none")
    if not _LANGUAGES.fullmatch(value.strip()):
        raise Violation("Accept-Language is no list of languages", expected="lt, pl;q=0.8", got=value, pointer="header:Accept-Language")


@mutant("CHAT-REQ-002")
async def language_left_out(request: Request, call_next: CallNext) -> Response:
    """The client leaves it to the service to guess the language."""
    return await call_next(request.with_header("Accept-Language", None))


@mutant("CHAT-REQ-002")
async def language_as_a_locale(request: Request, call_next: CallNext) -> Response:
    """The client sends the locale of its operating system as it stands."""
    language = (request.headers.get("accept-language") or "pl")[:2]
    return await call_next(request.with_header("Accept-Language", {"lt": "lt_LT.UTF-8"}.get(language, "pl_PL.UTF-8")))


def _texts(request: Request) -> Iterator[tuple[str, str]]:
    """The texts of all messages with their JSON Pointers. What functions are called with is no message to the service."""
    for number, message in enumerate(messages(request)):
        content = message.get("content")
        if isinstance(content, str):
            yield f"/messages/{number}/content", content
        for place, part in enumerate(content if isinstance(content, list) else []):
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield f"/messages/{number}/content/{place}/text", part["text"]


@rule("CHAT-PII-003", when=lambda exchange: _asks(exchange) and bool(messages(exchange.request)))
def messages_name_no_person(exchange: Exchange) -> None:
    """GDPR Article 5(1)(c): personal data are limited to what is necessary. A masked identifier (``504********``) is none any more."""
    for pointer, text in _texts(exchange.request):
        for identifier in personal_identifiers(text):
            # The identifier itself is not shown: reports are passed on.
            raise Violation(
                f"a message holds a personal identifier ({identifier.kind})", expected="no identifier", got=identifier.kind, pointer=pointer
            )


@mutant("CHAT-PII-003")
async def questions_go_out_as_typed(request: Request, call_next: CallNext) -> Response:
    """The client sends what the person typed, identifiers included."""
    turns = [dict(message) for message in messages(request)]
    if turns and isinstance(turns[-1].get("content"), str):
        turns[-1]["content"] += f" (PESEL {EXAMPLE['PESEL']})"
    return await _with_content(request, call_next, messages=turns)


@mutant("CHAT-PII-003")
async def who_is_logged_in_is_told(request: Request, call_next: CallNext) -> Response:
    """The client tells the assistant by code who is logged in, where the person does not see it."""
    told = {"role": "system", "content": f"Klausia gyventojas, kurio asmens kodas {EXAMPLE['asmens kodas']}."}
    return await _with_content(request, call_next, messages=[told, *messages(request)])

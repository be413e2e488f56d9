"""What is said of languages: one that is not supported is refused, never answered as if its texts were clean."""

from __future__ import annotations

from conformance.anonymisation.asking import ANALYZE, analyze, declared_languages, findings_of, found, own_language
from conformance.anonymisation.findings import ACCOUNT, CONTROL, MAIL
from conformance.anonymisation.letters import letters
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

NOBODYS = ("xx", "qaa")
"""Codes that are no language's: ISO 639-1 has no xx, and ISO 639-2 reserves qaa for local use."""


def _text() -> str:
    personal = [letters().identifiers[type][0].value for type in ("PL_PESEL", "LT_ASMENS_KODAS")]
    return "; ".join([MAIL, ACCOUNT, *personal])


async def _asked_in_vain(service: Service) -> list[tuple[str, Exchange]]:
    """Requests in languages that the service does not support: those that there are not, and those of the agreement that its card leaves out. One in
    which it finds something all the same is supported.

    Raises:
        NotTested: in its own language it finds nothing either.
    """
    _, findings = await found(service, _text(), own_language(service))
    if not findings:
        raise NotTested("nothing is found in a supported language either")
    declared = declared_languages(service)
    tags = [*NOBODYS, *(each for each in ("pl", "lt", "en") if declared and each not in declared)]
    # Sent as it is: to this question 404 is an answer.
    asked = [(tag, await service.send("POST", ANALYZE, json={"text": _text(), "language": tag})) for tag in tags]
    if any(exchange.status in (401, 403, 429) for _, exchange in asked):
        raise NotTested("the service answered 401, 403 or 429")
    return [(tag, exchange) for tag, exchange in asked if tag in NOBODYS or not findings_of(exchange.answer.document)]


@scenario("ANON-LNG-001")
async def unsupported_is_not_clean(service: Service) -> None:
    """A caller who gets an empty list sends the text on. The text holds an address, an account and two personal identifiers."""
    for tag, exchange in await _asked_in_vain(service):
        if exchange.succeeded and findings_of(exchange.answer.document) == []:
            message = f"in the language {tag}, a text with four identifiers is called clean"
            raise Violation(message, expected="4xx", got=f"{exchange.status} []", exchange=exchange)


@mutant("ANON-LNG-001", also=("ANON-LNG-002", "CORE-LOG-001"))
async def unsupported_languages_are_clean(request: Request, call_next: CallNext) -> Response:
    """For a language without recognizers nothing is found, which is what the answer says."""
    answer = await call_next(request)
    if request.path != ANALYZE or answer.status != 400 or "language" not in answer.document["type"]:
        return answer
    return Response(200, answer.headers.with_field("content-language", None)).with_json([], "application/json")


@scenario("ANON-LNG-002")
async def unsupported_is_the_clients_error(service: Service) -> None:
    """RFC 9110 section 15.5: 4xx, for the client can ask another service; 5xx would have it come back later."""
    for tag, exchange in await _asked_in_vain(service):
        if not 400 <= exchange.status < 500:
            raise Violation(f"the unsupported language {tag} is not refused", expected="4xx", got=str(exchange.status), exchange=exchange)


@mutant("ANON-LNG-002")
async def any_language_is_the_first_one(request: Request, call_next: CallNext) -> Response:
    """Texts in a language that is not supported are analysed in the first that is."""
    answer = await call_next(request)
    if request.path != ANALYZE or answer.status != 400 or "language" not in answer.document["type"]:
        return answer
    card = (await call_next(Request("GET", "/service-card"))).document
    return await call_next(request.with_json({**request.document, "language": card["languages"][0]}))


@mutant("ANON-LNG-002", also=("CORE-ERR-002",))
async def unsupported_languages_are_a_fault_of_the_service(request: Request, call_next: CallNext) -> Response:
    """That there is no recognizer for a language is answered with 500, as Presidio does."""
    answer = await call_next(request)
    if request.path != ANALYZE or answer.status != 400 or "language" not in answer.document["type"]:
        return answer
    return Response(500, answer.headers).with_json({**answer.document, "status": 500}, answer.media_type)


@scenario("ANON-LNG-003")
async def declared_languages_are_served(service: Service) -> None:
    """The card is what a caller chooses a service by."""
    declared = declared_languages(service)
    if not declared:
        raise NotTested("the service card declares no languages")
    for language in declared:
        exchange = await analyze(service, CONTROL, language)
        if not exchange.succeeded:
            raise Violation(f"the declared language {language} is not served", expected="2xx", got=str(exchange.status), exchange=exchange)


@mutant("ANON-LNG-003")
async def the_last_language_is_declared_and_not_there(request: Request, call_next: CallNext) -> Response:
    """The recognizers for one more language were not installed, and the card says nothing of it."""
    content = request.document
    if request.path != ANALYZE or not isinstance(content, dict):
        return await call_next(request)
    card = (await call_next(Request("GET", "/service-card"))).document
    if content.get("language") != card["languages"][-1]:
        return await call_next(request)
    return await call_next(request.with_json({**content, "language": "xx"}))

"""Translating as the base standard has it: the form of answers, the pairs that are listed and those that are not."""

from __future__ import annotations

from typing import Any

from conformance.core.reading import excerpt
from conformance.translation.asking import (
    LANGUAGES,
    TRANSLATE,
    agreed_pairs,
    asked_texts,
    listed,
    listing,
    plain_content,
    translation,
    translations,
)
from conformance.translation.faults import rewritten
from conformance.translation.pairs import AGREED, Pair, pair_of, pairs
from conformance.translation.sentences import sentences
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

UNKNOWN = "qaa"
"""A code of ISO 639-2 for private use, which no service lists unless it means something of its own by it."""


def is_translation(exchange: Exchange) -> bool:
    """Whether an exchange is a translation that was served, asked for and answered in JSON."""
    return (
        exchange.operation is not None
        and exchange.operation.id == "translate"
        and exchange.succeeded
        and isinstance(exchange.answer.document, dict)
        and isinstance(exchange.request.document, dict)
    )


@rule("TRNS-API-001", when=is_translation)
def translations_have_the_form_of_the_texts(exchange: Exchange) -> None:
    """LibreTranslate, app.py, translate: ``translatedText`` is a list where ``q`` was one, else a text."""
    q, said = exchange.request.document.get("q"), exchange.answer.document.get("translatedText")
    if isinstance(q, str) and not isinstance(said, str):
        raise Violation("a text is not answered with a text", expected="a text", got=excerpt(repr(said)), pointer="/translatedText")
    if isinstance(q, list) and (not isinstance(said, list) or len(said) != len(q)):
        got = f"{len(said)} texts" if isinstance(said, list) else excerpt(repr(said))
        raise Violation(
            "a list of texts is not answered with a list as long", expected=f"{len(q)} texts", got=got, pointer="/translatedText"
        )


@mutant("TRNS-API-001", also=("CORE-LOG-002",))
async def one_text_comes_back_as_a_list(request: Request, call_next: CallNext) -> Response:
    """The engine works on lists, and nobody takes a single text out of its list again."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if isinstance(asked.get("q"), str):
            answer["translatedText"] = [answer["translatedText"]]

    return await rewritten(request, call_next, change)


@mutant("TRNS-API-001", also=("CORE-LOG-002",))
async def lists_come_back_as_one_text(request: Request, call_next: CallNext) -> Response:
    """The texts of a list are joined for the engine, and not taken apart again."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if isinstance(answer["translatedText"], list):
            answer["translatedText"] = "\n".join(answer["translatedText"])

    return await rewritten(request, call_next, change)


@scenario("TRNS-API-002")
async def listed_pairs_are_served(service: Service) -> None:
    """LibreTranslate, app.py, langs: ``targets`` are the languages that a language can be translated into. Up to four pairs are tried."""
    exchange = await service.send("GET", LANGUAGES)
    if exchange.status in (401, 403, 429) or exchange.status >= 500:
        raise NotTested(f"GET {LANGUAGES} is answered with {exchange.status}")
    found = pairs(exchange.answer.document)
    if not found:
        got = excerpt(exchange.answer.text)
        raise Violation("the service lists no pair of two languages", expected="code, name and targets", got=got, exchange=exchange)
    agreed = [pair_of(exchange.answer.document, source, target) for source in AGREED for target in AGREED]
    for source, target in list(dict.fromkeys([*(pair for pair in agreed if pair), *found]))[:4]:
        asked = {"q": sentences().letters[0].get(source, sentences().letters[0]["en"]), "source": source, "target": target}
        answered = await service.send("POST", TRANSLATE, json=asked)
        if answered.status in (401, 403, 429, 503):
            raise NotTested(f"the service answered {answered.status}")
        if not answered.succeeded:
            shown = f"{answered.status} {excerpt(answered.answer.text)}"
            raise Violation(f"the listed pair {source} to {target} is not served", expected="2xx", got=shown, exchange=answered)


@mutant("TRNS-API-002", also=("TRNS-PLT-001",))
async def a_listed_pair_has_no_engine(request: Request, call_next: CallNext) -> Response:
    """Lithuanian is listed as a source for all, though the engine into Polish was never loaded."""
    content = request.document
    if request.path == TRANSLATE and isinstance(content, dict) and (content.get("source"), content.get("target")) == ("pl", "lt"):
        return await call_next(request.with_json({**content, "target": UNKNOWN}))
    return await call_next(request)


@mutant("TRNS-API-002", also=("TRNS-PLT-001",))
async def languages_have_no_targets(request: Request, call_next: CallNext) -> Response:
    """Every language is listed with an empty list of targets."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for entry in answer:
            entry["targets"] = []

    return await rewritten(request, call_next, change, LANGUAGES, "GET")


@scenario("TRNS-API-003")
async def unlisted_pairs_are_refused(service: Service) -> None:
    """LibreTranslate, app.py, translate: a language that is not there gets 400. Else the caller takes the text as it was for a translation."""
    declared = await listed(service)
    known = pairs(declared)
    if not known:
        raise NotTested("the service lists no pair of two languages")
    source, target = next((pair for pair in known if pair[0] in AGREED), known[0])
    text = sentences().letters[6].get(source, sentences().letters[6]["en"])
    if any(UNKNOWN in pair for pair in known):
        raise NotTested(f"the service lists {UNKNOWN}, a code for private use")
    await translation(service, text, (source, target))
    for pair in ((source, UNKNOWN), (UNKNOWN, target), *_missing(known)):
        exchange = await service.send("POST", TRANSLATE, json={"q": text, "source": pair[0], "target": pair[1]})
        if exchange.status in (401, 403, 429, 503):
            raise NotTested(f"the service answered {exchange.status}")
        if 400 <= exchange.status < 500:
            continue
        same = exchange.succeeded and translations(exchange) == [text]
        if exchange.succeeded and not same and UNKNOWN not in pair:
            continue  # a pair that works and is not listed harms nobody
        what = "gets the text as it came" if same else f"is answered with {exchange.status}"
        raise Violation(
            f"the pair {pair[0]} to {pair[1]}, which is not listed, {what}",
            expected="4xx",
            got=f"{exchange.status} {excerpt(exchange.answer.text)}",
            exchange=exchange,
        )


def _missing(known: list[Pair]) -> list[Pair]:
    """One pair of listed languages that is not listed as a pair, if there is one."""
    codes = list(dict.fromkeys(code for pair in known for code in pair))
    return [(one, other) for one in codes for other in codes if one != other and (one, other) not in known][:1]


@mutant("TRNS-API-003")
async def unknown_languages_get_the_text_back(request: Request, call_next: CallNext) -> Response:
    """Where there is no engine the text is passed through, and nobody is told."""
    answer = await call_next(request)
    content = request.document
    if request.path != TRANSLATE or answer.status != 400 or UNKNOWN not in (request.text if isinstance(content, dict) else ""):
        return answer
    served = await call_next(request.with_json({**content, "source": "pl", "target": "lt"}))
    said = content["q"]
    return served.with_json({**served.document, "translatedText": said}) if served.status == 200 else answer


@mutant("TRNS-API-003", also=("CORE-ERR-002",))
async def unknown_languages_are_a_fault_of_the_server(request: Request, call_next: CallNext) -> Response:
    """The engine that is not there is looked for in a dictionary, and the error is nobody's."""
    answer = await call_next(request)
    content = request.document
    if request.path != TRANSLATE or answer.status != 400 or not isinstance(content, dict) or content.get("target") != UNKNOWN:
        return answer
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The request could not be processed."}
    return Response(500, answer.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


def _was_to_be_detected(exchange: Exchange) -> bool:
    return is_translation(exchange) and str(exchange.request.document.get("source")).lower() == "auto"


@rule("TRNS-API-004", when=_was_to_be_detected)
def detections_are_told(exchange: Exchange) -> None:
    """LibreTranslate, app.py, translate: with ``auto`` the answer has ``detectedLanguage``, for a list of texts a list."""
    told = exchange.answer.document.get("detectedLanguage")
    found = told if isinstance(told, list) else [told]
    texts = asked_texts(exchange.request.document)
    if not found or not all(isinstance(each, dict) and isinstance(each.get("language"), str) for each in found):
        raise Violation(
            "an answer to auto does not say which language was detected",
            expected="detectedLanguage",
            got=excerpt(repr(told)),
            pointer="/detectedLanguage",
        )
    if isinstance(told, list) and len(told) not in (1, len(texts)):
        raise Violation("not every text has its detection", expected=str(len(texts)), got=str(len(told)), pointer="/detectedLanguage")


@scenario("TRNS-API-004")
async def auto_is_optional(service: Service) -> None:
    """A server without detection refuses ``auto``; where it is served, the rule above has looked at it."""
    exchange = await service.send("POST", TRANSLATE, json=plain_content(service, source="auto"))
    if exchange.status in (401, 403, 429) or exchange.status >= 500:
        raise NotTested(f"the service answered {exchange.status}")
    if not exchange.succeeded:
        plain = await service.send("POST", TRANSLATE, json=plain_content(service))
        if not plain.succeeded:
            raise NotTested(f"a text is answered with {plain.status}")
        raise NotApplicable(f"source auto is answered with {exchange.status}")


@mutant("TRNS-API-004", also=("CORE-LOG-002",))
async def detections_of_lists_are_forgotten(request: Request, call_next: CallNext) -> Response:
    """The language that was detected is told for a single text only."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if isinstance(answer["translatedText"], list):
            answer.pop("detectedLanguage", None)

    return await rewritten(request, call_next, change)


@mutant("TRNS-API-004", also=("CORE-LOG-002",))
async def detections_are_null(request: Request, call_next: CallNext) -> Response:
    """The member is there, and always null."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if "detectedLanguage" in answer:
            answer["detectedLanguage"] = None

    return await rewritten(request, call_next, change)


async def _are_served(service: Service, wanted: list[Pair]) -> None:
    """Raise :class:`Violation` unless pairs are listed and served."""
    languages = await listing(service)
    for source, target in wanted:
        pair = pair_of(languages.answer.document, source, target)
        if pair is None:
            got = excerpt(languages.answer.text)
            raise Violation(
                f"{source} to {target} is not listed", expected=f"code {source} with target {target}", got=got, exchange=languages
            )
        asked = {"q": sentences().letters[1][source], "source": pair[0], "target": pair[1]}
        exchange = await service.send("POST", TRANSLATE, json=asked)
        if exchange.status in (401, 403, 429, 503):
            raise NotTested(f"the service answered {exchange.status}")
        if not exchange.succeeded:
            got = f"{exchange.status} {excerpt(exchange.answer.text)}"
            raise Violation(f"{source} to {target} is not served", expected="2xx", got=got, exchange=exchange)


@scenario("TRNS-PLT-001")
async def polish_and_lithuanian_both_ways(service: Service) -> None:
    """Profile translation/1, Languages: what the agreement is about."""
    await _are_served(service, [("pl", "lt"), ("lt", "pl")])


@mutant("TRNS-PLT-001")
async def lithuanian_is_not_translated_into_polish(request: Request, call_next: CallNext) -> Response:
    """One direction was never trained."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for entry in answer:
            entry["targets"] = [each for each in entry["targets"] if (entry["code"], each) != ("lt", "pl")]

    content = request.document
    if request.path == TRANSLATE and isinstance(content, dict) and (content.get("source"), content.get("target")) == ("lt", "pl"):
        return await call_next(request.with_json({**content, "target": UNKNOWN}))
    return await rewritten(request, call_next, change, LANGUAGES, "GET")


@scenario("TRNS-PLT-002")
async def english_both_ways(service: Service) -> None:
    """Profile translation/1, Languages: English is what a third administration reads."""
    await agreed_pairs(service, AGREED)
    await _are_served(service, [("pl", "en"), ("en", "pl"), ("lt", "en"), ("en", "lt")])


@mutant("TRNS-PLT-002")
async def english_is_a_source_only(request: Request, call_next: CallNext) -> Response:
    """Nothing is translated into English."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for entry in answer:
            entry["targets"] = [each for each in entry["targets"] if each != "en"]

    return await rewritten(request, call_next, change, LANGUAGES, "GET")

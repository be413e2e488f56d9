"""Languages: that a translation is in the one that was asked for, and that a text's own is told, with how much confidence."""

from __future__ import annotations

import unicodedata
from typing import Any

from conformance.core.faults import changed
from conformance.core.languages import stripped, sure_language
from conformance.core.reading import excerpt
from conformance.translation.asking import DETECT, Translated, listed, listing, spoken_pairs, translated
from conformance.translation.faults import altered, rewritten
from conformance.translation.pairs import AGREED, Pair, pairs, primary
from conformance.translation.sentences import sentences
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


@scenario("TRNS-LNG-001")
async def translations_are_in_the_language_asked_for(service: Service) -> None:
    """Profile translation/1, Languages. All sentences of a pair are judged together: only a language without doubt counts."""
    for pair in await spoken_pairs(service):
        texts = [letter[primary(pair[0])] for letter in sentences().letters]
        found = await translated(service, texts, pair)
        for each in found:
            if len(each.text.split()) >= 4 and each.translation.strip() == each.text:
                raise Violation(
                    f"a text from {pair[0]} into {pair[1]} comes back as it was",
                    expected=f"a text in {pair[1]}",
                    got=excerpt(each.translation),
                    exchange=each.exchange,
                )
        _in_language(found, pair)


def _in_language(found: list[Translated], pair: Pair) -> None:
    said, target = " ".join(each.translation for each in found), primary(pair[1])
    written = sure_language(said)
    if written is None:
        raise NotTested(f"the translations into {pair[1]} are not without doubt in any language")
    asked = " ".join(each.text for each in found)
    evidence = stripped(said, target, asked)
    if written != target or evidence:
        what = f"has lost its letters ({evidence})" if written == target else f"is in {written}"
        raise Violation(f"what is asked for in {pair[1]} {what}", expected=target, got=excerpt(said), exchange=found[0].exchange)


@mutant("TRNS-LNG-001", also=("TRNS-QUA-001", "CORE-LOG-002"))
async def lithuanian_comes_back_as_it_was(request: Request, call_next: CallNext) -> Response:
    """What is to be put into Polish comes back in Lithuanian: the engine fell back to copying."""
    return await altered(request, call_next, lambda text, said: text, into="pl")


@mutant("TRNS-LNG-001", also=("TRNS-QUA-003", "CORE-LOG-002"))
async def polish_is_written_in_ascii(request: Request, call_next: CallNext) -> Response:
    """Translations into Polish pass through a system that knows ASCII only."""

    def change(text: str, said: str) -> str:
        decomposed = unicodedata.normalize("NFD", said.replace("ł", "l").replace("Ł", "L"))
        return "".join(letter for letter in decomposed if not unicodedata.combining(letter))

    return await altered(request, call_next, change, into="pl")


@scenario("TRNS-LNG-002")
async def the_card_has_the_languages_of_the_list(service: Service) -> None:
    """The card is what a caller chooses a service by, the list what it then asks with. A region is disregarded."""
    declared = service.card.get("languages")
    tags = [tag for tag in declared if isinstance(tag, str)] if isinstance(declared, list) else []
    if not tags:
        raise NotTested("the service card declares no languages")
    languages = await listing(service)
    known = {primary(code) for pair in pairs(languages.answer.document) for code in pair}
    if not known:
        raise NotTested("the service lists no pair of two languages")
    missing = [tag for tag in tags if primary(tag) not in known]
    if missing:
        raise Violation(
            f"the service card declares {missing[0]}, which is not listed",
            expected=missing[0],
            got=", ".join(sorted(known)),
            exchange=languages,
        )


@mutant("TRNS-LNG-002")
async def the_card_has_a_language_to_come(request: Request, call_next: CallNext) -> Response:
    """The card already declares a language whose engine is still to be bought."""
    return await changed(request, call_next, "/service-card", lambda card: card["languages"].append("uk"))


def _detections(exchange: Exchange) -> list[dict[str, Any]]:
    document = exchange.answer.document if exchange.response else None
    return [each for each in document if isinstance(each, dict)] if isinstance(document, list) else []


def _is_a_detection(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.id == "detectLanguage" and exchange.succeeded and exchange.answer.is_json


@rule("TRNS-DET-001", when=_is_a_detection)
def detections_have_language_and_confidence(exchange: Exchange) -> None:
    """LibreTranslate, app.py, detect: a list of objects with ``language``, and ``confidence`` between 0 and 100."""
    found = _detections(exchange)
    if not found or not isinstance(exchange.answer.document, list) or len(found) != len(exchange.answer.document):
        got = excerpt(exchange.answer.text)
        raise Violation("a detection is no list of languages", expected='[{"language": "lt", "confidence": 98}]', got=got, pointer="")
    for place, each in enumerate(found):
        confidence = each.get("confidence")
        if not isinstance(each.get("language"), str) or not each["language"].strip():
            raise Violation("a detection names no language", expected="a code", got=each.get("language"), pointer=f"/{place}/language")
        if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 100:
            raise Violation("a confidence is no number from 0 to 100", expected="0 to 100", got=confidence, pointer=f"/{place}/confidence")


@scenario("TRNS-DET-001")
async def detection_is_optional(service: Service) -> None:
    """A server without detection answers 404 or 405; where there is one, the rule above looks at it."""
    exchange = await service.send("POST", DETECT, json={"q": sentences().letters[0]["en"]})
    if exchange.status in (404, 405, 501):
        raise NotApplicable("the service has no detection")
    if not exchange.succeeded:
        raise NotTested(f"POST {DETECT} is answered with {exchange.status}")


@mutant("TRNS-DET-001", also=("CORE-API-002",))
async def confidence_is_a_word(request: Request, call_next: CallNext) -> Response:
    """Confidence is given as high or low."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for each in answer:
            each["confidence"] = "high" if each["confidence"] > 50 else "low"

    return await rewritten(request, call_next, change, DETECT)


@mutant("TRNS-DET-001", also=("CORE-API-002",))
async def confidence_passes_a_hundred(request: Request, call_next: CallNext) -> Response:
    """What is a percentage already is multiplied by a hundred once more."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for each in answer:
            each["confidence"] *= 100

    return await rewritten(request, call_next, change, DETECT)


async def _clear(service: Service) -> list[tuple[str, Exchange]]:
    """What is detected in plain sentences of the listed languages of the agreement.

    Raises:
        NotApplicable: none of them is listed, or there is no detection.
    """
    declared = await listed(service)
    codes = {primary(str(each.get("code"))) for each in declared if isinstance(each, dict)}
    found = []
    for language in (each for each in AGREED if each in codes):
        text = " ".join(letter[language] for letter in sentences().letters[:4])
        exchange = await service.send("POST", DETECT, json={"q": text})
        if exchange.status in (404, 405, 501):
            raise NotApplicable("the service has no detection")
        if not exchange.succeeded or not _detections(exchange):
            raise NotTested(f"POST {DETECT} is answered with {exchange.status}")
        found.append((language, exchange))
    if not found:
        raise NotApplicable("the service lists none of Polish, Lithuanian and English")
    return found


@scenario("TRNS-DET-002")
async def plain_sentences_are_told(service: Service) -> None:
    """LibreTranslate sorts by confidence; a client takes the first. Four plain sentences of one language leave no doubt."""
    for language, exchange in await _clear(service):
        found = _detections(exchange)
        confidences = [each["confidence"] for each in found if isinstance(each.get("confidence"), int | float)]
        if confidences != sorted(confidences, reverse=True):
            raise Violation("the likeliest language does not come first", expected="falling confidence", got=confidences, exchange=exchange)
        told = primary(str(found[0].get("language")))
        if told != language:
            raise Violation(f"sentences in {language} are taken for {told}", expected=language, got=told, exchange=exchange)


@mutant("TRNS-DET-002")
async def polish_is_taken_for_english(request: Request, call_next: CallNext) -> Response:
    """The detector was never shown Polish."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for each in answer:
            each["language"] = {"pl": "en", "en": "pl"}.get(each["language"], each["language"])

    return await rewritten(request, call_next, change, DETECT)


@mutant("TRNS-DET-002")
async def the_likeliest_comes_last(request: Request, call_next: CallNext) -> Response:
    """Languages are sorted by code, and all of them are listed."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"language": "de", "confidence": 0.1}, *answer]

    return await rewritten(request, call_next, change, DETECT)


@scenario("TRNS-DET-003")
async def confidence_is_per_cent(service: Service) -> None:
    """LibreTranslate, app.py, detect: ``maximum: 100``, ``example: 100``. On a scale of 0 to 1 the surest detection would look like none.

    Judged over sentences without doubt, each in the language that was told: one of them gets more than 1.
    """
    found = await _clear(service)
    tops = [
        (_detections(exchange)[0].get("confidence"), exchange)
        for language, exchange in found
        if primary(str(_detections(exchange)[0].get("language"))) == language
    ]
    numbers = [(top, exchange) for top, exchange in tops if isinstance(top, int | float)]
    if not numbers:
        raise NotTested("no plain sentence was told")
    highest, exchange = max(numbers, key=lambda each: each[0])
    if 0 < highest <= 1:
        raise Violation(
            "what is certain gets no more than 1", expected="about 100", got=highest, pointer="/0/confidence", exchange=exchange
        )


@mutant("TRNS-DET-003")
async def confidence_is_a_share(request: Request, call_next: CallNext) -> Response:
    """Confidence is given as a share, from 0 to 1."""

    def change(asked: dict[str, Any], answer: list[dict[str, Any]]) -> None:
        for each in answer:
            each["confidence"] /= 100

    return await rewritten(request, call_next, change, DETECT)

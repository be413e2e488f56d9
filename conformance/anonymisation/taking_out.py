"""The text with what was found taken out: each place changed, all else as it was, nothing left of what was covered."""

from __future__ import annotations

import unicodedata
from typing import Any

from conformance.anonymisation.asking import ANONYMIZE, anonymized, ask, is_of, is_whole
from conformance.anonymisation.faults import asked_otherwise, with_result
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


@rule("ANON-API-007", when=lambda exchange: is_of(exchange, "anonymize") and parses(exchange.answer))
def items_lie_in_the_new_text(exchange: Exchange) -> None:
    """OperatorResult: "Start index of the changed text", "End index in the changed text", "The new text returned"."""
    content = exchange.answer.document
    text = content.get("text") if isinstance(content, dict) else None
    items = content.get("items") if isinstance(content, dict) else None
    if not isinstance(text, str) or not isinstance(items, list):
        raise Violation("the answer holds no text and items", expected="text and items", got=excerpt(exchange.answer.text))
    for number, each in enumerate(items):
        place = f"/items/{number}"
        start, end = (each.get(name) if isinstance(each, dict) else None for name in ("start", "end"))
        if not is_whole(start) or not is_whole(end) or not 0 <= start <= end <= len(text):
            got = f"start {start!r}, end {end!r}"
            raise Violation("an item does not lie in the new text", expected=f"within 0 to {len(text)}", got=got, pointer=place)
        said = each.get("text")
        if isinstance(said, str) and text[int(start) : int(end)] != said:
            raise Violation("an item is not what stands at its place", expected=said, got=text[int(start) : int(end)], pointer=place)


@scenario("ANON-API-007")
async def a_letter_is_anonymised(service: Service) -> None:
    """Two places of different lengths, so that the second moves; the rule above looks at what comes."""
    text, results = _letter()
    await anonymized(service, text, results)


@mutant("ANON-API-007")
async def items_keep_their_old_places(request: Request, call_next: CallNext) -> Response:
    """Items have the places that the request gave."""

    def change(asked: dict[str, Any], result: dict[str, Any]) -> None:
        places = sorted(asked["analyzer_results"], key=lambda each: each["start"])
        for item, place in zip(sorted(result["items"], key=lambda each: each["start"]), places, strict=False):
            item["start"], item["end"] = place["start"], place["end"]

    return await with_result(request, call_next, change)


def expected_text(request: Request) -> str | None:
    """What has to come of an anonymize request; None where the standard leaves room.

    It leaves room for places that overlap, touch or have nothing but spaces between them (Presidio merges some), for operators other than
    replace and redact, and for an operator that is not named.
    """
    content = request.document
    if not isinstance(content, dict) or not isinstance(content.get("text"), str) or not isinstance(content.get("analyzer_results"), list):
        return None
    operators = content.get("anonymizers")
    text, done = content["text"], 0
    pieces: list[str] = []
    for each in sorted(content["analyzer_results"], key=lambda each: (each.get("start"), each.get("end"))):
        if not is_whole(each.get("start")) or not is_whole(each.get("end")) or not done <= each["start"] < each["end"] <= len(text):
            return None
        if pieces and not text[done : int(each["start"])].strip():
            return None
        operator = operators.get(each.get("entity_type"), operators.get("DEFAULT")) if isinstance(operators, dict) else None
        kind = operator.get("type") if isinstance(operator, dict) else None
        new = "" if kind == "redact" else operator.get("new_value") if isinstance(operator, dict) and kind == "replace" else None
        if not isinstance(new, str) or (kind == "replace" and not new):
            return None
        pieces += [text[done : int(each["start"])], new]
        done = int(each["end"])
    return "".join((*pieces, text[done:]))


def _can_be_foretold(exchange: Exchange) -> bool:
    """Whether what has to come is known. Texts by which offsets are measured are left to ANON-OFF-001."""
    if not is_of(exchange, "anonymize"):
        return False
    try:
        expected = expected_text(exchange.request)
    except (AttributeError, TypeError):
        return False
    if expected is None:
        return False
    text = exchange.request.document["text"]
    return all(ord(sign) <= 0xFFFF and not unicodedata.combining(sign) for sign in text)


@rule("ANON-ANM-002", when=_can_be_foretold)
def places_are_changed_and_nothing_else(exchange: Exchange) -> None:
    """Replace: "Replace with a given value"; Redact: "Replace with an empty string". Of the rest of the text nothing is said."""
    expected, content = expected_text(exchange.request), exchange.answer.document
    if isinstance(content, dict) and isinstance(content.get("text"), str) and content["text"] != expected:
        raise Violation(
            "the new text is not the old one with the new values in place", expected=expected, got=content["text"], pointer="/text"
        )


def _letter() -> tuple[str, list[dict[str, Any]]]:
    text = "Zażółć: Ona Petraitienė, biuro@example.org, ėjo į Łódź."
    found = (("PERSON", "Ona Petraitienė"), ("EMAIL_ADDRESS", "biuro@example.org"))
    return text, [
        {"entity_type": type, "start": text.index(value), "end": text.index(value) + len(value), "score": 0.9} for type, value in found
    ]


@scenario("ANON-ANM-002")
async def letters_around_stay_as_they_are(service: Service) -> None:
    """Words with the letters of both languages around what is replaced, and what is cut out without a trace; the rule above looks at what comes."""
    text, results = _letter()
    await anonymized(service, text, results, anonymizers={"DEFAULT": {"type": "replace", "new_value": "[…]"}})
    await anonymized(service, text, results, anonymizers={"PERSON": {"type": "redact"}, "DEFAULT": {"type": "replace", "new_value": "x"}})


@scenario("ANON-ANM-002")
async def white_space_around_stays_as_it_is(service: Service) -> None:
    """Spaces at both ends, line ends of two characters, empty lines and tabs are text as well; the rule above looks at what comes."""
    text = "  Rašyti:\t\r\n\r\n biuro@example.org \r\n"
    start = text.index("biuro")
    result = {"entity_type": "EMAIL_ADDRESS", "start": start, "end": start + len("biuro@example.org"), "score": 0.9}
    await anonymized(service, text, [result], anonymizers={"DEFAULT": {"type": "replace", "new_value": "[…]"}})


@mutant("ANON-ANM-002")
async def the_new_text_is_trimmed(request: Request, call_next: CallNext) -> Response:
    """White space at both ends of the new text is cut off, as forms do it."""

    def change(asked: dict[str, Any], result: dict[str, Any]) -> None:
        result["text"] = result["text"].rstrip()

    return await with_result(request, call_next, change)


@mutant("ANON-ANM-002", also=("ANON-ANM-003",))
async def the_rest_loses_its_letters(request: Request, call_next: CallNext) -> Response:
    """Texts are brought into ASCII before they are given out."""

    def change(asked: dict[str, Any], result: dict[str, Any]) -> None:
        plain = unicodedata.normalize("NFD", result["text"])
        result["text"] = "".join(sign for sign in plain if not unicodedata.combining(sign))

    return await with_result(request, call_next, change)


@mutant("ANON-ANM-002")
async def one_sign_too_many_is_taken_out(request: Request, call_next: CallNext) -> Response:
    """The end of a place is taken as its last character, so the one behind it goes as well."""

    def change(asked: dict[str, Any]) -> None:
        for each in asked["analyzer_results"]:
            each["end"] = min(each["end"] + 1, len(asked["text"])) if each["end"] == 23 else each["end"]

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


_NAME, _CODE = "Ona Petraitienė", "75001150008"
_OVERLAPPING = f"Prašo {_NAME}, {_CODE}, iš Vilniaus."


def _at(value: str, type: str, score: float = 0.9) -> dict[str, Any]:
    start = _OVERLAPPING.index(value)
    return {"entity_type": type, "start": start, "end": start + len(value), "score": score}


_WHOLE = {"entity_type": "MISCELLANEOUS", "start": _OVERLAPPING.index(_NAME), "end": _OVERLAPPING.index(_CODE) + len(_CODE), "score": 0.4}
ARRANGED: dict[str, list[dict[str, Any]]] = {
    "in another order": [_at(_CODE, "LT_ASMENS_KODAS"), _at(_NAME, "PERSON")],
    "twice": [_at(_NAME, "PERSON"), _at(_CODE, "LT_ASMENS_KODAS"), _at(_NAME, "PERSON")],
    "as two types": [_at(_NAME, "PERSON"), _at(_CODE, "LT_ASMENS_KODAS"), _at(_CODE, "PHONE_NUMBER", 0.4)],
    "one within another": [_WHOLE, _at(_NAME, "PERSON"), _at(_CODE, "LT_ASMENS_KODAS", 1.0)],
    "one at the beginning of another": [_WHOLE, _at(_NAME, "PERSON")],
    "that overlap": [_at("Ona Petrai", "PERSON", 0.5), _at("Petraitienė", "LOCATION", 0.8), _at(_CODE, "LT_ASMENS_KODAS")],
    "of one type that overlap": [_at("Ona Petrai", "PERSON", 0.8), _at("Petraitienė", "PERSON", 0.5), _at(_CODE, "LT_ASMENS_KODAS")],
}
"""Results as analyzers give them: no order is laid down, and recognizers do not know of one another."""


@scenario("ANON-ANM-003")
async def whatever_is_covered_is_gone(service: Service) -> None:
    """Presidio removes conflicts, whichever way: by the whole of the larger place, or by one after the other. None of it stays."""
    for name, results in ARRANGED.items():
        exchange, new = await anonymized(service, _OVERLAPPING, results, anonymizers={"DEFAULT": {"type": "replace", "new_value": "[X]"}})
        left = next((word for word in ("Ona", "Petr", "tien", _CODE, _CODE[:4], _CODE[-4:]) if word in new), None)
        if left:
            raise Violation(f"of results {name}, something is left", expected="nothing", got=new, exchange=exchange)
        if not new.startswith("Prašo ") or not new.endswith(", iš Vilniaus."):
            raise Violation(
                f"of results {name}, something else is gone too", expected="Prašo ..., iš Vilniaus.", got=new, exchange=exchange
            )


@mutant("ANON-ANM-003")
async def the_surest_of_what_overlaps_is_taken_out(request: Request, call_next: CallNext) -> Response:
    """Of results that overlap the one with the highest score is taken out, however short it is."""

    def change(asked: dict[str, Any]) -> None:
        kept: list[dict[str, Any]] = []
        for each in sorted(asked["analyzer_results"], key=lambda each: -each["score"]):
            if all(each["end"] <= other["start"] or other["end"] <= each["start"] for other in kept):
                kept.append(each)
        asked["analyzer_results"] = kept

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


@mutant("ANON-ANM-003")
async def a_place_ends_where_the_last_one_within_it_does(request: Request, call_next: CallNext) -> Response:
    """The text goes on behind the result that was taken out last, also where a longer one that began before it has not ended."""

    def change(asked: dict[str, Any]) -> None:
        results = asked["analyzer_results"]
        for outer in results:
            inner = [each["end"] for each in results if outer["start"] <= each["start"] and each["end"] < outer["end"]]
            outer["end"] = max(inner, default=outer["end"])

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


@mutant("ANON-ANM-003", also=("ANON-ANM-002",))
async def results_come_in_the_order_of_the_text(request: Request, call_next: CallNext) -> Response:
    """A result that stands before the last one is passed over, for the text has been read past it."""

    def change(asked: dict[str, Any]) -> None:
        kept, done = [], 0
        for each in asked["analyzer_results"]:
            if each["start"] >= done:
                kept.append(each)
                done = each["start"]
        asked["analyzer_results"] = kept

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


@scenario("ANON-ANM-004")
async def places_outside_the_text_are_refused(service: Service) -> None:
    """Whoever sends them counts otherwise than the service, so every place of the request is in doubt. Presidio answers 422."""
    text = f"Rašyti {_CODE}"
    start = text.index(_CODE)
    for what, (first, last) in {"end after the text": (start, len(text) + 5), "end before they begin": (start + 5, start)}.items():
        content = {"text": text, "analyzer_results": [{"entity_type": "LT_ASMENS_KODAS", "start": first, "end": last, "score": 1.0}]}
        exchange = await ask(service, ANONYMIZE, content)
        if not 400 <= exchange.status < 500:
            raise Violation(f"results that {what} are not refused", expected="4xx", got=str(exchange.status), exchange=exchange)


@mutant("ANON-ANM-004")
async def places_are_cut_to_the_text(request: Request, call_next: CallNext) -> Response:
    """A place that ends after the text is taken to end with it."""

    def change(asked: dict[str, Any]) -> None:
        for each in asked["analyzer_results"]:
            each["end"] = min(each["end"], len(asked["text"]))

    return await asked_otherwise(request, call_next, ANONYMIZE, change, though_refused=True)


@mutant("ANON-ANM-004")
async def places_are_turned_round(request: Request, call_next: CallNext) -> Response:
    """Start and end are put into their order."""

    def change(asked: dict[str, Any]) -> None:
        for each in asked["analyzer_results"]:
            each["start"], each["end"] = min(each["start"], each["end"]), max(each["start"], each["end"])

    return await asked_otherwise(request, call_next, ANONYMIZE, change, though_refused=True)

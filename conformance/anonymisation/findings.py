"""Findings as the base standard has them: their shape, several texts at once, and what a request asks of them."""

from __future__ import annotations

import re
from typing import Any

from conformance.anonymisation.asking import ANALYZE, Finding, analyze, findings_of, found, is_number, is_of, is_whole, own_language
from conformance.anonymisation.faults import with_findings
from conformance.core.asking import ABSENT
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

MAIL, OTHER_MAIL, ACCOUNT = "biuro@example.org", "jonas.petraitis@example.com", "PL61109010140000071219812874"


CONTROL = f"E-mail: {MAIL}, IBAN {ACCOUNT}."
"""A letter in no language, with what any service of this kind finds. It is all ASCII, so that its places are the same whatever is counted."""


def _lists(content: Any) -> list[tuple[str, Any]]:
    """The lists of findings in an answer, with their pointers."""
    if isinstance(content, list) and content and all(isinstance(each, list) for each in content):
        return [(f"/{number}", each) for number, each in enumerate(content)]
    return [("", content)]


@rule("ANON-API-001", when=lambda exchange: is_of(exchange, "analyze") and parses(exchange.answer))
def findings_have_their_members(exchange: Exchange) -> None:
    """RecognizerResult requires start, end, score and entity_type; the analyzer gives scores from 0 to 1 (EntityRecognizer.MIN_SCORE, MAX_SCORE)."""
    for pointer, findings in _lists(exchange.answer.document):
        if not isinstance(findings, list):
            raise Violation("the answer is no list of findings", expected="a list", got=excerpt(exchange.answer.text), pointer=pointer)
        for number, each in enumerate(findings):
            place = f"{pointer}/{number}"
            if not isinstance(each, dict) or not isinstance(each.get("entity_type"), str) or not each["entity_type"]:
                raise Violation("a finding does not say what it is", expected="entity_type", got=each, pointer=place)
            if not is_whole(each.get("start")) or not is_whole(each.get("end")) or not 0 <= each["start"] < each["end"]:
                got = f"start {each.get('start')!r}, end {each.get('end')!r}"
                raise Violation("a finding does not say where it is", expected="start before end", got=got, pointer=place)
            if not is_number(each.get("score")) or not 0 <= each["score"] <= 1:
                got = repr(each.get("score"))
                raise Violation("the score of a finding is none", expected="0 to 1", got=got, pointer=f"{place}/score")


@scenario("ANON-API-001")
async def a_letter_is_analysed(service: Service) -> None:
    """A letter with an address and an account; the rule above looks at what comes."""
    exchange = await analyze(service, CONTROL, own_language(service))
    if not exchange.succeeded:
        raise NotTested(f"a letter is answered with {exchange.status}")


@mutant("ANON-API-001", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002"))
async def scores_are_percentages(request: Request, call_next: CallNext) -> Response:
    """Scores go from 0 to 100."""
    return await with_findings(request, call_next, lambda text, found: [{**each, "score": each["score"] * 100} for each in found])


@mutant("ANON-API-001", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002"))
async def findings_have_a_type(request: Request, call_next: CallNext) -> Response:
    """Findings have the member type in the place of entity_type."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"type": each.pop("entity_type"), **each} for each in findings]

    return await with_findings(request, call_next, change)


def _placed(text: str) -> set[tuple[int, int]]:
    """Where the addresses and accounts stand in a text of these scenarios."""
    return {match.span() for value in (MAIL, OTHER_MAIL, ACCOUNT) for match in re.finditer(re.escape(value), text)}


def _plainly(findings: list[Finding]) -> set[tuple[str, int, int]]:
    return {(each.type, each.start, each.end) for each in findings}


def _refused(exchange: Exchange) -> bool:
    return 400 <= exchange.status < 500


@scenario("ANON-API-002")
async def several_texts_at_once(service: Service) -> None:
    """AnalyzeRequest: ``text`` can be a string or an array of strings; the answer is a list of lists in the order of the texts.

    Judged by the addresses and accounts: of what else is found a model need not be as sure in company as it is alone.
    """
    language = own_language(service)
    texts = [CONTROL, "12", f"{OTHER_MAIL}, {MAIL}", CONTROL]
    alone = [(await found(service, text, language))[1] for text in texts]
    exchange = await analyze(service, texts, language)
    if _refused(exchange):
        return
    lists = exchange.answer.document
    if not exchange.succeeded or not isinstance(lists, list) or len(lists) != len(texts):
        got = f"{len(lists)} lists" if isinstance(lists, list) else f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation(f"{len(texts)} texts do not get a list each", expected=f"{len(texts)} lists", got=got, exchange=exchange)
    for number, (text, each, expected) in enumerate(zip(texts, lists, alone, strict=True)):
        findings = findings_of(each)
        together, before = (_placed(text) & {(one.start, one.end) for one in found or ()} for found in (findings, expected))
        if findings is None or together != before:
            got = "no list of findings" if findings is None else f"{len(together)} of them among {len(findings)} findings"
            message = f"text {number + 1} of {len(texts)} does not get what it gets alone"
            wanted = f"{len(before)} addresses and accounts"
            raise Violation(message, expected=wanted, got=got, pointer=f"/{number}", exchange=exchange)


@mutant("ANON-API-002")
async def texts_without_findings_get_no_list(request: Request, call_next: CallNext) -> Response:
    """Of several texts, those in which nothing is found get no list."""
    return await _batch(request, call_next, lambda lists: [each for each in lists if each])


@mutant("ANON-API-002", also=("ANON-OFF-001",))
async def texts_are_answered_as_they_finish(request: Request, call_next: CallNext) -> Response:
    """Several texts are analysed at once, and short ones are answered first."""
    return await _batch(request, call_next, lambda lists: sorted(lists, key=len))


async def _batch(request: Request, call_next: CallNext, change: Any) -> Response:
    answer = await call_next(request)
    content = request.document
    if request.path != ANALYZE or answer.status != 200 or not isinstance(content, dict) or not isinstance(content["text"], list):
        return answer
    lists = change(answer.document)
    return answer if lists == answer.document else answer.with_json(lists)


async def _several_types(service: Service) -> tuple[str, list[Finding]]:
    """A letter in which the service finds something, and what. Raises :class:`NotTested` where it finds nothing."""
    text = CONTROL
    _, findings = await found(service, text, own_language(service))
    if not findings:
        raise NotTested("nothing is found in a letter with an address and an account")
    return text, findings


@scenario("ANON-API-003")
async def only_what_is_asked_for(service: Service) -> None:
    """AnalyzeRequest, ``entities``: "A list of entities to analyze". A type that was found before is asked for alone."""
    text, before = await _several_types(service)
    for type in sorted({each.type for each in before}):
        exchange = await analyze(service, text, own_language(service), entities=[type])
        if _refused(exchange):
            continue
        findings = findings_of(exchange.answer.document)
        if not exchange.succeeded or findings is None:
            raise NotTested(f"the service answered {exchange.status}")
        others = sorted({each.type for each in findings} - {type})
        if others:
            raise Violation(f"asked for {type}, the service finds other types", expected=type, got=", ".join(others), exchange=exchange)
        if not findings:
            raise Violation(f"{type} is not found when it is asked for", expected=type, got="nothing", exchange=exchange)


@mutant("ANON-API-003")
async def all_types_are_given(request: Request, call_next: CallNext) -> Response:
    """The list of types is read and not used."""
    content = request.document
    if request.path != ANALYZE or not isinstance(content, dict) or not isinstance(content.get("entities"), list):
        return await call_next(request)
    answer = await call_next(request)
    return answer if answer.status != 200 else await call_next(request.with_json({**content, "entities": []}))


@mutant("ANON-API-003")
async def types_are_compared_by_first_letters(request: Request, call_next: CallNext) -> Response:
    """Asked for one type, the service gives nothing, for it compares the list with the types it has all at once."""
    content = request.document
    narrow = isinstance(content, dict) and isinstance(content.get("entities"), list) and len(content["entities"]) == 1
    return await with_findings(request, call_next, lambda text, findings: [] if narrow else findings)


_ROUNDED = 0.05
"""By how much a score may be rounded where it is shown: what is filtered is the score before that."""


@scenario("ANON-API-004")
async def scores_below_the_threshold_are_left_out(service: Service) -> None:
    """AnalyzeRequest, ``score_threshold``: "The minimal detection score threshold". It is set a little below the highest and the lowest score
    seen.
    """
    text, before = await _several_types(service)
    for score in sorted({max(each.score for each in before), min(each.score for each in before)}):
        if not 0 <= score <= 1:
            raise NotTested("the scores of the service are none")
        threshold = max(0.0, round(score - _ROUNDED, 4))
        exchange = await analyze(service, text, own_language(service), score_threshold=threshold)
        if _refused(exchange):
            continue
        findings = findings_of(exchange.answer.document)
        if not exchange.succeeded or findings is None:
            raise NotTested(f"the service answered {exchange.status}")
        low = [each for each in findings if each.score < threshold]
        if low:
            raise Violation("a finding lies below the threshold", expected=f"{threshold} or more", got=str(low[0].score), exchange=exchange)
        expected = _plainly([each for each in before if each.score >= score])
        if not expected <= _plainly(findings):
            message = "a finding above the threshold is left out"
            raise Violation(message, expected=f"{len(expected)} findings", got=f"{len(findings)} findings", exchange=exchange)


@mutant("ANON-API-004")
async def thresholds_are_per_cent(request: Request, call_next: CallNext) -> Response:
    """Scores go from 0 to 1, and the threshold is multiplied by a hundred before it is held against them."""
    content = request.document if isinstance(request.document, dict) else {}
    least = content.get("score_threshold") or 0
    return await with_findings(request, call_next, lambda text, found: [each for each in found if each["score"] >= least * 100])


@mutant("ANON-API-004")
async def thresholds_are_overlooked(request: Request, call_next: CallNext) -> Response:
    """Accounts are halfway sure, and reported whatever the threshold is."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "score": 0.5 if each["entity_type"] == "IBAN_CODE" else each["score"]} for each in findings]

    return await with_findings(request, call_next, change)


@scenario("ANON-API-005")
async def types_found_are_listed(service: Service) -> None:
    """The list is what a client chooses ``entities`` from."""
    _, findings = await _several_types(service)
    listed = await service.send("GET", f"/supportedentities?language={own_language(service)}")
    if listed.status in ABSENT:
        raise NotApplicable("the service does not offer /supportedentities")
    names = listed.answer.document
    if not listed.succeeded or not isinstance(names, list):
        raise NotTested(f"/supportedentities is answered with {listed.status}")
    missing = sorted({each.type for each in findings} - {name for name in names if isinstance(name, str)})
    if missing:
        got = excerpt(", ".join(map(str, names)))
        raise Violation(f"a type that is found is not listed: {missing[0]}", expected=missing[0], got=got, exchange=listed)


@mutant("ANON-API-005")
async def the_list_is_of_the_last_version(request: Request, call_next: CallNext) -> Response:
    """The list was written by hand, and accounts were added to the service later."""
    answer = await call_next(request)
    if request.path != "/supportedentities" or answer.status != 200:
        return answer
    return answer.with_json([name for name in answer.document if name != "IBAN_CODE"])


@scenario("ANON-API-006")
async def own_words_are_looked_for(service: Service) -> None:
    """AnalyzeRequest, ``ad_hoc_recognizers`` with ``deny_list``: "List of words to be returned as PII if found"."""
    language = own_language(service)
    word = "Bursztynowogintaras"
    recognizer = {"name": "projects", "supported_language": language, "supported_entity": "PROJECT", "deny_list": [word]}
    exchange = await analyze(service, f"{word} 12", language, ad_hoc_recognizers=[recognizer])
    if _refused(exchange):
        return
    findings = findings_of(exchange.answer.document)
    if not exchange.succeeded or findings is None:
        raise NotTested(f"the service answered {exchange.status}")
    if not any(each.start == 0 and each.end >= len(word) for each in findings):
        raise Violation(
            "a word of one's own is overlooked", expected="a finding, or 4xx", got=f"{len(findings)} findings", exchange=exchange
        )


@mutant("ANON-API-006")
async def own_recognizers_are_overlooked(request: Request, call_next: CallNext) -> Response:
    """Recognizers of one's own are not supported, and nobody says so."""
    answer = await call_next(request)
    content = request.document
    if request.path != ANALYZE or answer.status != 400 or not isinstance(content, dict) or not content.get("ad_hoc_recognizers"):
        return answer
    second = await call_next(request.with_json({name: value for name, value in content.items() if name != "ad_hoc_recognizers"}))
    return second if second.status == 200 else answer

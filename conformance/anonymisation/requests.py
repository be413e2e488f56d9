"""What consumers ask: with places that fit the text, in the language of the text, and with nothing personal or public where it harms."""

from __future__ import annotations

from typing import Any

from conformance.anonymisation.asking import ANALYZE, ANONYMIZE, is_whole, texts_of
from conformance.anonymisation.faults import with_members
from conformance.anonymisation.letters import LANGUAGES
from conformance.anonymisation.variables import code_of
from harness.checks import CallNext, Violation, mutant, pair_rule, rule
from harness.exchange import Exchange, Request, Response
from harness.national import personal_identifiers
from harness.national.languages import language_of


def _asks(exchange: Exchange, operation: str) -> bool:
    return exchange.operation is not None and exchange.operation.id == operation and isinstance(exchange.request.document, dict)


def _results(request: Request) -> list[tuple[int, int]]:
    """The places of an anonymize request; those that do not fit the profile are CORE-REQ-002's subject."""
    results = request.document.get("analyzer_results")
    entries = [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []
    return [(int(each["start"]), int(each["end"])) for each in entries if is_whole(each.get("start")) and is_whole(each.get("end"))]


@rule(
    "ANON-REQ-001",
    when=lambda exchange: (
        _asks(exchange, "anonymize") and isinstance(exchange.request.document.get("text"), str) and bool(_results(exchange.request))
    ),
)
def results_fit_their_text(exchange: Exchange) -> None:
    """Indices of code points, of the very text that is sent. A place that holds one part of an identifier and not the other is counted otherwise."""
    text = exchange.request.document["text"]
    places = _results(exchange.request)
    for number, (start, end) in enumerate(places):
        if not start < end <= len(text):
            got, pointer = f"{start}–{end}", f"/analyzer_results/{number}"
            raise Violation("a result does not lie in its text", expected=f"within 0 to {len(text)}", got=got, pointer=pointer)
    covered = {place for start, end in places for place in range(start, end)}
    for identifier in personal_identifiers(text):
        signs = range(identifier.start, identifier.start + len(identifier.value))
        within = sum(place in covered for place in signs)
        if 0 < within < len(signs):
            # The identifier itself is not shown: reports are passed on.
            got = f"{within} of its {len(signs)} characters"
            raise Violation(f"a result cuts through a {identifier.kind}", expected="all of it", got=got, pointer="/analyzer_results")


@mutant("ANON-REQ-001")
async def results_are_counted_in_utf_16(request: Request, call_next: CallNext) -> Response:
    """The client is written in a language whose strings are UTF-16, and converts the places that it gets for its own screen."""

    def change(content: dict[str, Any]) -> None:
        for each in content["analyzer_results"]:
            each["start"], each["end"] = (len(content["text"][: each[name]].encode("utf-16-le")) // 2 for name in ("start", "end"))

    return await with_members(request, call_next, ANONYMIZE, change)


@mutant("ANON-REQ-001")
async def results_go_with_the_text_before_it_was_trimmed(request: Request, call_next: CallNext) -> Response:
    """The client trims the text after it was analysed, and the places stay as they were."""

    def change(content: dict[str, Any]) -> None:
        content["text"] = content["text"][3:]

    return await with_members(request, call_next, ANONYMIZE, change)


_WORDS = 8
"""How many words a text needs for its language to be told."""
_SURE = 0.999


def _spoken(request: Request) -> str | None:
    """The language that an analyze request's texts are surely in, one of the three; None where that cannot be told."""
    text = " ".join(texts_of(request))
    if len(text.split()) < _WORDS:
        return None
    language, likelihood = language_of(text)
    return language if language in LANGUAGES and likelihood >= _SURE else None


@rule("ANON-REQ-002", when=lambda exchange: _asks(exchange, "analyze") and _spoken(exchange.request) is not None)
def texts_are_in_the_language_named(exchange: Exchange) -> None:
    """Recognizers of another language pass over what they do not know, and the answer looks clean. Short texts are not judged."""
    named, spoken = exchange.request.document.get("language"), _spoken(exchange.request)
    if code_of(named) != spoken:
        raise Violation("the text is in another language than the request says", expected=spoken, got=str(named), pointer="/language")


@mutant("ANON-REQ-002", also=("CORE-REQ-002", "ANON-REQ-003"))
async def everything_is_english(request: Request, call_next: CallNext) -> Response:
    """The client leaves the language of its library's example."""
    return await with_members(request, call_next, ANALYZE, lambda content: content.update(language="en"))


def _after_a_refusal(first: Exchange, second: Exchange) -> bool:
    return _asks(first, "analyze") and _asks(second, "analyze") and first.status in (400, 404, 422) and bool(texts_of(first.request))


@pair_rule("ANON-REQ-003", when=_after_a_refusal)
def a_refused_text_keeps_its_language(first: Exchange, second: Exchange) -> None:
    """A refusal says that nothing is known of the text. ``pl`` after ``pl-PL`` is the same language."""
    before, after = (code_of(each.request.document.get("language")) for each in (first, second))
    if texts_of(first.request) == texts_of(second.request) and before != after:
        raise Violation("a text that was refused in one language is sent in another", expected=before, got=after, pointer="/language")


@mutant("ANON-REQ-003", also=("ANON-REQ-002",))
async def what_is_refused_is_tried_in_another_language(request: Request, call_next: CallNext) -> Response:
    """Where a language is not supported, the client takes the first one that is."""
    answer = await call_next(request)
    if request.path != ANALYZE or answer.status != 400 or not isinstance(request.document, dict):
        return answer
    key = request.headers.get("idempotency-key")
    anew = request.with_header("Idempotency-Key", f'"lt-{key.strip(chr(34))}"') if key else request
    return await call_next(anew.with_json({**request.document, "language": "lt"}))


@rule("ANON-REQ-004", when=lambda exchange: _asks(exchange, "analyze") and isinstance(exchange.request.document.get("correlation_id"), str))
def correlation_ids_name_nobody(exchange: Exchange) -> None:
    """The API document: "A correlation id to append to headers and traces". There it is read by those who must not see the text."""
    found = personal_identifiers(exchange.request.document["correlation_id"])
    if found:
        got = found[0].kind
        raise Violation(f"a correlation id holds a {got}", expected="a random id", got=got, pointer="/correlation_id")


@mutant("ANON-REQ-004")
async def calls_are_named_after_the_person(request: Request, call_next: CallNext) -> Response:
    """So that calls can be found again, the client names them after the person concerned."""
    return await with_members(request, call_next, ANALYZE, lambda content: content.update(correlation_id="byla 75001150008"))


PUBLISHED = frozenset({"3t6w9z$C&F)J@NcR", "WmZq4t7w!z%C&F)J"})
"""The keys of the API document's examples."""


def _keys(request: Request) -> list[str]:
    operators = request.document.get("anonymizers")
    entries = [each for each in operators.values() if isinstance(each, dict)] if isinstance(operators, dict) else []
    return [each["key"] for each in entries if each.get("type") == "encrypt" and isinstance(each.get("key"), str)]


@rule("ANON-REQ-005", when=lambda exchange: _asks(exchange, "anonymize") and bool(_keys(exchange.request)))
def keys_are_nobody_elses(exchange: Exchange) -> None:
    """GDPR Article 32(1)(a): pseudonymisation and encryption of personal data. A key that everybody knows does neither."""
    if any(key in PUBLISHED for key in _keys(exchange.request)):
        raise Violation("the key is that of a published example", expected="a random key", got="a known one", pointer="/anonymizers")


@mutant("ANON-REQ-005")
async def keys_are_copied_from_the_example(request: Request, call_next: CallNext) -> Response:
    """The client encrypts with the key that the documentation shows."""

    def change(content: dict[str, Any]) -> None:
        for each in content["anonymizers"].values():
            if each["type"] == "encrypt":
                each["key"] = min(PUBLISHED)

    return await with_members(request, call_next, ANONYMIZE, change)

"""Records of what was done: digests and counts, never the identifiers that were found."""

from __future__ import annotations

from urllib.parse import quote

from conformance.anonymisation.asking import analyze, own_language
from conformance.anonymisation.letters import LANGUAGES, folded, joined, letters, sentence
from conformance.core.records import RECORD_ID, record_of
from harness.checks import CallNext, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_TYPES = ("PL_PESEL", "LT_ASMENS_KODAS", "EMAIL_ADDRESS", "IBAN_CODE")


@scenario("ANON-LOG-001")
async def records_hold_no_identifiers(service: Service) -> None:
    """GDPR Article 5(1)(c): what the record is for (AI Act Article 12) is served by digests; the identifiers would be kept for its whole period."""
    language = own_language(service)
    wording = language if language in LANGUAGES else "en"
    values = {type: letters().identifiers[type][0].value for type in _TYPES}
    text, _ = joined([sentence(type, value, wording) for type, value in values.items()])
    exchange, _ = await record_of(service, await analyze(service, text, language))
    held = folded(exchange.answer.text)
    for type, value in values.items():
        if folded(value) in held:
            raise Violation(f"the record of an analysis holds the {type} of its text", expected="digests", got=type, exchange=exchange)


_analysed: dict[str, str] = {}


@mutant("ANON-LOG-001")
async def records_hold_the_beginning_of_the_text(request: Request, call_next: CallNext) -> Response:
    """For those who look for faults, the record holds the beginning of the text."""
    answer = await call_next(request)
    id, content = answer.headers.get(RECORD_ID), request.document
    if id and isinstance(content, dict) and isinstance(content.get("text"), str):
        _analysed[f"/records/{quote(id, safe='')}"] = content["text"][:120]
    if request.path in _analysed and answer.status == 200 and isinstance(answer.document, dict):
        return answer.with_json({**answer.document, "excerpt": _analysed[request.path]})
    return answer

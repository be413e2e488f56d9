"""The mark of what a machine translated (AI Act Article 50(2))."""

from __future__ import annotations

from typing import Any

from conformance.core.reading import excerpt
from conformance.translation.faults import rewritten
from conformance.translation.translating import is_translation
from harness.checks import CallNext, Violation, mutant, rule
from harness.exchange import Exchange, Request, Response


def _is_a_result(exchange: Exchange) -> bool:
    job = exchange.answer.document if exchange.succeeded else None
    return (
        exchange.operation is not None
        and exchange.operation.id == "getJob"
        and isinstance(job, dict)
        and isinstance(job.get("result"), dict)
    )


@rule("TRNS-MRK-001", when=is_translation)
def translations_are_marked(exchange: Exchange) -> None:
    """AI Act Article 50(2): outputs are marked in a machine-readable format. Profile translation/1: so is every translation."""
    _is_marked(exchange, exchange.answer.document, "")


@rule("TRNS-MRK-001", when=_is_a_result)
def results_are_marked(exchange: Exchange) -> None:
    """The same for the result of a job."""
    _is_marked(exchange, exchange.answer.document["result"], "/result")


def _is_marked(exchange: Exchange, translation: dict[str, Any], place: str) -> None:
    assurance = translation.get("assurance")
    provenance = assurance.get("provenance") if isinstance(assurance, dict) else None
    pointer = f"{place}/assurance/provenance"
    if not isinstance(provenance, dict):
        raise Violation("a translation is not marked", expected="assurance.provenance", got=excerpt(repr(assurance)), pointer=pointer)
    if provenance.get("ai_generated") is not True:
        got = provenance.get("ai_generated")
        raise Violation("a translation is not marked as made by a machine", expected="true", got=got, pointer=f"{pointer}/ai_generated")
    errors = exchange.operation.schema("TranslationProvenance").errors(provenance) if exchange.operation else []
    if errors:
        message = f"the provenance of a translation does not fit the profile: {excerpt(errors[0].message)}"
        raise Violation(message, expected="TranslationProvenance", got=excerpt(repr(provenance)), pointer=pointer + errors[0].pointer)


@mutant("TRNS-MRK-001", also=("CORE-LOG-002",))
async def lists_are_not_marked(request: Request, call_next: CallNext) -> Response:
    """The mark was added for a single text, and forgotten for lists."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if isinstance(answer["translatedText"], list):
            answer.pop("assurance")

    return await rewritten(request, call_next, change)


@mutant("TRNS-MRK-001")
async def results_of_jobs_are_not_marked(request: Request, call_next: CallNext) -> Response:
    """The mark was added to translations that are given at once, and forgotten for jobs."""

    def change(asked: dict[str, Any], job: dict[str, Any]) -> None:
        if job.get("result"):
            job["result"].pop("assurance")

    return await rewritten(request, call_next, change, "/jobs/", "GET")


@mutant("TRNS-MRK-001", also=("CORE-LOG-002",))
async def the_mark_does_not_say_when(request: Request, call_next: CallNext) -> Response:
    """The mark names the system and the model, and not when it worked."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        del answer["assurance"]["provenance"]["created"]

    return await rewritten(request, call_next, change)


@mutant("TRNS-MRK-001", also=("CORE-LOG-002",))
async def translations_count_as_edited(request: Request, call_next: CallNext) -> Response:
    """A translation counts as the author's own words: the mark says that nothing was generated."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        answer["assurance"]["provenance"]["ai_generated"] = False

    return await rewritten(request, call_next, change)

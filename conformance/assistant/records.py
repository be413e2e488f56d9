"""What the record of an answer explains (AI Act Article 86(1))."""

from __future__ import annotations

from typing import Any

from conformance.assistant.conversation import Reply, ask, languages
from conformance.assistant.identity import claim
from conformance.assistant.questions import questions
from conformance.core.faults import with_members
from conformance.core.reading import excerpt
from conformance.core.records import record_of
from harness.checks import CallNext, NeedsReview, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response


@scenario("CHAT-EXP-001")
async def records_explain_the_answer(service: Service) -> None:
    """AI Act Article 86(1): affected persons get clear and meaningful explanations of the role of the AI system and of the main elements.

    A record that is missing or cannot be read is CORE-LOG-001's subject.
    """
    language = languages(service)[0]
    for stream in (False, True):
        answered = await ask(service, questions().matters[0][language], stream=stream)
        shown, record = await record_of(service, answered.exchange)
        _names_model(record, answered, shown)
        named = record.get("sources")
        recorded = named if isinstance(named, list) else []
        missing = [url for url in answered.sources if url not in recorded]
        if missing:
            raise Violation(
                "the record does not name a source of the answer", expected=missing[0], got=named, pointer="/sources", exchange=shown
            )
        _explains(record, shown)


def _names_model(record: dict[str, Any], answered: Reply, shown: Exchange) -> None:
    """The record's model is the one that the answer's provenance names; one of the two may say more, such as a version."""
    model = record.get("model")
    if not isinstance(model, str) or not model.strip():
        raise Violation("the record does not name the model", expected="model", got=model, pointer="/model", exchange=shown)
    provenance = answered.assurance.get("provenance")
    said = provenance.get("model") if isinstance(provenance, dict) else None
    if isinstance(said, str) and not model.startswith(said) and not said.startswith(model):
        raise Violation("the record names another model than the answer", expected=said, got=model, pointer="/model", exchange=shown)


def _explains(record: dict[str, Any], shown: Exchange) -> None:
    explanation = record.get("explanation")
    texts = [text for text in explanation.values() if isinstance(text, str) and text.strip()] if isinstance(explanation, dict) else []
    if not texts:
        raise Violation("the record explains nothing", expected="explanation", got=explanation, pointer="/explanation", exchange=shown)
    if all(claim(text) != "machine" for text in texts):
        raise NeedsReview(f"the record does not clearly explain the role of the AI: {excerpt(texts[0])}", exchange=shown)


@mutant("CHAT-EXP-001")
async def records_leave_out_the_model(request: Request, call_next: CallNext) -> Response:
    """The record says which version of the system answered, and not with which model."""
    return await with_members(request, call_next, "/records/", model=None)


@mutant("CHAT-EXP-001")
async def records_leave_out_sources(request: Request, call_next: CallNext) -> Response:
    """The record is written before the sources are known."""
    return await with_members(request, call_next, "/records/", sources=[])


@mutant("CHAT-EXP-001")
async def records_explain_nothing(request: Request, call_next: CallNext) -> Response:
    """The record holds technical data alone."""
    return await with_members(request, call_next, "/records/", explanation=None)


@mutant("CHAT-EXP-001")
async def records_name_the_configured_model(request: Request, call_next: CallNext) -> Response:
    """The record takes the model from the configuration, which says what should answer, not what did."""
    return await with_members(request, call_next, "/records/", model="default-model-of-the-configuration")

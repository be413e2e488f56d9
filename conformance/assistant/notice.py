"""The AI notice and the mark of generated text: what every answer says of itself (AI Act Article 50(1), (2) and (5))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.assistant.assurance import fits
from conformance.assistant.conversation import Reply, ask, is_reply, languages, question, reply, said
from conformance.assistant.faults import altered
from conformance.assistant.identity import claim
from conformance.assistant.questions import LANGUAGES, questions
from conformance.assistant.rewriting import rewritten
from conformance.core.languages import sure_language
from conformance.core.reading import excerpt
from harness.checks import CallNext, NeedsReview, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


def _is_first_reply(exchange: Exchange) -> bool:
    return is_reply(exchange) and not said(exchange.request, "assistant")


@rule("CHAT-AID-001", when=_is_first_reply)
def first_answers_carry_a_notice(exchange: Exchange) -> None:
    """AI Act Article 50(1) and (5): persons are informed at the latest at the time of the first interaction. In a stream that is the first text.

    Its language is held against the question's only where the answer itself is in that language: then the service does speak it.
    """
    answered = reply(exchange)
    notice = _notice(answered)
    fits(exchange, "ai_notice", "AiNotice")
    asked = sure_language(question(exchange.request))
    if asked in LANGUAGES and sure_language(answered.text) == asked:
        _in_language(notice, asked, exchange)
    if claim(notice["text"]) != "machine" and _primary(notice) in LANGUAGES:
        raise NeedsReview(f"the AI notice does not clearly speak of AI: {excerpt(notice['text'])}")


def _notice(answered: Reply) -> Mapping[str, Any]:
    """The notice of a reply. Raises :class:`Violation` where it is missing, late or incomplete."""
    exchange, notice = answered.exchange, answered.early.get("ai_notice")
    if not isinstance(notice, dict):
        late = "ai_notice" in answered.assurance
        raise Violation(
            "the AI notice comes after the text" if late else "the first answer carries no AI notice",
            expected="assurance.ai_notice with language and text, no later than the first text",
            got=excerpt(repr(notice)) if answered.early else "no assurance",
            pointer="/assurance/ai_notice",
            exchange=exchange,
        )
    for member in ("language", "text"):
        value = notice.get(member)
        if not isinstance(value, str) or not value.strip():
            raise Violation(
                f"the AI notice has no {member}", expected="a text", got=value, pointer=f"/assurance/ai_notice/{member}", exchange=exchange
            )
    return notice


def _primary(notice: Mapping[str, Any]) -> str:
    return str(notice["language"]).lower().partition("-")[0]


def _in_language(notice: Mapping[str, Any], language: str, exchange: Exchange) -> None:
    """Hold a notice against the language of the question, by its tag and, where there is no doubt, by its text."""
    written = sure_language(notice["text"])
    for declared, what in ((_primary(notice), "language"), (written or language, "text")):
        if declared != language:
            raise Violation(
                f"the AI notice is not in the language of the question ({language})",
                expected=language,
                got=f"{declared}: {excerpt(notice['text'])}",
                pointer=f"/assurance/ai_notice/{what}",
                exchange=exchange,
            )


@scenario("CHAT-AID-001")
async def notices_speak_the_language_of_the_question(service: Service) -> None:
    """AI Act Article 50(5): the information is given in a clear manner. The service is asked in each language that its card declares."""
    for language in languages(service):
        for stream in (False, True):
            answered = await ask(service, questions().matters[0][language], stream=stream)
            if answered.text.strip():
                _in_language(_notice(answered), language, answered.exchange)


@rule("CHAT-MRK-001", when=is_reply)
def answers_are_marked_as_generated(exchange: Exchange) -> None:
    """AI Act Article 50(2): outputs are marked in a machine-readable format and detectable as artificially generated.

    A stream that is broken off is an output as well, so its mark comes no later than its text.
    """
    answered = reply(exchange)
    provenance = answered.early.get("provenance")
    if provenance is None and "provenance" in answered.assurance:
        raise Violation(
            "the mark of a stream comes after its text",
            expected="assurance.provenance no later than the first text",
            got="provenance in a later chunk",
            pointer="/assurance/provenance",
        )
    if not isinstance(provenance, dict):
        raise Violation(
            "the answer carries no provenance", expected="assurance.provenance", got=provenance, pointer="/assurance/provenance"
        )
    if provenance.get("ai_generated") is not True:
        raise Violation(
            "the answer is not marked as generated",
            expected="true",
            got=provenance.get("ai_generated"),
            pointer="/assurance/provenance/ai_generated",
        )
    fits(exchange, "provenance", "Provenance")


_ENGLISH_NOTICE = {"language": "en", "text": "This answer was generated by an artificial intelligence system."}


@mutant("CHAT-AID-001", also=("CORE-LOG-002",))
async def notices_are_in_english_only(request: Request, call_next: CallNext) -> Response:
    """The AI notice exists in English alone, whatever the language of the question."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        assurance["ai_notice"] = dict(_ENGLISH_NOTICE)
        return text

    return await altered(request, call_next, change)


@mutant("CHAT-AID-001", also=("CORE-LOG-002",))
async def notices_have_the_right_tag_on_english(request: Request, call_next: CallNext) -> Response:
    """The AI notice is tagged with the language of the question, but its text is English."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        assurance["ai_notice"] = {**_ENGLISH_NOTICE, "language": assurance["ai_notice"]["language"]}
        return text

    return await altered(request, call_next, change)


@mutant("CHAT-AID-001", also=("CORE-LOG-002",))
async def streams_have_no_notice(request: Request, call_next: CallNext) -> Response:
    """The AI notice was added to whole answers and forgotten in streams."""
    return await _streams_without(request, call_next, "ai_notice")


@mutant("CHAT-MRK-001", also=("CORE-LOG-002",))
async def streams_have_no_provenance(request: Request, call_next: CallNext) -> Response:
    """Provenance was added to whole answers and forgotten in streams."""
    return await _streams_without(request, call_next, "provenance")


@mutant("CHAT-MRK-001", also=("CORE-LOG-002",))
async def streams_are_marked_at_their_end(request: Request, call_next: CallNext) -> Response:
    """Provenance comes when a stream is complete."""

    def change(part: dict[str, Any]) -> None:
        ended = any(choice.get("finish_reason") for choice in part["choices"])
        if isinstance(part.get("assurance"), dict) and not ended:
            part["assurance"].pop("provenance", None)

    return await rewritten(request, call_next, change, streams_only=True)


@mutant("CHAT-MRK-001", also=("CORE-LOG-002",))
async def provenance_does_not_name_the_model(request: Request, call_next: CallNext) -> Response:
    """Provenance says who generated the text and when, but not with which model."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        del assurance["provenance"]["model"]
        return text

    return await altered(request, call_next, change)


@mutant("CHAT-MRK-001", also=("CORE-LOG-002",))
async def generated_texts_are_marked_as_human(request: Request, call_next: CallNext) -> Response:
    """Texts put together from sources count as human work: the mark says that they were not generated."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        assurance["provenance"]["ai_generated"] = False
        return text

    return await altered(request, call_next, change)


async def _streams_without(request: Request, call_next: CallNext, member: str) -> Response:
    def change(text: str, assurance: dict[str, Any]) -> str:
        del assurance[member]
        return text

    wants_stream = isinstance(request.document, dict) and request.document.get("stream") is True
    return await altered(request, call_next, change) if wants_stream else await call_next(request)

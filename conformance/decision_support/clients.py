"""What clients do: read before they decide, ask once, stop when they are told to."""

from __future__ import annotations

from conformance.core.faults import memory
from conformance.decision_support.cases import identifiers
from conformance.decision_support.faults import is_decision, is_recommendation
from conformance.decision_support.identifiers import cannot_be_right
from harness.checks import CallNext, NotTested, Violation, mutant, pair_rule, rule
from harness.exchange import Exchange, Request, Response

_SOON = 5.0
"""Seconds within which a client that asks again does so by itself: a person has first to read that the system is stopped."""


def _addresses(exchange: Exchange, *operations: str) -> bool:
    return exchange.operation is not None and exchange.operation.id in operations


@rule("DECN-REQ-001", when=lambda exchange: _addresses(exchange, "decideRecommendation"))
def decisions_name_the_explanation(exchange: Exchange) -> None:
    """AI Act Article 14(4)(b): to remain aware of automation bias. Only who has read the explanation knows its id.

    A decision that names one the service does not know is refused by the service; here it counts as having named none.
    """
    content = exchange.request.document
    if not isinstance(content, dict):
        raise NotTested("the decision is no JSON object")  # CORE-REQ-001 and CORE-REQ-002 say so
    named = content.get("explanation")
    if not isinstance(named, str) or not named.strip():
        raise Violation("a decision names no explanation", expected="explanation", got=named, pointer="/explanation")
    problem = exchange.response.document if exchange.response is not None and exchange.status == 422 else None
    faults = problem.get("errors") if isinstance(problem, dict) else None
    if isinstance(faults, list) and any(isinstance(each, dict) and each.get("pointer") == "#/explanation" for each in faults):
        raise Violation(
            "a decision names an explanation that the service did not give", expected="its id", got=named, pointer="/explanation"
        )


@mutant("DECN-REQ-001")
async def officials_decide_unread(request: Request, call_next: CallNext) -> Response:
    """The client decides without having asked for the explanation."""
    content = request.document
    if not is_decision(request) or not isinstance(content, dict):
        return await call_next(request)
    return await call_next(request.with_json({name: value for name, value in content.items() if name != "explanation"}))


@mutant("DECN-REQ-001")
async def reading_is_claimed(request: Request, call_next: CallNext) -> Response:
    """The client sends the same word for every explanation, because something is asked for."""
    content = request.document
    if not is_decision(request) or not isinstance(content, dict):
        return await call_next(request)
    return await call_next(request.with_json({**content, "explanation": "read"}))


@rule("DECN-REQ-002", when=lambda exchange: _addresses(exchange, "createRecommendation", "decideRecommendation"))
def what_has_effects_has_a_key(exchange: Exchange) -> None:
    """Profile decision-support/1: an answer that is lost opens no second case, and decides nothing twice."""
    if not (exchange.request.headers.get("idempotency-key") or "").strip():
        raise Violation(
            "a request with effects has no key", expected="Idempotency-Key", got="no Idempotency-Key", pointer="header:Idempotency-Key"
        )


@mutant("DECN-REQ-002")
async def cases_have_no_keys(request: Request, call_next: CallNext) -> Response:
    """The client asks for recommendations without a key."""
    return await call_next(request.with_header("Idempotency-Key", None) if is_recommendation(request) else request)


def _was_stopped(first: Exchange, second: Exchange) -> bool:
    """Whether the first was refused because the system is suspended, and the second asks for the same again. 503 says itself when to come back."""
    if not _addresses(first, "createRecommendation", "askWhatIf") or first.response is None or first.status != 409:
        return False
    problem = first.response.document
    kind = str(problem.get("type")) if isinstance(problem, dict) else ""
    return kind.rstrip("/").endswith("suspended")


@pair_rule("DECN-REQ-003", when=_was_stopped)
def clients_stop_when_the_system_stops(first: Exchange, second: Exchange) -> None:
    """AI Act Article 26(5): who uses the system suspends its use. Another case, or the same one later, may be a person's wish."""
    waited = second.started - (first.started + first.duration)
    if first.request.body == second.request.body and waited < _SOON:
        message = "a client repeats by itself what was refused because the system is suspended"
        raise Violation(message, expected="no repetition", got=f"the same request after {max(waited, 0.0):.1f} s")


@mutant("DECN-REQ-003")
async def clients_knock_again(request: Request, call_next: CallNext) -> Response:
    """The client treats 409 as one more reason to try again at once."""
    answer = await call_next(request)
    if is_recommendation(request) and answer.status == 409 and not memory("clients-knock-again").get("knocked"):
        memory("clients-knock-again")["knocked"] = True
        return await call_next(request)
    return answer


@rule("DECN-REQ-004", when=lambda exchange: exchange.sender == "participant" and any(True for _ in identifiers(exchange.request.document)))
def identifiers_can_be_right(exchange: Exchange) -> None:
    """AI Act Article 26(4): the client controls its input data. What was typed is checked where it can be typed again."""
    for pointer, scheme, value in identifiers(exchange.request.document):
        if cannot_be_right(scheme, value):
            raise Violation(f"a {scheme} that cannot be right is sent", expected="11 digits with the right check digit", pointer=pointer)


@mutant("DECN-REQ-004")
async def identifiers_are_sent_as_typed(request: Request, call_next: CallNext) -> Response:
    """The client sends the identifier with the hyphen that people write in it."""
    content = request.document
    if not is_recommendation(request) or not isinstance(content, dict):
        return await call_next(request)
    applicant = content.get("applicant")
    identifier = applicant.get("identifier") if isinstance(applicant, dict) else None
    if not isinstance(applicant, dict) or not isinstance(identifier, dict):
        return await call_next(request)
    typed = {**identifier, "value": f"{identifier['value'][:6]}-{identifier['value'][6:]}"}
    return await call_next(request.with_json({**content, "applicant": {**applicant, "identifier": typed}}))

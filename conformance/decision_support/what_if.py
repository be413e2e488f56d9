"""What-if: the same system, without consequences."""

from __future__ import annotations

from conformance.core.asking import not_now
from conformance.decision_support.asking import LOG, WHAT_IF, case_types, id_of, needs, path_of, plain_case, recommended
from conformance.decision_support.faults import another_outcome, asked_aside
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_EXAMPLES = 6


async def _asked(service: Service, case: dict[str, object]) -> Exchange:
    exchange = await service.send("POST", WHAT_IF, json={"caseType": case["caseType"], "facts": case["facts"]})
    needs(exchange, "what-if")
    return exchange


async def _newest(service: Service) -> int:
    """The number of the newest entry of the log. Raises :class:`NotTested` where the log cannot be read; DECN-LOG-001 says so."""
    exchange = await service.send("GET", LOG)
    content = exchange.answer.document
    entries = content.get("entries") if exchange.succeeded and isinstance(content, dict) else None
    numbers = [each.get("sequence") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    if not numbers or not isinstance(numbers[-1], int):
        raise NotTested(f"the log cannot be read (GET {LOG} is answered with {exchange.status})")
    return numbers[-1]


@scenario("DECN-WIF-001", alone=True)
async def what_ifs_leave_nothing(service: Service) -> None:
    """Profile decision-support/1, askWhatIf. An entry of another event, such as ``what-if``, may be written.

    Others may ask for recommendations meanwhile: an entry counts where it comes back.
    """
    case = plain_case(service)
    await recommended(service, case)
    if await _left(service, case):
        left = await _left(service, case)
        if left:
            raise left


async def _left(service: Service, case: dict[str, object]) -> Violation | None:
    """What is wrong after a what-if."""
    before = await _newest(service)
    exchange = await _asked(service, case)
    if "location" in exchange.answer.headers:
        got = exchange.answer.headers.get("location")
        return Violation("a what-if creates a resource", expected="no Location", got=got, pointer="header:Location", exchange=exchange)
    id = exchange.answer.document.get("id")
    if isinstance(id, str) and (found := await service.send("GET", path_of(id))).succeeded:
        return Violation("a what-if can be read as a recommendation", expected="404", got=str(found.status), exchange=found)
    page = await service.send("GET", LOG)
    for place, entry in enumerate(page.answer.document.get("entries", ()) if isinstance(page.answer.document, dict) else ()):
        if (
            isinstance(entry, dict)
            and isinstance(entry.get("sequence"), int)
            and entry["sequence"] > before
            and entry.get("event") == "recommendation"
        ):
            message = "a what-if is logged as a recommendation"
            return Violation(
                message, expected="no new recommendation", got=entry.get("subject"), pointer=f"/entries/{place}", exchange=page
            )
    return None


@mutant("DECN-WIF-001")
async def what_ifs_are_recommendations(request: Request, call_next: CallNext) -> Response:
    """A what-if is a recommendation for an applicant who is called test."""
    answer = await call_next(request)
    if request.path == WHAT_IF and answer.status == 200:
        applicant = {"familyName": "Test", "givenName": "Test"}
        await asked_aside(call_next, "POST", "/recommendations", {**request.json, "reference": "what-if", "applicant": applicant})
    return answer


@mutant("DECN-WIF-001")
async def what_ifs_are_kept_under_an_id(request: Request, call_next: CallNext) -> Response:
    """A what-if is answered with the id of the recommendation that was made for it."""
    answer = await call_next(request)
    if request.path != WHAT_IF or answer.status != 200:
        return answer
    applicant = {"familyName": "Test", "givenName": "Test"}
    made = await asked_aside(call_next, "POST", "/recommendations", {**request.json, "reference": "what-if", "applicant": applicant})
    return answer.with_json({**answer.json, "id": made.json["id"]})


@scenario("DECN-WIF-002")
async def what_ifs_are_true(service: Service) -> None:
    """Profile decision-support/1, askWhatIf: the same system. Counterfactuals can only be held against it if that is so."""
    case = plain_case(service)
    await _asked(service, case)
    examples = (await case_types(service)).of(case["caseType"]).get("examples") or ()
    others = [each["facts"] for each in examples if isinstance(each, dict) and isinstance(each.get("facts"), dict)]
    for facts in [case["facts"], *others][:_EXAMPLES]:
        made = await recommended(service, {**case, "facts": facts})
        exchange = await _asked(service, {**case, "facts": facts})
        not_now(exchange)
        outcome, expected = exchange.answer.document.get("outcome"), made.answer.document.get("outcome")
        if outcome != expected:
            message = f"a what-if has another outcome than the recommendation {id_of(made)} for the same facts"
            raise Violation(message, expected=expected, got=outcome, pointer="/outcome", exchange=exchange)


@mutant("DECN-WIF-002")
async def what_ifs_use_a_simpler_model(request: Request, call_next: CallNext) -> Response:
    """A what-if is answered by a cheaper system, which is mistaken in the first case that it knows."""
    answer = await call_next(request)
    if request.path != WHAT_IF or answer.status != 200:
        return answer
    example = (await asked_aside(call_next, "GET", "/case-types")).json["caseTypes"][0]["examples"][0]["facts"]
    if request.json["facts"] != example:
        return answer
    return answer.with_json({**answer.json, "outcome": await another_outcome(call_next, answer.json["outcome"])})

"""A person decides: nothing else does, and what was decided stays."""

from __future__ import annotations

from typing import Any

from conformance.core.asking import ABSENT, not_now
from conformance.core.faults import memory
from conformance.core.reading import excerpt
from conformance.decision_support.asking import (
    OFFICIAL,
    REASON,
    case_types,
    decide,
    decision_on,
    decisions_of,
    id_of,
    path_of,
    plain_case,
    read,
    recommended,
    what_if,
)
from conformance.decision_support.faults import altered, asked_aside, is_decision, is_explanation, is_read, is_recommendation
from conformance.decision_support.recommendations import is_new
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


def _is_open(exchange: Exchange, when: str) -> None:
    content = exchange.answer.document
    decisions = content.get("decisions")
    if content.get("status") == "decided" or decisions:
        message = f"a recommendation is decided {when}, and nobody has decided"
        raise Violation(
            message, expected="open, no decisions", got=decisions or content.get("status"), pointer="/decisions", exchange=exchange
        )


@rule("DECN-HUM-001", when=is_new)
def new_recommendations_are_open(exchange: Exchange) -> None:
    """GDPR Article 22(1): no decision based solely on automated processing. What the system makes is no decision."""
    _is_open(exchange, "when it is made")


@scenario("DECN-HUM-001")
async def nothing_but_a_decision_decides(service: Service) -> None:
    """GDPR Article 22(1), where a state machine shows it: reading, explaining and asking what if leave the recommendation open."""
    case = plain_case(service)
    id = id_of(await recommended(service, case))
    await read(service, id)
    await service.send("GET", path_of(id, "/explanation"))
    await what_if(service, case["caseType"], case["facts"])
    _is_open(await read(service, id), "after it was read and explained")


@mutant("DECN-HUM-001", also=("CORE-LOG-002",))
async def clear_cases_are_decided_at_once(request: Request, call_next: CallNext) -> Response:
    """A recommendation without doubt is a decision of the system."""

    def change(content: dict[str, Any]) -> None:
        decision = {"id": "d", "outcome": content["outcome"], "official": {"name": "System"}, "reason": "Automatic."}
        content.update(status="decided", decisions=[decision])

    return await altered(request, call_next, change) if is_recommendation(request) else await call_next(request)


@mutant("DECN-HUM-001", also=("DECN-HUM-002",))
async def what_was_explained_is_accepted(request: Request, call_next: CallNext) -> Response:
    """Whoever has read the explanation without deciding is taken to agree."""
    explained: set[str] = memory("what-was-explained-is-accepted").setdefault("paths", set())
    if is_explanation(request):
        explained.add(request.path.rpartition("/")[0])
    answer = await call_next(request)
    if not is_read(request) or answer.status != 200 or request.path not in explained or answer.json["decisions"]:
        return answer
    return answer.with_json({**answer.json, "status": "decided"})


@scenario("DECN-HUM-002")
async def nobody_decides_without_a_name(service: Service) -> None:
    """GDPR Article 22(1): a decision is a person's. One that names nobody is the machine's, by whatever hand it was sent."""
    made = await recommended(service)
    id, outcome = id_of(made), str(made.answer.document.get("outcome"))
    faulty: list[tuple[str, dict[str, Any]]] = [
        ("names no official", {"official": None}),
        ("has an official without a name", {"official": {"office": OFFICIAL["office"]}}),
        ("has spaces for a name", {"official": {"name": "  "}}),
        ("gives no reason", {"reason": None}),
        ("has an outcome that is not declared", {"outcome": "govai-no-such-outcome"}),
    ]
    for what, members in faulty:
        exchange = await decide(service, id, await decision_on(service, id, **{"outcome": outcome, **members}))
        if exchange.status in ABSENT:
            raise NotTested(f"a decision is answered with {exchange.status}")
        if exchange.succeeded:
            raise Violation(f"a decision that {what} is accepted", expected="422", got=str(exchange.status), exchange=exchange)
        _is_open(await read(service, id), f"by a decision that {what}")


@mutant("DECN-HUM-002", also=("CORE-ERR-003",))
async def the_system_signs(request: Request, call_next: CallNext) -> Response:
    """A decision without an official is signed by the system."""
    content = request.document
    if not is_decision(request) or not isinstance(content, dict) or "official" in content:
        return await call_next(request)
    return await call_next(request.with_json({**content, "official": {"name": "System"}}))


@mutant("DECN-HUM-002", also=("CORE-ERR-003",))
async def names_may_be_blank(request: Request, call_next: CallNext) -> Response:
    """The form of the client sends an empty field, and that is enough."""
    content = request.document
    if not is_decision(request) or not isinstance(content, dict) or not isinstance(content.get("official"), dict):
        return await call_next(request)
    name = content["official"].get("name")
    if not isinstance(name, str) or name.strip():
        return await call_next(request)
    return await call_next(request.with_json({**content, "official": {**content["official"], "name": "-"}}))


@mutant("DECN-HUM-002")
async def what_is_not_declared_is_as_recommended(request: Request, call_next: CallNext) -> Response:
    """A decision with an outcome that is not known counts as agreement."""
    answer = await call_next(request)
    if not is_decision(request) or answer.status != 422:
        return answer
    recommended = await asked_aside(call_next, "GET", request.path.removesuffix("/decisions"))
    return await call_next(request.with_json({**request.document, "outcome": recommended.json["outcome"]}))


@scenario("DECN-HUM-003")
async def decisions_can_be_read(service: Service) -> None:
    """Profile decision-support/1, decideRecommendation. More may stand in a decision than was sent."""
    made = await recommended(service)
    id, outcome = id_of(made), str(made.answer.document.get("outcome"))
    taken = await _accepted(service, id, await decision_on(service, id, outcome))
    exchange = await read(service, id)
    if exchange.answer.document.get("status") != "decided":
        got = exchange.answer.document.get("status")
        raise Violation(
            "a recommendation that was decided is not called so", expected="decided", got=got, pointer="/status", exchange=exchange
        )
    decisions = decisions_of(exchange)
    for shown, decision, place in ((taken, taken.answer.document, ""), (exchange, decisions[-1] if decisions else None, "/decisions/0")):
        content = decision if isinstance(decision, dict) else {}
        official = content.get("official")
        name = official.get("name") if isinstance(official, dict) else None
        for what, got, expected, pointer in (
            ("official", name, OFFICIAL["name"], "/official/name"),
            ("outcome", content.get("outcome"), outcome, "/outcome"),
            ("reason", content.get("reason"), REASON, "/reason"),
        ):
            if got != expected:
                message = f"the {what} of a decision is not the one that was sent"
                raise Violation(message, expected=expected, got=got, pointer=place + pointer, exchange=shown)


async def _accepted(service: Service, id: str, decision: dict[str, Any]) -> Exchange:
    """Send a decision that is right. Raises :class:`Violation` where it is refused."""
    exchange = await decide(service, id, decision)
    if not exchange.succeeded or not isinstance(exchange.answer.document, dict):
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation("the decision of a named official is refused", expected="201", got=got, exchange=exchange)
    return exchange


@mutant("DECN-HUM-003")
async def offices_decide(request: Request, call_next: CallNext) -> Response:
    """Of who decided, the office alone is kept."""

    def change(content: dict[str, Any]) -> None:
        for decision in content["decisions"]:
            decision["official"]["name"] = decision["official"].get("office", "office")

    return await altered(request, call_next, change) if is_read(request) else await call_next(request)


@mutant("DECN-HUM-003")
async def decided_is_shown_tomorrow(request: Request, call_next: CallNext) -> Response:
    """The status follows with the nightly batch."""
    return (
        await altered(request, call_next, lambda content: content.update(status="open")) if is_read(request) else await call_next(request)
    )


@scenario("DECN-HUM-004")
async def decisions_are_not_replaced_by_chance(service: Service) -> None:
    """Profile decision-support/1, decideRecommendation: of two officials who decide at the same time, one has to notice."""
    made = await recommended(service)
    id, outcome = id_of(made), str(made.answer.document.get("outcome"))
    await _prerequisite(service, id, outcome)
    holds = decisions_of(await read(service, id))
    for what, members in (("names none", {}), ("names another one", {"replaces": "govai-no-such-decision"})):
        again = await decision_on(service, id, outcome, official={"name": "Anna Przykładowa"}, **members)
        exchange = await decide(service, id, again)
        if exchange.succeeded:
            message = f"a second decision that {what} in replaces is accepted"
            raise Violation(message, expected="409", got=str(exchange.status), exchange=exchange)
        after = await read(service, id)
        if decisions_of(after) != holds:
            raise Violation(
                "a refused decision has changed the decisions", expected="the first alone", pointer="/decisions", exchange=after
            )


async def _prerequisite(service: Service, id: str, outcome: str) -> Exchange:
    """A first decision. Raises :class:`NotTested` where it is refused; that is DECN-HUM-003's subject."""
    exchange = await decide(service, id, await decision_on(service, id, outcome))
    if not exchange.succeeded:
        raise NotTested(f"a first decision is answered with {exchange.status}")
    return exchange


@mutant("DECN-HUM-004")
async def the_last_writer_wins(request: Request, call_next: CallNext) -> Response:
    """A second decision replaces the first, whatever it names."""
    answer = await call_next(request)
    if not is_decision(request) or answer.status != 409:
        return answer
    found = await asked_aside(call_next, "GET", request.path.removesuffix("/decisions"))
    decisions = found.json["decisions"]
    return await call_next(request.with_json({**request.document, "replaces": decisions[-1]["id"]})) if decisions else answer


async def _another_outcome(service: Service, made: Exchange) -> str:
    """A declared outcome that was not recommended."""
    outcomes = (await case_types(service)).outcomes(plain_case(service)["caseType"])
    other = next((each for each in outcomes if each != made.answer.document.get("outcome")), None)
    if other is None:
        raise NotApplicable("the case type declares one outcome alone, so nobody can decide otherwise")
    return other


@scenario("DECN-OVR-001")
async def officials_may_disagree(service: Service) -> None:
    """AI Act Article 14(4)(d): to decide not to use the system or otherwise to disregard, override or reverse its output."""
    made = await recommended(service)
    id, recommendation = id_of(made), made.answer.document.get("outcome")
    other = await _another_outcome(service, made)
    await _accepted(service, id, await decision_on(service, id, other))
    exchange = await read(service, id)
    if exchange.answer.document.get("outcome") != recommendation:
        message = "the recommended outcome is lost where an official decides otherwise"
        raise Violation(
            message, expected=recommendation, got=exchange.answer.document.get("outcome"), pointer="/outcome", exchange=exchange
        )
    decision = (decisions_of(exchange) or [None])[-1]
    content = decision if isinstance(decision, dict) else {}
    for name, expected in (("outcome", other), ("followed", False)):
        if content.get(name) != expected:
            message = f"{name} of a decision against the recommendation is wrong"
            raise Violation(
                message, expected=repr(expected), got=repr(content.get(name)), pointer=f"/decisions/0/{name}", exchange=exchange
            )


@mutant("DECN-OVR-001")
async def the_recommendation_is_written_over(request: Request, call_next: CallNext) -> Response:
    """One field holds what was recommended, and then what was decided."""

    def change(content: dict[str, Any]) -> None:
        if content["decisions"]:
            content["outcome"] = content["decisions"][-1]["outcome"]

    return await altered(request, call_next, change) if is_read(request) else await call_next(request)


@mutant("DECN-OVR-001")
async def everybody_follows(request: Request, call_next: CallNext) -> Response:
    """Every decision counts as one that follows the recommendation."""

    def change(content: dict[str, Any]) -> None:
        for decision in content["decisions"]:
            decision["followed"] = True

    return await altered(request, call_next, change) if is_read(request) else await call_next(request)


@scenario("DECN-OVR-002")
async def decisions_can_be_reversed(service: Service) -> None:
    """AI Act Article 14(4)(d), reverse: what was decided can be changed, and it can be seen that it was."""
    made = await recommended(service)
    id, outcome = id_of(made), str(made.answer.document.get("outcome"))
    first = await _prerequisite(service, id, outcome)
    name = first.answer.document.get("id") if isinstance(first.answer.document, dict) else None
    if not isinstance(name, str):
        raise NotTested("the decision has no id")
    reason = "Po odwołaniu; po skundo."
    exchange = await decide(service, id, await decision_on(service, id, outcome, replaces=name, reason=reason))
    if exchange.status in (401, 403, 429, 503):
        not_now(exchange)
    if not exchange.succeeded:
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation("a decision that names the one it replaces is refused", expected="201", got=got, exchange=exchange)
    after = await read(service, id)
    told = [(each.get("id"), each.get("reason")) for each in decisions_of(after) if isinstance(each, dict)]
    if len(told) != 2 or told[0] != (name, REASON) or told[1][1] != reason:
        message = "after a reversal the decisions are not the earlier and the new one, in this order"
        raise Violation(message, expected=f"2 decisions, the first {name}", got=excerpt(str(told)), pointer="/decisions", exchange=after)


@mutant("DECN-OVR-002")
async def only_the_last_decision_is_kept(request: Request, call_next: CallNext) -> Response:
    """A reversed decision is gone."""
    keep = slice(-1, None)
    change = lambda content: content.update(decisions=content["decisions"][keep])  # noqa: E731
    return await altered(request, call_next, change) if is_read(request) else await call_next(request)


@mutant("DECN-OVR-002")
async def decisions_are_final(request: Request, call_next: CallNext) -> Response:
    """A decision cannot be reversed: the file is closed."""
    content = request.document
    if not is_decision(request) or not isinstance(content, dict):
        return await call_next(request)
    closed = {name: value for name, value in content.items() if name != "replaces"}
    return await call_next(request.with_json(closed))

"""How well a system says it works: metrics that mean something, and those that a run measures for itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from conformance.core.faults import changed, memory
from conformance.core.metrics import shares
from conformance.discovery.ai_act import high_risk
from conformance.discovery.card import CARD, card_of, entries
from conformance.discovery.faults import answered_in_english
from conformance.discovery.seen import asked_for_a_scenario, languages, of_its_work
from harness.checks import CallNext, Estimate, NotApplicable, Service, Violation, claim, mutant, scenario
from harness.exchange import Exchange, Request, Response

AVAILABILITY, IN_LANGUAGE = "availability", "answers-in-language"


@scenario("DISC-MET-001")
async def metrics_mean_something(service: Service) -> None:
    """AI Act Article 13(3)(b)(ii) and Article 15(3): the level of accuracy and its metrics are declared. A number without what it measures, on what
    and when, declares nothing.
    """
    exchange, card = await card_of(service)
    declared = entries(card, "metrics")
    if not declared:
        raise NotApplicable("the card declares no metrics")
    for place, metric in enumerate(declared):
        pointer = f"/metrics/{place}"
        missing = [name for name in ("name", "unit", "dataset") if not str(metric.get(name) or "").strip()]
        value = metric.get("value")
        if not isinstance(value, int | float) or isinstance(value, bool):
            missing.append("value")
        if not _is_past_date(metric.get("date")):
            missing.append("date")
        if missing:
            raise Violation(
                "a metric does not say what it measures",
                expected=", ".join(missing),
                got=metric.get("name"),
                pointer=pointer,
                exchange=exchange,
            )


def _is_past_date(value: Any) -> bool:
    """Whether a value is a day that was: nobody measures tomorrow. One day is left for clocks further east."""
    try:
        return datetime.date.fromisoformat(str(value)) <= datetime.date.today() + datetime.timedelta(days=1)
    except ValueError:
        return False


async def _metrics(request: Request, call_next: CallNext, **members: Any) -> Response:
    def change(card: dict[str, Any]) -> None:
        for metric in card["metrics"]:
            metric.update(members)

    return await changed(request, call_next, CARD, change)


@mutant("DISC-MET-001")
async def metrics_without_a_data_set(request: Request, call_next: CallNext) -> Response:
    """The metrics are those of the brochure, which does not say what was measured."""
    return await _metrics(request, call_next, dataset="")


@mutant("DISC-MET-001")
async def metrics_of_next_year(request: Request, call_next: CallNext) -> Response:
    """The metrics are goals, and bear the date by which they are to be reached."""
    return await _metrics(request, call_next, date="2031-12-31")


@scenario("DISC-MET-002")
async def high_risk_systems_declare_their_accuracy(service: Service) -> None:
    """AI Act Article 15(3): levels of accuracy and the relevant metrics are declared in the instructions of high-risk systems."""
    exchange, card = await card_of(service)
    if not high_risk(card):
        raise NotApplicable("the card does not state that the system is high-risk")
    if not entries(card, "metrics"):
        raise Violation(
            "a high-risk system declares no metrics", expected="metrics", got=card.get("metrics"), pointer="/metrics", exchange=exchange
        )


@mutant("DISC-MET-002", also=("DISC-AIA-006",))
async def high_risk_without_metrics(request: Request, call_next: CallNext) -> Response:
    """The system is high-risk, and how well it works is in the supplier's files."""

    def change(card: dict[str, Any]) -> None:
        card["aiAct"] |= {"class": "high-risk", "annexIII": ["5(a)"]}
        card.pop("metrics")

    return await changed(request, call_next, CARD, change)


def _share(card: Mapping[str, Any], name: str) -> float:
    """The declared share (0 to 1) of a metric that the harness measures. Raises :class:`NotApplicable` where there is none."""
    declared = next((share for _, share in shares(card, name)), None)
    if declared is None:
        raise NotApplicable(f"the card declares no share {name}")
    return declared


class _Trials:
    """Counts trials and keeps the first that failed."""

    def __init__(self) -> None:
        self._hits, self._n, self._misses = 0, 0, list[Exchange]()

    def _count(self, exchange: Exchange, hit: bool) -> None:
        self._n += 1
        self._hits += hit
        if not hit and len(self._misses) < 3:
            self._misses.append(exchange)

    def _estimate(self, card: Mapping[str, Any], name: str, subject: str) -> Estimate:
        limit = _share(card, name)
        if not self._n:
            raise NotApplicable(f"this run has nothing to measure {name} with")
        return Estimate(self._hits, self._n, limit, subject, tuple(self._misses))


@claim("DISC-MET-003")
class AvailabilityIsAsDeclared(_Trials):
    """AI Act Article 15(1): consistent performance. No smaller share of requests than declared is answered by another status than 5xx.

    What was written to be refused does not count: a service that answers it with 500 is there (that it does is CORE-ERR-002's subject).
    """

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        meant = exchange.vector is None or exchange.vector.kind == "valid"
        if meant and not asked_for_a_scenario(exchange) and exchange.status not in (429, 501):
            self._count(exchange, exchange.response is not None and exchange.status < 500)

    def decide(self, card: Mapping[str, Any]) -> Estimate:
        """As :meth:`harness.checks.Claim.decide`."""
        return self._estimate(card, AVAILABILITY, "requests are answered by no 5xx status")


@mutant("DISC-MET-003")
async def every_third_request_is_one_too_many(request: Request, call_next: CallNext) -> Response:
    """The service says that it is there nearly always, and is closed every third time."""
    counted = memory("every_third_request_is_one_too_many")
    counted["requests"] = counted.get("requests", 0) + 1
    if counted["requests"] % 3 or counted["requests"] < 12:
        return await call_next(request)
    answer = await call_next(Request("GET", "/no-such-file", request.headers))
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "Try again."}
    told = Response(503, answer.headers).with_json(problem, "application/problem+json")
    return told.with_header("Retry-After", "0").with_header("Content-Language", "en")


@claim("DISC-MET-004")
class LanguageIsKeptAsDeclared(_Trials):
    """AI Act Article 15(3): the declared level is the one that is met. The share of questions that are answered in their own language."""

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        both = languages(exchange) if card and of_its_work(exchange) else None
        tags = card.get("languages")
        declared = [str(tag).lower().partition("-")[0] for tag in tags] if isinstance(tags, list) else []
        if both and both[0] in declared:
            self._count(exchange, both[0] == both[1])

    def decide(self, card: Mapping[str, Any]) -> Estimate:
        """As :meth:`harness.checks.Claim.decide`."""
        return self._estimate(card, IN_LANGUAGE, "questions are answered in their own language")


@mutant("DISC-MET-004", also=("DISC-LNG-001", "CHAT-LNG-001", "CHAT-LNG-003", "CHAT-AID-002"))
async def measured_on_english_questions(request: Request, call_next: CallNext) -> Response:
    """The model answers Polish questions in English, and its language was measured on English ones."""
    return await answered_in_english(request, call_next, "pl")

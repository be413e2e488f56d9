"""Claims held against behaviour: profiles that are served, models and versions that answers name, languages that are answered in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from conformance.core.asking import ask
from conformance.core.faults import memory, with_members
from conformance.discovery.card import CARD, card_of, member, profiles
from conformance.discovery.faults import answered_in_english
from conformance.discovery.seen import languages, models_named, of_its_work
from harness.checks import CallNext, Estimate, NotApplicable, NotTested, Service, Violation, claim, mutant, scenario
from harness.exchange import Exchange, Request, Response

_ABSENT = frozenset({404, 405, 410, 501})


@scenario("DISC-PRF-001")
async def claimed_profiles_are_served(service: Service) -> None:
    """Profile core/1, ServiceCard, profiles: the profiles it serves. Who finds the service by its card counts on their operations."""
    _, card = await card_of(service)
    claimed = set(profiles(card)) - {"core"}
    operations = [each for each in service.operations if each.profile.partition("/")[0] in claimed and not each.optional]
    if not operations:
        raise NotApplicable("the card claims no profile of this run whose operations a service has to have")
    asked = 0
    for operation in operations:
        if "{" in operation.path or operation.method not in ("GET", "POST"):
            continue
        if operation.method == "POST":
            try:
                sample = service.sample("POST")
            except NotTested:
                continue
            if urlsplit(sample.url).path != operation.path:
                continue
            answered = await ask(service, sample)
        else:
            answered = await service.send("GET", operation.path)
        asked += 1
        if answered.status in _ABSENT:
            raise Violation(
                f"the card claims {operation.profile}, and the service does not have {operation.method} {operation.path}",
                expected="an operation",
                got=str(answered.status),
                exchange=answered,
            )
    if not asked:
        raise NotTested("no operation of a claimed profile can be asked for without knowing more")


@mutant("DISC-PRF-001", also=("CORE-API-001",))
async def models_are_not_listed(request: Request, call_next: CallNext) -> Response:
    """The card claims the profile assistant, and the gateway lets questions through alone."""
    if request.path != "/v1/models" or memory("models_are_not_listed").setdefault("seen", 0) == 0:
        if request.path == "/v1/models":
            memory("models_are_not_listed")["seen"] = 1
        return await call_next(request)
    return await call_next(Request(request.method, "/v1/no-models", request.headers))


@claim("DISC-MOD-001")
class OnlyDeclaredModelsAnswer:
    """AI Act Annex VIII, Section A, point 4: an unambiguous reference by which the system is identified and traced. The card names the models;
    answers name no other.

    One of the two names may say more, such as a version. A name that the caller gave and the service repeats, without listing it, is the caller's.
    """

    def __init__(self) -> None:
        self._named: dict[str, Exchange] = {}
        self._echoed: dict[str, Exchange] = {}
        self._listed: set[str] = set()

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        if not of_its_work(exchange) or not exchange.succeeded or not card:
            return
        if exchange.operation is not None and exchange.operation.id == "listModels":
            listed = member(exchange.answer.document, "data")
            self._listed |= {str(each.get("id")) for each in listed if isinstance(each, dict)} if isinstance(listed, list) else set()
            return
        asked = member(exchange.request.document, "model")
        for name in models_named(exchange):
            kept = self._echoed if name == asked else self._named
            if len(kept) < 100:
                kept.setdefault(name, exchange)

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        if not card:
            raise NotTested("the service has no service card")
        models = card.get("models")
        declared = [each for each in models if isinstance(each, str) and each] if isinstance(models, list) else []

        def is_declared(name: str) -> bool:
            return any(name.startswith(each) or each.startswith(name) for each in declared)

        own = {name: exchange for name, exchange in self._echoed.items() if name in self._listed or is_declared(name)}
        named = self._named | own
        if not named:
            raise NotApplicable("no answer of this run names its model")
        for name, exchange in sorted(named.items()):
            if not is_declared(name):
                expected = ", ".join(declared) or "models in the card"
                raise Violation(
                    "an answer names a model that the card does not", expected=expected, got=name, pointer="/models", exchange=exchange
                )


@mutant("DISC-MOD-001")
async def every_tenth_answer_is_from_another_model(request: Request, call_next: CallNext) -> Response:
    """Under load every tenth question goes to a smaller model, of which the card knows nothing."""
    answer = await call_next(request)
    if not isinstance(answer.document, dict) or answer.document.get("object") != "chat.completion":
        return answer
    counted = memory("every_tenth_answer_is_from_another_model")
    counted["answers"] = counted.get("answers", 0) + 1
    return answer.with_json({**answer.document, "model": "tiny-1b"}) if counted["answers"] % 10 == 0 else answer


@mutant("DISC-MOD-001")
async def the_card_has_the_model_of_last_year(request: Request, call_next: CallNext) -> Response:
    """The model was exchanged, and the card still names the one before."""
    return await with_members(request, call_next, CARD, models=["model-of-last-year"])


def _release(version: Any) -> str:
    return str(version).partition("+")[0]


@claim("DISC-MOD-002")
class RecordsNameTheVersion:
    """AI Act Article 12(1): records make it traceable how a system worked; the version in them is the one that the card has. What follows a plus sign
    names the build (Semantic Versioning 2.0.0, item 10), and may differ.
    """

    def __init__(self) -> None:
        self._versions: dict[str, Exchange] = {}

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        if not card or exchange.operation is None or exchange.operation.id != "getRecord" or exchange.status != 200:
            return
        version = member(exchange.answer.document, "systemVersion")
        if isinstance(version, str) and len(self._versions) < 100:
            self._versions.setdefault(version, exchange)

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        if not self._versions:
            raise NotApplicable("no record of this run names a version of the system")
        for version, exchange in self._versions.items():
            if _release(version) != _release(card.get("version")):
                raise Violation(
                    "a record is of another version than the card",
                    expected=card.get("version"),
                    got=version,
                    pointer="/systemVersion",
                    exchange=exchange,
                )


@mutant("DISC-MOD-002")
async def records_have_the_number_of_the_build(request: Request, call_next: CallNext) -> Response:
    """Records name the build, the card the release."""
    return await with_members(request, call_next, "/records/", systemVersion="2026.11.24+4711")


_MOST_OF_THEM = 0.5


@claim("DISC-LNG-001")
class DeclaredLanguagesAreAnsweredIn:
    """Profile core/1, ServiceCard, languages: the languages it answers in. Where most questions in a declared language are surely (95 % Wilson
    interval) answered in others, it is none of them.
    """

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._otherwise: dict[str, Exchange] = {}

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        both = languages(exchange) if card and of_its_work(exchange) else None
        if both:
            asked, answered = both
            self._asked[asked] += 1
            self._answered[asked] += asked == answered
            if asked != answered:
                self._otherwise.setdefault(asked, exchange)

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        tags = card.get("languages")
        declared = [each.lower().partition("-")[0] for each in tags if isinstance(each, str)] if isinstance(tags, list) else []
        judged = [tag for tag in declared if self._asked[tag]]
        if not sum(self._asked.values()):
            raise NotApplicable("no question of this run has an answer whose language can be told")
        if not judged:
            raise NotTested(f"nothing was asked in the declared languages ({', '.join(declared) or 'none'})")
        for tag in judged:
            kept = Estimate(self._answered[tag], self._asked[tag], _MOST_OF_THEM, "questions")
            if kept.interval[1] < _MOST_OF_THEM:
                got = f"{kept.hits} of {kept.n} questions in {tag} are answered in it"
                expected = f"answers in {', '.join(declared)}"
                exchange = self._otherwise.get(tag)
                raise Violation(
                    "a declared language is not answered in", expected=expected, got=got, pointer="/languages", exchange=exchange
                )


@mutant("DISC-LNG-001", also=("CHAT-LNG-001", "CHAT-LNG-003", "CHAT-AID-002", "DISC-MET-004"))
async def lithuanian_is_declared_only(request: Request, call_next: CallNext) -> Response:
    """Polish and Lithuanian are declared both, and questions in Lithuanian are answered in English."""
    return await answered_in_english(request, call_next, "lt")

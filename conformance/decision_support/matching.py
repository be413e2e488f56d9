"""One person in the registers of two countries (capability person-matching)."""

from __future__ import annotations

from typing import Any

from conformance.core.reading import excerpt
from conformance.decision_support.asking import MATCHES, needs
from conformance.decision_support.faults import altered
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

_BORN, _OTHER_DAY = "1984-02-29", "1979-11-03"

_SPELLINGS = (
    (("Wróblewska", "Łucja"), ("Wroblewska", "Lucja"), "without diacritics"),
    (("Wróblewska", "Łucja"), ("Vrublevska", "Lucija"), "in Lithuanian spelling"),
    (("Mackiewicz", "Michał"), ("Mackevič", "Michal"), "in Lithuanian spelling"),
    (("Žukauskaitė", "Šarūnė"), ("Zukauskaite", "Sarune"), "without diacritics"),
    (("WRÓBLEWSKA", "ŁUCJA"), ("Wróblewska", "Łucja"), "in other letter case"),
)
"""One person's name in two spellings."""
_STRANGER = ("Kowalczyk", "Tomasz")


def _person(name: tuple[str, str], born: str | None = _BORN, **members: Any) -> dict[str, Any]:
    return {"familyName": name[0], "givenName": name[1], **({"dateOfBirth": born} if born else {}), **members}


def _is_matched(exchange: Exchange) -> bool:
    operation = exchange.operation
    return exchange.succeeded and operation is not None and operation.id == "matchPersons" and _results(exchange) is not None


def _results(exchange: Exchange) -> list[dict[str, Any]] | None:
    content = exchange.answer.document
    matches = content.get("matches") if isinstance(content, dict) else None
    return [each for each in matches if isinstance(each, dict)] if isinstance(matches, list) else None


@rule("DECN-MTC-001", when=_is_matched)
def every_candidate_gets_a_result(exchange: Exchange) -> None:
    """Profile decision-support/1, matchPersons: who is left out cannot be told from who was never looked at."""
    asked = exchange.request.document
    candidates = asked.get("candidates") if isinstance(asked, dict) else None
    ids = [each.get("id") for each in candidates if isinstance(each, dict)] if isinstance(candidates, list) else []
    got = [each.get("id") for each in _results(exchange) or ()]
    if got != ids:
        message = "the results are not those of the candidates, in their order"
        raise Violation(message, expected=excerpt(str(ids)), got=excerpt(str(got)), pointer="/matches")


@mutant("DECN-MTC-001")
async def the_best_come_first(request: Request, call_next: CallNext) -> Response:
    """Results are in the order of their scores, the best at the end."""
    change = lambda content: content["matches"].sort(key=lambda each: each["score"])  # noqa: E731
    return await altered(request, call_next, change) if request.path == MATCHES else await call_next(request)


@mutant("DECN-MTC-001")
async def others_are_left_out(request: Request, call_next: CallNext) -> Response:
    """Only those are answered who may be the person."""
    change = lambda content: content.update(matches=[each for each in content["matches"] if each["score"] >= 0.6])  # noqa: E731
    return await altered(request, call_next, change) if request.path == MATCHES else await call_next(request)


async def _matched(service: Service, person: dict[str, Any], candidates: list[dict[str, Any]]) -> tuple[Exchange, list[dict[str, Any]]]:
    """The results for the candidates, in their order. Raises :class:`NotTested` where they are not; DECN-MTC-001 says so."""
    service.needs_capability("person-matching")
    numbered = [{"id": f"c{number}", **each} for number, each in enumerate(candidates)]
    exchange = await service.send("POST", MATCHES, json={"person": person, "candidates": numbered})
    needs(exchange, "matching of persons")
    results = {each.get("id"): each for each in _results(exchange) or ()}
    ordered = [results.get(each["id"], {}) for each in numbered]
    if any(not isinstance(each.get("score"), int | float) or "result" not in each for each in ordered):
        raise NotTested("not every candidate has a score and a result")
    return exchange, ordered


@scenario("DECN-MTC-001")
async def matching_is_optional(service: Service) -> None:
    """Where persons are matched, the rule above has looked at the answer."""
    await _matched(service, _person(_SPELLINGS[0][0]), [_person(_STRANGER)])


@scenario("DECN-MTC-002")
async def spellings_are_one_name(service: Service) -> None:
    """Names of one person are spelt in two ways on the two sides of the border, and many registers know no diacritics.

    Held against the service is that a spelling is called another person, or scores no higher than a stranger.
    """
    for one, other, what in _SPELLINGS:
        exchange, (spelt, stranger) = await _matched(service, _person(one), [_person(other), _person(_STRANGER)])
        shown = f"{one[1]} {one[0]}, {other[1]} {other[0]}"
        if spelt["result"] == "different":
            message = f"a name {what} is called another person: {shown}"
            raise Violation(message, expected="possible or match", got="different", pointer="/matches/0/result", exchange=exchange)
        if spelt["score"] <= stranger["score"]:
            message = f"a name {what} scores no higher than a stranger's: {shown}"
            raise Violation(
                message, expected=f"more than {stranger['score']}", got=spelt["score"], pointer="/matches/0/score", exchange=exchange
            )


@mutant("DECN-MTC-002")
async def names_are_compared_by_letter(request: Request, call_next: CallNext) -> Response:
    """A name in another spelling is another name."""

    def change(content: dict[str, Any]) -> None:
        for each in content["matches"]:
            if any(reason["element"] == "familyName" and reason["comparison"] != "equal" for reason in each["reasons"]):
                each.update(score=0.0, result="different")

    return await altered(request, call_next, change) if request.path == MATCHES else await call_next(request)


@mutant("DECN-MTC-002")
async def diacritics_are_all_there_is(request: Request, call_next: CallNext) -> Response:
    """Names are compared without marks, and in no other way."""
    plain = str.maketrans("ąćęłńóśźżčėįšųūžĄĆĘŁŃÓŚŹŻČĖĮŠŲŪŽ", "acelnoszzceisuuzACELNOSZZCEISUUZ")

    def folded(person: dict[str, Any]) -> tuple[str, ...]:
        return tuple(person[name].translate(plain).casefold() for name in ("familyName", "givenName"))

    def change(content: dict[str, Any]) -> None:
        asked = request.json
        for each, candidate in zip(content["matches"], asked["candidates"], strict=True):
            if folded(asked["person"]) != folded(candidate):
                each.update(score=0.1, result="different")

    return await altered(request, call_next, change) if request.path == MATCHES else await call_next(request)


@scenario("DECN-MTC-003")
async def names_alone_are_no_match(service: Service) -> None:
    """GDPR Article 5(1)(d): accurate. Two people of one name are no rarity, and the data of one must not reach the other."""
    name = ("Kowalska", "Anna")
    exchange, results = await _matched(service, _person(name), [_person(name, None), _person(name, _OTHER_DAY)])
    alone, (only,) = await _matched(service, _person(name, None), [_person(name, None)])
    for shown, place, result, what in (
        (exchange, 0, results[0], "an equal name without a birth date"),
        (exchange, 1, results[1], "an equal name with another birth date"),
        (alone, 0, only, "an equal name alone"),
    ):
        if result["result"] == "match":
            raise Violation(
                f"{what} is called a match",
                expected="possible or different",
                got="match",
                pointer=f"/matches/{place}/result",
                exchange=shown,
            )


@mutant("DECN-MTC-003")
async def one_name_is_one_person(request: Request, call_next: CallNext) -> Response:
    """Who has the same name is the same person."""

    def change(content: dict[str, Any]) -> None:
        for each in content["matches"]:
            if all(reason["comparison"] == "equal" for reason in each["reasons"] if reason["element"].endswith("Name")):
                each["result"] = "match"

    return await altered(request, call_next, change) if request.path == MATCHES else await call_next(request)

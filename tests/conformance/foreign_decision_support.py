"""Decision support by somebody else: correct by the profile, and different wherever the profile leaves room.

It has another procedure, ids of another kind, members of its own, whole numbers as 3.0, JSON in ASCII sent in pieces, errors as FastAPI writes them.
It has none of what core asks of governments. :class:`Habits` are ways in which correct services differ; ``bare`` is one that recommends and lets
people decide, and no more.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import rfc8785
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

PERSON = {
    "type": "object",
    "required": ["familyName", "givenName"],
    "properties": {
        "familyName": {"type": "string", "pattern": r"\S", "maxLength": 200},
        "givenName": {"type": "string", "pattern": r"\S", "maxLength": 200},
        "dateOfBirth": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "identifier": {
            "type": "object",
            "required": ["scheme", "value"],
            "properties": {
                "scheme": {"type": "string", "pattern": r"^[a-z]{2}-[a-z0-9-]{1,40}$"},
                "value": {"type": "string", "minLength": 1, "maxLength": 64},
            },
        },
    },
}
CASE = {
    "type": "object",
    "required": ["caseType", "reference", "applicant", "facts"],
    "properties": {
        "caseType": {"type": "string", "minLength": 1, "maxLength": 200},
        "reference": {"type": "string", "pattern": r"\S", "maxLength": 200},
        "applicant": PERSON,
        "facts": {"type": "object"},
        "note": {"type": "string", "maxLength": 4000},
    },
}
DECISION = {
    "type": "object",
    "required": ["outcome", "official", "reason"],
    "properties": {
        "outcome": {"enum": ["yes", "no"]},
        "official": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "pattern": r"\S"}}},
        "reason": {"type": "string", "pattern": r"\S"},
    },
}
MATCH = {
    "type": "object",
    "required": ["person", "candidates"],
    "properties": {
        "person": PERSON,
        "candidates": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {"allOf": [PERSON], "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 128}}},
        },
    },
}
EXAMPLES = [{"vehicles": 1.0, "resident": True, "zone": "A"}, {"vehicles": 3, "resident": False, "zone": "B", "since": "2019-05-01"}]
TEXTS = {
    "pl": "System porównał podane okoliczności z regulaminem strefy parkowania, rozstrzyga zaś pracownik urzędu.",
    "lt": "Sistema palygino nurodytas aplinkybes su automobilių stovėjimo zonos taisyklėmis, o sprendžia savivaldybės darbuotojas.",
    "en": "The system compared what was stated with the rules of the parking zone, and a member of staff takes the decision.",
}


@dataclass(frozen=True)
class Habits:
    """What correct services do differently. ``invalid`` and ``unknown`` are statuses; ``bare`` services lack all that is optional."""

    bare: bool = False
    invalid: int = 422
    unknown: int = 404
    decided: int = 409
    stopped: int = 409
    strict: bool = False
    returns_applicant: bool = True
    explanation_needed: bool = False
    page: int = 3
    one_outcome: bool = False
    what_if: bool = True
    location: str = "http://inside.example:8000/v2/recommendations/{id}/"


def outcome_of(facts: dict[str, Any], own: Habits) -> str:
    """The rule of the house: residents with few vehicles, or anybody in zone B with one."""
    if own.one_outcome:
        return "yes"
    good = (facts["resident"] and facts["vehicles"] <= 2) or (facts.get("zone") == "B" and facts["vehicles"] == 1)
    return "yes" if good else "no"


def unfit(facts: Any) -> bool:
    """Whether facts do not fit the declared features."""
    number = facts.get("vehicles")
    return (
        not isinstance(facts.get("resident"), bool)
        or isinstance(number, bool)
        or not isinstance(number, int | float)
        or number != int(number)
        or not 1 <= number <= 9
        or facts.get("zone", "A") not in ("A", "B")
        or not isinstance(facts.get("since", ""), str)
        or not facts.keys() <= {"vehicles", "resident", "zone", "since"}
    )


def wrong_identifier(person: dict[str, Any]) -> bool:
    """Knows no identifier of the 22nd century, and refuses every one."""
    return "identifier" in person


class Refusal(Exception):
    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


def foreign_decision_support(habits: Habits | None = None, *, card: dict[str, Any] | None = None) -> Starlette:
    """The service as an ASGI application, with a card where one is given."""
    own = habits or Habits()
    kept: dict[str, dict[str, Any]] = {}
    log: list[dict[str, Any]] = []
    numbers = itertools.count(17)
    state: dict[str, Any] = {"state": "running"}

    def note(event: str, **more: Any) -> None:
        entry = {
            "sequence": len(log) + 1,
            "time": "2026-11-25T08:00:00+00:00",
            "event": event,
            **more,
            "load": 0.5,
            "nested": {"ž": [1e21, None]},
        }
        entry |= {"systemVersion": "2026-11", "previous": log[-1]["hash"] if log else "0" * 64}
        log.append({"hash": hashlib.sha256(rfc8785.dumps(entry)).hexdigest(), **entry})

    async def body(request: Request, schema: dict[str, Any]) -> Any:
        if "json" not in request.headers.get("content-type", "").lower():
            raise Refusal(415)
        try:
            content = json.loads((await request.body()).decode())
            jsonschema_rs.Draft202012Validator(schema).validate(content)
        except (ValueError, RecursionError):
            raise Refusal(own.invalid) from None
        return content

    def found(request: Request) -> dict[str, Any]:
        id = request.path_params["id"]
        if not id.startswith("REC "):
            raise Refusal(own.invalid)
        if id not in kept:
            raise Refusal(own.unknown)
        return kept[id]

    def running() -> None:
        if state["state"] == "suspended":
            raise Refusal(own.stopped, **({"Retry-After": "1"} if own.stopped == 503 else {}))

    async def case_types(request: Request) -> Response:
        outcomes = [{"id": "yes"}] if own.one_outcome else [{"id": "no", "title": {"en": "No"}}, {"id": "yes", "colour": "green"}]
        features = [
            {"name": "zone", "type": "string", "options": ["A", "B"]},
            {"name": "vehicles", "type": "integer", "minimum": 1.0, "maximum": 9.0, "required": True},
            {"name": "resident", "type": "boolean", "required": True},
            {"name": "since", "type": "date", "icon": None},
        ]
        examples: list[dict[str, Any]] = [
            {"outcome": outcome_of(EXAMPLES[0], own), "facts": EXAMPLES[0], "title": "usual"},
            {"facts": EXAMPLES[1]},
        ]
        parking: dict[str, Any] = {
            "examples": examples,
            "outcomes": outcomes,
            "id": "Parkavimas/leidimas 1",
            "features": features,
            "x": None,
        }
        if not own.bare:
            parking |= {"purpose": TEXTS, "limits": TEXTS, "fundamentalRightsAssessment": {"reference": "7/2026"}}
        return answered({"total": 1, "caseTypes": [parking]})

    async def recommend(request: Request) -> Response:
        case = await body(request, CASE)
        running()
        if case["caseType"] != "Parkavimas/leidimas 1" or unfit(case["facts"]) or wrong_identifier(case["applicant"]):
            raise Refusal(own.invalid)
        if own.strict and case.keys() - CASE["properties"].keys():
            raise Refusal(400)
        id = f"REC {next(numbers)}/ž"
        made = {"outcome": outcome_of(case["facts"], own), "decisions": [], "status": "open", "id": id, "caseType": case["caseType"]}
        made["facts"] = {name: float(value) if name == "vehicles" else value for name, value in case["facts"].items()} | {"region": "LT-VL"}
        if own.returns_applicant:
            made |= {"applicant": case["applicant"], "reference": case["reference"]}
        if not own.bare:
            made |= {"ai": {"system": "Leidimai", "version": "2026-11", "vendor": None}, "notice": {**TEXTS, "ru": "..."}}
        kept[id] = made
        note("recommendation", subject=id)
        quoted = id.replace(" ", "%20").replace("/", "%2F").replace("ž", "%C5%BE")
        return answered(made, 201, Location=own.location.format(id=quoted))

    async def read(request: Request) -> Response:
        return answered(found(request))

    async def decide(request: Request) -> Response:
        recommendation, decision = found(request), await body(request, DECISION)
        if own.explanation_needed and decision.get("explanation") != f"why-{recommendation['id']}":
            raise Refusal(own.invalid)
        decisions = recommendation["decisions"]
        if decisions and decision.get("replaces") != decisions[-1]["id"]:
            raise Refusal(own.decided)
        taken = {"id": f"D{len(decisions)}", **decision, "followed": decision["outcome"] == recommendation["outcome"], "x": 1}
        kept[recommendation["id"]] = {**recommendation, "status": "decided", "decisions": [*decisions, taken]}
        note("decision", subject=recommendation["id"], official=decision["official"]["name"])
        return answered(taken, 201)

    async def explain(request: Request) -> Response:
        recommendation = found(request)
        note("explanation", subject=recommendation["id"])
        facts = {name: value for name, value in recommendation["facts"].items() if name != "region"}
        language = next((each for each in TEXTS if request.headers.get("accept-language", "").startswith(each)), "lt")
        elements = [
            {"text": TEXTS[language], "direction": "for", "feature": name, "value": facts.get(name), "share": 0.5}
            for name in ("resident", "vehicles")
        ]
        tries: list[dict[str, Any]] = [
            {"resident": not facts["resident"]},
            {"vehicles": 1, "zone": "B"},
            {"resident": False, "vehicles": 9, "zone": "A"},
        ]
        other = [(each, outcome_of({**facts, **each}, own)) for each in tries]
        counterfactuals = [{"outcome": after, "changes": each} for each, after in other if after != recommendation["outcome"]]
        explanation = {
            "counterfactuals": counterfactuals,
            "elements": elements,
            "role": TEXTS[language],
            "outcome": recommendation["outcome"],
        }
        return answered({**explanation, "recommendation": recommendation["id"], "id": f"why-{recommendation['id']}", "model": None})

    async def what_if(request: Request) -> Response:
        case = await body(request, {"type": "object", "required": ["caseType", "facts"], "properties": {"facts": {"type": "object"}}})
        running()
        if case["caseType"] != "Parkavimas/leidimas 1" or unfit(case["facts"]):
            raise Refusal(own.invalid)
        note("what-if")
        return answered({"outcome": outcome_of(case["facts"], own), "explored": True})

    async def oversight(request: Request) -> Response:
        if request.method == "PUT":
            asked = await request.json()
            state.update(asked)
            note("suspension" if asked["state"] == "suspended" else "resumption", official=asked["official"]["name"])
        return answered({"since": "2026-11-25T08:00:00+00:00", **state})

    async def entries(request: Request) -> Response:
        before = request.query_params.get("before", str(len(log) + 1))
        if not before.isdecimal():
            raise Refusal(own.invalid)
        end = min(int(before) - 1, len(log))
        return answered({"more": True, "entries": log[max(0, end - own.page) : end]})

    async def match(request: Request) -> Response:
        asked = await body(request, MATCH)
        if any(wrong_identifier(each) for each in (asked["person"], *asked["candidates"])):
            raise Refusal(own.invalid)
        person, results = asked["person"], []
        for each in asked["candidates"]:
            same = each["familyName"][:1].upper() in (
                {"W", "V"} if person["familyName"][:1].upper() == "W" else {person["familyName"][:1].upper(), "Z"}
            )
            born = "dateOfBirth" in each and each.get("dateOfBirth") == person.get("dateOfBirth")
            score = 1 if born and same else 0.25 * same
            reason = {"element": "familyName", "comparison": "similar" if same else "different"}
            results.append({"reasons": [reason], "result": "possible" if same else "different", "score": score, "id": each["id"]})
        return answered({"matches": results})

    routes = [
        Route("/case-types", case_types),
        Route("/recommendations", recommend, methods=["POST"]),
        Route("/recommendations/{id:path}/decisions", decide, methods=["POST"]),
    ]
    if not own.bare:
        routes += [Route("/recommendations/{id:path}/explanation", explain), Route("/log", entries)]
        routes += [Route("/oversight", oversight, methods=["GET", "PUT"]), Route("/matches", match, methods=["POST"])]
        routes += [Route("/what-if", what_if, methods=["POST"])] if own.what_if else []
    routes.append(Route("/recommendations/{id:path}", read))
    if card is not None:
        routes.append(Route("/service-card", lambda request: answered(card)))
    return Starlette(routes=routes, exception_handlers={Refusal: _refused, 404: _nothing_here, 405: _wrong_method})


def answered(content: Any, status: int = 200, **headers: str) -> Response:
    """JSON in ASCII, sent in two pieces without a length."""
    sent = json.dumps(content, ensure_ascii=True, indent=1).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield sent[:7]
        yield sent[7:]

    return StreamingResponse(pieces(), status, headers, media_type="application/json;charset=UTF-8")


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return answered({"detail": [{"type": "refused", "loc": ["body"], "msg": "Refused"}]}, refusal.status, **refusal.headers)


async def _nothing_here(request: Request, exception: Exception) -> Response:
    return PlainTextResponse("nothing here", 404)


async def _wrong_method(request: Request, exception: Exception) -> Response:
    return PlainTextResponse("no", 405, headers={"Allow": "GET, POST"})

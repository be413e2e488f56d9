"""A correct server of Presidio's interface by somebody else: it finds addresses and accounts, and does the rest in its own way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_PATTERNS = {"EMAIL": r"[\w.]+@[\w.]+\.\w+", "BANK_ACCOUNT": r"[A-Z]{2}[0-9]{2}[0-9 ]{11,30}[0-9]", "LINK": r"(?<=@)[\w.]+\.\w+"}


@dataclass(frozen=True)
class Habits:
    """What a correct server may do otherwise than another."""

    language: str = "en"
    unsupported: int = 400
    """The status for a language that it does not know."""
    invalid: int = 400
    unknown_operator: int = 422
    batches: bool = True
    unsteady: bool = False
    """Its model finds something more in a text that comes with others."""
    strict: bool = False
    """Types that it does not have are refused: it has names of its own."""
    ad_hoc: bool = False
    """Words of the caller's own are looked for, in place of refused."""
    masks: bool = True
    decrypts: bool = False
    """It encrypts, and puts back; in a way of its own."""
    lists: bool = True
    """It offers the four lists of names."""
    fractions: bool = False
    """Whole numbers are written 7.0."""
    members: bool = False
    """Answers hold members of its own, in another order, and findings come from the end of the text on."""
    item_texts: bool = True
    chunked: bool = False
    kind: str = "application/json"
    merges: bool = False
    """Of results that overlap the whole is replaced once; else each in turn."""
    halves: frozenset[str] = frozenset(("find", "take-out"))


def foreign_anonymiser(own: Habits) -> Starlette:
    """The server with these habits."""

    def answer(value: Any, status: int = 200) -> Response:
        body = json.dumps(value, ensure_ascii=False).encode()
        if not own.chunked:
            return Response(body, status, media_type=own.kind)
        return StreamingResponse(_parts(body), status, media_type=own.kind)

    def refused(status: int) -> Response:
        return answer({"detail": "cannot be done"}, status)

    def number(value: int) -> float:
        return float(value) if own.fractions else value

    async def content(request: Request) -> Any:
        if not (request.headers.get("content-type") or "").lower().startswith("application/json"):
            return None
        try:
            value = json.loads(await request.body())
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def find(text: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        patterns = dict(_PATTERNS)
        if own.ad_hoc:
            for each in asked.get("ad_hoc_recognizers") or ():
                patterns |= {each["supported_entity"]: "|".join(map(re.escape, each.get("deny_list") or ["(?!)"]))}
        found = []
        for kind, pattern in patterns.items():
            score = 0.6 if kind == "LINK" else 0.95
            if (asked.get("entities") and kind not in asked["entities"]) or score < (asked.get("score_threshold") or 0):
                continue
            for match in re.finditer(pattern, text):
                finding = {"start": number(match.start()), "end": number(match.end()), "score": score, "entity_type": kind}
                found.append({"id": len(found), **finding, "recognizer": {"v": 3}} if own.members else finding)
        return found[::-1] if own.members else found

    async def analyze(request: Request) -> Response:
        asked = await content(request)
        if asked is None or not isinstance(asked.get("language"), str) or not asked["language"]:
            return refused(own.invalid)
        texts = asked.get("text")
        several = isinstance(texts, list)
        if not all(isinstance(each, str) for each in (texts if several else [texts])) or (several and not own.batches):
            return refused(own.invalid)
        if asked["language"] != own.language:
            return refused(own.unsupported)
        if not isinstance(asked.get("ad_hoc_recognizers", []), list):
            return refused(own.invalid)
        threshold, entities = asked.get("score_threshold"), asked.get("entities")
        wrong = threshold is not None and (isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1)
        if wrong or (
            entities is not None and not (isinstance(entities, list) and all(isinstance(each, str) and each for each in entities))
        ):
            return refused(own.invalid)
        if own.strict and not set(entities or ()) <= set(_PATTERNS):
            return refused(own.invalid)
        recognizers = asked.get("ad_hoc_recognizers") or ()
        if recognizers and not (
            own.ad_hoc and all(isinstance(each, dict) and isinstance(each.get("supported_entity"), str) for each in recognizers)
        ):
            return refused(own.invalid)
        try:
            return answer([find(each, asked) + _imagined(own, each) for each in texts] if several else find(texts, asked))
        except (KeyError, TypeError, AttributeError):
            return refused(own.invalid)

    async def anonymize(request: Request) -> Response:
        return changed(await content(request), "analyzer_results", "anonymizers", _operators(own))

    async def deanonymize(request: Request) -> Response:
        return changed(await content(request), "anonymizer_results", "deanonymizers", {"decrypt": _turned})

    def changed(asked: Any, results: str, operators: str, known: dict[str, Any]) -> Response:
        try:
            text, named = asked["text"], asked.get(operators, {})
            places = [(int(each["start"]), int(each["end"]), str(each["entity_type"])) for each in asked[results]]
            fits = isinstance(text, str) and all(isinstance(each["start"], int | float) for each in asked[results])
            fits = fits and all("score" in each or results != "analyzer_results" for each in asked[results])
            if not fits or (operators == "deanonymizers" and operators not in asked):
                return refused(own.invalid)
            if any(not 0 <= start <= end <= len(text) or not kind for start, end, kind in places):
                return refused(own.unknown_operator)
            if any(each["type"] not in known for each in named.values()):
                return refused(own.unknown_operator)
            new, items = _written(text, _apart(places, merged=own.merges), named, known)
        except (KeyError, TypeError, ValueError, AttributeError):
            return refused(own.invalid)
        for item in items:
            item["start"], item["end"] = number(item["start"]), number(item["end"])
            if not own.item_texts:
                del item["text"]
        return answer({"items": items, "took": 0.2, "text": new} if own.members else {"text": new, "items": items})

    async def entities(request: Request) -> Response:
        language = request.query_params.get("language")
        return answer([*_PATTERNS, "PERSON"]) if language in (None, own.language) else refused(own.unsupported)

    async def names(request: Request) -> Response:
        return answer(["one", "two"])

    routes: list[Route] = []
    if "find" in own.halves:
        routes.append(Route("/analyze", analyze, methods=["POST"]))
        routes += [Route("/supportedentities", entities), Route("/recognizers", names)] if own.lists else []
    if "take-out" in own.halves:
        routes.append(Route("/anonymize", anonymize, methods=["POST"]))
        routes += [Route("/deanonymize", deanonymize, methods=["POST"])] if own.decrypts else []
        routes += [Route("/anonymizers", names), Route("/deanonymizers", names)] if own.lists else []
    return Starlette(routes=routes)


def _imagined(own: Habits, text: str) -> list[dict[str, Any]]:
    return [{"start": 0, "end": 1, "score": 0.51, "entity_type": "LINK"}] if own.unsteady and text else []


async def _parts(body: bytes) -> Any:
    for place in range(0, len(body), 7):
        yield body[place : place + 7]


def _turned(text: str, kind: str, settings: dict[str, Any]) -> str:
    """A cipher that is none, its own counterpart: a test needs no more."""
    if not settings["key"]:
        raise ValueError
    return text[::-1]


def _operators(own: Habits) -> dict[str, Any]:
    known: dict[str, Any] = {"replace": lambda text, kind, settings: settings.get("new_value") or f"<{kind}>", "redact": lambda *_: ""}
    if own.masks:
        known["mask"] = _masked
    return known | ({"encrypt": _turned} if own.decrypts else {})


def _masked(text: str, kind: str, settings: dict[str, Any]) -> str:
    count = max(0, min(int(settings["chars_to_mask"]), len(text)))
    if settings.get("from_end"):
        return text[: len(text) - count] + settings["masking_char"] * count
    return settings["masking_char"] * count + text[count:]


def _apart(places: list[tuple[int, int, str]], *, merged: bool) -> list[tuple[int, int, str]]:
    """Places that do not overlap: made one where they are ``merged``, else the later cut to what the earlier leaves."""
    apart: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(places):
        if apart and start < apart[-1][1]:
            if merged:
                apart[-1] = (apart[-1][0], max(apart[-1][1], end), apart[-1][2])
                continue
            start = apart[-1][1]
        if start < end:
            apart.append((start, end, kind))
    return apart


def _written(
    text: str, places: list[tuple[int, int, str]], named: dict[str, Any], known: dict[str, Any]
) -> tuple[str, list[dict[str, Any]]]:
    """The new text, and its items from the last to the first, as Presidio gives them."""
    pieces: list[str] = []
    items: list[dict[str, Any]] = []
    done = 0
    for start, end, kind in places:
        operator = named.get(kind) or named.get("DEFAULT") or {"type": "replace"}
        new = known[operator["type"]](text[start:end], kind, operator)
        pieces.append(text[done:start])
        at = sum(map(len, pieces))
        pieces.append(new)
        items.insert(0, {"start": at, "end": at + len(new), "entity_type": kind, "text": new, "operator": operator["type"]})
        done = end
    return "".join((*pieces, text[done:])), items


def operations_of(half: str) -> Iterator[str]:
    """The requirements of class base that one half can be asked."""
    finding = ("ANON-API-001", "ANON-API-003", "ANON-API-004", "ANON-OFF-002", "ANON-LNG-001")
    yield from (
        finding if half == "find" else ("ANON-API-007", "ANON-ANM-002", "ANON-ANM-003", "ANON-ANM-004", "ANON-OPR-001", "ANON-OPR-002")
    )

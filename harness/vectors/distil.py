"""Distilling: of everything drawn, the fewest vectors that exercise what the hand-written ones leave out.

A drawn value is put into a hand-written request, in one place: a vector differs from a request that people wrote and read in the one thing it
is there for, so a service that refuses it shows what it refuses. Only where no hand-written request has room for a value is a drawn body sent
as it is. Which are kept follows from features (``form.py``): a greedy set cover, ties by the smallest request, then by the order drawn.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from harness.exchange import NotJSON, media_type
from harness.form import Feature, Form, Path, Reading, kind_of, kinds_of_text
from harness.vectors.draw import Draw
from harness.vectors.model import Vector, VectorRequest, bind, fill, variable_in
from harness.vectors.naming import named, purpose

if TYPE_CHECKING:
    from harness.operation import Operation

_ABSENT = object()


def assumed(document: Mapping[str, Any]) -> dict[str, Any]:
    """What vectors are drawn with in the place of each variable of a document: its example, else the variable itself, as a text."""
    return {name: entry.get("example", f"${{{name}}}") for name, entry in document.get("x-variables", {}).items()}


@dataclass(frozen=True)
class _Candidate:
    """A vector that may be kept: for the ``features`` of the place that differs from a hand-written request, out of ``all`` it exercises."""

    vector: Vector
    features: frozenset[Feature]
    all: frozenset[Feature]
    size: int


def distil(operations: Sequence[Operation], documents: Mapping[str, Any], hand: Sequence[Vector], drawn: Sequence[Draw]) -> list[Vector]:
    """The drawn vectors that are kept, in the order of ``operations`` and of their ids. ``hand`` are the hand-written vectors.

    What a header exercises counts once for all operations: it is mostly one part of a service that reads it.
    """
    tables = [
        _Table(operation, assumed(documents[operation.profile]), [vector for vector in hand if vector.operation == operation.id])
        for operation in operations
    ]
    headers = frozenset(each for table in tables for each in table.exercised if each.place.startswith("header "))
    found: list[Vector] = []
    for operation, table in zip(operations, tables, strict=True):
        own = [each for each in drawn if each.operation == operation.id]
        covered = table.exercised | headers
        kept = _cover(table.candidates(own), covered)
        kept += _cover(table.whole(own), covered.union(*(each.all for each in kept)))
        vectors = _named(kept, covered)
        headers |= {feature for each in kept for feature in each.features if feature.place.startswith("header ")}
        found += sorted(vectors, key=lambda vector: vector.id)
    return found


def _cover(candidates: Sequence[_Candidate], covered: frozenset[Feature]) -> list[_Candidate]:
    """Greedy set cover of what ``covered`` leaves out."""
    kept: list[_Candidate] = []
    left = [each for each in candidates if each.features - covered]
    while left:
        best = min(left, key=lambda each: (-len(each.features - covered), each.size))  # the first of equals: the order drawn
        kept.append(best)
        covered |= best.all
        left = [each for each in left if each.features - covered]
    return kept


def _named(kept: Sequence[_Candidate], covered: frozenset[Feature]) -> list[Vector]:
    """The vectors, each called after the first feature that only it brings; one that a later choice made redundant is left out."""
    times = Counter(feature for each in kept for feature in each.all - covered)
    vectors = []
    for each in kept:
        alone = sorted(feature for feature in each.features - covered if times[feature] == 1)
        if not alone:
            times.subtract(each.all - covered)
            continue
        id = f"drawn-{each.vector.operation}-{named(alone[0])}"
        vectors.append(msgspec.structs.replace(each.vector, id=id, purpose=purpose(alone[0])))
    return vectors


class _Table:
    """What the hand-written vectors of an operation exercise, and what drawn values add when they are put into them."""

    def __init__(self, operation: Operation, variables: Mapping[str, Any], hand: Sequence[Vector]) -> None:
        self._operation, self._variables = operation, variables
        self._form, self._parameters = operation.body_form, operation.parameter_forms
        self._hosts: list[tuple[Vector, Reading]] = []
        exercised: set[Feature] = set()
        for vector in hand:
            exercised |= self._of_vector(vector)
        self.exercised = frozenset(exercised)
        self._hosts.sort(key=lambda host: host[0].kind != "valid")
        valid = [vector for vector in hand if vector.kind == "valid"]
        self._plain = valid[0].request if valid else VectorRequest()

    def _of_vector(self, vector: Vector) -> frozenset[Feature]:
        request = bind(vector, self._operation.method, self._operation.path, self._variables)
        found: set[Feature] = set()
        for name, value in vector.request.headers.items():
            found |= self._of_parameter("header", name, value)
        path, _, query = request.url.partition("?")
        for step, segment in zip(self._operation.path.split("/"), path.split("/"), strict=False):
            found |= self._of_parameter("path", step[1:-1], unquote(segment))
        for name, value in parse_qsl(query, keep_blank_values=True):
            found |= self._of_parameter("query", name, _as_value(value)) | self._of_parameter("query", name, value)
        if self._form is None or not request.body:
            return frozenset(found)
        try:
            value = request.json
        except NotJSON:
            return frozenset({*found, Feature("", "body", "no JSON")})
        reading = self._form.read(value)
        if reading.fits and vector.request.json is not msgspec.UNSET:
            self._hosts.append((vector, reading))
        return frozenset({*found, *reading.features, *_texts(value)})

    def _of_parameter(self, where: str, name: str, value: Any) -> frozenset[Feature]:
        if (where, name) == ("header", "Content-Type"):
            return frozenset({Feature("header Content-Type", "value", media_type(value) or "none")})
        form = self._parameters.get((where, name))
        features = form.read(value).features if form else frozenset()
        return features if value else frozenset(each for each in features if each.keyword != "type")

    def candidates(self, drawn: Sequence[Draw]) -> list[_Candidate]:
        """Every drawn value in a hand-written request that has room for it."""
        found: dict[str, _Candidate] = {}
        for each in drawn:
            if each.part != "body":
                self._add(found, self._with_parameter(each))
            elif self._form is not None:
                reading = self._form.read(each.value)
                for path, value in _deviations(each.value, reading):
                    self._add(found, self._in_a_host(self._form, reading, path, value))
        return list(found.values())

    def whole(self, drawn: Sequence[Draw]) -> list[_Candidate]:
        """Every drawn body as it is; none where no hand-written request says which resource it could be sent to."""
        found: dict[str, _Candidate] = {}
        if self._plain.path is None and "{" in self._operation.path:
            return []
        for each in drawn:
            if each.part == "body" and self._form is not None:
                reading = self._form.read(each.value)
                self._add(found, self._candidate(self._request(each.value), reading, reading.features))
        return list(found.values())

    def _add(self, found: dict[str, _Candidate], candidate: _Candidate | None) -> None:
        if candidate is not None and candidate.features and candidate.vector.variables <= self._variables.keys():
            found.setdefault(msgspec.json.encode(candidate.vector.request).decode(), candidate)

    def _with_parameter(self, each: Draw) -> _Candidate:
        features = self._of_parameter(each.part, each.name, each.value)
        request = self._plain
        if each.part == "header":
            request = msgspec.structs.replace(request, headers={**request.headers, each.name: each.value})
        elif each.part == "query":
            value = each.value if isinstance(each.value, str) else msgspec.json.encode(each.value).decode()
            request = msgspec.structs.replace(request, path=f"{self._operation.path}?{each.name}={quote(value, safe='')}")
        else:
            request = msgspec.structs.replace(request, path=each.path)
        return _Candidate(self._vector(request, invalid=False), features, features, len(msgspec.json.encode(request)))

    def _in_a_host(self, form: Form, drawn: Reading, path: Path, value: Any) -> _Candidate | None:
        """The drawn value in the first hand-written request where it fits, or is the only fault: plain ones first; for what lies deeper
        than a member of the body, those that hold the very member that is replaced.
        """
        place = drawn.places.get(path) or drawn.places.get(path[:-1], "") + "." + str(path[-1])
        parent = drawn.places.get(path[:-1], "")
        hosts = self._hosts if len(path) == 1 else sorted(self._hosts, key=lambda host: place not in host[1].places.values())
        for vector, body in self._bodies(hosts, place, parent, path[-1], value):
            result = form.read(fill(body, self._variables))
            features = frozenset(each for each in result.features if each.place in (place, f"{place}{{}}") or value is _ABSENT)
            if features:
                request = msgspec.structs.replace(vector.request, json=body)
                texts = frozenset(_texts(value)) if result.fits and value is not _ABSENT else frozenset()
                return self._candidate(request, result, features | texts)
        return None

    def _bodies(
        self, hosts: Sequence[tuple[Vector, Reading]], place: str, parent: str, last: str | int, value: Any
    ) -> Iterator[tuple[Vector, Any]]:
        """The hosts with the value in its place: first those in which no variable has to become what is assumed of it, then those that keep the
        most variables.
        """
        assumed_of: list[tuple[Vector, Any]] = []
        for vector, reading in hosts:
            spot = next((each for each, name in reading.places.items() if name == place), None)
            around = spot[:-1] if spot else next((each for each, name in reading.places.items() if name == parent), None)
            if around is None or (spot is None and not isinstance(last, str)):
                continue
            at_place = spot or (*around, last)
            body = _replaced(vector.request.json, at_place, value, {})
            if body is not None:
                yield vector, body
                continue
            body = _replaced(vector.request.json, at_place, value, self._variables)
            if body is not None:
                assumed_of.append((vector, body))
        yield from sorted(assumed_of, key=lambda each: -json.dumps(each[1]).count("${"))

    def _request(self, body: Any) -> VectorRequest:
        return msgspec.structs.replace(self._plain, json=body, text=None)

    def _candidate(self, request: VectorRequest, reading: Reading, features: frozenset[Feature]) -> _Candidate:
        places = [reading.places.get(path, "") for path in reading.faulty]
        invalid = bool(places) and not all(reading.may_be_ignored(place) for place in places)
        return _Candidate(self._vector(request, invalid=invalid), features, features | reading.features, len(msgspec.json.encode(request)))

    def _vector(self, request: VectorRequest, *, invalid: bool) -> Vector:
        """What is wrong in a body is refused. What is wrong elsewhere may be ignored, a malformed traceparent even has to be (W3C Trace
        Context section 3.2.2), and so may members of which the document says so; there a server error is all that can be held against it.
        """
        exercises = ("CORE-ERR-002", "CORE-ERR-003") if invalid else ("CORE-ROB-001", "CORE-ERR-002")
        expect = ("4xx",) if invalid else ("2xx", "4xx")
        return Vector("", self._operation.id, "invalid" if invalid else "boundary", "", exercises, expect, request)


def _deviations(body: Any, reading: Reading) -> Iterator[tuple[Path, Any]]:
    """Each value within a drawn body with its path, and each member that it should have and has not."""
    for path, feature in reading.broken:
        if feature.keyword == "required":
            yield (*path, feature.state), _ABSENT
    for path in reading.places:
        if path:
            value = body
            for step in path:
                value = value[step]
            yield path, value


def _replaced(body: Any, path: Path, value: Any, variables: Mapping[str, Any]) -> Any:
    """A copy of ``body`` with ``value`` at ``path``; None where there is no such place. A variable on the way becomes what
    is assumed of it.
    """
    copied = copy.deepcopy(body)
    inside = copied
    for step in path[:-1]:
        if not _holds(inside, step):
            return None
        name = variable_in(inside[step])
        if name is not None:
            if name not in variables:
                return None
            inside[step] = copy.deepcopy(variables[name])
        inside = inside[step]
    if value is _ABSENT:
        if not _holds(inside, path[-1]):
            return None
        del inside[path[-1]]
    elif isinstance(inside, dict) or _holds(inside, path[-1]):
        inside[path[-1]] = value
    else:
        return None
    return copied


def _holds(value: Any, step: str | int) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _as_value(written: str) -> Any:
    """A query parameter as the value that its schema speaks of: ``5`` is a number."""
    try:
        return msgspec.json.decode(written)
    except msgspec.DecodeError:
        return written


def _texts(value: Any) -> Iterator[Feature]:
    """What kinds of characters stand in the texts of a value, wherever that is."""
    if isinstance(value, str):
        for kind in kinds_of_text(value):
            yield Feature("", "text", kind)
    elif kind_of(value) in ("array", "object"):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)

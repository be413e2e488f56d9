"""Whether one schema allows all that another one allows, and where not: a value for each place that refuses one.

Containment of JSON Schemas cannot be decided in general. It is *proven* by jsonschema-rs (``covers``: what one set of values has beyond another is
empty), and *refuted* by a value that the validators themselves take and refuse. Where there is neither, it is not decided.

So that one difference does not hide the next, what was found is forgiven, in a copy: the keyword that refused is loosened by just that, and the
search goes on until the proof succeeds or nothing more is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from jsonschema_rs import canonical as views

from harness.comparison.document import Place, mapping
from harness.comparison.schema import Schema, canonical, compiled
from harness.comparison.values import Proposals
from harness.documents import pointer_step
from harness.explore.trimming import without_a_part
from harness.openapi import CannotTell

ALLOWED, EXPECTED = "urn:govai:allowed", "urn:govai:expected"
NEITHER = "no value was found that is refused, and no proof that there is none"
ROUNDS = 25
PROPOSALS = 1500
_OPERANDS = (views.IncompatibleOperands, views.UnsupportedOperand, views.UnsupportedResult)


@dataclass(frozen=True)
class Refusal:
    """A value that one schema allows and the other refuses: where in the value, by which keyword at which place, and what the validator says."""

    value: Any
    pointer: str
    keyword: str
    place: Place
    message: str
    member: str | None = None
    """The member that is missing or not wanted, where that is what is refused."""
    seed: Any = None
    """The first of the seeds that the same keyword refuses."""


@dataclass(frozen=True)
class Containment:
    """``refusals`` are certain. ``undecided`` says why there may be more; None where there are certainly no others."""

    refusals: Sequence[Refusal] = ()
    undecided: str | None = None


@dataclass
class _Found:
    """What one keyword at one place refuses: the value that shows it best, and how well (errors, length)."""

    location: str
    keyword: str
    name: str | None
    rank: tuple[int, int]
    value: Any
    pointer: str
    message: str
    refused: list[Any]


def contained(allowed: Schema, expected: Schema, *, formats: bool, seeds: Sequence[Any] = (), texts: Iterable[str] = ()) -> Containment:
    """Whether ``expected`` takes every value that ``allowed`` takes.

    Args:
        allowed: what one side may send.
        expected: what the other side has to take.
        formats: whether ``format`` is held to, or says nothing.
        seeds: values to try first, such as examples.
        texts: texts of the documents, for patterns.
    """
    try:
        may = compiled(allowed, ALLOWED, formats=formats)
        strict = compiled(expected, EXPECTED, formats=formats)
    except CannotTell as reason:
        return Containment((), str(reason))
    search = _Search(may, Proposals(texts), allowed, expected.copied(), formats)
    candidates = [*seeds, *(smaller for seed in seeds for smaller in islice(without_a_part(seed), 100))]
    refused_seeds = _refused_seeds(seeds, may, strict)
    refusals: dict[tuple[Place, str | None], Refusal] = {}
    for _ in range(ROUNDS):
        proposed, gap = search.proposals()
        found = search.refused([*candidates, *proposed])
        if not found:
            return Containment(list(refusals.values()), f"besides what is shown, {gap}" if refusals and gap else gap)
        for each in sorted(found, key=lambda one: -one.location.count("/")):  # below first: what is above may be rewritten
            place = expected.origin(each.location)
            if not strict.is_valid(each.value):
                refusal = replace(_smallest(each, place, may, strict), seed=refused_seeds.get((each.location, each.name)))
                refusals.setdefault((place, each.name), refusal)
            if not search.forgive(each):
                return Containment(list(refusals.values()), f"beyond what is refused at {place} nothing was looked for")
    return Containment(list(refusals.values()), f"more differences than {ROUNDS} rounds of searching find")


def _refused_seeds(
    seeds: Sequence[Any], may: jsonschema_rs.Draft202012Validator, strict: jsonschema_rs.Draft202012Validator
) -> dict[tuple[str, str | None], Any]:
    """The first seed that each keyword refuses, by its location and the member it is about."""
    first: dict[tuple[str, str | None], Any] = {}
    for seed in seeds:
        for leaf in (leaf for error in strict.iter_errors(seed) for leaf in _leaves(error)) if may.is_valid(seed) else ():
            for name in _names(leaf):
                first.setdefault((leaf.absolute_keyword_location or "", name), seed)
    return first


def _smallest(found: _Found, place: Place, may: jsonschema_rs.Draft202012Validator, strict: jsonschema_rs.Draft202012Validator) -> Refusal:
    """What was found, without what is not needed: the value is still allowed, and refused at the same place of it by the same keyword."""

    def said(value: Any) -> str | None:
        leaves = (leaf for error in strict.iter_errors(value) for leaf in _leaves(error))
        return next((leaf.message for leaf in leaves if may.is_valid(value) and _same(leaf, found)), None)

    value, message = found.value, found.message
    for _ in range(200):
        smaller = next(((each, text) for each in without_a_part(value) if (text := said(each)) is not None), None)
        if smaller is None:
            break
        value, message = smaller
    return Refusal(value, found.pointer, found.keyword, place, message, found.name)


def _same(leaf: jsonschema_rs.ValidationError, found: _Found) -> bool:
    return _pointer(leaf) == found.pointer and leaf.absolute_keyword_location == found.location and found.name in _names(leaf)


class _Search:
    def __init__(
        self, may: jsonschema_rs.Draft202012Validator, proposals: Proposals, allowed: Schema, expected: Schema, formats: bool
    ) -> None:
        self._may, self._proposals, self._expected, self._formats = may, proposals, expected, formats
        self._allowed: jsonschema_rs.CanonicalSchema | None = None
        self._values: list[Any] = []
        self._why = ""
        try:
            self._values = proposals.of(canonical(allowed, ALLOWED, formats=formats), PROPOSALS)
            self._allowed = canonical(_without_what_nobody_asks(allowed, expected), ALLOWED, formats=formats)
        except CannotTell as reason:
            self._why = str(reason)

    def proposals(self) -> tuple[list[Any], str | None]:
        """Values that may be refused, and why it cannot be said that none is; None where that is proven."""
        if self._allowed is None:
            return self._values, self._why
        try:
            expected = canonical(self._expected, EXPECTED, formats=self._formats)
            if expected.covers(self._allowed) == views.Containment.YES:
                return self._values, None
            beyond = self._allowed.subtract(expected)
            if beyond.satisfiability() == views.Satisfiability.NO:
                return self._values, None
            return self._proposals.of(beyond, PROPOSALS) + self._values, NEITHER
        except (CannotTell, *_OPERANDS) as reason:
            return self._values, f"the two schemas cannot be held against each other as sets ({' '.join(str(reason).split())[:160]})"

    def refused(self, values: Iterable[Any]) -> list[_Found]:
        """What of ``values`` is allowed and refused, by what refuses it: of each keyword the value that shows it best."""
        try:
            validator = compiled(self._expected, EXPECTED, formats=self._formats)
        except CannotTell:
            return []
        found: dict[tuple[str, str | None], _Found] = {}
        for value in values:
            try:
                if validator.is_valid(value) or not self._may.is_valid(value):
                    continue
                leaves = [leaf for error in validator.iter_errors(value) for leaf in _leaves(error)]
            except ValueError:  # a lone surrogate, or nested too deeply
                continue
            for leaf in leaves:
                for name in _names(leaf):
                    each = _found(leaf, name, value, len(leaves))
                    known = found.setdefault((each.location, name), each)
                    if known is not each:
                        known.refused += each.refused if len(known.refused) < 8 else []
                        each.refused = known.refused
                        found[each.location, name] = min(known, each, key=lambda one: one.rank)
        return list(found.values())

    def forgive(self, found: _Found) -> bool:
        """Loosen the keyword that refuses, by what it refused. False where that cannot be done."""
        *steps, last = _steps(found.location)
        holder: Any = self._expected.root
        try:
            for step in steps:
                holder = holder[int(step)] if isinstance(holder, list) else holder[step]
            if isinstance(holder, list):
                holder[int(last)] = True
            elif holder.get(last) is False and last not in _CLOSERS:
                holder[last] = True
            else:
                _loosen(holder, last, found)
        except (LookupError, ValueError, TypeError, AttributeError):
            return False
        return True


def _without_what_nobody_asks(allowed: Schema, expected: Schema) -> Schema:
    """``allowed`` with any value in members of which ``expected`` says nothing. What takes all of that takes all that is allowed."""
    nodes = list(_nodes(expected.definitions))
    if any(node.keys() & _OF_OTHERS for node in nodes):
        return allowed
    named = {name for node in nodes for name in mapping(node.get("properties"))}
    return replace(allowed, definitions=_freed(allowed.definitions, named))


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(each)


def _freed(value: Any, named: set[str]) -> Any:
    if isinstance(value, list):
        return [_freed(each, named) for each in value]
    if not isinstance(value, dict):
        return value
    freed = {name: _freed(each, named) for name, each in value.items() if name != "properties"}
    if "properties" in value:
        freed["properties"] = {name: _freed(each, named) if name in named else True for name, each in value["properties"].items()}
    return freed


_OF_OTHERS = frozenset(["additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames", "maxProperties"])
_CLOSERS = ("additionalProperties", "unevaluatedProperties")


def _loosen(holder: dict[str, Any], keyword: str, found: _Found) -> None:
    if keyword == "required":
        holder["required"].remove(found.name)
    elif keyword in _CLOSERS and found.name is not None:
        holder.setdefault("properties", {})[found.name] = True
    elif keyword == "type":
        types = holder["type"] if isinstance(holder["type"], list) else [holder["type"]]
        holder["type"] = list(dict.fromkeys([*types, *(_type_of(each) for each in found.refused)]))
    elif keyword in ("anyOf", "oneOf"):
        holder.setdefault("anyOf", holder.pop(keyword))
        holder["anyOf"] = [*holder["anyOf"], {"type": list(dict.fromkeys(_type_of(each) for each in found.refused))}]
    else:
        del holder[keyword]


def _steps(location: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(location.partition("#")[2]).split("/")[1:]]


def _type_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def _found(error: jsonschema_rs.ValidationError, name: str | None, value: Any, errors: int) -> _Found:
    location = error.absolute_keyword_location or ""
    rank = (errors, len(json.dumps(value)))
    return _Found(location, _steps(location)[-1], name, rank, value, _pointer(error), error.message, [error.instance])


def _pointer(error: jsonschema_rs.ValidationError) -> str:
    return "".join(f"/{pointer_step(str(step))}" for step in error.instance_path)


def _names(error: jsonschema_rs.ValidationError) -> Iterator[str | None]:
    """The members that an error is about, each on its own; None where it is about none."""
    told = error.kind.as_dict()
    if error.kind.name == "required":
        yield told["property"]
    elif "unexpected" in told:
        yield from told["unexpected"]
    else:
        yield None


def _leaves(error: jsonschema_rs.ValidationError) -> Iterator[jsonschema_rs.ValidationError]:
    """The errors that are at the bottom of one: of several branches those of the one that the value comes nearest to."""
    branches = error.kind.as_dict().get("context")
    nearest = min((branch for branch in branches or () if branch), key=lambda branch: _distance(branch, error), default=None)
    if nearest is None or _distance(nearest, error)[0]:
        yield error
        return
    for each in nearest:
        yield from _leaves(each)


def _distance(branch: list[jsonschema_rs.ValidationError], error: jsonschema_rs.ValidationError) -> tuple[bool, int, int, int]:
    """How far a value is from a branch: of another type altogether, of another kind by its marks, wrong near the top, or in many places."""
    here = len(error.instance_path)
    other_type = any(each.kind.name in ("type", "const", "enum") and len(each.instance_path) == here for each in branch)
    marks = sum(each.kind.name in ("const", "enum") and len(each.instance_path) == here + 1 for each in branch)
    return other_type, marks, -min(len(each.instance_path) for each in branch), len(branch)

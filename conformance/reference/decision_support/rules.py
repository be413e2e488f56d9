"""The documented scoring rule: points for criteria that facts meet, thresholds of points for outcomes.

A case type is data (``pl.yaml``, ``lt.yaml``): anybody can read there what leads to which outcome. Explanations and counterfactuals come from
running the same rule, and from nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from conformance.reference.problems import Fault

Facts = Mapping[str, Any]
_COUNTERFACTUALS = 4
"""How many counterfactuals an explanation has at most: people read them."""


@dataclass(frozen=True)
class Criterion:
    """Something that facts meet or do not meet. ``per`` divides the feature by another one; a criterion whose feature is missing is not met.

    ``says``: language -> what it means to meet it, and not to meet it.
    """

    feature: str
    points: int
    says: Mapping[str, Mapping[str, str]]
    per: str | None = None
    at_most: float | None = None
    at_least: float | None = None
    one_of: Sequence[Any] = ()

    def met(self, facts: Facts) -> bool:
        """Whether these facts meet it."""
        value = facts.get(self.feature)
        if value is None or (self.per and not facts.get(self.per)):
            return False
        if self.one_of:
            return value in self.one_of
        amount = float(value / facts[self.per] if self.per else value)
        return amount <= self.at_most if self.at_most is not None else amount >= (self.at_least or 0)

    def turning_points(self, feature: str, facts: Facts) -> Iterator[float]:
        """The values of ``feature`` at which the criterion turns, the other facts being as they are."""
        limit = self.at_most if self.at_most is not None else self.at_least
        if limit is None or feature not in (self.feature, self.per):
            return
        if feature == self.feature:
            yield limit * (facts.get(self.per) or 1) if self.per else limit
        elif facts.get(self.feature) and limit:
            yield facts[self.feature] / limit


@dataclass(frozen=True)
class Assessment:
    """What the rule makes of some facts. ``met`` says of each criterion whether it is met; ``score`` is the share of points reached."""

    outcome: str
    score: float
    met: Mapping[int, bool] = field(default_factory=dict)


class CaseType:
    """A case type: what is declared of it, and its rule."""

    def __init__(self, declared: Mapping[str, Any], criteria: Sequence[Mapping[str, Any]], thresholds: Sequence[Mapping[str, Any]]) -> None:
        self.declared = declared
        self.id: str = declared["id"]
        self.criteria = [Criterion(**each) for each in criteria]
        self._features: dict[str, Mapping[str, Any]] = {each["name"]: each for each in declared["features"]}
        self._thresholds = thresholds
        self.outcomes = [each["id"] for each in declared["outcomes"]]

    def assess(self, facts: Facts) -> Assessment:
        """Apply the rule to facts that fit the features."""
        met = {number: criterion.met(facts) for number, criterion in enumerate(self.criteria)}
        points = sum(self.criteria[number].points for number, is_met in met.items() if is_met)
        outcome = next(each["outcome"] for each in self._thresholds if points >= each["points"])
        return Assessment(outcome, round(points / sum(each.points for each in self.criteria), 4), met)

    def faults(self, facts: Facts) -> list[Fault]:
        """Every way in which facts do not fit the features. Pointers lie in the request."""
        found = [
            Fault("/facts", "required", {"property": name})
            for name, feature in self._features.items()
            if feature.get("required") and facts.get(name) is None
        ]
        for name, value in facts.items():
            place = "/facts/" + name.replace("~", "~0").replace("/", "~1")
            if name not in self._features:
                found.append(Fault(place, "unknown-feature", {"features": ", ".join(self._features)}))
            elif value is not None:
                found.extend(_faults_of(place, self._features[name], value))
        return found

    def counterfactuals(self, facts: Facts) -> list[tuple[Mapping[str, Any], str]]:
        """Changes of facts with the outcomes that they lead to: single ones, and where there are none, pairs of which neither is enough."""
        before = self.assess(facts).outcome
        singles = [{name: value} for name in self._features for value in self._alternatives(name, facts)]
        found = [(changes, after) for changes in singles if (after := self.assess({**facts, **changes}).outcome) != before]
        if not found:
            pairs = [{**one, **other} for one, other in combinations(singles, 2) if one.keys() != other.keys()]
            found = [(changes, after) for changes in pairs if (after := self.assess({**facts, **changes}).outcome) != before]
        kept: dict[tuple[frozenset[str], str], tuple[Mapping[str, Any], str]] = {}
        for changes, after in found:
            kept.setdefault((frozenset(changes), after), (changes, after))
        return list(kept.values())[:_COUNTERFACTUALS]

    def _alternatives(self, name: str, facts: Facts) -> Iterator[Any]:
        """The values of a feature between which the outcome can change, the nearest to the limits of criteria first."""
        feature = self._features[name]
        kind = feature["type"]
        if kind == "boolean":
            yield not facts.get(name, False)
            return
        if kind == "string":
            yield from (option for option in feature.get("options", ()) if option != facts.get(name))
            return
        low, high = feature.get("minimum", -math.inf), feature.get("maximum", math.inf)
        turns = {turn for criterion in self.criteria for turn in criterion.turning_points(name, facts)}
        near = {math.floor(turn) + step for turn in turns for step in (0, 1)}
        for value in [*sorted(near, key=lambda value: abs(value - (facts.get(name) or 0))), low, high]:
            if low <= value <= high and math.isfinite(value) and value != facts.get(name):
                yield int(value)


def _faults_of(place: str, feature: Mapping[str, Any], value: Any) -> Iterator[Fault]:
    kind = feature["type"]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "boolean": isinstance(value, bool),
        "integer": is_number and float(value).is_integer(),  # 3.0 is an integer (JSON Schema 2020-12, section 4.2.3)
        "number": is_number and math.isfinite(value),
        "string": isinstance(value, str),
    }[kind]
    if not fits:
        yield Fault(place, "type", {"types": kind})
    elif kind == "string" and value not in feature.get("options", (value,)):
        yield Fault(place, "enum", {"options": ", ".join(feature["options"])})
    elif is_number and value < feature.get("minimum", value):
        yield Fault(place, "minimum", {"limit": feature["minimum"]})
    elif is_number and value > feature.get("maximum", value):
        yield Fault(place, "maximum", {"limit": feature["maximum"]})

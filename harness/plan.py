"""The plan of a run: which vectors and scenarios, in the order that exercises every requirement soonest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.checks import Check, registry
from harness.exchange import Request
from harness.judge import requirements_of
from harness.profile import Profile
from harness.vectors import Vector

Step = tuple[Profile, Vector] | Check
PLAIN_TRIES = 3
"""How many valid vectors are tried to find one that the service serves."""


@dataclass
class Repeat:
    """What found a violation, to be played again: a vector, a scenario, or one exact request. ``name`` is what people know the finding by.

    ``there`` says whether the violation was seen again, None where that could not be said; then ``cause`` says why, without a full stop.
    """

    name: str
    requirement: str
    step: Step | Request
    vector: Vector | None = None
    """What may be expected of the answer to an exact request."""
    there: bool | None = None
    cause: str = "the run ended before it was its turn"


def plan(profiles: Sequence[Profile]) -> list[Step]:
    """Vectors and scenarios for a provider: first the few vectors that together exercise all requirements that vectors exercise, then the
    scenarios, then the rest of the vectors, so that a small budget or an early end still says something about everything.
    """
    vectors = [(profile, vector) for profile in profiles for vector in profile.vectors]
    first = _covering(vectors)
    rest = [each for each in vectors if each not in first]
    scenarios = [
        check for requirement in requirements_of(profiles, "provider") for check in registry.of(requirement.id) if check.kind == "scenario"
    ]
    return [*first, *scenarios, *rest]


def plain_vectors(profiles: Sequence[Profile], method: str) -> Iterator[tuple[Profile, Vector]]:
    """Candidates for the plain request with a method: the first valid vectors of each profile, the last profile first.

    A service may have none of its own profile's optional operations; then it is asked for one of core.
    """
    for profile in reversed(profiles):
        of_operation = {operation.id: operation.method for operation in profile.operations}
        found = [
            (profile, vector)
            for vector in profile.vectors
            if vector.kind == "valid" and of_operation.get(vector.operation or "") == method == (vector.request.method or method)
        ]
        yield from found[:PLAIN_TRIES]


def _covering(vectors: Sequence[tuple[Profile, Vector]]) -> list[tuple[Profile, Vector]]:
    """Greedy set cover over the requirements that vectors name, ties in file order."""
    open_ids = {id for _, vector in vectors for id in vector.exercises}
    chosen: list[tuple[Profile, Vector]] = []
    while open_ids:
        best = max(vectors, key=lambda each: len(open_ids.intersection(each[1].exercises)))
        gained = open_ids.intersection(best[1].exercises)
        if not gained:
            break
        chosen.append(best)
        open_ids -= gained
    return chosen

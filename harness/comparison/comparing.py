"""A provider's document held against profiles, operation by operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from harness.comparison.answers import compare_answers
from harness.comparison.document import Document
from harness.comparison.ground import Ground
from harness.comparison.matching import matched
from harness.comparison.model import Comparison, Difference, InvalidPlace, Undecided
from harness.comparison.requests import compare_body, compare_parameters, compare_security
from harness.openapi import CannotTell
from harness.profile import Profile


def compare(document: Document, profiles: Sequence[Profile]) -> Comparison:
    """Hold a document against profiles."""
    invalid: list[InvalidPlace] = []
    undecided: list[Undecided] = []
    try:
        invalid = [InvalidPlace(fault.pointer or "/", fault.message) for fault in document.faults()]
    except CannotTell as reason:
        undecided.append(Undecided("", f"whether the document is valid OpenAPI cannot be said: {reason}", ""))
    grounds = [Ground(document, profile) for profile in profiles]
    operations = sum(_operations(ground) for ground in grounds)
    held = [each for ground in grounds for each in ground.held.values()]
    return Comparison(
        document=document.name,
        openapi=document.version,
        profiles=tuple(profile.key for profile in profiles),
        base=grounds[0].base,
        operations=operations,
        schemas=len(held),
        proven=sum(each.undecided is None and not each.refusals for each in held),
        differences=tuple(each for ground in grounds for each in _merged(ground.differences)),
        undecided=(*undecided, *(each for ground in grounds for each in dict.fromkeys(ground.undecided))),
        invalid=tuple(invalid),
    )


def _operations(ground: Ground) -> int:
    """Compare all operations; the number of those that the document has."""
    ground.base, pairs = matched(ground.asked, ground.document)
    for pair in pairs:
        if pair.offered is None:
            if not ground.profile.operation(pair.id).optional:
                ground.differs(pair, "operation-missing", "the document has no such operation", curl=ground.curl(pair))
            continue
        for part in (compare_parameters, compare_body, compare_security, compare_answers):
            try:
                part(ground, pair, pair.offered)
            except CannotTell as reason:
                ground.cannot_decide(pair, str(reason), pair.asked.place, pair.offered.place)
    return sum(pair.offered is not None for pair in pairs)


def _merged(differences: Sequence[Difference]) -> Iterator[Difference]:
    """The differences; what comes from one schema that several operations or statuses share is said once, the others are named."""
    groups: dict[tuple[Any, ...], list[Difference]] = {}
    for each in differences:
        alone = () if each.kind in ("answer-unexpected", "body-refused") else (each.operation,)
        groups.setdefault((each.kind, each.in_profile, each.in_document, each.message, each.pointer, *alone), []).append(each)
    for first, *others in groups.values():
        yield msgspec.structs.replace(first, also=tuple(" ".join(filter(None, (each.operation, each.status))) for each in others))

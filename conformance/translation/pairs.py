"""Which pairs of languages a service lists."""

from __future__ import annotations

from typing import Any

from harness.checks import maker

AGREED = ("lt", "pl", "en")
"""The languages of the agreement, in the order in which a pair is looked for."""

Pair = tuple[str, str]


def pairs(declared: Any) -> list[Pair]:
    """The pairs of different languages in the answer of ``/languages``, in its order, by the codes it has.

    An entry without ``targets``, as older servers have it, can be translated into every other language that is listed.
    """
    entries = (
        [each for each in declared if isinstance(each, dict) and isinstance(each.get("code"), str)] if isinstance(declared, list) else []
    )
    codes = [entry["code"] for entry in entries]
    found: list[Pair] = []
    for entry in entries:
        targets = entry.get("targets")
        offered = codes if not isinstance(targets, list) else [each for each in targets if isinstance(each, str)]
        found += [(entry["code"], target) for target in offered if target.lower() != entry["code"].lower()]
    return found


def pair_of(declared: Any, source: str, target: str) -> Pair | None:
    """The listed pair of two languages as the service writes their codes; a region (``pl-PL``) is disregarded. None where it is not listed."""
    return next((pair for pair in pairs(declared) if (primary(pair[0]), primary(pair[1])) == (source, target)), None)


def primary(code: str) -> str:
    """The language of a code without script and region, in small letters."""
    return code.replace("_", "-").partition("-")[0].lower()


def _plain_pair(declared: Any) -> Pair:
    """The pair that vectors are sent with. Raises :class:`ValueError` where there is none."""
    for source in AGREED:
        for target in AGREED:
            found = pair_of(declared, source, target)
            if found is not None:
                return found
    listed = pairs(declared)
    if not listed:
        raise ValueError("it lists no pair of two languages")
    return listed[0]


@maker("translation-source")
def plain_source(declared: Any) -> Any:
    """The language that vectors are in."""
    return _plain_pair(declared)[0]


@maker("translation-target")
def plain_target(declared: Any) -> Any:
    """The language that vectors are translated into."""
    return _plain_pair(declared)[1]

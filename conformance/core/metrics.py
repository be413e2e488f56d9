"""How well a service says it works: the metrics of its card, for the checks that measure one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def metrics(card: Mapping[str, Any], name: str) -> Iterator[tuple[Mapping[str, Any], float]]:
    """The metrics of a card that have this name, in whatever letters, each with its value."""
    declared = card.get("metrics")
    for each in declared if isinstance(declared, list) else ():
        value = each.get("value") if isinstance(each, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and str(each.get("name")).lower() == name.lower():
            yield each, float(value)


def shares(card: Mapping[str, Any], name: str) -> Iterator[tuple[Mapping[str, Any], float]]:
    """The same for a metric that is a share (0 to 1), or the per cent of one."""
    for each, value in metrics(card, name):
        share = value / 100 if each.get("unit") == "%" else value
        if 0 <= share <= 1:
            yield each, share

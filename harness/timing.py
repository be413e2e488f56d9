"""How long answers took, operation by operation: counted in bins, so that memory does not grow with the run."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from harness.exchange import Exchange

_STEP = math.log(1.02)
"""A bin is 2 % wide, so that a figure is within 1 % of the exact one."""


class Took(NamedTuple):
    """What one operation took: how many answers were counted, half of them within ``median``, 95 of 100 within ``p95`` (seconds)."""

    profile: str
    operation: str
    answers: int
    median: float
    p95: float


class Timing:
    """The durations of successes. A refusal is another matter: it comes before the work."""

    def __init__(self) -> None:
        self._bins: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)

    def add(self, exchange: Exchange) -> None:
        """Count one exchange, where it is a success of an operation and its duration is known."""
        if exchange.operation is not None and exchange.succeeded and exchange.duration > 0:
            self._bins[exchange.operation.profile, exchange.operation.id][round(math.log(exchange.duration) / _STEP)] += 1

    def __iter__(self) -> Iterator[Took]:
        """Each operation that was served, in an order that is the same in every run."""
        for (profile, operation), bins in sorted(self._bins.items()):
            yield Took(profile, operation, bins.total(), _within(bins, 0.5), _within(bins, 0.95))


def _within(bins: Counter[int], share: float) -> float:
    """The least duration within which that share of the answers came, to three digits."""
    left = math.ceil(share * bins.total())
    for number in sorted(bins):
        left -= bins[number]
        if left <= 0:
            break
    return float(f"{math.exp(number * _STEP):.3g}")

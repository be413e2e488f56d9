"""How many requests may be sent, and how fast: ``--budget``, ``--max-rps`` and Retry-After, honoured exactly."""

from __future__ import annotations

import asyncio
import time


class BudgetSpent(Exception):
    """The run's request budget is used up."""


class Pace:
    """Lets requests through one by one. ``budget`` bounds their number, ``max_rps`` their rate per second."""

    def __init__(self, budget: int | None = None, max_rps: float | None = None) -> None:
        self.sent = 0
        self._budget = budget
        self._interval = 1.0 / max_rps if max_rps else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until a request may be sent, and count it. Raises :class:`BudgetSpent`."""
        if self._budget is not None and self.sent >= self._budget:
            raise BudgetSpent
        self.sent += 1
        now = time.monotonic()
        start = max(self._next, now)
        self._next = start + self._interval
        if start > now:
            await asyncio.sleep(start - now)

    def hold(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._next = max(self._next, time.monotonic() + seconds)

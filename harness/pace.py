"""How many requests may be sent, and how fast: ``--budget``, ``--max-rps`` and Retry-After, honoured exactly."""

from __future__ import annotations

import asyncio
import re
import time

from harness.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str, option: str) -> float:
    """Seconds of a duration such as ``90s``, ``2m``, ``1h`` or ``30d``. Raises :class:`UsageError` where ``option`` is given in another way."""
    match = re.fullmatch(r"([0-9]+)([smhd])", text.strip())
    if match is None or not int(match[1]):
        raise UsageError(f"{option} {text}: write a duration as 90s, 2m, 1h or 30d.")
    return float(int(match[1]) * _UNITS[match[2]])


class BudgetSpent(Exception):
    """The run's request budget is used up."""


class Pace:
    """Lets requests through one by one. ``budget`` bounds their number, ``max_rps`` their rate per second."""

    def __init__(self, budget: int | None = None, max_rps: float | None = None) -> None:
        self.sent = 0
        self._budget = budget
        self._interval = 1.0 / max_rps if max_rps else 0.0
        self._next = 0.0

    def count(self) -> None:
        """Count a request. Raises :class:`BudgetSpent`."""
        if self._budget is not None and self.sent >= self._budget:
            raise BudgetSpent
        self.sent += 1

    async def turn(self) -> None:
        """Wait until a request may be sent, and count it. Raises :class:`BudgetSpent`."""
        self.count()
        now = time.monotonic()
        start = max(self._next, now)
        self._next = start + self._interval
        if start > now:
            await asyncio.sleep(start - now)

    def hold(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._next = max(self._next, time.monotonic() + seconds)

"""Asking twice, doing once: results kept under the caller's Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from conformance.reference.problems import Problem

Result = TypeVar("Result")
Scope = tuple[str | None, str, str]
"""Who asked, for which operation, under which key. Results are never shared between callers."""

KEPT_SECONDS = 24 * 3600.0
KEPT_RESULTS = 4096


@dataclass
class _Kept(Generic[Result]):
    fingerprint: bytes
    until: float
    result: Result | None = None


class Results(Generic[Result]):
    """The results of the last day, at most ``capacity`` of them: past that the oldest goes first."""

    def __init__(self, seconds: float = KEPT_SECONDS, capacity: int = KEPT_RESULTS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._capacity, self._clock = seconds, capacity, clock
        self._kept: dict[Scope, _Kept[Result]] = {}

    async def once(self, scope: Scope, body: bytes, execute: Callable[[], Awaitable[Result]]) -> tuple[Result, bool]:
        """The result of ``execute``, or the kept one of an earlier request with this key and body; and whether it is a kept one.

        A request that fails leaves no result: its retry is executed.

        Raises:
            Problem: the key was used with another body, or the first request is still being worked on.
        """
        fingerprint = hashlib.sha256(body).digest()
        self._forget_expired()
        kept = self._kept.get(scope)
        if kept is not None:
            if kept.fingerprint != fingerprint:
                raise Problem("idempotency-key-reused")
            if kept.result is None:
                raise Problem("request-in-progress", headers={"Retry-After": "1"})
            return kept.result, True
        while len(self._kept) >= self._capacity:
            del self._kept[next(iter(self._kept))]
        mine = self._kept[scope] = _Kept(fingerprint, self._clock() + self._seconds)
        try:
            mine.result = await execute()
        except BaseException:
            if self._kept.get(scope) is mine:
                del self._kept[scope]
            raise
        return mine.result, False

    def _forget_expired(self) -> None:
        now = self._clock()
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].until > now:
                return
            del self._kept[oldest]

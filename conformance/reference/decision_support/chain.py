"""The log: a hash chain (profile decision-support/1). Who changes an entry has to change every entry after it, and whoever kept one hash sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from conformance.reference.records import now, timestamp

PAGE = 100
"""How many entries are given out at once."""
_BEGINNING = "0" * 64


class Chain:
    """The entries since the service began, in memory: a reference service keeps nothing past its own end."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._entries: list[Mapping[str, Any]] = []

    def append(self, event: str, *, subject: str | None = None, official: str | None = None) -> None:
        """Write an entry. ``subject`` is the id of a recommendation, ``official`` the name of the person who acted."""
        entry: dict[str, Any] = {"sequence": len(self._entries) + 1, "time": timestamp(now()), "event": event}
        entry |= {"subject": subject} if subject else {}
        entry |= {"official": official} if official else {}
        entry |= {"systemVersion": self._version, "previous": self._entries[-1]["hash"] if self._entries else _BEGINNING}
        self._entries.append({**entry, "hash": hashlib.sha256(rfc8785.dumps(entry)).hexdigest()})

    def page(self, before: int | None) -> Sequence[Mapping[str, Any]]:
        """The newest entries, or the newest of those whose number is smaller than ``before``; in ascending order."""
        end = len(self._entries) if before is None else min(before - 1, len(self._entries))
        return self._entries[max(0, end - PAGE) : end]

"""Records of what the system did (AI Act Article 12): when, by which version, from what bytes to what bytes, and how it ended."""

from __future__ import annotations

import base64
import datetime
import hashlib
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LISTED = 1000
"""How many records the list shows, the newest first."""


@dataclass(frozen=True)
class Use:
    """What the operation itself has to say of one use of the system. ``explanation``: language -> the role of the AI in the answer."""

    outcome: str
    model: str
    sources: Sequence[str]
    explanation: Mapping[str, str]


def now() -> datetime.datetime:
    """The present moment in UTC."""
    return datetime.datetime.now(datetime.UTC)


def timestamp(moment: datetime.datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def digest_field(digest: bytes) -> str:
    """A SHA-256 digest as RFC 9530 writes it."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def content_digest(body: bytes) -> str:
    """The digest of some bytes as RFC 9530 writes it."""
    return digest_field(hashlib.sha256(body).digest())


def new_id() -> str:
    """An id that nobody can guess: 128 random bits."""
    return secrets.token_hex(16)


class Records:
    """The records of the retention period, in memory: a reference service keeps nothing past its own end."""

    def __init__(self, days: int) -> None:
        self._period = datetime.timedelta(days=days)
        self._records: dict[str, dict[str, Any]] = {}
        self._order: deque[tuple[datetime.datetime, str]] = deque()

    def keep(
        self, id: str, use: Use, *, operation: str, version: str, started: datetime.datetime, input_body: bytes, output_digest: bytes
    ) -> None:
        """Write the record of a use that ends now."""
        ended = now()
        self._records[id] = {
            "id": id,
            "started": timestamp(started),
            "ended": timestamp(ended),
            "operation": operation,
            "systemVersion": version,
            "model": use.model,
            "inputDigest": content_digest(input_body),
            "outputDigest": digest_field(output_digest),
            "outcome": use.outcome,
            "sources": list(use.sources),
            "explanation": dict(use.explanation),
        }
        self._order.append((ended, id))
        while self._order[0][0] < ended - self._period:
            del self._records[self._order.popleft()[1]]

    def get(self, id: str) -> Mapping[str, Any] | None:
        """One record, or None."""
        return self._records.get(id)

    def newest(self) -> list[Mapping[str, Any]]:
        """The newest records first, at most :data:`LISTED`."""
        ids = [self._order[-place][1] for place in range(1, min(len(self._order), LISTED) + 1)]
        return [self._records[id] for id in ids]

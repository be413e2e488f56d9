"""What a caller wants an answer to be: its language and its media type."""

from __future__ import annotations

import re
from collections.abc import Sequence

_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def _weighted(field: str) -> list[tuple[str, float]]:
    """The members of an Accept field in lower case with their weights (RFC 9110 section 12.4.2); one that cannot be read counts as 1."""
    found = []
    for member in field.split(","):
        value = member.partition(";")[0].strip().lower()
        weight = _QUALITY.search(member)
        if value:
            found.append((value, float(weight.group(1)) if weight else 1.0))
    return found


def language_for(accept_language: str | None, offered: Sequence[str]) -> str | None:
    """The one of the ``offered`` languages that the caller likes best (RFC 9110 section 12.5.4); None where the caller names none of them.

    A region is disregarded: ``lt-LT`` asks for ``lt``.
    """
    wishes = [(tag.partition("-")[0], weight) for tag, weight in _weighted(accept_language or "")]
    named = dict(reversed(wishes))
    best = max((language for language in offered if named.get(language)), key=lambda language: named[language], default=None)
    if best is not None:
        return best
    return next((language for language in offered if language not in named), None) if named.get("*") else None


def admits(accept: str | None, media_types: Sequence[str]) -> bool:
    """Whether an Accept field admits one of the media types (RFC 9110 section 12.5.1); one that is missing or empty admits any."""
    if accept is None or not accept.strip():
        return True
    ranges = dict(reversed(_weighted(accept)))
    for media_type in media_types:
        for known in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
            if known in ranges:
                if ranges[known] > 0:
                    return True
                break
    return False

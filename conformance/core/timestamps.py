"""Points in time as two countries an hour apart can exchange them."""

from __future__ import annotations

import datetime
import re

from conformance.core.encoding import has_content
from conformance.core.faults import with_members
from conformance.core.reading import is_description, texts
from harness.checks import CallNext, NotApplicable, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response, view

_LOOKS_LIKE_ONE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)?", re.ASCII)
_RFC_3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?(Z|z|[+-]\d{2}:\d{2})", re.ASCII)

_PROSE = frozenset({"content", "text", "arguments", "detail", "title", "description"})
"""Members that hold running text. It may quote any date as its subject writes it."""


def instant(text: str) -> datetime.datetime | None:
    """The instant an RFC 3339 date-time names; None where the text is none.

    The letters may be small, and a space may stand for the T (section 5.6). A leap second is read as the second before it.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    date, time, fraction, offset = match.groups()
    time = time.replace(":60", ":59")
    try:
        return datetime.datetime.fromisoformat(f"{date}T{time}{(fraction or '')[:7]}{offset.upper()}")
    except ValueError:
        return None


@view
def _timestamps(exchange: Exchange) -> list[tuple[str, str]]:
    """Strings of a JSON answer that are date-times as a whole, with their pointers; neither running text nor what the request held."""
    answer = exchange.answer
    if not answer.is_json or not has_content(exchange) or is_description(answer):
        return []
    return [
        (pointer, text)
        for pointer, text in texts(answer).items()
        if _LOOKS_LIKE_ONE.fullmatch(text) and pointer.rpartition("/")[2] not in _PROSE and text not in exchange.request.text
    ]


@rule("CORE-TIM-001", when=lambda exchange: bool(_timestamps(exchange)))
def timestamps_are_rfc_3339_in_utc(exchange: Exchange) -> None:
    """RFC 3339 section 5.6: a full date, a full time and an offset. In UTC, so that Warsaw and Vilnius, an hour apart, write it the same way.

    ``-00:00`` says that the local offset is unknown (section 4.3) and is not taken for UTC's own ``+00:00``.
    """
    for pointer, text in _timestamps(exchange):
        if instant(text) is None or not text.upper().endswith(("Z", "+00:00")):
            raise Violation("a timestamp is not RFC 3339 in UTC", expected="2026-11-24T12:00:00Z (or +00:00)", got=text, pointer=pointer)


@scenario("CORE-TIM-001")
async def timestamps_are_optional(service: Service) -> None:
    """Where no answer holds a timestamp there is nothing to be right; where one does, the rule above has looked at it."""
    if not _timestamps(await service.send("GET", "/health", credential=False)):
        raise NotApplicable("no answer of this run holds a timestamp")


@mutant("CORE-TIM-001")
async def health_in_local_time(request: Request, call_next: CallNext) -> Response:
    """The health answer says since when the service runs in Vilnius time, with its offset."""
    return await with_members(request, call_next, "/health", since="2026-11-24T14:00:00+02:00")


@mutant("CORE-TIM-001")
async def health_without_an_offset(request: Request, call_next: CallNext) -> Response:
    """The health answer says since when the service runs without saying in which zone."""
    return await with_members(request, call_next, "/health", since="2026-11-24T12:00:00")

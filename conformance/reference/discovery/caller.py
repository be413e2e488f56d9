"""Reference clients of Poland and Lithuania that know no more of a service than its host: they find it, read what it says of itself, and keep to it.

From the catalogue to the card, from the card to the instructions for use; only then the question is asked, as the clients of the assistant do it.
What was read is kept with its ETag, and asked for again only where it changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from conformance.reference.assistant import caller as assistant
from conformance.reference.assistant.caller import visit
from conformance.reference.line import Refused, Send, Unavailable
from harness.exchange import Request, Response

__all__ = ["Caller", "Refused", "Unavailable", "visit"]

CATALOGUE = "/.well-known/api-catalog"
_FORMATS = {CATALOGUE: "application/linkset+json", "/service-card": "application/json"}
_DOCUMENTS = "text/html, text/markdown, text/plain;q=0.8"


@dataclass
class Known:
    """What a client knows of one service: copies of what it read, by path and language, and when it sent requests (seconds since the epoch)."""

    copies: dict[tuple[str, str], Response] = field(default_factory=dict)
    sent: deque[float] = field(default_factory=deque)
    limits: Mapping[str, Any] = field(default_factory=dict)


_KNOWN: WeakKeyDictionary[Send, Known] = WeakKeyDictionary()
"""By what leads to the service: all people at one counter share what their client knows."""


@dataclass
class Caller(assistant.Caller):
    """As the client of the assistant, for a service whose host alone is known. ``instructions`` are those that the person can be shown."""

    instructions: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._network, self._known = self.send, _KNOWN.setdefault(self.send, Known())
        self._documents = dict(_FORMATS)
        self._line.send = self._careful

    async def _look_around(self) -> None:
        catalogue = (await self._line.ask("GET", CATALOGUE)).document
        place = _service_card(catalogue)
        self._documents[place] = "application/json"
        card = (await self._line.ask("GET", place)).document
        if not isinstance(card, dict):
            raise Refused(200, "The service has no card.")
        limits = card.get("limits")
        self._known.limits = limits if isinstance(limits, dict) else {}
        await self._read_instructions(card, place)
        await super()._look_around()

    async def _read_instructions(self, card: Mapping[str, Any], place: str) -> None:
        """The instructions in the person's language, else in English; those that lie on another host are left to the person to open."""
        linked = {each.get("language"): each.get("url") for each in card.get("instructions") or () if isinstance(each, dict)}
        url = linked.get(self.language or self._ways.language) or linked.get("en")
        if not isinstance(url, str) or urlsplit(url).netloc:
            return
        path = urljoin(place, url)
        self._documents[path] = _DOCUMENTS
        self.instructions = (await self._line.ask("GET", path)).text

    async def _careful(self, request: Request) -> Response:
        """Send within the limits that the card declares; what is read is asked for in its format, and only where it changed."""
        largest = self._known.limits.get("requestBytes")
        if isinstance(largest, int) and len(request.body) > largest:
            raise Refused(413, f"The service reads {largest} bytes at most.")
        await self._in_its_turn()
        if request.method != "GET" or request.path not in self._documents:
            return await self._network(request)
        kept = (request.path, request.headers.get("accept-language") or "")
        copy = self._known.copies.get(kept)
        request = request.with_header("Accept", self._documents[request.path])
        answer = await self._network(request.with_header("If-None-Match", copy.headers.get("etag") if copy else None))
        if answer.status == 304 and copy is not None:
            return copy
        if answer.status == 200 and "etag" in answer.headers:
            self._known.copies[kept] = answer
        return answer

    async def _in_its_turn(self) -> None:
        """Wait until another request is within the declared number of an interval."""
        allowed = self._known.limits.get("requests")
        count, seconds = (allowed.get("count"), allowed.get("seconds")) if isinstance(allowed, dict) else (None, None)
        sent = self._known.sent
        if isinstance(count, int) and isinstance(seconds, int | float):
            while sent and sent[0] <= self.clock() - seconds:
                sent.popleft()
            if len(sent) >= count:
                await self.wait(sent[0] + seconds - self.clock())
        sent.append(self.clock())


def _service_card(catalogue: Any) -> str:
    """Where a catalogue says the card is, as a path on its host; the place that core gives it where the catalogue does not say.

    A card on another host is not asked for: this client has no business there.
    """
    contexts = catalogue.get("linkset") if isinstance(catalogue, dict) else None
    for context in contexts if isinstance(contexts, list) else ():
        for link in context.get("service-meta") or () if isinstance(context, dict) else ():
            target, home = urlsplit(str(link.get("href"))), urlsplit(str(context.get("anchor") or ""))
            if target.path.endswith("/service-card") and target.netloc in ("", home.netloc):
                return target.path
    return "/service-card"

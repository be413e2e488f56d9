"""What a consumer really sent, sent to a provider: whether that very consumer can use it, judged by what it asked for.

Requests go out in their order and as they were, with three differences. The credential is the one given for the provider. Idempotency keys are
new, or the provider would answer as it did to the same keys before. And what the consumer had taken from an answer (an identifier, an entity tag, a
model's name) is taken from the provider's answer to the same request, unless the provider knows the consumer's own value as well, or a service could
lack it (``x-tells-apart``, an enumeration).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from harness.client import Client, Transport
from harness.errors import Unreachable
from harness.exchange import Exchange, Headers, Request, Response
from harness.matrix.pairs import Pair, Reason, pair
from harness.observation import Observation
from harness.operation import Operation
from harness.participant import Participant
from harness.profile import ConformanceClass, Profile
from harness.recorded.offline import Offline
from harness.report import Report, UseShown
from harness.sending import PATIENCE, asked_to_wait
from harness.untold import Untold, body_told
from harness.use import Use, use_of
from harness.withholding import Withheld

_NOT_SENT = frozenset(
    {"host", "content-length", "connection", "keep-alive", "transfer-encoding", "accept-encoding", "expect", "te", "upgrade"}
    | {"authorization", "cookie", "x-api-key", "api-key", "proxy-authorization"}
)
"""Header fields of the consumer's connection, and its credentials."""


@dataclass(frozen=True)
class Pairing:
    """What came of it: a report on each side, and what they say of the pair."""

    consumer: Report
    provider: Report
    pair: Pair


async def paired(
    recording: Path,
    profiles: list[Profile],
    consumer: Participant,
    provider: Participant,
    *,
    base_url: str = "",
    decided_by: ConformanceClass = "government",
    transport: Transport | None = None,
    stop: asyncio.Event | None = None,
) -> Pairing:
    """Send what ``consumer`` sent in ``recording`` to ``provider``.

    Args:
        recording: evidence of ``govai consumer`` or ``govai proxy``, or a HAR file.
        profiles: core among them.
        base_url: the service in a HAR file; found by itself when left out.
        stop: set it to end early.

    Raises:
        UsageError: there is no such recording, or nothing in it is of a consumer of the profiles.
    """
    offline = Offline(recording, profiles, "consumer", base_url)
    withheld = Withheld(profiles)
    asked = offline.judge({"consumer": consumer}, decided_by=decided_by, withheld=withheld)[0]
    seen = Observation(profiles, "provider", provider, decided_by=decided_by, withheld=withheld)
    refused: Counter[tuple[Use, str]] = Counter()
    ended, left_out, carried = None, 0, Carried()
    async with Client(provider, transport) as client:
        for number, recorded in enumerate(sorted(offline.exchanges(), key=lambda each: each.started), start=1):
            if stop is not None and stop.is_set():
                ended = "It was interrupted."
                break
            if recorded.situation is not None and not recorded.succeeded:
                continue  # the harness gave it no answer of the service; the request was made again, or it was not
            operation = seen.judge.operation_of(recorded.request)
            if operation is None:
                continue
            if body_told(recorded.request) is None:
                left_out += 1
                continue
            request = carried.over(_relative(recorded.request, offline.base_url), operation)
            try:
                exchange = await _sent(client, f"pair.{number}", request, provider.limits.longest_wait)
            except Unreachable as error:
                ended = str(error)
                break
            if exchange.fault is not None and exchange.fault.kind in ("connect", "tls") and not seen.requests:
                ended = f"{provider.url} cannot be reached: {exchange.fault.detail}."
                break
            exchange = seen.see(replace(exchange, sender="participant"))
            if recorded.response is not None and exchange.response is not None:
                carried.learn(recorded.response, exchange.response)
            if recorded.succeeded and not exchange.succeeded:
                refused[use_of(exchange), exchange.fault.detail if exchange.fault else f"HTTP {exchange.status}"] += 1
    notes = [f"{seen.requests} requests of {consumer.name} were sent."]
    notes += (
        [f"{carried.values} values in them were taken from the provider's answers, as the consumer had taken its own."]
        if carried.values
        else []
    )
    notes += [f"{left_out} requests were left out: the recording does not hold their bodies."] if left_out else []
    report = seen.report(ended=ended, unreachable=not seen.requests, notes=notes, secrets=client.secrets)
    reasons = [
        Reason("refused", "provider", use=UseShown(*use[:2], sorted(use.parts)), message=f"{what} ({times})")
        for (use, what), times in sorted(refused.items(), key=lambda each: each[0][0].order)
    ]
    key = profiles[-1].key
    return Pairing(asked, report, pair(asked, report, key, decided_by, replayed=reasons))


async def _sent(client: Client, id: str, request: Request, longest: float) -> Exchange:
    """One request, again where the provider asks for it to be made later."""
    for attempt in range(PATIENCE + 1):
        exchange = await client.send(id if attempt == 0 else f"{id}~{attempt}", request)
        wait = asked_to_wait(exchange, longest)
        if wait is None:
            break
        await asyncio.sleep(wait)
    return exchange


def _relative(request: Request, base_url: str) -> Request:
    """A recorded request as it is sent to another service: below its base URL, without what belongs to the connection."""
    parts, base = urlsplit(request.url), urlsplit(base_url).path.rstrip("/")
    path = parts.path.removeprefix(base) if base else parts.path
    url = f"{path or '/'}{'?' if parts.query else ''}{parts.query}"
    kept = [(name, value) for name, value in request.headers if name.lower() not in _NOT_SENT and not name.startswith(":")]
    return Request(request.method, url, Headers([*kept, ("Accept-Encoding", "identity")]), request.body)


_SHORTEST = 4
"""Characters of a text that can be known again: a shorter one may stand in two places by chance."""
_Place = tuple[str | int, ...]


class Carried:
    """What was taken from answers: by the recorded value, the provider's own. ``values`` counts how often one was put in place."""

    def __init__(self) -> None:
        self.values = 0
        self._own: dict[str, Any] = {}
        self._known: set[str] = set()
        self._keys: dict[str, str] = {}

    def learn(self, recorded: Response, answer: Response) -> None:
        """Note what stands in the provider's answer where something else stood in the recorded one."""
        there = dict(_values(answer))
        self._known |= {_key(value) for value in there.values()}
        for place, value in _values(recorded):
            own = there.get(place)
            if type(own) is type(value) and own != value and not (isinstance(value, str) and len(value) < _SHORTEST):
                self._own[_key(value)] = own

    def over(self, request: Request, operation: Operation) -> Request:
        """A recorded request as the consumer would have made it of the provider."""
        path, mark, query = request.url.partition("?")
        fixed = operation.path.split("/")
        segments = [
            self._segment(segment) if number >= len(fixed) or "{" in fixed[number] else segment
            for number, segment in enumerate(path.split("/"))
        ]
        headers = Headers((name, self._field(name, value)) for name, value in request.headers)
        return Request(request.method, "/".join(segments) + mark + query, headers, self._body(request, operation))

    def _segment(self, segment: str) -> str:
        value = unquote(segment)
        taken = self._taken(value)
        return segment if taken == value else quote(taken, safe="")

    def _field(self, name: str, value: str) -> str:
        if name.lower() == "idempotency-key":
            return self._keys.setdefault(value, str(uuid.uuid4()))
        return str(self._taken(value)) if name.lower() in ("if-match", "if-none-match") else value

    def _body(self, request: Request, operation: Operation) -> bytes:
        document = request.document if request.body and request.is_json else None
        if document is None or operation.body_form is None:
            return request.body
        reading, before = operation.body_form.read(document), self.values

        def carried(value: Any, place: _Place) -> Any:
            known = reading.places.get(place)
            if known is None or known in reading.apart or not isinstance(value, str | dict | list):
                return value
            taken = self._taken(value)
            if taken is not value or isinstance(value, str):
                return taken
            if isinstance(value, dict):
                return {name: carried(member, (*place, name)) for name, member in value.items()}
            return [carried(member, (*place, number)) for number, member in enumerate(value)]

        document = carried(document, ())
        return request.body if self.values == before else json.dumps(document, ensure_ascii=False).encode()

    def _taken(self, value: Any) -> Any:
        key = _key(value)
        if key not in self._own or key in self._known:
            return value
        self.values += 1
        return self._own[key]


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _values(response: Response) -> Iterator[tuple[_Place, Any]]:
    """The texts, objects and lists within a JSON body, with their places; and the entity tag and the segments of the location, with theirs."""
    with contextlib.suppress(Untold):
        yield ("ETag:",), response.headers.get("etag") or ""
    with contextlib.suppress(Untold):
        segments = urlsplit(response.headers.get("location") or "").path.split("/")
        yield from ((("Location:", len(segments), number), unquote(segment)) for number, segment in enumerate(segments))
    with contextlib.suppress(Untold):
        yield from _within(response.document, ())


def _within(value: Any, place: _Place) -> Iterator[tuple[_Place, Any]]:
    if isinstance(value, str | dict | list) and value:
        yield place, value
    if isinstance(value, dict | list):
        for step, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _within(member, (*place, step))

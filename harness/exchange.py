"""An exchange: one request with its response, as it went over the wire. Everything the harness knows comes from these.

Exchanges are immutable. Bodies are the raw bytes; :attr:`Response.json` and :attr:`Response.events` are views of them.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from harness.operation import Operation
    from harness.vectors import Vector

Value = TypeVar("Value")
FaultKind = Literal["connect", "tls", "timeout", "broken-off", "too-large", "protocol", "not-mocked"]


class Headers:
    """Header fields in the order they came; names compare without case (RFC 9110 section 5.1)."""

    __slots__ = ("_values", "items")

    def __init__(self, items: Iterable[tuple[str, str]] | Mapping[str, str] = ()) -> None:
        pairs = items.items() if isinstance(items, Mapping) else items
        self.items: tuple[tuple[str, str], ...] = tuple((name, value) for name, value in pairs)
        self._values: dict[str, str] = {}
        for name, value in self.items:
            key = name.lower()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def get(self, name: str) -> str | None:
        """The field's value, repeated lines joined with a comma (RFC 9110 section 5.3), or None."""
        return self._values.get(name.lower())

    def with_field(self, name: str, value: str | None) -> Headers:
        """A copy in which ``name`` has exactly this value; None removes it."""
        kept = [(key, old) for key, old in self.items if key.lower() != name.lower()]
        return Headers(kept if value is None else [*kept, (name, value)])

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"Headers({list(self.items)!r})"


def view(function: Callable[[Any], Value]) -> Callable[[Any], Value]:
    """Let ``function`` of one message or exchange be computed once for each: they are immutable, and the rules that read them are many."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def seen(subject: Any) -> Value:
        known = subject.__dict__
        if name not in known:
            known[name] = function(subject)
        value: Value = known[name]
        return value

    return seen


class NotJSON(ValueError):
    """The body is not a JSON text (RFC 8259). The message says where and why."""


def _number(literal: str) -> int | float:
    """What a number with a fraction or an exponent is worth: JSON has no integers apart from other numbers (RFC 8259 section 6)."""
    value = float(literal)
    return int(value) if abs(value) <= 2**53 and value.is_integer() else value


_DECODER = msgspec.json.Decoder(float_hook=_number)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text.

    Stricter than :func:`json.loads`: no BOM, UTF-8 only (RFC 8259 section 8.1), no NaN or Infinity (section 6). Lone surrogate escapes are
    within the grammar and are kept. A whole number is an int however it is written, 1.0 or 1E0.

    Raises:
        NotJSON: the body is not a JSON text.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        raise NotJSON("the text begins with a byte order mark")
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _DECODER.decode(body)
    # What the fast reader refuses is read once more, to say where it is wrong, and for what is within the grammar all the same: lone surrogate
    # escapes and numbers past its range.
    try:
        text = body.decode("utf-8")
        try:
            return json.loads(text, parse_constant=_refuse_constant, parse_float=_number)
        except (json.JSONDecodeError, NotJSON):
            raise
        except ValueError:  # an integer of more digits than Python converts; JSON sets no limit (RFC 8259 section 6)
            return json.loads(text, parse_constant=_refuse_constant, parse_float=_number, parse_int=float)
    except UnicodeDecodeError as error:
        raise NotJSON(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJSON(f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise NotJSON("nested too deeply to read") from None


def _refuse_constant(name: str) -> Any:
    raise NotJSON(f"{name} is not a JSON value")


_SURROGATE = re.compile("[\ud800-\udfff]")


def holds_surrogate(text: str) -> bool:
    """Whether a text holds a lone surrogate, half of a character: JSON may spell one (RFC 8259 section 8.2), UTF-8 cannot."""
    return _SURROGATE.search(text) is not None


def media_type(content_type: str | None) -> str:
    """``type/subtype`` of a Content-Type value in lower case, without parameters; empty when there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type names JSON: application/json or any ``+json`` type (RFC 6839 section 3.1)."""
    kind = media_type(content_type)
    return kind == "application/json" or kind.endswith("+json")


@dataclass(frozen=True)
class Event:
    """One server-sent event: its ``data`` field (lines joined with a newline) and its ``event`` name."""

    data: str
    name: str = "message"


def parse_events(body: bytes) -> tuple[Event, ...]:
    """The events of a ``text/event-stream`` body (WHATWG HTML section 9.2.6). Bytes that are not UTF-8 become U+FFFD, as the standard says.

    Comments, ``id`` and ``retry`` are passed over; a last event without its blank line is not dispatched.
    """
    events: list[Event] = []
    data: list[str] = []
    name = ""
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if not line:
            if data:
                events.append(Event("\n".join(data), name or "message"))
            data, name = [], ""
            continue
        field_name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field_name == "data":
            data.append(value)
        elif field_name == "event":
            name = value
    return tuple(events)


class _Message:
    """What requests and responses share: headers and a body."""

    headers: Headers
    body: bytes

    @property
    def media_type(self) -> str:
        """``type/subtype`` of the body, lower case; empty when not declared."""
        return media_type(self.headers.get("content-type"))

    @property
    def is_json(self) -> bool:
        """Whether the body is declared as JSON."""
        return is_json(self.headers.get("content-type"))

    @cached_property
    def json(self) -> Any:
        """The body as a JSON value. Raises :class:`NotJSON`."""
        return parse_json(self.body)

    @cached_property
    def document(self) -> Any:
        """The JSON value, or None where the body is not JSON: for checks that leave that fault to the check whose subject it is."""
        try:
            return self.json
        except NotJSON:
            return None

    @property
    def text(self) -> str:
        """The body as text, undecodable bytes shown as U+FFFD."""
        return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Request(_Message):
    """What was asked."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path of the URL, still percent-encoded."""
        return urlsplit(self.url).path or "/"

    def with_header(self, name: str, value: str | None) -> Self:
        """A copy with this header; None removes it."""
        return replace(self, headers=self.headers.with_field(name, value))

    def with_json(self, value: Any) -> Self:
        """A copy whose body is this JSON value."""
        return replace(self, body=json.dumps(value, ensure_ascii=False).encode())


@dataclass(frozen=True)
class Response(_Message):
    """What came back."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The server-sent events of the body."""
        return parse_events(self.body)

    @cached_property
    def event_documents(self) -> tuple[Any, ...]:
        """The JSON values of the events; None in place of one whose data is not JSON."""
        return tuple(Response(0, body=event.data.encode("utf-8", errors="surrogatepass")).document for event in self.events)

    def with_header(self, name: str, value: str | None) -> Self:
        """A copy with this header; None removes it."""
        return replace(self, headers=self.headers.with_field(name, value))

    def with_body(self, body: bytes, content_type: str | None = None) -> Self:
        """A copy with this body, its Content-Length made right and without a Content-Digest, which was that of the old one."""
        headers = self.headers.with_field("content-length", str(len(body))).with_field("content-digest", None)
        if content_type is not None:
            headers = headers.with_field("content-type", content_type)
        return replace(self, headers=headers, body=body)

    def with_json(self, value: Any, content_type: str | None = None) -> Self:
        """A copy whose body is this JSON value."""
        return self.with_body(json.dumps(value, ensure_ascii=False).encode(), content_type)


def seconds_to_wait(response: Response, now: float) -> float | None:
    """Seconds from ``now`` (since the epoch) that Retry-After asks to wait, or None where it is missing or not valid.

    RFC 9110 section 10.2.3: a number of seconds after the response, or an HTTP-date.
    """
    value = (response.headers.get("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, until.replace(tzinfo=until.tzinfo or datetime.UTC).timestamp() - now)


@dataclass(frozen=True)
class Fault:
    """Why a request got no complete answer."""

    kind: FaultKind
    detail: str


Reaction = Literal["went-on", "repeated", "ended", "failed"]
"""What a consumer did after an answer: asked for something else, asked the same again (with a body: who only reads may do so any time), ended
well, or ended with an error of its own."""


@dataclass(frozen=True)
class Exchange:
    """One request and its response, or the fault that took its place.

    ``started`` is seconds since the epoch; ``duration`` is seconds. ``sender`` says who wrote the request: ``harness`` when a provider is under
    test, ``participant`` when a consumer is. ``operation`` is the profile's operation the request addresses, if any; ``vector`` the frozen input
    it was made from, if any. Where a consumer is under test, ``situation`` names what the harness played in its answer, and ``reaction`` what the
    consumer did next.
    """

    id: str
    request: Request
    response: Response | None
    fault: Fault | None = None
    sender: Literal["harness", "participant"] = "harness"
    started: float = 0.0
    duration: float = 0.0
    operation: Operation | None = None
    vector: Vector | None = None
    situation: str | None = None
    reaction: Reaction | None = None

    @property
    def status(self) -> int:
        """The response's status code; 0 when there was no complete response."""
        return self.response.status if self.response else 0

    @property
    def succeeded(self) -> bool:
        """Whether the answer is a 2xx."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the answer is an error, 4xx or 5xx."""
        return self.status >= 400

    @property
    def answer(self) -> Response:
        """The response, for checks that only look at exchanges that have one. Raises :class:`LookupError` where there is none."""
        if self.response is None:
            raise LookupError("this exchange has no complete response")
        return self.response

"""HAR 1.2 files of browsers and proxies, read as exchanges (http://www.softwareishard.com/blog/har-12-spec/).

Recorders differ, and all leave something out: bodies that were too large, fields that hold credentials, what a browser adds to a request. Bodies
are written decoded, while the header fields speak of them as they were sent. What an entry does not surely tell is :class:`harness.untold.Untold`.

The file is mapped, not read: apart from the places of its entries, one entry is in memory at a time.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime
import mmap
import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit, urlunsplit

import msgspec

from harness.errors import UsageError
from harness.exchange import Exchange, Fault, Headers, NotJSON, Request, Response, parse_json
from harness.profile import Profile, Side
from harness.untold import AllNames, PartialHeaders, RequestWithoutBody, ResponseWithoutBody

_TEXT = rb'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(_TEXT + rb'|[{}\[\]"]', re.DOTALL)
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|' + _TEXT + rb')*+([{}\[\]"])', re.DOTALL)
"""The next bracket, texts passed over; or the quotation mark of a text that has no end."""
_HEAD = 1 << 16
_LONGEST = 1e6
"""Seconds that an exchange is taken to have lasted at most, whatever number is written."""

UNREAD = "that cannot be read"
BY_THE_BROWSER = "that the browser answered itself"
UNANSWERED = "without an answer, which the browser may not have sent"
"""As those whose preflight was refused, or that it blocks."""

_TAKEN_OUT = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
"""What browsers take out of the files that they write unless told otherwise."""
_OF_THE_CODING = frozenset({"content-length", "content-encoding", "content-digest", "transfer-encoding"})
_WINDOWS_1252 = {ord(char): byte for byte in range(0x80, 0xA0) if (char := bytes([byte]).decode("cp1252", errors="ignore"))}
"""The characters that browsers make of the bytes between ASCII and Latin-1 (WHATWG Encoding, windows-1252)."""
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class _Field(msgspec.Struct):
    name: str
    value: str = ""


class _Body(msgspec.Struct):
    text: str | None = None
    encoding: str | None = None
    size: float | None = None
    compression: float | None = None


class _Asked(msgspec.Struct, rename="camel"):
    method: str
    url: str
    headers: list[_Field] = []
    post_data: _Body | None = None
    body_size: float | None = None


class _Outcome(msgspec.Struct, rename={"error": "_error"}):
    status: int = 0
    error: Any = None

    @property
    def is_whole(self) -> bool:
        """Whether the page got the answer: the developer tools give a status to one that was broken off, or kept from it (CORS), and say why."""
        return self.status >= 100 and not self.error


class _Answered(_Outcome, rename={"error": "_error", "from_worker": "_fetchedViaServiceWorker", "body_size": "bodySize"}):
    error: Any = msgspec.UNSET
    headers: list[_Field] = []
    content: _Body | None = None
    body_size: float | None = None
    from_worker: bool = False

    @property
    def is_copy(self) -> bool:
        """Whether the browser had the body already: it came without being sent. Playwright writes 200 there, though the service said 304."""
        size = -1 if self.body_size is None else self.body_size
        sent_nothing = size <= 0 and size != -1 and self.content is not None and (self.content.size or 0) > 0
        return self.from_worker or (sent_nothing and self.status != 304)


class _Address(msgspec.Struct):
    method: str
    url: str


class _Brief(msgspec.Struct, rename={"started": "startedDateTime"}):
    """Of an entry what it takes to place it."""

    started: str
    request: _Address
    response: _Outcome | None = None


class _Entry(
    msgspec.Struct,
    rename={"started": "startedDateTime", "from_cache": "_fromCache"},
):
    started: str
    request: _Asked
    response: _Answered | None = None
    time: float | None = None
    timings: dict[str, Any] | None = None
    from_cache: Any = None


Kind = TypeVar("Kind", bound=msgspec.Struct)


class Har:
    """A HAR file. ``cut`` says where it ends too early, if it does; ``passed_over`` counts, by what they are, entries that give no exchange."""

    sides: tuple[Side, ...] = ("provider", "consumer")
    base_url = ""

    def __init__(self, path: Path) -> None:
        """Find the entries of a file. Raises :class:`UsageError` where it is no HAR file."""
        with path.open("rb") as file:
            self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        begin = _begin_of_entries(self._content)
        if begin is None:
            raise UsageError(f"{path} is neither a HAR file (a JSON object with log.entries, in UTF-8) nor a recording of govai.")
        self._by_mitmproxy = b'"mitmproxy' in self._content[:begin]
        self._entries: list[tuple[float, int, int, int]] = []
        self.passed_over: Counter[str] = Counter()
        self.cut: str | None = None
        for number, (start, end) in enumerate(_entries(self._content, begin), start=1):
            if end is None:
                self.cut = f"The recording is cut off after entry {number - 1}."
                break
            brief = _decoded(self._content[start:end], _Brief)
            moment = _moment(brief.started) if brief else None
            if moment is None:
                self.passed_over[UNREAD] += 1
            else:
                self._entries.append((moment, number, start, end))
        self._entries.sort()

    def requests(self) -> Iterator[tuple[Request, bool]]:
        """Method and address of each request, and whether it was answered."""
        for _, _, start, end in self._entries:
            brief = _decoded(self._content[start:end], _Brief)
            if brief is not None and (url := plain_url(brief.request.url)):
                yield Request(brief.request.method.upper(), url), brief.response is not None and brief.response.is_whole

    def exchanges(self, profiles: Sequence[Profile] = ()) -> Iterator[Exchange]:
        """Each exchange, in the order in which they began, called after its place in the file."""
        for started, number, start, end in self._entries:
            entry = _decoded(self._content[start:end], _Entry)
            url = plain_url(entry.request.url) if entry else None
            if entry is None or url is None:
                self.passed_over[UNREAD] += 1
            elif entry.from_cache or (entry.response is not None and entry.response.is_copy):
                self.passed_over[BY_THE_BROWSER] += 1
            elif not self._by_mitmproxy and (entry.response is None or entry.response.status < 100):
                self.passed_over[UNANSWERED] += 1
            else:
                request = _request(entry.request, url, on_the_wire=self._by_mitmproxy)
                response, fault = _response(entry.response, request.method, on_the_wire=self._by_mitmproxy)
                yield Exchange(f"entry.{number}", request, response, fault, "participant", started, self._duration(entry))

    def _duration(self, entry: _Entry) -> float:
        """Seconds that an exchange took. mitmproxy's ``time`` counts connecting twice, or where it was done before (addons/savehar.py)."""
        if self._by_mitmproxy and entry.timings:
            took = [entry.timings.get(name) for name in ("send", "wait", "receive")]
            return min(sum(max(0.0, each) for each in took if isinstance(each, int | float)) / 1000, _LONGEST)
        return min(max(0.0, entry.time or 0.0) / 1000, _LONGEST)


def _begin_of_entries(content: mmap.mmap) -> int | None:
    """The place after the bracket that opens ``log.entries``; None where there is none."""
    if not content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return None
    depth, names = 0, [b"", b"", b""]
    for token in _TOKEN.finditer(content):
        text = token[0]
        if text[:1] == b'"':
            if 0 <= depth < 3:
                names[depth] = text
        elif text in b"}]":
            depth -= 1
        else:
            if text == b"[" and depth == 2 and names[1:] == [b'"log"', b'"entries"']:
                return token.end()
            depth += 1
    return None


def _entries(content: mmap.mmap, begin: int) -> Iterator[tuple[int, int | None]]:
    """Begin and end of each entry; the last has no end where the file is cut off."""
    depth, start = 0, begin
    for found in _BRACKET.finditer(content, begin):
        bracket = found[1]
        if bracket in b"{[":
            start = found.start(1) if depth == 0 else start
            depth += 1
        elif bracket == b'"' or depth == 0:
            break
        else:
            depth -= 1
            if depth == 0:
                yield start, found.end()
    else:
        bracket = b""
    if bracket != b"]":
        yield start, None


def _decoded(content: bytes, kind: type[Kind]) -> Kind | None:
    """An entry, or None where it is none. The slower reader takes half characters, of which a proxy makes bytes that are no text."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:
            return msgspec.convert(parse_json(content), kind)
        except (msgspec.MsgspecError, NotJSON):
            return None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def plain_url(url: str) -> str | None:
    """An http or https address without user, default port and fragment; None where it is none."""
    try:
        parts = urlsplit(url)
        return urlunsplit(SplitResult(parts.scheme, _authority(parts), parts.path or "/", parts.query, "")) if parts.hostname else None
    except ValueError:
        return None


def _authority(parts: SplitResult) -> str:
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    return host if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _fields(fields: list[_Field], *, on_the_wire: bool) -> list[tuple[str, str]]:
    """Header fields without pseudo-header fields (RFC 9113 section 8.3).

    The protocol of the developer tools joins lines of one name. It tells fields twice, as asked for and as sent, and chrome-har writes both.
    """
    lines = [(each.name, line) for each in fields if not each.name.startswith(":") for line in each.value.split("\n")]
    return lines if on_the_wire else list({(name.lower(), value): (name, value) for name, value in lines}.values())


def _value(fields: list[tuple[str, str]], name: str) -> str | None:
    return next((value for field, value in fields if field.lower() == name), None)


def _is_coded(fields: list[tuple[str, str]]) -> bool:
    return (_value(fields, "content-encoding") or "identity").strip().lower() != "identity"


def _names_charset(fields: list[tuple[str, str]]) -> bool:
    return "charset" in (_value(fields, "content-type") or "").lower()


def _request(asked: _Asked, url: str, *, on_the_wire: bool) -> Request:
    """A browser may show what was asked for in place of what was sent. Then there is no host, which every request names."""
    method, fields = asked.method.upper(), _fields(asked.headers, on_the_wire=on_the_wire)
    whole = any(each.name.lower() in ("host", ":authority") for each in asked.headers)
    headers = Headers(fields) if on_the_wire else PartialHeaders(fields, _TAKEN_OUT if whole else AllNames())
    length = _value(fields, "content-length")
    if asked.post_data is None or asked.post_data.text is None:
        nothing = length == "0" or (length is None and method in _WITHOUT_BODY and not (asked.body_size or 0) > 0)
        body = b"" if nothing else None
    else:
        sized = msgspec.structs.replace(asked.post_data, size=asked.body_size)
        body = None if _is_coded(fields) else _body(sized, length, of_bytes=on_the_wire and not _names_charset(fields))
    return RequestWithoutBody(method, url, headers) if body is None else Request(method, url, headers, body)


def _response(answered: _Answered | None, method: str, *, on_the_wire: bool) -> tuple[Response | None, Fault | None]:
    """The answer; or why there is none, which says nothing of the service: it may have been refused to the page, or not waited for."""
    if answered is None or not answered.is_whole:
        why = f" ({answered.error})" if answered is not None and isinstance(answered.error, str) else ""
        return None, Fault("connect", f"the recording holds no whole answer{why}")
    fields = _fields(answered.headers, on_the_wire=on_the_wire)
    coded, length = _is_coded(fields), _value(fields, "content-length")
    if method == "HEAD" or answered.status in (204, 304) or length == "0":
        body: bytes | None = b""
    else:
        body = _body(answered.content, None if coded else length, of_bytes=not _names_charset(fields))
        told_when_cut = on_the_wire or answered.error is None or (length is not None and not coded)
        body = body if body and (told_when_cut or _is_json(body)) else None
    taken_out = frozenset() if on_the_wire else _TAKEN_OUT
    untold: Container[str] = taken_out if fields else AllNames()
    if coded and body is not None:
        fields = [field for field in fields if field[0].lower() not in _OF_THE_CODING]
        untold = taken_out | {"content-length", "content-digest"}
    headers = PartialHeaders(fields, untold)
    return (ResponseWithoutBody(answered.status, headers) if body is None else Response(answered.status, headers, body)), None


def _is_json(body: bytes) -> bool:
    """Whether a body is a JSON text, which is none where it was cut. Firefox does not say that an answer was broken off."""
    try:
        return isinstance(parse_json(body), dict | list)
    except NotJSON:
        return False


def _body(recorded: _Body | None, length: str | None, *, of_bytes: bool) -> bytes | None:
    """The bytes that a recorded text was made of; None where they cannot be known: it was cut, converted, or lost its byte order mark.

    They are held against their number, by Content-Length or the recorder: ``size`` is that of the decoded body, or, as mitmproxy has it, what was
    transferred, to which ``compression`` is added. ``of_bytes``: a character may stand for each byte, as mitmproxy and the developer tools write
    event streams, which have no charset.
    """
    if recorded is None or recorded.text is None:
        return None
    text, size = recorded.text, recorded.size
    try:
        candidates = [base64.b64decode(text) if recorded.encoding == "base64" else text.encode("utf-8", errors="surrogateescape")]
    except (binascii.Error, UnicodeEncodeError):
        return None
    if of_bytes:
        with contextlib.suppress(UnicodeEncodeError):
            candidates.append(text.translate(_WINDOWS_1252).encode("latin-1"))
    if length is not None and length.isdecimal():
        numbers = {float(length)}
    elif size is None or size < 0:
        return candidates[0] if text.isascii() else None
    else:
        numbers = {size, size + (recorded.compression or 0)}
    return next((each for each in candidates if len(each) in numbers), None)

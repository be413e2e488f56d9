"""An exchange made fit for a report: secrets replaced, long bodies cut, and a curl line that repeats it."""

from __future__ import annotations

import base64
import datetime
import json
import shlex
from collections.abc import Iterable
from urllib.parse import quote

from harness.exchange import Exchange, Headers, Request, Response
from harness.national import personal_identifiers
from harness.participant import Credential
from harness.report import Evidence
from harness.untold import body_told

SHOWN_BODY = 4_000
"""Characters of a body that a report shows."""
EXACT_BODY = 64 * 1024
"""Bytes up to which a report keeps a request body exactly."""
CURL_BODY = 16_000
"""Bytes up to which a curl line carries the body itself."""
HIDDEN = "[credential]"
UNTOLD = "[not in the recording]"
_ALWAYS_HIDDEN = frozenset({"set-cookie", "cookie", "proxy-authorization"})
_LEFT_OUT = frozenset({"accept-encoding", "content-length", "host", "connection", "transfer-encoding"})


class Redaction:
    """Knows the secrets of a run and takes them out of any text, also where they come back percent-encoded, JSON-escaped or in Base64."""

    def __init__(self, secrets: Iterable[str], credential: Credential | None = None, *, people: bool = False) -> None:
        secrets = tuple(secrets)
        self._credential, self._people = credential, people
        self.of_people = self if people else Redaction(secrets, credential, people=True)
        """The same for what participants sent: it may hold identifiers of people, and reports are passed on."""
        forms: set[str] = set()
        for secret in secrets:
            if secret:
                plain = secret.encode()
                forms |= {
                    secret,
                    quote(secret, safe=""),
                    quote(secret),
                    json.dumps(secret)[1:-1],
                    base64.b64encode(plain).decode().rstrip("="),
                }
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """``text`` without any secret."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        for found in reversed(personal_identifiers(text)) if self._people else ():
            text = f"{text[: found.start]}[{found.kind}]{text[found.start + len(found.value) :]}"
        return text

    def concerns(self, response: Response) -> bool:
        """Whether a response holds a secret."""
        fields = "\n".join(value for _, value in response.headers)
        return any(form in fields or form.encode() in response.body for form in self._forms)

    def headers(self, headers: Headers, *, recorded: bool = False) -> tuple[tuple[str, str], ...]:
        """Header fields without any secret, and without cookies."""
        return tuple((name, self._header_value(name, value, recorded)) for name, value in headers)

    def evidence(self, exchange: Exchange) -> Evidence:
        """What a report shows of an exchange."""
        if exchange.sender == "participant" and not self._people:
            return self.of_people.evidence(exchange)
        request, response = exchange.request, exchange.response
        asked, answered = body_told(request), body_told(response) if response else b""
        return Evidence(
            id=exchange.id,
            method=request.method,
            url=self.text(request.url),
            request_headers=self._headers(request.headers, recorded=exchange.sender == "participant"),
            request_body=self._body(asked),
            request_bytes=len(asked or b""),
            curl=self.curl(request, recorded=exchange.sender == "participant"),
            started=datetime.datetime.fromtimestamp(exchange.started, datetime.UTC),
            duration_s=round(exchange.duration, 4),
            status=response.status if response else None,
            response_headers=self._headers(response.headers) if response else [],
            response_body=self._body(answered),
            response_bytes=len(answered or b""),
            fault=f"{exchange.fault.kind}: {self.text(exchange.fault.detail)}" if exchange.fault else None,
            operation=exchange.operation.id if exchange.operation else None,
            vector=exchange.vector.id if exchange.vector else None,
            request_base64=self._exact(asked) if asked else None,
        )

    def _exact(self, body: bytes) -> str | None:
        """A request body that the report's text does not give letter by letter, where it is of a size to keep and holds no secret."""
        if len(body) > EXACT_BODY or self._body(body).encode() == body or self._hides_part_of(body):
            return None
        return base64.b64encode(body).decode()

    def curl(self, request: Request, *, recorded: bool = False) -> str:
        """A shell line that repeats the request. A credential is shown as the variable it came from, never as itself."""
        words = ["curl", "-i"]
        if request.method != "GET":
            words += ["-X", request.method]
        for name, value in request.headers:
            if name.lower() in _LEFT_OUT:
                continue
            words += ["-H", self._curl_header(name, value, recorded)]
        if self._credential and self._credential.certificate:
            words += ["--cert", shlex.quote(str(self._credential.certificate)), "--key", shlex.quote(str(self._credential.key))]
        if body := body_told(request):
            words += ["--data-binary", self._curl_body(body)]
        return " ".join([*words, shlex.quote(self.text(request.url))])

    def _curl_header(self, name: str, value: str, recorded: bool) -> str:
        credential = self._credential
        if credential and credential.shown and name.lower() == credential.header.lower() and self.text(value) != value:
            token = "$ACCESS_TOKEN" if credential.kind == "oauth2" else credential.shown
            return f'"{name}: Bearer {token}"' if credential.kind != "api-key" else f'"{name}: {token}"'
        return shlex.quote(f"{name}: {self._header_value(name, value, recorded)}")

    def _curl_body(self, body: bytes) -> str:
        if len(body) > CURL_BODY:
            return shlex.quote(f"@{len(body)}-bytes-not-shown")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if text and text == printable(text) and not text.startswith("@"):
            return shlex.quote(self.text(text))
        if self._hides_part_of(body):
            return shlex.quote(f"@{len(body)}-bytes-not-shown")
        return f"@<(echo {base64.b64encode(body).decode()} | base64 -d)"

    def _hides_part_of(self, body: bytes) -> bool:
        text = body.decode("utf-8", errors="replace")
        return self.text(text) != text

    def _headers(self, headers: Headers, *, recorded: bool = False) -> list[tuple[str, str]]:
        return [(name, printable(value)) for name, value in self.headers(headers, recorded=recorded)]

    def _header_value(self, name: str, value: str, recorded: bool) -> str:
        """Recorded traffic carries other people's credentials, which cannot be known by value: there the field is hidden as a whole."""
        if name.lower() in _ALWAYS_HIDDEN or (recorded and name.lower() in ("authorization", "x-api-key", "api-key")):
            return HIDDEN
        return self.text(value)

    def _body(self, body: bytes | None) -> str:
        if body is None:
            return UNTOLD
        text = self.text(body[: SHOWN_BODY * 4].decode("utf-8", errors="backslashreplace"))
        return printable(text if len(text) <= SHOWN_BODY else text[:SHOWN_BODY] + " …")


def printable(text: str) -> str:
    """``text`` with lone surrogates and control characters other than line feed and tab escaped, so that any format can hold it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char in "\n\t" or not (ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000) else _escape(char)
        for char in text
    )


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"

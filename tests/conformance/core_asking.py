"""What the tests of core's checks share: a profile as small as one can be, exchanges made by hand, and a service in this process."""

from __future__ import annotations

import importlib
import json
import pkgutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import conformance.core
from harness.checks import NotApplicable, NotTested, Violation, registry
from harness.exchange import Exchange, Fault, Headers, Request, Response
from harness.operation import Operation
from harness.profile import Profile, load_profile
from harness.vectors import Vector, VectorRequest

for _module in pkgutil.iter_modules(conformance.core.__path__, "conformance.core."):
    importlib.import_module(_module.name)

DOCUMENT = """\
openapi: 3.1.1
info: {title: Asking, version: 1.0.0}
paths:
  /ask:
    post:
      operationId: ask
      x-generates: true
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Question'}}}
      responses:
        '200':
          description: The answer.
          content:
            application/json: {schema: {type: object, required: [id, text], properties: {text: {type: string}}}}
            text/event-stream: {schema: {type: string}}
  /subjects:
    get:
      operationId: subjects
      responses: {'200': {description: What may be asked., content: {application/json: {schema: {type: object}}}}}
components:
  schemas:
    Question:
      type: object
      required: [text]
      properties:
        text: {type: string, minLength: 1}
        language: {enum: [pl, lt, en]}
        limit: {type: integer}
"""

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PROBLEM = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "The member text is missing."}
BASE = "https://assistant.example.lt/api"


@cache
def asking() -> Profile:
    """The profile ``asking/1``: ``POST /ask`` generates, ``GET /subjects`` lists."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "asking" / "1"
        folder.mkdir(parents=True)
        (folder / "openapi.yaml").write_text(DOCUMENT)
        (folder / "requirements.yaml").write_text("[]")
        return load_profile(folder)


def encoded(body: Any) -> bytes:
    """Bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def exchange(
    *,
    operation: str | None = "ask",
    method: str | None = None,
    path: str | None = None,
    asked: Any = None,
    sent: Mapping[str, str] | None = None,
    status: int = 200,
    body: Any = None,
    kind: str | None = "application/json",
    headers: Mapping[str, str] | None = None,
    vector: str | None = None,
    exercises: Sequence[str] = (),
    fault: Fault | None = None,
    started: float = 1_800_000_000.0,
    duration: float = 0.5,
) -> Exchange:
    """An exchange made by hand; by default a question that is answered well."""
    addressed = asking().operation(operation) if operation else None
    method = method or (addressed.method if addressed else "GET")
    path = path or (addressed.path if addressed else "/elsewhere")
    if asked is None:
        asked = {"text": "Kur gauti pasą?"} if method == "POST" else b""
    request_headers = Headers({"traceparent": TRACEPARENT, **({"Content-Type": "application/json"} if asked else {})})
    for name, value in (sent or {}).items():
        request_headers = request_headers.with_field(name, value)
    content = encoded({"id": "1", "text": "Migracijos departamente."} if body is None else body)
    response = Response(status, Headers({**({"Content-Type": kind} if kind else {}), **(headers or {})}), content)
    used = Vector("v", operation, vector, "a test", tuple(exercises), ("2xx",), VectorRequest()) if vector else None  # type: ignore[arg-type]
    return Exchange(
        "t.1",
        Request(method, BASE + path, request_headers, encoded(asked)),
        None if fault else response,
        fault,
        started=started,
        duration=duration,
        operation=addressed,
        vector=used,
    )


def judged(requirement: str, *exchanges: Exchange) -> str | None:
    """What the rules of a requirement say of an exchange (or a pair): a violation's message, ``unexercised``, or None where all is well."""
    kind = "rule" if len(exchanges) == 1 else "pair"
    exercised = False
    for check in [check for check in registry.of(requirement) if check.kind == kind]:
        if check.when is not None and not check.when(*exchanges):
            continue
        try:
            check.function(*exchanges)
            exercised = True
        except Violation as violation:
            return violation.message
        except (NotTested, NotApplicable):
            continue
    return None if exercised else "unexercised"


Answer = Callable[[Request], Response]


class FakeService:
    """A :class:`harness.checks.Service` over a function, its requests kept in ``asked``."""

    def __init__(self, answer: Answer, *, card: Mapping[str, Any] | None = None, secret: str | None = None, base: str = BASE) -> None:
        self.card: Mapping[str, Any] = card or {}
        self.variables: Mapping[str, str] = {}
        self.random = Random(1)
        self.run = "7f3a"
        self.country: str | None = "lt"
        self.has_credential = secret is not None
        self.in_process = False
        self.operations: Sequence[Operation] = asking().operations
        self.asked: list[Request] = []
        self._answer, self._secret, self._base = answer, secret, base

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        credential: bool = True,
    ) -> Exchange:
        """As :meth:`harness.checks.Service.send`."""
        fields = Headers({"traceparent": TRACEPARENT, **(headers or {})})
        if credential and self._secret:
            fields = fields.with_field("Authorization", f"Bearer {self._secret}")
        request = Request(method, path, fields, body if body is not None else b"" if json is None else encoded(json))
        self.asked.append(request)
        response = self._answer(request)
        shown = Request(method, self._base + path, fields, request.body)
        operation = next((each for each in self.operations if each.method == method and each.path == path), None)
        return Exchange(f"t.{len(self.asked)}", shown, response, started=1_800_000_000.0, duration=0.1, operation=operation)

    def sample(self, method: str = "POST") -> Request:
        """As :meth:`harness.checks.Service.sample`."""
        if method == "GET":
            return Request("GET", "/subjects")
        return Request("POST", "/ask", Headers({"Content-Type": "application/json"}), encoded({"text": "Kur gauti pasą?"}))

    def needs_capability(self, name: str) -> None:
        """As :meth:`harness.checks.Service.needs_capability`."""
        if name not in self.card.get("capabilities", []):
            raise NotApplicable(name)

"""Requests drawn by schemathesis from a document. Which ones follows from the seed alone: nothing that a participant answers is looked at.

Hypothesis runs synchronously; all of this is called in a thread (:mod:`harness.explore.explorer`).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit

import hypothesis
import requests
import schemathesis
from hypothesis import strategies
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from harness.exchange import Headers, Request
from harness.explore.drawn import key

Mode = Literal["positive", "negative"]
_BASE = "http://service.invalid"
"""Never contacted (RFC 2606): requests are made relative to the participant's base URL."""
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"([!-~]([ \t!-~]*[!-~])?)?")
"""RFC 9110 sections 5.1 and 5.5, without obs-text, which HTTP libraries send in differing encodings."""
_LEFT_OUT = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "keep-alive",
        "accept-encoding",
        "authorization",
        "cookie",
    }
)
"""Fields that steer the connection, not the request (RFC 9110 section 7.6.1), and credentials, which are the participant's."""
_AS_MODEL = 8
"""Of ten requests, how many have the participant's own values at the places of variables; the others what was drawn."""


class Stopped(BaseException):
    """Exploring is over. No :class:`Exception`, so that Hypothesis does not take it for a failure of what it tests."""


class Drawing:
    """Draws requests for the operations of one document. ``over`` says whether exploring is over."""

    def __init__(self, document: dict[str, Any], over: Callable[[], bool]) -> None:
        self.schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
        self._over = over
        operations: list[Any] = [cast("Any", found).ok() for found in self.schema.get_all_operations()]
        self._operations = {each.definition.raw["operationId"]: each for each in operations}

    def strategy(self, operation: str, mode: Mode, bound: Callable[[Request], Request]) -> strategies.SearchStrategy[Request | None]:
        """Requests of an operation that its schemas allow, or do not; None for one that HTTP does not carry as it is."""
        cases = self._operations[operation].as_strategy(generation_mode=GenerationMode(mode))

        def request(case: Any, bind: int) -> Request | None:
            made = as_request(case)
            return bound(made) if made is not None and bind < _AS_MODEL else made

        return strategies.builds(request, cases, strategies.integers(0, 9))

    def draw(self, strategy: strategies.SearchStrategy[Request | None], seed: int, count: int) -> list[Request]:
        """At most ``count`` different requests; none where the strategy has none (an operation of which nothing can be wrong)."""
        drawn: dict[Any, Request] = {}

        def take(request: Request | None) -> None:
            if request is not None:
                drawn.setdefault(key(request), request)

        self._test(strategy, seed, count, take, (hypothesis.Phase.generate,))
        return list(drawn.values())

    def shrink(self, strategy: strategies.SearchStrategy[Request | None], seed: int, count: int, shows: Callable[[Request], bool]) -> None:
        """Draw the same requests again, and from the first that ``shows`` something ask ``shows`` about ever simpler ones."""

        def look(request: Request | None) -> None:
            if request is not None and shows(request):
                raise _Shown

        self._test(strategy, seed, count, look, (hypothesis.Phase.generate, hypothesis.Phase.shrink))

    def _test(
        self,
        strategy: strategies.SearchStrategy[Request | None],
        seed: int,
        count: int,
        look: Callable[[Request | None], None],
        phases: Sequence[hypothesis.Phase],
    ) -> None:
        @hypothesis.seed(seed)
        @hypothesis.settings(settings(count), phases=phases)
        @hypothesis.given(strategy)
        def test(request: Request | None) -> None:
            if self._over():
                raise Stopped
            look(request)

        run(test, _Shown)


class _Shown(Exception):
    """The request shows what is looked for."""


def settings(count: int) -> hypothesis.settings:
    """Nothing is kept between runs, nothing depends on the time of day or the speed of the machine."""
    return hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def run(test: Callable[[], None], shown: type[Exception]) -> None:
    """Run a Hypothesis test for what it draws; ``shown`` is how it fails, which nobody is told.

    ``Unsatisfiable`` means that nothing can be drawn, ``Flaky`` that a participant answered the same request in another way.
    """
    with contextlib.suppress(shown, hypothesis.errors.Unsatisfiable, hypothesis.errors.Flaky, Stopped):
        test()


def as_request(case: Any) -> Request | None:
    """The request of a schemathesis case, its URL relative to the base URL; None where HTTP does not carry it as it is."""
    try:
        arguments = case.as_transport_kwargs(base_url=_BASE)
        made = requests.Request(**{name: value for name, value in arguments.items() if name in _ARGUMENTS}).prepare()
    except (requests.RequestException, ValueError, schemathesis.errors.SchemathesisError):
        return None
    path = made.path_url
    if {".", ".."} & set(unquote(urlsplit(path).path).split("/")):
        return None  # clients and intermediaries remove dot segments (RFC 3986 section 6.2.2.3)
    content_type = arguments["headers"].get("Content-Type")
    fields = {**(case.headers or {}), **({"Content-Type": content_type} if content_type else {})}
    headers = Headers({name: value for name, value in fields.items() if name.lower() not in _LEFT_OUT})
    if not all(_FIELD_NAME.fullmatch(name) and isinstance(value, str) and _FIELD_VALUE.fullmatch(value) for name, value in headers):
        return None
    body = made.body or b""
    if not isinstance(body, str | bytes):
        return None
    return Request(str(made.method), path, headers, body.encode() if isinstance(body, str) else body)


_ARGUMENTS = frozenset({"method", "url", "params", "headers", "json", "data", "files"})

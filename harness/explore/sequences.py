"""Sequences of requests that use what earlier answers gave: schemathesis's state machine over the links of a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import requests
from schemathesis.core.transport import Response
from schemathesis.errors import NoLinksFound

from harness.exchange import Exchange, Request
from harness.explore.drawing import Drawing, Stopped, as_request, run, settings

Step = Callable[[str, Request], tuple[Exchange | None, bool]]
"""Sends a request of an operation (its id); returns the exchange, and whether it shows what the sequence is shortened for."""
SEQUENCES = 5
"""How many are played at a time."""
LENGTH = 6
"""Requests of a sequence."""


class Sequences:
    """The state machine of a document; ``any`` says whether the document links operations at all."""

    def __init__(self, drawing: Drawing, over: Callable[[], bool]) -> None:
        self._over = over
        self._machine: Any = drawing.schema.as_state_machine()
        try:
            self._machine()
            self.any = True
        except NoLinksFound:
            self.any = False

    def play(self, seed: int, step: Step) -> None:
        """Play some sequences. A step that shows what is looked for makes Hypothesis shorten its sequence."""
        over, base = self._over, self._machine

        class Machine(base):  # type: ignore[misc, valid-type]
            def call(self, case: Any, **_: Any) -> Response:
                if over():
                    raise Stopped
                request = as_request(case)
                if request is None:
                    hypothesis.reject()
                exchange, shows = step(case.operation.definition.raw["operationId"], request)
                if shows:
                    raise _Shown
                if exchange is None or exchange.response is None:
                    hypothesis.reject()
                return _as_schemathesis_has_it(exchange)

            def validate_response(self, *_: Any, **__: Any) -> None:
                """The harness's own judge has done that."""

        machine = hypothesis.seed(seed)(Machine)
        once = hypothesis.settings(settings(SEQUENCES), stateful_step_count=LENGTH)
        run(lambda: machine.run(settings=once), _Shown)


class _Shown(Exception):
    """The sequence shows what is looked for."""


def _as_schemathesis_has_it(exchange: Exchange) -> Response:
    answer, sent = exchange.answer, exchange.request
    parts = urlsplit(sent.url)
    prepared = requests.Request(sent.method, parts.geturl(), headers=dict(sent.headers)).prepare()
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    return Response(answer.status, headers, answer.body, prepared, exchange.duration, True)

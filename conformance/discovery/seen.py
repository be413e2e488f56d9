"""What the claims of a card are held against: the models that answers name, the languages of questions and answers, requests in time."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Any

from conformance.assistant.conversation import is_reply, question, reply, sets_the_text
from conformance.core.languages import sure_language
from conformance.core.reading import event_values
from conformance.discovery.card import member
from harness.exchange import Exchange, view


def asked_for_a_scenario(exchange: Exchange) -> bool:
    """Whether a test system was asked to behave as it does not by itself."""
    return "test-scenario" in exchange.request.headers


def of_its_work(exchange: Exchange) -> bool:
    """Whether an exchange is of the service's own work: an operation of another profile than core and this one."""
    return exchange.operation is not None and exchange.operation.profile.partition("/")[0] not in ("core", "discovery")


_SYNTHETIC = ("assistant", "translation")
"""The profiles whose answers are text that AI wrote (AI Act Article 50(2)): findings, classes and recommendations are none."""


def generated(exchange: Exchange) -> bool:
    """Whether an answer is text that AI wrote."""
    operation = exchange.operation
    return exchange.succeeded and operation is not None and operation.generates and operation.profile.partition("/")[0] in _SYNTHETIC


def documents(exchange: Exchange) -> list[Any]:
    """The JSON values of an answer: its document, or those of the events of its stream."""
    return event_values(exchange.answer) or [exchange.answer.document]


def models_named(exchange: Exchange) -> Iterator[str]:
    """The models that an answer says it is from, in the base standard's member or in its provenance, each once."""
    answers = [document for document in documents(exchange) if isinstance(document, dict)]
    found = [answer.get(name) for answer in answers for name in ("model", "model_name")]
    found += [member(answer, "assurance", "provenance", "model") for answer in answers]
    yield from dict.fromkeys(name for name in found if isinstance(name, str) and name.strip())


@view
def languages(exchange: Exchange) -> tuple[str, str] | None:
    """The language of a question and that of its answer, where both are without doubt and the answer was meant to be in the question's.

    What is written to be refused says nothing of it, nor does an answer that was cut, or a conversation that a system message leads.
    """
    if not is_reply(exchange) or (exchange.vector is not None and exchange.vector.kind != "valid"):
        return None
    content = exchange.request.document
    if len(content["messages"]) != 1 or sets_the_text(content):
        return None
    asked, answered = sure_language(question(exchange.request)), sure_language(reply(exchange).text)
    return (asked, answered) if asked and answered else None


class Moments:
    """When requests were sent, in seconds since the epoch; as many as a day of testing has."""

    _MOST = 500_000

    def __init__(self) -> None:
        self._times: list[float] = []

    def add(self, moment: float) -> None:
        """Note one; they come nearly in order."""
        if len(self._times) < self._MOST:
            bisect.insort(self._times, moment)

    @property
    def first(self) -> float:
        """When the first was sent. There has to be one."""
        return self._times[0]

    def __len__(self) -> int:
        return len(self._times)

    def within(self, seconds: float, until: float) -> int:
        """How many were sent in the ``seconds`` before ``until``, that one included."""
        return bisect.bisect_right(self._times, until) - bisect.bisect_right(self._times, until - seconds)

    def most_within(self, seconds: float) -> int:
        """The largest number that was sent in so many seconds."""
        return max((self.within(seconds, moment) for moment in self._times), default=0)

"""Marks of what AI generated: the one that the card declares is on every generated answer, from the day on that the law asks for it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from conformance.core.faults import changed
from conformance.discovery.card import CARD, member
from conformance.discovery.seen import documents, generated
from harness.checks import CallNext, NotApplicable, Violation, claim, mutant
from harness.documents import at
from harness.exchange import Exchange, Request, Response

_TRANSPARENCY = datetime.date(2026, 8, 2)
"""Since when Article 50 applies; paragraph 2 binds systems that were on the market before from 2026-12-02."""


class _Marks:
    """Counts generated answers with and without the mark that the card declares."""

    newer = False

    def __init__(self) -> None:
        self._unmarked: Exchange | None = None
        self._seen = 0
        self._conversations = 0

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        if not card or not generated(exchange):
            return
        self._seen += 1
        self._conversations += exchange.operation is not None and exchange.operation.profile.startswith("assistant/")
        marking = member(card, "aiAct", "marking")
        if isinstance(marking, dict) and self._unmarked is None and not _marked(exchange, marking):
            self._unmarked = exchange

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        if not self._seen:
            raise NotApplicable("nothing was generated after the card was read")
        since = member(card, "aiAct", "onMarketSince")
        try:
            newer = datetime.date.fromisoformat(str(since)) >= _TRANSPARENCY
        except ValueError:
            newer = False
        if newer is not self.newer:
            when = f"since {since}" if since else "for a time that the card does not state"
            raise NotApplicable(f"the system is on the market {when}")
        marking = member(card, "aiAct", "marking")
        if not isinstance(marking, dict):
            if not self._conversations:
                raise NotApplicable("the card declares no marking, and no conversation was generated")
            raise Violation(
                "the card does not say how generated content is marked", expected="aiAct.marking", got=marking, pointer="/aiAct/marking"
            )
        if self._unmarked is not None:
            expected = str(marking.get("pointer") or marking.get("header"))
            raise Violation(
                "a generated answer does not carry the declared mark", expected=expected, got="nothing there", exchange=self._unmarked
            )


def _marked(exchange: Exchange, marking: Mapping[str, Any]) -> bool:
    header = marking.get("header")
    if isinstance(header, str):
        return bool((exchange.answer.headers.get(header) or "").strip())
    return any(_stands(document, marking.get("pointer")) for document in documents(exchange))


def _stands(document: Any, pointer: Any) -> bool:
    try:
        return bool(at({"": document}, "", str(pointer)))
    except (LookupError, TypeError, ValueError):
        return False


@claim("DISC-MRK-001")
class NewSystemsMarkWhatTheyGenerate(_Marks):
    """AI Act Article 50(2): outputs are marked in a machine-readable format. Systems on the market since 2026-08-02 owe it at once."""

    newer = True


@claim("DISC-MRK-002")
class OlderSystemsMarkWhatTheyGenerate(_Marks):
    """AI Act Article 50(2) for systems that were on the market before 2026-08-02: from 2026-12-02 (Article 111(4)). One that does not say
    since when it is there counts as older.
    """


async def _since(request: Request, call_next: CallNext, since: str, **members: Any) -> Response:
    def change(card: dict[str, Any]) -> None:
        card["aiAct"] |= {"onMarketSince": since, **members}

    return await changed(request, call_next, CARD, change)


@mutant("DISC-MRK-001")
async def a_new_system_declares_a_mark_that_is_not_there(request: Request, call_next: CallNext) -> Response:
    """The card declares a mark that the next release will have."""
    return await _since(request, call_next, "2026-09-01", marking={"pointer": "/assurance/signature"})


@mutant("DISC-MRK-002")
async def an_older_system_marks_in_a_header_that_is_lost(request: Request, call_next: CallNext) -> Response:
    """The gateway passes no headers on that it does not know, and the mark is one."""
    return await _since(request, call_next, "2025-05-05", marking={"header": "AI-Generated"})


@mutant("DISC-MRK-002")
async def an_older_system_declares_no_mark(request: Request, call_next: CallNext) -> Response:
    """How generated text is marked was never written down."""

    def change(card: dict[str, Any]) -> None:
        card["aiAct"]["onMarketSince"] = "2025-05-05"
        card["aiAct"].pop("marking")

    return await changed(request, call_next, CARD, change)

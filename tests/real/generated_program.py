"""What agencies write around generated code: ``python tests/real/generated_program.py PROFILE [strict]``, for ``govai consumer``.

The packages ``translation`` and ``decision_support`` are what openapi-python-client makes of the document that a service of the profile publishes
(``/openapi.json``). The generated functions send one request each; what is the program's own is the trace, the key of a request, and the waiting.
An answer that generated code cannot read is shown as an error, and ends the program where it is ``strict``.
"""

from __future__ import annotations

import email.utils
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

TIMES = 12
"""Enough to meet every situation once."""
TRIES = 3
WHERE, TOKEN = os.environ["GOVAI_BASE_URL"], os.environ["GOVAI_TOKEN"]


class NotServed(Exception):
    """The service refuses what is asked, or does not answer."""


def asked(function: Callable[..., Any], **arguments: Any) -> Any:
    """What a generated function gives, once the service serves it; every try of one request has its key, if it has one, and a span of its own."""
    trace, why = secrets.token_hex(16), ""
    for _ in range(TRIES):
        try:
            answer = function(traceparent=f"00-{trace}-{secrets.token_hex(8)}-01", accept_language="pl", **arguments)
        except httpx.TransportError as error:
            why = f"{error}"
        else:
            if answer.status_code not in (429, 503):
                return answer.parsed if answer.status_code < 300 else refused(answer)
            time.sleep(seconds(answer.headers.get("Retry-After", "1")))
    raise NotServed(why or "The service asks to come back later.")


def refused(answer: Any) -> None:
    """Raise what the service says."""
    raise NotServed(getattr(answer.parsed, "detail", None) or f"{answer.status_code}")


def seconds(retry_after: str) -> float:
    """What is to be waited."""
    return float(retry_after) if retry_after.isdigit() else email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time()


def key() -> str:
    """For one request and its tries."""
    return f'"{secrets.token_hex(16)}"'


def translations() -> Iterable[Callable[[], str]]:
    """Texts to be had in Lithuanian."""
    from translation import AuthenticatedClient  # generated
    from translation.api.languages import get_languages
    from translation.api.translation import translate
    from translation.models import TranslationRequest

    client = AuthenticatedClient(base_url=WHERE, token=TOKEN)
    asked(get_languages.sync_detailed, client=client)

    def translated(number: int) -> str:
        wanted = TranslationRequest(q=f"Wniosek należy złożyć w terminie {number + 7} dni.", source="pl", target="lt")
        return asked(translate.sync_detailed, client=client, body=wanted, idempotency_key=key()).translated_text

    return [lambda number=number: translated(number) for number in range(TIMES)]


def decisions() -> Iterable[Callable[[], str]]:
    """Cases that an official decides on, following the recommendation."""
    from decision_support import AuthenticatedClient  # generated
    from decision_support.api.cases import create_recommendation, decide_recommendation, get_explanation, list_case_types
    from decision_support.models import DecisionRequest, Facts, Identifier, Official, Person, RecommendationRequest

    client = AuthenticatedClient(base_url=WHERE, token=TOKEN)
    case_type = asked(list_case_types.sync_detailed, client=client).case_types[0]
    facts = case_type.examples[0].facts.to_dict()

    def decided(number: int) -> str:
        applicant = Person("Żółć-Wróblewska", "Łucja", identifier=Identifier("pl-pesel", "50411512342"))
        case = RecommendationRequest(case_type.id, f"SPR-{number}", applicant, Facts.from_dict(facts))
        advice = asked(create_recommendation.sync_detailed, client=client, body=case, idempotency_key=key())
        why = asked(get_explanation.sync_detailed, client=client, recommendation_id=advice.id)
        official = Official(name="Anna Przykładowa", office="Gmina Przykładowo")
        signed = DecisionRequest(advice.outcome, official, "Dokumenty potwierdzają podane fakty.", explanation=why.id)
        arguments = {"client": client, "recommendation_id": advice.id, "body": signed, "idempotency_key": key()}
        return asked(decide_recommendation.sync_detailed, **arguments).outcome

    return [lambda number=number: decided(number) for number in range(TIMES)]


if __name__ == "__main__":
    profile, *how = sys.argv[1:]
    shown = NotServed if how == ["strict"] else (NotServed, ValueError)
    for work in {"translation": translations, "decision-support": decisions}[profile]():
        try:
            sys.stdout.write(f"{work()}\n")
        except shown as told:
            sys.stdout.write(f"{type(told).__name__}: {told}\n")

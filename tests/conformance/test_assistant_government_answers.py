"""Notice, marks, languages, sources and abstention: what may differ, and what may not."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from conformance.assistant.conversation import question
from conformance.assistant.questions import questions
from harness.exchange import Request, Response
from tests.conformance.assistant_services import (
    ANSWERS,
    CARD,
    NOTICES,
    always,
    answer,
    asked_in,
    assurance,
    bare,
    ended,
    foreign,
    instead,
    is_matter,
    judged,
    language_asked,
    streamed,
)
from tests.conformance.core_asking import Answer


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        ({"language": "lt-LT", "text": "Atsakymą parengė dirbtinis intelektas.", "more": 1}, "right"),
        ({"language": "LT", "text": "Atsako pokalbių robotas."}, "right"),
        ({"language": "en", "text": "AI answers you."}, "Violation"),
        ({"language": "lt", "text": "This answer was written by an artificial intelligence system."}, "Violation"),
        ({"language": "lt", "text": "Sveiki atvykę!"}, "NeedsReview"),
        ({"language": "lt", "text": " "}, "Violation"),
        ({"language": None, "text": NOTICES["lt"]}, "Violation"),
        ("Atsako DI.", "Violation"),
        (None, "Violation"),
    ],
)
@pytest.mark.parametrize("concerned", [always, streamed])
def test_notices(notice: Any, expected: str, concerned: Callable[[Request], bool]) -> None:
    lithuanian = {**CARD, "languages": ["lt"]}
    assert ended("CHAT-AID-001", instead(concerned, ai_notice=notice), card=lithuanian) == expected


def test_notices_of_recorded_traffic_follow_an_answer_in_the_language_of_the_question() -> None:
    polish_only = instead(asked_in("lt"), ANSWERS["pl"], ai_notice={"language": "pl", "text": NOTICES["pl"]})
    assert ended("CHAT-AID-001", polish_only, card={"languages": ["pl"]}) == "right"
    assert judged("CHAT-AID-001", questions().matters[0]["lt"], polish_only) == "right"
    assert judged("CHAT-AID-001", questions().matters[0]["lt"], instead(always, ai_notice={"language": "pl", "text": "AI"})) == "Violation"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "right"),
        ({"signature": "x", "created": "2026-11-24t12:00:00z"}, "right"),
        ({"ai_generated": "true"}, "Violation"),
        ({"ai_generated": False}, "Violation"),
        ({"model": None}, "Violation"),
        ({"generator": ""}, "Violation"),
        ({"created": 1_795_521_600}, "Violation"),
        ({"created": "2026-11-24 12:00"}, "Violation"),
    ],
)
def test_marks(change: dict[str, Any], expected: str) -> None:
    marked = instead(always, provenance={**assurance()["provenance"], **change})
    assert judged("CHAT-MRK-001", "Where do I vote?", marked) == expected


def test_every_answer_is_marked() -> None:
    assert judged("CHAT-MRK-001", "Where do I vote?", instead(always, provenance=None)) == "Violation"
    assert judged("CHAT-MRK-001", "Where do I vote?", bare) == "Violation"
    assert judged("CHAT-MRK-001", "Where do I vote?", instead(always, text="")) == "right"


def in_other_language(*concerned: str, every: int = 1) -> Answer:
    """Some questions, or every so many of them, are answered in English."""
    count = 0

    def given(request: Request) -> Response:
        nonlocal count
        count += 1
        wrong = language_asked(request) in concerned and count % every == 0
        return answer(request, ANSWERS["en"], assurance("en")) if wrong else foreign(request)

    return given


def test_the_language_of_the_question() -> None:
    assert ended("CHAT-LNG-001", in_other_language("lt")) == "Violation"
    assert ended("CHAT-LNG-001", in_other_language("pl", "lt")) == "Violation"
    assert ended("CHAT-LNG-001", in_other_language("pl", "lt", every=9)) == "NeedsReview"
    assert ended("CHAT-LNG-001", instead(always, "112")) == "NotTested"
    slip = questions().matters[0]["pl"]
    terse = instead(lambda request: question(request) != slip, "112", instead(always, ANSWERS["en"]))
    assert ended("CHAT-LNG-001", terse) == "NotTested"
    quoting = "Wniosek „Dėl asmens tapatybės kortelės išdavimo“ składa się w urzędzie: https://www.gov.example/page"
    assert ended("CHAT-LNG-001", instead(asked_in("pl"), quoting)) == "right"


def stripped(text: str) -> str:
    plain = unicodedata.normalize("NFD", text).replace("ł", "l")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@pytest.mark.parametrize("language", ["pl", "lt"])
def test_diacritics(language: str) -> None:
    long, short = ANSWERS[language] * 2, ANSWERS[language][:70]
    assert ended("CHAT-LNG-002", instead(asked_in(language), stripped(long))) == "Violation"
    assert ended("CHAT-LNG-002", instead(asked_in(language), stripped(short))) == "Violation"
    assert ended("CHAT-LNG-002", instead(asked_in(language), unicodedata.normalize("NFD", long))) == "right"
    only = {**CARD, "languages": [language]}
    assert ended("CHAT-LNG-002", instead(asked_in(language), "112"), card=only) == "NotTested"
    assert ended("CHAT-LNG-002", instead(asked_in(language), ANSWERS["en"] * 2), card=only) == "NotTested"
    assert ended("CHAT-LNG-002", instead(asked_in(language), ANSWERS["pl"].replace("Ł", "ł")), card=only) in ("right", "NotTested")


def decomposed(request: Request) -> bool:
    return not unicodedata.is_normalized("NFC", question(request))


def test_normal_forms() -> None:
    other = [{"title": "Other", "url": "https://gov.example/other"}]
    assert ended("CHAT-ENC-001", instead(always)) == "right"
    assert ended("CHAT-ENC-001", instead(decomposed, sources=other)) == "Violation"
    assert ended("CHAT-ENC-001", instead(decomposed, outcome="abstained", sources=[])) == "Violation"
    assert ended("CHAT-ENC-001", instead(always, outcome="abstained", sources=[])) == "NotTested"
    changing = iter(range(1000))

    def moody(request: Request) -> Response:
        return answer(request, ANSWERS["pl"], assurance(sources=[{"title": "x", "url": f"https://gov.example/{next(changing)}"}]))

    assert ended("CHAT-ENC-001", moody) == "right"


def test_numbers_in_several_languages() -> None:
    def saying(language: str, text: str) -> Answer:
        return instead(lambda request: question(request) == questions().closed[1].question[language], text)

    assert ended("CHAT-XLC-001", saying("lt", "Per 7 dienas.")) == "Violation"
    assert ended("CHAT-XLC-001", saying("lt", "Per keturiolika dienų.")) == "right"
    assert ended("CHAT-XLC-001", saying("lt", "Pagal direktyvą 2011/83/ES – per 14 dienų, o 30 dienų galioja kitur.")) == "right"
    assert ended("CHAT-XLC-001", saying("pl", "To 14-dniowy termin, 30 dni nie obowiązuje.")) == "right"
    assert ended("CHAT-XLC-001", instead(always, "Nie wiem.")) == "NotTested"
    once = iter(["Per 7 dienas."])

    def slipping(request: Request) -> Response:
        here = question(request) == questions().closed[1].question["lt"]
        slip = next(once, None) if here else None
        return answer(request, slip, assurance("lt")) if slip else foreign(request)

    assert ended("CHAT-XLC-001", slipping) == "right"


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([{"title": "x", "url": "https://gov.example/x", "more": 1}], "right"),
        ([{"title": "x", "url": "https://WWW.GOV.example:443/x"}], "right"),
        ([{"title": "x", "url": "http://gov.example/x"}], "Violation"),
        ([{"title": "x", "url": "https://notgov.example/x"}], "Violation"),
        ([{"title": "x", "url": "https://gov.example.com/x"}], "Violation"),
        ([{"title": "x"}], "Violation"),
        ([{"title": "x", "url": "https://[gov.example/x"}], "Violation"),
        (["https://gov.example/x"], "Violation"),
        ([], "Violation"),
        (None, "Violation"),
    ],
)
def test_sources(sources: Any, expected: str) -> None:
    assert ended("CHAT-SRC-001", instead(is_matter, sources=sources)) == expected


def test_sources_where_nothing_was_answered() -> None:
    assert ended("CHAT-SRC-001", instead(is_matter, outcome="abstained", sources=[])) == "NotTested"
    assert ended("CHAT-SRC-001", instead(is_matter, "Nie wiem.", outcome=None, sources=None)) == "NotTested"
    assert ended("CHAT-SRC-001", foreign, card={"languages": ["pl"]}) == "Violation"


@pytest.mark.parametrize(
    ("text", "outcome", "expected"),
    [
        ("Nie znam takiej procedury.", "answered", "right"),
        ("Taka ustawa nie istnieje.", None, "right"),
        ("W kalendarzu nie ma takiego dnia, więc nie ma też takiej ustawy.", "answered", "right"),
        ("Zadzwoń pod numer 22 000 00 00.", "abstained", "right"),
        ("Opłata wynosi 45 zł, termin to 14 dni od złożenia wniosku w urzędzie.", "answered", "Violation"),
        ("Opłata wynosi 45 zł, termin to 14 dni od złożenia wniosku w urzędzie.", None, "Violation"),
        ("Wniosek należy złożyć w urzędzie gminy właściwym ze względu na adres.", "answered", "Violation"),
        ("Nie znam opłaty, zwykle to 45 zł.", "answered", "NeedsReview"),
        ("Prawo tego nie przewiduje.", "answered", "NeedsReview"),
    ],
)
def test_what_does_not_exist(text: str, outcome: str | None, expected: str) -> None:
    assert ended("CHAT-SRC-002", instead(asked_in("pl"), text, outcome=outcome), card={"languages": ["pl"]}) == expected

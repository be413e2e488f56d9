"""What a good translation may say in other words is not accused; where the cues do not suffice a person is asked; what is lost is found."""

from __future__ import annotations

from decimal import Decimal

import pytest

from conformance.translation.asking import Translated
from conformance.translation.callbacks import _agree
from conformance.translation.invariants import _Tags
from conformance.translation.meaning import _declared, _told_apart
from conformance.translation.requests import _unsupported
from conformance.translation.sentences import sentences
from conformance.translation.values import _has, worth
from harness.checks import Violation
from harness.exchange import Exchange, Request, Response

SHOWN = Exchange("t", Request("POST", "http://h/translate"), Response(200))


def said(text: str) -> Translated:
    return Translated("an original", text, SHOWN)


GOOD = [
    ("negation", "lt", "Mokestis privalomas.", "Mokestis neprivalomas."),
    ("negation", "lt", "Leidimas galioja.", "Leidimas yra be galios."),
    ("negation", "pl", "Opłata jest obowiązkowa.", "Opłata nie obowiązuje."),
    ("negation", "pl", "Zezwolenie jest ważne.", "Zezwolenie jest nieważne."),
    ("negation", "en", "The office granted the complaint.", "The office rejected the complaint."),
    ("duty", "lt", "Šalis turi atvykti asmeniškai.", "Šalis turi teisę atvykti asmeniškai."),
    ("duty", "pl", "Strona powinna stawić się osobiście.", "Strona ma prawo stawić się osobiście."),
    ("duty", "en", "The party is required to appear.", "The party is allowed to appear."),
    ("period", "lt", "Skundas pateikiamas ne vėliau kaip per 14 dienų.", "Skundas pateikiamas praėjus 14 dienų."),
    ("period", "pl", "Odwołanie wnosi się w terminie 14 dni.", "Odwołanie wnosi się po upływie 14 dni."),
    ("period", "en", "The appeal is lodged no later than 14 days from now.", "The appeal is lodged later than 14 days from now."),
    ("day", "pl", "Wniosek składa się do 1 marca.", "Wniosek składa się po 1 marca."),
]
DOUBTFUL = [
    ("negation", "pl", "Opłata nie jest dobrowolna.", "Opłata nie jest wymagana."),
    ("negation", "lt", "Mokestis privalomas.", "Mokestis savanoriškas."),
    ("duty", "pl", "Strona stawia się osobiście.", "Strona może się stawić."),
    ("period", "en", "You have 14 days.", "You have to wait for 14 days."),
]
LOST = [
    ("negation", "pl", "Opłata jest wymagana.", "Opłata jest wymagana."),
    ("negation", "lt", "Leidimas negalioja.", "Leidimas galioja."),
    ("duty", "en", "The party may appear.", "The party must appear."),
    ("period", "pl", "Po 14 dniach.", "W ciągu 14 dni."),
]


@pytest.mark.parametrize(("kind", "language", "first", "second"), GOOD)
def test_other_words_for_the_same_are_right(kind: str, language: str, first: str, second: str) -> None:
    assert _told_apart(kind, said(first), said(second), ("xx", language))


@pytest.mark.parametrize(("kind", "language", "first", "second"), DOUBTFUL)
def test_doubt_is_no_accusation(kind: str, language: str, first: str, second: str) -> None:
    assert not _told_apart(kind, said(first), said(second), ("xx", language))


@pytest.mark.parametrize(("kind", "language", "first", "second"), LOST)
def test_what_is_lost_is_found(kind: str, language: str, first: str, second: str) -> None:
    with pytest.raises(Violation):
        _told_apart(kind, said(first), said(second), ("xx", language))


@pytest.mark.parametrize("language", ["pl", "lt", "en"])
def test_the_profiles_own_sentences_are_told_apart(language: str) -> None:
    """Each wording is a right translation of the others."""
    for each in sentences().minimal:
        first, second = each.sentences(language)
        assert _told_apart(each.kind, said(first), said(second), ("xx", language)), first


@pytest.mark.parametrize("language", ["pl", "lt", "en"])
def test_the_profiles_own_values_are_read(language: str) -> None:
    for each in sentences().values:
        for value in each.values:
            assert _has(value, said(each.wording[language]), ("xx", language))


FORMS = {
    "1 234,56 zł": "1234.56",
    "1,234.56 EUR": "1234.56",
    "1.234,56 €": "1234.56",
    "EUR 1234.56": "1234.56",
    "250.000 zł": "250000",
    "250\u00a0000 Eur": "250000",
    "3,50 %": "3.5",
}
DATES = {
    "26 stycznia 2026 r.": "2026-01-26",
    "26.01.2026": "2026-01-26",
    "2026-01-26": "2026-01-26",
    "2026 m. sausio 26 d.": "2026-01-26",
    "2026 m. sausio mėn. 26 d.": "2026-01-26",
    "January 26, 2026": "2026-01-26",
    "26th of January 2026": "2026-01-26",
    "01/26/2026": "2026-01-26",
}


@pytest.mark.parametrize(("text", "value"), FORMS.items())
def test_an_amount_is_read_however_it_is_written(text: str, value: str) -> None:
    assert any(Decimal(value) in number for number in worth(text)[1])


@pytest.mark.parametrize(("text", "value"), DATES.items())
def test_a_date_is_read_however_it_is_written(text: str, value: str) -> None:
    assert value in worth(text)[0]


def test_a_small_number_may_be_spelled_out_and_a_large_one_may_not() -> None:
    assert not _has("30", said("per trisdešimt dienų"), ("pl", "lt"))
    for value, text in (("30", "per 13 dienų"), ("1234.56", "Mokestis reikalingas."), ("2026-01-26", "2026 m. vasario 26 d.")):
        with pytest.raises(Violation):
            _has(value, said(text), ("pl", "lt"))


def test_a_date_whose_month_stands_in_no_list_is_for_a_person_to_look_at() -> None:
    assert not _has("2026-01-26", said("Wniosek należy złożyć przed 26 I 2026 r."), ("lt", "pl"))
    for text in (
        "Wniosek należy złożyć przed 26 lutego 2026 r.",
        "Wniosek należy złożyć w 2026 r.",
        "Wniosek należy złożyć do 2026-26-01.",
    ):
        with pytest.raises(Violation):
            _has("2026-01-26", said(text), ("lt", "pl"))


def test_ends_that_need_not_be_written_are_no_loss() -> None:
    whole = _Tags('<p class="a">x<br/><strong>y</strong></p>').found
    assert _Tags("<p class=a>x<br><STRONG>y</strong>").found == whole
    assert _Tags('<p class="a">x<br/><strong>y</p>').found != whole


def test_a_callback_may_say_more_each_time() -> None:
    job = {"id": "1", "status": "done", "externalReference": "a", "result": {"translatedText": "b"}}
    _agree(SHOWN, {**job, "attempt": 2}, job)
    with pytest.raises(Violation):
        _agree(SHOWN, {**job, "result": None}, job)


def test_chrf_may_be_declared_as_a_share() -> None:
    metric = {"name": "CHRF", "languages": ["pl-PL", "lt"]}
    declared = [
        {**metric, "value": 0.7, "unit": "1"},
        {**metric, "languages": ["lt", "pl"], "value": 70, "unit": "100"},
        {"name": "chrF"},
        7,
    ]
    assert _declared({"metrics": declared}) == {("pl", "lt"): 70.0, ("lt", "pl"): 70.0}


def refusal(status: int, document: object) -> Exchange:
    return Exchange("t", Request("POST", "http://h/translate"), Response(status).with_json(document, "application/json"))


def test_who_says_that_there_is_no_such_pair() -> None:
    assert _unsupported(refusal(400, {"error": "zz is not supported"}))
    assert _unsupported(refusal(404, {"type": "https://problems.example/unsupported-pair", "title": "x"}))
    assert not _unsupported(refusal(400, {"type": "about:blank", "title": "Bad Request"}))
    assert not _unsupported(refusal(400, {"error": "Invalid request: missing q parameter"}))
    assert not _unsupported(refusal(500, {"error": "zz is not supported"}))

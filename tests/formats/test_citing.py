"""Acts of the Union are cited in Polish and Lithuanian as their texts in these languages cite them."""

from __future__ import annotations

import re

import pytest

from harness import catalogue
from harness.formats.citing import cited
from harness.profile import Basis


@pytest.mark.parametrize(
    ("act", "section", "polish", "lithuanian"),
    [
        ("Regulation (EU) 2024/1689", "Article 13", "Rozporządzenie (UE) 2024/1689, art. 13", "Reglamentas (ES) 2024/1689, 13 straipsnis"),
        (
            "Regulation (EU) 2024/1689",
            "Article 14(4)(d)",
            "Rozporządzenie (UE) 2024/1689, art. 14 ust. 4 lit. d)",
            "Reglamentas (ES) 2024/1689, 14 straipsnio 4 dalies d punktas",
        ),
        (
            "Regulation (EU) 2016/679",
            "Article 4(5), Article 25(1)",
            "Rozporządzenie (UE) 2016/679, art. 4 pkt 5, art. 25 ust. 1",
            "Reglamentas (ES) 2016/679, 4 straipsnio 5 punktas, 25 straipsnio 1 dalis",
        ),
        (
            "Regulation (EU) 2024/1689",
            "Annex VIII, Section A, point 1",
            "Rozporządzenie (UE) 2024/1689, załącznik VIII sekcja A pkt 1",
            "Reglamentas (ES) 2024/1689, VIII priedo A skirsnio 1 punktas",
        ),
        (
            "Implementing Regulation (EU) 2021/1042",
            "Annex, point 9",
            "Rozporządzenie wykonawcze (UE) 2021/1042, załącznik pkt 9",
            "Įgyvendinimo reglamentas (ES) 2021/1042, priedo 9 punktas",
        ),
        ("RFC 9110", "13.1.2", "RFC 9110, 13.1.2", "RFC 9110, 13.1.2"),
        ("Profile core/1", "ServiceCard, profiles", "Profile core/1, ServiceCard, profiles", "Profile core/1, ServiceCard, profiles"),
    ],
)
def test_an_act_is_cited_as_in_its_own_text(act: str, section: str | None, polish: str, lithuanian: str) -> None:
    basis = Basis(act, section)
    assert (cited(basis, "pl"), cited(basis, "lt"), cited(basis, "en")) == (polish, lithuanian, str(basis))


def test_no_english_is_left_in_what_requirements_cite_of_the_law() -> None:
    said = {
        cited(basis, language)
        for key in catalogue.names()
        for requirement in catalogue.load(key).requirements
        for basis in requirement.basis
        if re.search(r"Regulation|Directive|Charter|Framework", basis.act)
        for language in ("pl", "lt")
    }
    assert [
        each for each in said if re.search(r"\b(Article|Annex|Section|point|of|the|and|Regulation|Directive|structure|principles?)\b", each)
    ] == []

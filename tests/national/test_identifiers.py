"""National identifiers: every verified value is found as it stands, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from harness.national import countries, is_personal_parameter, letters, lt, personal_identifiers, pl

PESEL = ["44051401359", "02070803628", "02211307589", "99923100106", "50411512342", "50411512434", "99723199991", "44501401359"]
NO_PESEL = ["44051401358", "02381307589", "00000000000", "00622900018"]
ASMENS_KODAS = ["33309240064", "75001150008", "75001150028", "75001150145", "75001150380", "75001152690", "85001011050"]
NO_ASMENS_KODAS = ["33309240164", "38208080214"]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.value) for each in personal_identifiers(text)]


@pytest.mark.parametrize("number", PESEL)
def test_pesel(number: str) -> None:
    assert [each.value for each in pl.personal_identifiers(f"Mój PESEL to {number}.")] == [number]


@pytest.mark.parametrize("number", ASMENS_KODAS)
def test_asmens_kodas(number: str) -> None:
    assert [each.value for each in lt.personal_identifiers(f"Mano asmens kodas yra {number}, ačiū.")] == [number]


@pytest.mark.parametrize("number", [*NO_PESEL, *NO_ASMENS_KODAS])
def test_wrong_check_digit_or_date(number: str) -> None:
    assert kinds(number) == []


@pytest.mark.parametrize(
    "text",
    [
        "150411512342",  # twelve digits
        "504115123421",
        "1750411512342",  # thirteen: milliseconds
        "0.50411512342",
        "50411512342.5",
        "+50411512342",  # a telephone number
        "id-50411512342",
        "50411512342-1",
        "a50411512342",
        "50411512342f",
        "1f0e2a50411512342b3c4d5e6f708192",  # a trace id
        "6ba7b810-9dad-11d1-80b4-504115123421",
        "12:50411512342",
        "50411512342ą",
        "user_50411512342",
    ],
)
def test_part_of_something_longer(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize("text", [" 440514-01359 ", "４４０５１４０１３５９", "333 0924 0064", "PL 440 514 013 59"])
def test_forms_that_a_tolerant_library_takes(text: str) -> None:
    """Only the raw form counts: what is spaced or folded is no identifier that a machine would use."""
    assert kinds(text) == []


@pytest.mark.parametrize("number", ["8567346215", "192598184", "12345678512347", "188600177", "119511515", "100001919017"])
def test_businesses_are_not_persons(number: str) -> None:
    assert kinds(f"NIP, REGON, įmonės kodas: {number}") == []


@pytest.mark.parametrize(
    "text", ["pesel=50411512342&x=1", '{"pesel":"50411512342"}', "/osoby/50411512342/", "(50411512342)", "pesel:50411512342;"]
)
def test_places_where_identifiers_stand(text: str) -> None:
    assert kinds(text) == [("PESEL", "50411512342")]


def test_order_and_place() -> None:
    text = "75001150008 and 50411512342"
    assert [(each.country, each.start) for each in personal_identifiers(text)] == [("lt", 0), ("pl", 16)]


def test_countries_are_discovered() -> None:
    assert list(countries()) == ["lt", "pl"]
    assert letters() >= set("łńśźć") | set("ėįųūš")
    assert all(not letter.isascii() for letter in letters())


@pytest.mark.parametrize("name", ["pesel", "PESEL", "asmens_kodas", "asmensKodas", "asmens-kodas", "numerPesel", "personal_code"])
def test_personal_parameter_names(name: str) -> None:
    assert is_personal_parameter(name)


@pytest.mark.parametrize("name", ["nip", "regon", "imones_kodas", "kodas", "id", "model", "peselHash", "code"])
def test_other_parameter_names(name: str) -> None:
    assert not is_personal_parameter(name)

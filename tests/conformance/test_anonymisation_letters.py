"""What the letters of anonymisation/1 hold: every personal identifier anywhere in the profile is nobody's, and each proves what it says it proves."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator

import pytest
from stdnum import iban
from stdnum.lt import asmens, pvm
from stdnum.pl import nip, pesel, regon

from conformance.anonymisation.asking import Finding, all_found
from conformance.anonymisation.letters import LANGUAGES, Seeded, letters, named, sentences
from conformance.reference.anonymisation.caller import LETTERS
from harness import catalogue
from harness.national import personal_identifiers

PROFILE = catalogue.load("anonymisation")
LONG_DEAD, NOT_BORN = datetime.date(1905, 1, 1), datetime.date(2090, 1, 1)
"""Nobody born before the one is alive, and nobody born from the other on is born."""

ORGANISATIONS = {
    "5265877635": "the KSeF documentation of the Ministry of Finance",
    "5260250274": "the Ministry of Finance",
    "192598184": "the documentation of python-stdnum",
    "12345678512347": "the documentation of python-stdnum",
    "LT119511515": "the documentation of python-stdnum",
    "LT100001919017": "the documentation of python-stdnum",
    "188600177": "the State Data Agency",
    "188772433": "a public body of Lithuania's register",
}
"""Where the numbers of organisations are from."""


def personal() -> Iterator[str]:
    """Every identifier of a person in the files of the profile, in what its checks seed, and in the letters of the clients."""
    texts = [path.read_text("utf-8") for path in PROFILE.folder.rglob("*") if path.is_file()]
    texts += [letter.text for each in LETTERS.values() for letter in each]
    yield from (found.value for text in texts for found in personal_identifiers(text))
    for type in ("PL_PESEL", "LT_ASMENS_KODAS"):
        yield from (each.value for each in letters().identifiers[type])


@pytest.mark.parametrize("value", sorted(set(personal())))
def test_no_living_person_has_it(value: str) -> None:
    born = [kind.get_birth_date(value) for kind in (pesel, asmens) if kind.is_valid(value)]
    assert born
    assert all(date < LONG_DEAD or date >= NOT_BORN for date in born), born


def test_nothing_else_of_eleven_digits_stands_in_the_vectors() -> None:
    known = set(personal()) | {pair.wrong for pair in letters().wrong.values()}
    for line in (PROFILE.folder / "vectors.jsonl").read_text("utf-8").strip("\n").split("\n")[1:]:
        for digits in re.findall(r"(?<!\d)\d{11}(?!\d)", json.dumps(json.loads(line)["request"], ensure_ascii=False)):
            assert digits in known, line


def test_a_name_may_be_found_in_pieces() -> None:
    seeded = Seeded("Rašė Ona Petraitienė.", "PERSON", "", 5, 20)
    given, surname, short = Finding("GIVEN", 5, 8, 1.0), Finding("SURNAME", 9, 20, 0.8), Finding("SURNAME", 9, 19, 0.8)
    assert all_found(seeded, [surname, given])
    assert not all_found(seeded, [given, short])
    assert not all_found(seeded, [])


def test_pesel_of_five_centuries() -> None:
    values = [each.value for each in letters().identifiers["PL_PESEL"]]
    assert all(pesel.is_valid(value) for value in values)
    assert {int(value[2]) // 2 for value in values} == {0, 1, 2, 3, 4}


def test_asmens_kodas_of_every_century_and_check_digit() -> None:
    def sums(value: str) -> tuple[int, int]:
        first = sum((place % 9 + 1) * int(digit) for place, digit in enumerate(value[:10])) % 11
        return first, sum(((place + 2) % 9 + 1) * int(digit) for place, digit in enumerate(value[:10])) % 11

    values = [each.value for each in letters().identifiers["LT_ASMENS_KODAS"]]
    assert all(asmens.is_valid(value) for value in values)
    assert {value[0] for value in values} == set("12345678")
    kinds = {"first" if first < 10 else "second" if second < 10 else "ten" for first, second in map(sums, values)}
    assert kinds == {"first", "second", "ten"}
    for each in letters().identifiers["LT_ASMENS_KODAS"]:
        first, second = sums(each.value)
        assert each.case.startswith("first pass" if first < 10 else "second pass" if second < 10 else "ten in both"), each


def test_numbers_of_organisations_are_right_and_are_published() -> None:
    checks = {"PL_NIP": nip, "PL_REGON": regon, "LT_PVM": pvm}
    for type in (*checks, "LT_COMPANY_CODE"):
        for each in letters().identifiers[type]:
            assert each.value.replace("-", "") in ORGANISATIONS
            assert type not in checks or checks[type].is_valid(each.value), each
    for each in letters().identifiers["LT_COMPANY_CODE"]:
        assert sum(weight * int(digit) for weight, digit in zip(range(1, 9), each.value, strict=False)) % 11 == int(each.value[8])


def test_accounts_are_right_and_addresses_nobodys() -> None:
    assert all(iban.is_valid(each.value) for each in letters().identifiers["IBAN_CODE"])
    assert all(re.search(r"@example\.(org|com)$", each.value) for each in letters().identifiers["EMAIL_ADDRESS"])
    assert all("00 00" in each.value for each in letters().identifiers["PHONE_NUMBER"])


def test_wrong_numbers_are_wrong_in_both_countries() -> None:
    for pair in letters().wrong.values():
        assert personal_identifiers(f" {pair.wrong} ") == []
        assert len(personal_identifiers(f" {pair.right} ")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_sentence_in_every_language(language: str) -> None:
    for type in letters().identifiers:
        for each in sentences(type, language):
            assert each.value
            assert each.text.count(each.value) == 1


@pytest.mark.parametrize("language", ["pl", "lt"])
def test_names_are_many_and_each_stands_once(language: str) -> None:
    seeded = named(language)
    assert len({each.value for each in seeded}) == len(seeded) == 30
    assert all(len(each.value.split()) == 2 for each in seeded)

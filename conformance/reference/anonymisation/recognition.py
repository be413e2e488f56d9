"""Where personal data stands in a text: identifiers by their form and check digits, addresses by their form, people by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stdnum import iban
from stdnum.lt import asmens, pvm
from stdnum.pl import nip, pesel, regon

from conformance.reference.anonymisation.names import people
from conformance.reference.anonymisation.reading import read


@dataclass(frozen=True)
class Finding:
    """Something found: its type, where it stands in code points of the text as it was sent, how sure that is (0 to 1), and by which means."""

    type: str
    start: int
    end: int
    score: float
    means: str


def find(text: str, language: str) -> list[Finding]:
    """Everything found in a text, in the order it stands there. One place may be found as several things."""
    reading = read(text)
    found = [
        Finding(type, *reading.span(start, end), round(score, 2), means)
        for type, start, end, score, means in (*_identifiers(reading.text), *_addresses(reading.text), *_people(reading.text, language))
    ]
    telephones = [each for each in found if each.type == "PHONE_NUMBER"]
    sure = [each for each in found if each.type == "PHONE_NUMBER" or each.score > 0.8 or not any(_within(each, one) for one in telephones)]
    return sorted(set(sure), key=lambda each: (each.start, each.end, each.type))


def _within(one: Finding, other: Finding) -> bool:
    return other.start <= one.start and one.end <= other.end


_Found = tuple[str, int, int, float, str]
_APART = re.compile(r"[ .\-]")
_NEAR = 48
"""How many characters before a number its name may stand."""


@dataclass(frozen=True)
class _Kind:
    """One kind of number: how many digits it has, what proves it, and the words that announce it."""

    digits: tuple[int, ...]
    valid: Callable[[str], bool]
    announced: re.Pattern[str]
    alone: float
    """How sure a valid number is that nothing announces."""


def _company_code(digits: str) -> bool:
    """The check digit of a Lithuanian company code: weights 1 to 8, modulo 11. Codes for which that gives ten are not known to exist."""
    return sum(weight * int(digit) for weight, digit in zip(range(1, 9), digits, strict=False)) % 11 == int(digits[8])


_KINDS: Mapping[str, _Kind] = {
    "PL_PESEL": _Kind((11,), pesel.is_valid, re.compile(r"pesel", re.IGNORECASE), 1.0),
    "LT_ASMENS_KODAS": _Kind((11,), asmens.is_valid, re.compile(r"asmens\s+kod|kod\w*\s+osobist|personal\s+code", re.IGNORECASE), 1.0),
    "PL_NIP": _Kind((10,), nip.is_valid, re.compile(r"\bnip\b", re.IGNORECASE), 0.6),
    "PL_REGON": _Kind((9, 14), regon.is_valid, re.compile(r"regon", re.IGNORECASE), 0.35),
    "LT_COMPANY_CODE": _Kind(
        (9,), _company_code, re.compile(r"įmon\w*\s+kod|juridin\w+\s+asm\w+\s+kod|company\s+code", re.IGNORECASE), 0.35
    ),
}
_NUMBER = re.compile(r"(?<![\w+])[0-9](?:[ .\-]?[0-9]){8,13}(?!\w)")


def _identifiers(text: str) -> Iterator[_Found]:
    for match in _NUMBER.finditer(text):
        digits = _APART.sub("", match.group())
        before = text[max(0, match.start() - _NEAR) : match.start()]
        for type, kind in _KINDS.items():
            if len(digits) not in kind.digits:
                continue
            announced = kind.announced.search(before) is not None
            if int(digits) and kind.valid(digits):
                yield type, match.start(), match.end(), 1.0 if announced else kind.alone, "check digit"
            elif announced:
                yield type, match.start(), match.end(), 0.4, "announced, with a wrong check digit"
    for match in re.finditer(r"(?<!\w)LT ?[0-9](?:[ ]?[0-9]){8,11}(?!\w)", text):
        if pvm.is_valid(match.group().replace(" ", "")):
            yield "LT_PVM", match.start(), match.end(), 1.0, "check digit"
    for match in re.finditer(r"(?<!\w)[A-Z]{2}[0-9]{2}(?:[ \-]?[A-Z0-9]){11,30}", text):
        yield from _account(match)


def _account(match: re.Match[str]) -> Iterator[_Found]:
    """The longest beginning of what was matched that is an IBAN: capital letters may follow it."""
    whole = match.group()
    for end in range(len(whole), 14, -1):
        if iban.is_valid(re.sub("[ -]", "", whole[:end])) and whole[end - 1] not in " -":
            yield "IBAN_CODE", match.start(), match.start() + end, 1.0, "check digits"
            return


_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?!\w)")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ \-./()]{0,2}[0-9]){8,13}(?!\w)")
_PHONE_ANNOUNCED = re.compile(
    r"(?:\btel(?:efon\w*)?\b|\bphone\b|\bmob\b)[^0-9+]{0,20}((?:\(?[0-9][ \-./()]{0,2}){7,11}[0-9])(?!\w)", re.IGNORECASE
)


def _addresses(text: str) -> Iterator[_Found]:
    for match in _MAIL.finditer(text):
        yield "EMAIL_ADDRESS", match.start(), match.end(), 1.0, "form"
    for match in _PHONE.finditer(text):
        yield "PHONE_NUMBER", match.start(), match.end(), 0.8, "form"
    for match in _PHONE_ANNOUNCED.finditer(text):
        yield "PHONE_NUMBER", match.start(1), match.end(1), 0.7, "announced"


def _people(text: str, language: str) -> Iterator[_Found]:
    for start, end, score in people(text, language):
        yield "PERSON", start, end, score, "names"

"""Poland."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.pl import nip, pesel, regon

from harness.national import Identifier, eleven_digits

LANGUAGE = "pl"
LETTERS = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
# NIP and REGON identify businesses, not persons, and are public.
PERSONAL_PARAMETERS = frozenset({"pesel", "numerpesel", "nrpesel", "peselnumber", "peselnr", "peselno"})


def personal_identifiers(text: str) -> Iterator[Identifier]:
    """Every PESEL in ``text``: eleven digits whose check digit is right and whose first six are a date (1800 to 2299)."""
    for start, digits in eleven_digits(text):
        if pesel.is_valid(digits):
            yield Identifier("pl", "PESEL", digits, start)


def nip_fault(value: str) -> str | None:
    """What is wrong with a NIP: ten digits, the last a check digit (weights 6, 5, 7, 2, 3, 4, 5, 6, 7 modulo 11). Ten zeros are nobody's."""
    if not re.fullmatch("[0-9]{10}", value):
        return "a NIP has ten digits"
    return None if value.strip("0") and nip.is_valid(value) else "its check digit is wrong"


def regon_fault(value: str) -> str | None:
    """What is wrong with a REGON: nine digits, fourteen of a local unit, each with a check digit. Zeros are nobody's."""
    if not re.fullmatch("[0-9]{9}(?:[0-9]{5})?", value):
        return "a REGON has nine digits, or fourteen"
    return None if value.strip("0") and regon.is_valid(value) else "its check digit is wrong"


def krs_fault(value: str) -> str | None:
    """What is wrong with a number of the court register (KRS): ten digits without a check digit. Zeros are nobody's."""
    return None if re.fullmatch("[0-9]{10}", value) and value.strip("0") else "a KRS number has ten digits"


ORGANISATION_NUMBERS = {"NIP": nip_fault, "REGON": regon_fault, "KRS": krs_fault}

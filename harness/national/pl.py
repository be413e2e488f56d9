"""Poland."""

from __future__ import annotations

from collections.abc import Iterator

from stdnum.pl import pesel

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

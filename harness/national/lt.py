"""Lithuania."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.lt import asmens, pvm

from harness.national import Identifier, UnsureError, eleven_digits

LANGUAGE = "lt"
LETTERS = "ąčęėįšųūžĄČĘĖĮŠŲŪŽ"
# The company code (įmonės kodas) identifies businesses, not persons, and is public.
PERSONAL_PARAMETERS = frozenset({"asmenskodas", "asmkodas", "asmenskodasnr", "personalcode", "asmenskod"})


def personal_identifiers(text: str) -> Iterator[Identifier]:
    """Every asmens kodas in ``text``: eleven digits that hold a date (1800 to 2199) and end in the right check digit.

    Codes that begin with 9 hold no date; one in ten numbers would pass for one, so they are left out.
    """
    for start, digits in eleven_digits(text):
        if digits[0] in "12345678" and asmens.is_valid(digits):
            yield Identifier("lt", "asmens kodas", digits, start)


def company_fault(value: str) -> str | None:
    """What is wrong with a code of the register of legal entities (JAR, juridinio asmens kodas): nine digits, the last a check digit.

    It is the sum of the others, weighed 1 to 8, modulo 11. What it is where that gives 10 stands in no source that could be read.

    Raises:
        UnsureError: it gives 10.
    """
    if not re.fullmatch("[0-9]{9}", value) or not value.strip("0"):
        return "a code of a legal entity has nine digits"
    check = sum(weight * int(digit) for weight, digit in enumerate(value[:8], start=1)) % 11
    if check == 10:
        raise UnsureError("its check digit follows a rule that is not known here")
    return None if check == int(value[8]) else "its check digit is wrong"


def pvm_fault(value: str) -> str | None:
    """What is wrong with a VAT payer's code (PVM mokėtojo kodas), without the prefix LT: nine digits, twelve of who is registered for a time."""
    if not re.fullmatch("[0-9]{9}(?:[0-9]{3})?", value):
        return "a PVM code has nine digits, or twelve"
    return None if pvm.is_valid(value) else "its check digit is wrong"


ORGANISATION_NUMBERS = {"JAR": company_fault, "PVM": pvm_fault}

"""Lithuania."""

from __future__ import annotations

from collections.abc import Iterator

from stdnum.lt import asmens

from harness.national import Identifier, eleven_digits

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

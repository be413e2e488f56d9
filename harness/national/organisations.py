"""Numbers under which registers know an organisation: those of the countries, and those that the Union shares.

A number is wrong where its raw form or its check digit is; spaces, hyphens and digits of other scripts are no raw form. A right number need not
be anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from stdnum import lei
from stdnum.eu import vat

from harness.national import countries

Fault = Callable[[str], str | None]
"""What is wrong with a number, in a few words; None where nothing is. May raise :class:`harness.national.UnsureError`."""


def _vat(value: str) -> str | None:
    """Directive 2006/112/EC, Article 215: the number has the prefix of its country."""
    if not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", value):
        return "a VAT number is the prefix of a country and up to thirteen letters and digits"
    if not value[2:].strip("0") or not vat.is_valid(value):
        return "it is no VAT number of that country"
    return None


def _lei(value: str) -> str | None:
    """ISO 17442: 18 letters and digits, and two check digits by ISO 7064 (mod 97-10)."""
    if not re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", value):
        return "an LEI has eighteen letters and digits and two check digits"
    return None if lei.is_valid(value) else "its check digits are wrong"


_EUID = re.compile(r"([A-Z]{2})([0-9A-Z]*)\.(\S+)")


def _euid(value: str) -> str | None:
    """Implementing Regulation (EU) 2021/1042, annex: country, register, a full stop, the number in that register.

    Which names a country's registers go by is not checked: for Lithuania no source that could be read says it.
    """
    parts = _EUID.fullmatch(value)
    if parts is None:
        return "an EUID is a country, a register, a full stop and a number, such as PLKRS.0000123456"
    country, register, number = parts.groups()
    if country == "PL" and register == "KRS":
        return wrong("KRS", number)
    return wrong("JAR", number) if country == "LT" else None


@cache
def schemes() -> Mapping[str, Fault]:
    """Every kind of number that can be checked, by its name."""
    found: dict[str, Fault] = {"VAT": _vat, "LEI": _lei, "EUID": _euid}
    for country in countries().values():
        found.update(country.ORGANISATION_NUMBERS)
    return found


def wrong(scheme: str, value: str) -> str | None:
    """What is wrong with a number of a scheme, in a few words; None where nothing is.

    Raises:
        KeyError: the scheme is not known here.
        harness.national.UnsureError: nothing can be said of the number.
    """
    return schemes()[scheme](value)

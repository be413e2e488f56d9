"""Where things stand in the site: addresses that follow from a name alone, so that a link keeps leading where it led, whoever else joins.

A name that is an address already (``translate.example.lt``) stays as it is. Any other is written in the letters a to z, and eight digits of its
SHA-256 tell it from every other name that would be written the same. So no name can lead out of its folder, or to another's page.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache

from harness.profile import Side

_LONGEST = 48
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "đ": "d", "æ": "ae"})


def in_plain_letters(name: str) -> str:
    """A name in the letters a to z, digits, dots and hyphens; it may be that of another as well, or nothing."""
    letters = unicodedata.normalize("NFKD", name.translate(_PLAIN)).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+(?:\.[a-z0-9]+)*", letters))[:_LONGEST].strip("-.")


@cache
def slug(name: str) -> str:
    """A name as one step of an address."""
    plain = in_plain_letters(name)
    is_own = plain and plain == name and not re.search("-[0-9a-f]{8}$", name)  # nobody takes an address that was made of another's name
    return plain if is_own else f"{plain or 'x'}-{_digits(name)}"


@cache
def participant_id(side: Side, country: str | None, name: str) -> str:
    """``provider/lt-translate.example.lt``: names are told apart within a country and a side."""
    return f"{side}/{country_slug(country)}-{slug(name)}"


def country_slug(country: str | None) -> str:
    """The code of a country, ``none`` where a report names none."""
    return "none" if country is None else country if re.fullmatch("[a-z]{2}", country) else f"xx-{_digits(country)}"


@cache
def requirement_slug(id: str) -> str:
    """``core-err-001``."""
    return id.lower() if re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", id) and len(id) <= _LONGEST else f"x-{_digits(id)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]

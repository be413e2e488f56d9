"""What is particular to one country: identifiers of its people, the letters of its language. A country is one module of this package.

Modules are discovered, not listed: a file ``ee.py`` beside ``pl.py`` and ``lt.py`` adds Estonia. A country module has ``LANGUAGE``, ``LETTERS``,
``PERSONAL_PARAMETERS``, ``ORGANISATION_NUMBERS`` and ``personal_identifiers``, as :class:`Country` says.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol, cast


@dataclass(frozen=True)
class Identifier:
    """A national identifier found in a text. ``country`` is its ISO 3166-1 alpha-2 code in lower case, ``start`` its index in the text."""

    country: str
    kind: str
    value: str
    start: int


class UnsureError(Exception):
    """Nothing can be said of a number. The text says why."""


class Country(Protocol):
    """What a country module offers."""

    LANGUAGE: str
    """BCP 47 tag of the administration's language."""
    LETTERS: str
    """The letters of that language outside ASCII, upper and lower case."""
    PERSONAL_PARAMETERS: frozenset[str]
    """Names that parameters for a personal identifier go by, as :func:`plain_name` writes them."""

    ORGANISATION_NUMBERS: Mapping[str, Callable[[str], str | None]]
    """The numbers by which the country's registers know an organisation: name -> what is wrong with one (:mod:`harness.national.organisations`)."""

    def personal_identifiers(self, text: str) -> Iterator[Identifier]:
        """The identifiers of natural persons in a text."""
        ...


@cache
def countries() -> Mapping[str, Country]:
    """The countries this package knows, by ISO 3166-1 alpha-2 code in lower case."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if len(module.name) == 2)
    return {name: cast("Country", importlib.import_module(f"{__name__}.{name}")) for name in names}


def personal_identifiers(text: str) -> list[Identifier]:
    """The identifiers of natural persons of all countries in ``text``, in the order they stand there.

    Strict on purpose: an identifier is taken only in its raw form and with right check digits, and never as part of something longer, so that
    trace ids, time stamps, UUIDs and decimal numbers are not taken for people.
    """
    found = [identifier for country in countries().values() for identifier in country.personal_identifiers(text)]
    return sorted(found, key=lambda each: (each.start, each.country))


@cache
def letters() -> frozenset[str]:
    """The letters outside ASCII of all countries' languages."""
    return frozenset(letter for country in countries().values() for letter in country.LETTERS)


def is_personal_parameter(name: str) -> bool:
    """Whether a parameter of this name carries a personal identifier in some country."""
    return any(plain_name(name) in country.PERSONAL_PARAMETERS for country in countries().values())


def plain_name(name: str) -> str:
    """A parameter name without case and separators: ``asmens_kodas``, ``asmensKodas`` and ``Asmens-Kodas`` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_ELEVEN_DIGITS = re.compile(
    r"[0-9]{11}"
    r"(?<![\w+][0-9]{11})"  # not within a word or a longer number, not a telephone number
    r"(?<![0-9][.,:][0-9]{11})(?<!\w-[0-9]{11})"  # not the tail of a decimal, a time or a compound id
    r"(?!\w)(?![.,:][0-9])(?!-\w)"
)  # looks behind once it has found digits, not at every character


@lru_cache(maxsize=16)  # every country asks about the same text
def eleven_digits(text: str) -> Sequence[tuple[int, str]]:
    """Every free-standing run of exactly eleven ASCII digits with its index: the raw form of both PESEL and asmens kodas."""
    return [(match.start(), match.group()) for match in _ELEVEN_DIGITS.finditer(text)]

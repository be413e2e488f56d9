"""Numbers, dates and amounts: what they are worth, in whatever form a language writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache

from babel.dates import get_month_names

from conformance.core.reading import excerpt
from conformance.translation.asking import Translated, spoken_pairs, translated
from conformance.translation.faults import altered
from conformance.translation.pairs import AGREED, Pair, primary
from conformance.translation.sentences import sentences
from harness.checks import CallNext, NeedsReview, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_NUMBER = re.compile(r"\d(?:[\d .,'\u00a0\u202f]*\d)?")
_BY_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?!\d)")
_SPELLED = Decimal(100)
"""Whole numbers up to this one may be spelled out."""


@cache
def _months() -> dict[str, int]:
    """The names of the months in the three languages, in the forms that CLDR has."""
    return {
        name.lower(): number
        for language in AGREED
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, context, language).items()
    }


@cache
def _by_name() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    return re.compile(
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?(?P<m>{names})\.?,? (?P<y>\d{{4}})"
        rf"|(?P<y2>\d{{4}})(?: ?m\.| metų| metais)? (?P<m2>{names})(?: mėn\.| mėnesio)? (?P<d2>\d{{1,2}})"
        rf"|(?P<m3>{names}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y3>\d{{4}})",
        re.IGNORECASE,
    )


def _dates(text: str) -> Iterator[str]:
    """Every date in a text as YYYY-MM-DD; one that can be read in two ways is both."""
    for match in _BY_NUMBERS.finditer(text):
        one, two, three = (int(each) for each in match.groups())
        for year, month, day in ((one, two, three), (three, two, one), (three, one, two)):
            if year > 31 and 1 <= month <= 12 and 1 <= day <= 31:
                yield f"{year:04}-{month:02}-{day:02}"
    for match in _by_name().finditer(" ".join(text.split())):
        d, m, y = (next(each for each in match.group(name, f"{name}2", f"{name}3") if each) for name in "dmy")
        yield f"{int(y):04}-{_months()[m.lower()]:02}-{int(d):02}"


def _numbers(text: str) -> Iterator[set[Decimal]]:
    """Every number in a text, each with all the values it may have: a separator before three digits may be either."""
    for match in _NUMBER.finditer(text):
        written = re.sub(r"[ '\u00a0\u202f]", "", match.group())
        signs = re.findall(r"[.,]", written)
        values = {Decimal(re.sub(r"[.,]", "", written))}
        if signs:
            whole, _, fraction = written.rpartition(signs[-1])
            decimal = Decimal(f"{re.sub(r'[.,]', '', whole)}.{fraction}")
            values = values | {decimal} if len(fraction) == 3 else {decimal}
        yield values


def worth(text: str) -> tuple[set[str], list[set[Decimal]]]:
    """The dates in a text, and its numbers."""
    return set(_dates(text)), list(_numbers(text))


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


@scenario("TRNS-INV-002")
async def values_are_kept(service: Service) -> None:
    """Unicode CLDR: 1 234,56 and 1,234.56 are one number, 26 stycznia 2026 r. and 2026 m. sausio 26 d. one date.

    A small number that is not there may be spelled out, and a month be written as no list has it (26 I 2026): a person has to look.
    """
    doubtful: list[tuple[str, Translated]] = []
    for pair in await spoken_pairs(service):
        valued = sentences().values
        found = await translated(service, [each.wording[primary(pair[0])] for each in valued], pair)
        for each, said in zip(valued, found, strict=True):
            for value in each.values:
                if _has(value, said, pair):
                    continue
                doubtful.append((value, said))
    if doubtful:
        value, said = doubtful[0]
        raise NeedsReview(f"{value} may be written otherwise: {excerpt(said.translation)}", exchange=said.exchange)


def _has(value: str, said: Translated, pair: Pair) -> bool:
    """Whether a value is in a translation. False where it may be written otherwise; raises :class:`Violation` where it is not there."""
    dates, numbers = worth(said.translation)
    if value in dates or (not _is_date(value) and any(Decimal(value) in number for number in numbers)):
        return True
    if _may_be_written_out(value, said.translation):
        return False
    raise Violation(
        f"a value is not kept from {pair[0]} into {pair[1]}: {value}",
        expected=f"{value} ({excerpt(said.text)})",
        got=excerpt(said.translation, 200),
        exchange=said.exchange,
    )


def _may_be_written_out(value: str, text: str) -> bool:
    """Whether a small number may stand in words, where no other stands in its place; or the month of a date, where its day and year are there and no
    other date.
    """
    dates, numbers = worth(text)
    if _is_date(value):
        year, _, day = (Decimal(each) for each in value.split("-"))
        both = all(any(each in number for number in numbers) for each in (year, day))
        return both and not dates and not _BY_NUMBERS.search(text)
    return Decimal(value) <= _SPELLED and Decimal(value) == int(Decimal(value)) and not numbers


@mutant("TRNS-INV-002")
async def decimal_commas_separate_thousands(request: Request, call_next: CallNext) -> Response:
    """A decimal comma is taken for the separator of thousands, and left out."""
    return await altered(request, call_next, lambda text, said: re.sub(r"(\d),(\d)", r"\1\2", said))


@mutant("TRNS-INV-002")
async def months_are_one_early(request: Request, call_next: CallNext) -> Response:
    """Months are counted from nought."""
    return await altered(request, call_next, lambda text, said: said.replace("sausio", "gruodžio").replace("stycznia", "grudnia"))


@mutant("TRNS-INV-002", also=("CORE-LOG-002",))
async def time_limits_are_those_of_the_model(request: Request, call_next: CallNext) -> Response:
    """The model has seen 14 days more often than 30, and writes what it has seen."""
    return await altered(request, call_next, lambda text, said: re.sub(r"\b30 (?=dni|dien)", "14 ", said))

"""What reports say, in English, Polish and Lithuanian. The texts are data (``wording.yaml``); plural forms, dates and numbers are Babel's."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import yaml
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal, format_scientific
from babel.units import format_unit

from harness.errors import UsageError
from harness.formats.citing import cited
from harness.profile import LANGUAGES, Basis, Language, Translated

LOCALES: Mapping[Language, str] = {"en": "en_GB", "pl": "pl_PL", "lt": "lt_LT"}
"""British English: dates and lists as European public bodies write them."""

_LONG_DATES: Mapping[Language, str] = {"pl": "d MMMM y 'r.'"}
"""Where CLDR's long form leaves out what official letters have: the Polish “r.” after the year."""


@cache
def catalogue() -> Mapping[str, Any]:
    """All texts: nested groups whose leaves are ``{en, pl, lt}``, each a text or the plural forms of one."""
    content = Path(__file__).with_name("wording.yaml").read_text(encoding="utf-8")
    return cast("Mapping[str, Any]", yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@lru_cache(maxsize=1_000)
def _midnight(day: datetime.date, language: Language) -> str:
    """The beginning of a day in UTC, written out. All languages write the hours, minutes and seconds of a moment as it stands here."""
    date = _LONG_DATES.get(language)
    begins = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return format_datetime(begins, f"{date}, HH:mm:ss z" if date else "long", tzinfo=datetime.UTC, locale=LOCALES[language])


class Words:
    """The texts in one language."""

    def __init__(self, language: str) -> None:
        """Raises :class:`UsageError` for a language that there is no wording in."""
        if language not in LANGUAGES:
            raise UsageError(f"There is no wording in {language}. Languages: {', '.join(LANGUAGES)}.")
        self.language: Language = language
        self._locale = Locale.parse(LOCALES[language])

    def say(self, key: str, **values: object) -> str:
        """The text at ``key``, e.g. ``heading.findings``, its placeholders filled in. Raises :class:`KeyError`."""
        return str(self._leaf(key)).format(**values)

    def count(self, key: str, n: int, **values: object) -> str:
        """The text at ``key`` in the form that the number ``n`` asks for; ``{n}`` stands for the number."""
        form = self._leaf(key)[self._locale.plural_form(n)]
        return str(form).format(n=self.number(n), **values)

    def name(self, group: str, value: str) -> str:
        """The name of a verdict, level, class, layer, ...; a value of a later format version is shown as it is."""
        return self.say(f"{group}.{value}") if value in catalogue()[group] else value

    def sentence(self, text: Translated) -> str:
        """A sentence that a profile gives in all languages."""
        return text.in_language(self.language)

    def cited(self, basis: Basis) -> str:
        """An act or specification, and where in it."""
        return cited(basis, self.language)

    def number(self, value: float) -> str:
        """A number with this language's separators; one that is beyond all measure, which only a forged report has, with an exponent."""
        return (format_decimal if abs(value) < 10**15 else format_scientific)(value, locale=self._locale)

    def moment(self, value: datetime.datetime) -> str:
        """A date and time in UTC, written out."""
        moment = value.astimezone(datetime.UTC)
        return _midnight(moment.date(), self.language).replace("00:00:00", f"{moment:%H:%M:%S}")

    def day(self, value: datetime.date) -> str:
        """A date, written out."""
        return format_date(value, _LONG_DATES.get(self.language, "long"), locale=self._locale)

    def seconds(self, value: float) -> str:
        """A duration in seconds; one below a second in milliseconds."""
        number, unit = (float(f"{1000 * value:.2g}"), "duration-millisecond") if 0 < value < 1 else (round(value, 1), "duration-second")
        return format_unit(number, unit, locale=self._locale)

    def country(self, code: str) -> str:
        """A country's name by its ISO 3166-1 alpha-2 code; an unknown code is shown as it is."""
        return str(self._locale.territories.get(code.upper(), code))

    def some(self, items: Sequence[str], most: int = 5) -> str:
        """A list in words: the first ``most`` items, "and 7 more"."""
        if len(items) <= most:
            return format_list(items, locale=self._locale)
        return f"{', '.join(items[:most])} {self.say('sentence.and_more', n=self.number(len(items) - most))}"

    def own_and_below(self, items: Sequence[str], below: int, most: int = 8) -> str:
        """What stands before a class: its own requirements, and how many of the classes below it."""
        parts = [self.some(items, most)] if items else []
        if below:
            parts.append(self.say("sentence.below", n=self.number(below)))
        return "; ".join(parts)

    def _leaf(self, key: str) -> Any:
        found: Any = catalogue()
        for step in key.split("."):
            found = found[step]
        return found[self.language]

"""The report as one HTML page for people: nothing is loaded from outside, it reads without JavaScript (in English), and in three languages with it.

What participants wrote is shown as text, never as markup: the template escapes everything, characters that steer the display are written out, and a
Content-Security-Policy lets no script and no style run but the two that stand in the page (by their digests).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.formats.answer import (
    SYMBOLS,
    VERDICTS,
    allowed,
    answer,
    binds_later,
    by_cause,
    by_weight,
    counts,
    having,
    known_by,
    no_findings,
    reasons,
    state,
    undecidable,
)
from harness.formats.inert import linkable, shortened, steers, visible
from harness.formats.wording import Words
from harness.profile import CLASSES, LANGUAGES, Basis
from harness.report import Report, VerdictName

LAYERS = ("legal", "organisational", "semantic", "technical")
STOPPED = ("unreachable", "harness-error")
"""Outcomes whose one word is the headline: what was reached says little then."""
LONGEST = 2_000
"""Characters shown of what was expected, and of what came; the JSON report has all."""
SOME = 8
"""Requirements named in the card of a class."""
_FORMS = ("say", "count", "name", "sentence", "number", "moment", "day", "seconds", "country")
_TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report, language: str = "en") -> bytes:
    """The report as a page, which has all languages."""
    texts = Texts()
    style, script = _own("report.css"), _own("report.js")
    findings = having(report, "failed", "harness-error", "needs-review", "warning")
    exchanges_shown: set[str] = set()

    def first_time(exchange: str) -> bool:
        new = exchange not in exchanges_shown
        exchanges_shown.add(exchange)
        return new

    page: str = _template().render(
        report=report,
        headline=texts.show(lambda words: _told(report, words)[0]),
        lead=texts.show(lambda words: " ".join(_told(report, words)[1:])),
        title=texts.element(
            "title", {}, lambda words: f"{visible(report.participant.name)}: {_told(report, words)[0]} {words.say('name.title')}"
        ),
        element=texts.element,
        cited=texts.cited,
        known_by=lambda verdict: texts.show(lambda words: visible(known_by(verdict, report, words) or "")),
        binds_later=lambda verdict: texts.show(lambda words: binds_later(verdict, words) or ""),
        **{form: partial(texts.show, form) for form in _FORMS},
        told=lambda text, longest=None: texts.told(report, text, longest),
        data=lambda text: texts.told(report, text, LONGEST, data=True),
        texts=texts.table,
        policy=_policy(style, script),
        style=style,
        script=script,
        findings=findings,
        found={each.requirement for each in findings},
        untested=by_cause(having(report, "not-tested")),
        undecidable=undecidable(report),
        counts=counts(report),
        bar=list(_bar(counts(report))),
        decides=report.decides,
        first_time=first_time,
        by_weight=lambda verdicts: by_weight(verdicts, report),
        no_findings=lambda: texts.show(lambda words: no_findings(report, words)),
        reasons=lambda name: reasons(name, report),
        limits=report.limits and report.limits.__struct_fields__,
        allowed=lambda name: texts.show(lambda words: allowed(name, report, words)),
        some=SOME,
        longest=LONGEST,
        state=state,
        classes=[name for name in CLASSES if name in report.classes],
        all_classes=CLASSES,
        layers=LAYERS,
        verdicts=VERDICTS,
        symbols=SYMBOLS,
    )
    return page.encode()


def _told(report: Report, words: Words) -> list[str]:
    """The headline, and the sentences below it."""
    told = answer(report, words)
    return [words.name("outcome", report.outcome), *told] if report.outcome in STOPPED else told


class Texts:
    """Collects every text of the page in all languages while the page is made: English stands in the page, the table goes along for the switch."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}
        self._spans: dict[tuple[str, ...], Markup] = {}

    def show(self, form: str | Callable[[Words], str], *arguments: Any, **values: Any) -> Markup:
        """A text in a span; ``form`` is a method of :class:`Words` with its arguments, or a function of the words."""
        every = _in_every_language(form, *arguments, **values)
        if every not in self._spans:
            self._spans[every] = escape(every[0]) if len(set(every)) == 1 else self._element("span", {}, every)
        return self._spans[every]

    def element(
        self, tag: str, attributes: Mapping[str, str], form: str | Callable[[Words], str], *arguments: Any, **values: Any
    ) -> Markup:
        """A text in an element of its own."""
        return self._element(tag, attributes, _in_every_language(form, *arguments, **values))

    def _element(self, tag: str, attributes: Mapping[str, str], every: tuple[str, ...]) -> Markup:
        if len(set(every)) > 1:
            attributes = {**attributes, "data-t": str(self._numbers.setdefault(every, len(self._numbers)))}
        written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        return Markup(f"<{tag}{written}>{escape(every[0])}</{tag}>")  # noqa: S704 (tags and names of attributes are our own)

    def told(self, report: Report, text: str, longest: int | None = None, *, data: bool = False) -> Markup:
        """What a report says in English, in each language in which it holds it; else marked as English, but for ``data``, which is in no language."""

        def cut(text: str) -> str:
            return text if longest is None else shortened(text, longest)

        said = {language: report.said(text, language) for language in LANGUAGES}
        if all(said.values()):
            return self.show(lambda words: visible(cut(said[words.language] or "")))
        return shown(cut(text)) if data else Markup('<span lang="en">{}</span>').format(shown(cut(text)))

    def cited(self, basis: Basis) -> Markup:
        """An act in each language; a specification as it calls itself."""
        every = _worded("cited", basis)
        return Markup('<span lang="en">{}</span>').format(shown(every[0])) if len(set(every)) == 1 else self.show("cited", basis)

    def table(self) -> dict[str, list[str]]:
        """Language -> its texts, by the number that elements carry in ``data-t``."""
        return {language: [every[place] for every in self._numbers] for place, language in enumerate(LANGUAGES)}


def _in_every_language(form: str | Callable[[Words], str], *arguments: Any, **values: Any) -> tuple[str, ...]:
    """A text in all languages."""
    return _worded(form, *arguments, **values) if isinstance(form, str) else tuple(form(words) for words in _every_words())


@lru_cache(maxsize=10_000)
def _worded(form: str, *arguments: Any, **values: Any) -> tuple[str, ...]:
    """What a method of :class:`Words` says in all languages; most of it stands in every report."""
    return tuple(getattr(words, form)(*arguments, **values) for words in _every_words())


@cache
def _every_words() -> tuple[Words, ...]:
    return tuple(Words(language) for language in LANGUAGES)


def shown(text: str) -> Markup:
    """``text`` as it is, escaped; characters that steer the display stand as U+202E, and their code is kept for the copy button."""
    if text.isascii() and text.isprintable():
        return escape(text)
    pieces = []
    for steering, chars in groupby(text, key=steers):
        if steering:
            pieces += [Markup('<span class="char" data-code="{0:x}">U+{0:04X}</span>').format(ord(char)) for char in chars]
        else:
            pieces.append(escape("".join(chars)))
    return Markup("").join(pieces)


def environment(package: str) -> Environment:
    """What pages are made with from the templates of a package: everything is escaped, and nothing that is missing is passed over."""
    made = Environment(loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(shown=shown, shortened=shortened, visible=visible)
    made.tests["linkable"] = linkable
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return made


@cache
def _template() -> Any:
    return environment("harness.formats").get_template("report.html.j2")


@cache
def _own(name: str) -> Markup:
    """The page's own style or script."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 (a file of this package)


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; img-src data:; base-uri 'none'; form-action 'none'"


def _bar(numbers: dict[VerdictName, int]) -> Iterator[tuple[VerdictName, int, int]]:
    """Each verdict's stretch of a bar as long as there are verdicts: name, start, length; what is good first."""
    start = 0
    for name in VERDICTS:
        if name in numbers:
            yield name, start, numbers[name]
            start += numbers[name]

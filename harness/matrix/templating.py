"""What the pages of the site are made with: templates, style and script of this package, and the signs and names that templates know."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

import harness.formats
from harness.formats import html
from harness.formats.answer import SYMBOLS
from harness.formats.trust import SIGNS as TRUST_SIGNS
from harness.formats.trust import reason_said
from harness.formats.wording import Words
from harness.matrix.addresses import requirement_slug
from harness.matrix.model import LAYERS, Standing
from harness.matrix.terminal import SIGNS, use_said
from harness.profile import LANGUAGES, Language
from harness.version import VERSION

OWN_NAMES: dict[Language, str] = {"en": "English", "pl": "polski", "lt": "lietuvių"}
SECTIONS = ("index", "requirements", "assessment", "input")
STANDING_SIGNS: dict[Standing, str] = {"counts": "✓", "history": "↺", "duplicate": "=", "refused": "✗"}
_KEPT = 10_000
"""Of what a page is made of, in a language: badges, names, links, which many pages have."""
_TEMPLATES = Path(__file__).parent / "templates"


def style() -> str:
    """The style sheet of all pages: that of reports, and what the site adds."""
    own = Path(harness.formats.__file__).parent / "templates" / "report.css"
    return own.read_text(encoding="utf-8") + (_TEMPLATES / "site.css").read_text(encoding="utf-8")


@cache
def script() -> Markup:
    """The script of the matrix page."""
    return Markup((_TEMPLATES / "index.js").read_text(encoding="utf-8"))  # noqa: S704 (a file of this package)


@cache
def template(name: str, language: Language) -> Any:
    """A template of the site in one language."""
    return _environment(language).get_template(f"{name}.html.j2")


_FORMS = ("say", "count", "sentence", "number", "moment", "day", "country", "cited")
_PARTS = ("state", "sign_and_word", "verdict_badge", "outcome_badge", "signature", "who", "asked", "some_asked", "bases")


@cache
def _environment(language: Language) -> Environment:
    """One for each language: what a template says by itself is put into words when it is compiled, not with every page."""
    words, environment = Words(language), html.environment("harness.matrix")
    environment.filters.update({form: lru_cache(_KEPT)(getattr(words, form)) for form in _FORMS})
    environment.filters.update(
        name=lru_cache(_KEPT)(lambda value, group: words.name(group, value)),
        reason_said=lambda trust: reason_said(trust, words),
        requirement_slug=requirement_slug,
        use_said=use_said,
        sentence_case=lambda text: f"{text[:1].upper()}{text[1:]}",
    )
    environment.globals.update(
        language=language,
        signs=SIGNS,
        symbols=SYMBOLS,
        standing_signs=STANDING_SIGNS,
        trust_signs=TRUST_SIGNS,
        languages=LANGUAGES,
        own_names=OWN_NAMES,
        sections=SECTIONS,
        layers=LAYERS,
        version=VERSION,
    )
    parts = environment.get_template("parts.html.j2").module
    environment.filters.update({part: lru_cache(_KEPT)(getattr(parts, part)) for part in _PARTS})
    return environment

"""What the pages of the site are made with: templates, style and script of this package, and the signs and names that templates know."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

import harness.formats
from harness.formats import html
from harness.formats.answer import SYMBOLS
from harness.formats.trust import SIGNS as TRUST_SIGNS
from harness.formats.trust import reason_said
from harness.matrix.model import LAYERS, Standing
from harness.matrix.terminal import SIGNS, use_said
from harness.profile import LANGUAGES, Language

OWN_NAMES: dict[Language, str] = {"en": "English", "pl": "polski", "lt": "lietuvių"}
SECTIONS = ("index", "requirements", "assessment", "input")
STANDING_SIGNS: dict[Standing, str] = {"counts": "✓", "history": "↺", "duplicate": "=", "refused": "✗"}
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
def template(name: str) -> Any:
    """A template of the site."""
    return _environment().get_template(f"{name}.html.j2")


@cache
def _environment() -> Environment:
    environment = html.environment("harness.matrix")
    environment.globals.update(
        signs=SIGNS,
        symbols=SYMBOLS,
        standing_signs=STANDING_SIGNS,
        trust_signs=TRUST_SIGNS,
        reason_said=reason_said,
        languages=LANGUAGES,
        own_names=OWN_NAMES,
        sections=SECTIONS,
        layers=LAYERS,
        use_said=use_said,
        sentence_case=lambda text: f"{text[:1].upper()}{text[1:]}",
    )
    return environment

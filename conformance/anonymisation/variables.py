"""What vectors leave open, from what a participant declares."""

from __future__ import annotations

from typing import Any

from harness.checks import maker


def code_of(tag: Any) -> str:
    """The ISO 639-1 code at the beginning of a BCP 47 tag, in lower case; empty where there is none."""
    return tag.replace("_", "-").partition("-")[0].lower() if isinstance(tag, str) else ""


@maker("first-language")
def first_language(declared: Any) -> str:
    """The first language of a service card. Raises :class:`ValueError` where it names none."""
    codes = [code_of(tag) for tag in declared] if isinstance(declared, list) else []
    if not codes or not codes[0]:
        raise ValueError("it names no language")
    return codes[0]


@maker("presidio-default-language")
def default_language(declared: Any) -> str:
    """Presidio declares no languages; a server of its interface that lists entities of its default, English, is asked in that.

    Raises :class:`ValueError` where no entities are listed.
    """
    if not isinstance(declared, list) or not any(isinstance(name, str) for name in declared):
        raise ValueError("it lists no entities")
    return "en"

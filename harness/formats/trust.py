"""A signature on a terminal: what it is worth, why, who signed what and when, and how each file compares."""

from __future__ import annotations

import datetime

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from harness.formats.inert import one_line, visible, writable
from harness.formats.wording import Words
from harness.trust import State, Trust

SIGNS: dict[State, tuple[str, str]] = {
    "signed": ("✓", "bold green"),
    "wrong": ("✗", "bold red"),
    "unknown-key": ("○", "bold cyan"),
    "unsigned": ("○", "bold cyan"),
    "expired": ("○", "bold cyan"),
}
"""A sign for each state, always beside the words, and its style."""


def show(trust: Trust, name: str, console: Console, language: str = "en") -> None:
    """Print what the signature of the report in a file is worth, in one of the three languages. Raises :class:`UsageError` for another one."""
    words = Words(language)

    def text(content: str, style: str = "") -> Text:
        return Text(writable(visible(one_line(content)), console.encoding), style)

    sign, style = SIGNS[trust.state]
    console.print(text(f"{sign} {name}: {words.say(f'trust_state.{trust.state}')}", style))
    if reason := reason_said(trust, words):
        console.print(Padding(text(reason), (0, 0, 0, 2), expand=False))
    rows = [
        ("key", trust.key),
        ("kid", trust.kid),
        ("algorithm", trust.algorithm),
        ("subject", trust.subject),
        ("at", words.moment(trust.at) if trust.at else None),
        ("until", words.moment(trust.until) if trust.until else None),
    ]
    for each in trust.files:
        rows += [(each.role, ": ".join(filter(None, (each.name, checked_said(trust, each.checked, words))))), ("sha256", each.sha256)]
    shown = [(words.say(f"trust_label.{label}"), value) for label, value in rows if value]
    if shown and not _proven(trust):
        console.print(Padding(text(words.say("trust_label.claimed")), (0, 0, 0, 2), expand=False))
    width = max((len(label) for label, _ in shown), default=0)
    for label, value in shown:
        console.print(Text(" " * 2), text(label, "dim"), Text(" " * (width - len(label) + 2)), text(value), sep="", soft_wrap=True)


def reason_said(trust: Trust, words: Words) -> str:
    """Why a report does not count as signed, in a sentence or two; empty where it does."""
    told = {name: _told(name, value, words) for name, value in trust.details.items()}
    return words.say(f"trust_reason.{trust.reason}", **told) if trust.reason else ""


def _told(name: str, value: str, words: Words) -> str:
    if name in ("at", "begins"):
        return words.moment(datetime.datetime.fromisoformat(value))
    return f"{value[:16]}…" if name in ("found", "signed") else value


def checked_said(trust: Trust, checked: str, words: Words) -> str:
    """How a file compares; only a signature that holds says what was signed."""
    return words.say(f"trust_checked.{'stated' if checked == 'as-signed' and not _proven(trust) else checked}")


def _proven(trust: Trust) -> bool:
    return trust.state in ("signed", "expired")

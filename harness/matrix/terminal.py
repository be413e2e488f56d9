"""A pair on a terminal: whether they can work together, what stands between them, what else is worth knowing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from harness.formats.inert import one_line, shortened, visible, writable
from harness.formats.wording import Words
from harness.matrix.pairs import Pair, Reason, State
from harness.report import Report, UseShown

SIGNS: dict[State, tuple[str, str]] = {"works": ("✓", "bold green"), "fails": ("✗", "bold red"), "unknown": ("○", "bold cyan")}
"""A sign for each state, always beside the word, and its style."""
_SHOWN = 20
_LONGEST = 300
_PARTS = 5


def show(pair: Pair, reports: Sequence[Report], console: Console, language: str = "en") -> None:
    """Print what two reports say of a pair, in one of the three languages. Raises :class:`UsageError` for another one."""
    words = Words(language)

    def told(reason: Reason) -> Reason:
        said = next((each for report in reports if (each := report.said(reason.message, words.language))), reason.message)
        return msgspec.structs.replace(reason, message=said)

    def text(content: str, style: str = "") -> Text:
        return Text(writable(visible(one_line(content)), console.encoding), style)

    sign, style = SIGNS[pair.state]
    said = pair_said(pair, words)
    weaker = f" {words.say(f'weaker.{pair.weaker}')}" if pair.weaker else ""
    console.print(text(f"{sign} {said}{weaker}", style))
    deciding = pair.deciding
    for each in deciding[:_SHOWN]:
        console.print(Padding(text(reason_said(told(each), words)), (0, 0, 0, 2), expand=False))
    if len(deciding) > _SHOWN:
        console.print(Padding(text(words.count("count.further_reasons", len(deciding) - _SHOWN)), (0, 0, 0, 2), expand=False))
    others: dict[str, list[str]] = {}
    for each in pair.reasons:
        if each not in deciding:
            others.setdefault(words.say(f"reason.{each.kind}"), []).append(each.requirement or use_said(each.use))
    for why, what in others.items():
        console.print(Padding(text(f"{why[:1].upper()}{why[1:]}: {words.some(what)}.", "dim"), (0, 0, 0, 2), expand=False))


def pair_said(pair: Pair, words: Words) -> str:
    """Whether a pair works, in one sentence."""
    of_class = words.say(f"of_class.{pair.class_}")
    return words.say(f"pair.{pair.state}", consumer=pair.consumer, provider=pair.provider, profile=pair.profile, of_class=of_class)


def reason_said(reason: Reason, words: Words) -> str:
    """A reason on one line: what it is about, on which side, why, and what was found."""
    about = reason.requirement or use_said(reason.use)
    where = use_said(reason.use) if reason.requirement else ""
    head = " ".join(each for each in (about, f"({words.say(f'side.{reason.side}')})") if each)
    found = ": ".join(each for each in (where, shortened(reason.message, _LONGEST)) if each)
    return f"{head}: {words.say(f'reason.{reason.kind}')}{f'. {found}' if found else ''}"


def use_said(use: UseShown | None) -> str:
    """A use as people write it: the operation, and what the request has beyond it."""
    if use is None or use.operation in ("", "*"):
        return ""
    more = ", …" if len(use.parts) > _PARTS else ""
    return f"{use.operation} {', '.join(use.parts[:_PARTS])}{more}".strip()

"""Text that others wrote, made safe to show: what would steer a terminal, a page or the reading direction is written out instead.

Written out are control and format characters (Unicode categories Cc and Cf: escape sequences, bidirectional overrides, zero-width characters),
line and paragraph separators, lone surrogates and noncharacters. Line feed and tab stay. Letters and combining marks are never touched.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KIN = {"✓": "+", "✗": "x", "○": "o", "⇄": "~", "⚠": "!", "–": "-", "→": ">", "…": "...", "ł": "l", "Ł": "L", "\u00a0": " ", "\u202f": " "}
"""What stands nearest to a sign or letter that Unicode does not take apart."""
_COMMAND = re.compile(r"^(\s*)::|##(?=\w*\[)", re.MULTILINE)


@cache
def steers(char: str) -> bool:
    """Whether a character does something instead of being seen."""
    return char not in "\n\t" and (unicodedata.category(char) in _STEERING or ord(char) & 0xFFFE == 0xFFFE)


def visible(text: str) -> str:
    r"""``text`` with every steering character written out, e.g. ``\x1b`` or ``\u202e``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(char) if steers(char) else char for char in text)


def one_line(text: str) -> str:
    """``text`` made visible, on one line."""
    return " ".join(visible(text).split())


def shortened(text: str, most: int) -> str:
    """``text``, or its first ``most`` characters and a sign that there was more."""
    return text if len(text) <= most else text[:most] + " …"


def writable(text: str, encoding: str) -> str:
    """``text`` for a terminal of some encoding: a letter that it lacks stands without its mark, a sign as its nearest kin, the rest as ``?``."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_nearest(char, encoding) for char in text)
    return text


def unheeded(text: str) -> str:
    r"""``text`` for a build's log, in which no build server finds a command: ``::name::`` where a line begins (GitHub), ``##[name]``,
    ``##vso[name]`` or ``##teamcity[name]`` anywhere (GitHub, Azure, TeamCity). A backslash stands before or in it, as GitHub's own runner writes it.
    """
    return _COMMAND.sub(lambda found: f"{found[1] or ''}\\::" if found[0].endswith("::") else "##\\", text)


def linkable(url: str | None) -> bool:
    """Whether an address may become a link: a report may come from anywhere, and ``javascript:`` is an address too."""
    return url is not None and re.fullmatch(r"https?://[!#-'*-;=?-\[\]_a-z~]+", url) is not None


def _nearest(char: str, encoding: str) -> str:
    for form in (char, _KIN.get(char, ""), unicodedata.normalize("NFKD", char)[0]):
        if form and form.encode(encoding, "ignore").decode(encoding) == form:
            return form
    return "?"


def _written_out(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

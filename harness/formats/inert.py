"""Text that others wrote, made safe to show: what would steer a terminal, a page or the reading direction is written out instead.

Written out are control and format characters (Unicode categories Cc and Cf: escape sequences, bidirectional overrides, zero-width characters),
line and paragraph separators, lone surrogates and noncharacters. Line feed and tab stay. Letters and combining marks are never touched.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


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


def _written_out(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

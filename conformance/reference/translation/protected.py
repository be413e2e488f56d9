"""What a translation leaves as it is: codes, addresses, numbers, markup, placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "number", "kept", "space"]

_KEPT = (
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]",  # addresses, without the sign that ends the sentence
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"\$?\{\{?\w*\}?\}|%\(\w+\)[sd]|%[sd]|<\w+/>",  # placeholders
    r"[A-Z]{2}:[A-Z]{2}-\d{5}-\d{5}-[A-Z]{5}-\d{2}",  # e-delivery
    r"\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\b",  # IBAN
    r"\bDz\. ?U\.(?: z)? \d{4}(?: r\.)? poz\. \d+",
    r"\bNr\. ?\S*\d",
    r"\b[A-ZĄĆĘŁŃÓŚŹŻČĖĮŠŲŪŽ][\w.]*[./-]\S*\d\w*|\b[IVXLC]+-\d+",  # signs of cases and acts
    r"&(?:\w+|#\d+|#x[0-9a-fA-F]+);",
)
_NUMBER = r"\d+(?:[., :/-]\d+)*(?: ?(?:zł|PLN|EUR|€|%))?"
_WORD = r"[^\W\d_]+(?:'[^\W\d_]+)?"
_MARKUP = r"<!--.*?-->|</?[A-Za-z][^<>]*>"


@dataclass(frozen=True)
class Piece:
    """A piece of a text. Joined, the pieces are the text. ``space`` is everything between words: white space and signs."""

    kind: Kind
    text: str


def _reader(*kept: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<kept>{'|'.join(kept)})|(?P<number>{_NUMBER})|(?P<word>{_WORD})|(?P<space>.)", re.DOTALL)


_READERS = {"text": _reader(*_KEPT), "html": _reader(_MARKUP, *_KEPT)}


def pieces(text: str, format: str) -> Iterator[Piece]:
    """The pieces of a text in a format (``text`` or ``html``)."""
    for match in _READERS[format].finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # one of the four groups, none of which holds another named one
        yield Piece(kind, match.group())

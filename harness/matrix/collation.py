"""The order of names in each language, by the root order and the tailorings of CLDR for Polish and Lithuanian, as far as names need it.

Babel has plural forms, dates and numbers, but no collation, and ICU is a large library for the twenty letters that differ.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from harness.profile import Language

_LETTERS: dict[Language, dict[str, str]] = {
    "en": {},
    "pl": {letter: f"{base}\uffff" for letter, base in zip("ąćęłńóśż", "acelnosz", strict=True)} | {"ź": "z\ufffe"},
    "lt": {letter: f"{base}\uffff" for letter, base in zip("čšž", "csz", strict=True)} | {"y": "i"},
}
"""Letters that stand after another one, and y, which Lithuanian sorts with i."""
_KIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss"})
_DIGITS = 12


@cache
def order(name: str, language: Language) -> tuple[str, str]:
    """What to sort names by: letters first, whatever their case and marks, numbers by their value; then the name itself."""
    own = _LETTERS[language]
    letters = "".join(own.get(each) or _base(each) for each in unicodedata.normalize("NFC", name).lower())
    numbered = re.sub("[0-9]+", lambda match: match[0].zfill(_DIGITS), letters)
    return " ".join(re.findall(r"[\w\uffff\ufffe]+", numbered)), name


def _base(letter: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", letter.translate(_KIN)) if not unicodedata.combining(each))

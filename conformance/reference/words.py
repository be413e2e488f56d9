"""Words as they are compared: without case and diacritics, tolerant of endings and slips of the pen."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

ALIKE = 0.6
"""From here on two words count as forms of one word."""

_WORD = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_PLAIN = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "đ": "d"})


def folded(text: str) -> str:
    """A text in small letters without diacritics, for matching only: what is said keeps its letters. NFC and NFD come out alike."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)).translate(_PLAIN)


def words_of(text: str) -> list[str]:
    """The words of a text, folded. Codes such as ``XZ-99`` and ``2019/788`` are one word each, other compounds come apart."""
    found: list[str] = []
    for word in _WORD.findall(folded(text)):
        found.extend([word] if any(character.isdigit() for character in word) else re.split(r"[-/.]", word))
    return found


def _trigrams(word: str) -> set[str]:
    marked = f"^{word}"
    return {marked[place : place + 3] for place in range(max(1, len(marked) - 2))}


def similarity(first: str, second: str) -> float:
    """How alike two folded words are, 0 to 1: the Dice coefficient of their trigrams, or their common beginning where only the endings differ."""
    if first == second:
        return 1.0
    if any(character.isdigit() for character in first + second):
        return 0.0
    one, other = _trigrams(first), _trigrams(second)
    shared = 2 * len(one & other) / (len(one) + len(other))
    common = _common_beginning(first, second)
    longest = max(len(first), len(second))
    if common >= 3 and (longest - common <= 2 if longest <= 6 else common >= 0.6 * longest):
        shared = max(shared, 0.85)
    return shared


def _common_beginning(first: str, second: str) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _one_slip(first: str, second: str) -> bool:
    """Whether one letter left out, put in, changed or swapped with its neighbour makes one word of the other."""
    if abs(len(first) - len(second)) > 1 or first == second:
        return False
    start = _common_beginning(first, second)
    end = _common_beginning(first[start:][::-1], second[start:][::-1])
    one, other = first[start : len(first) - end], second[start : len(second) - end]
    return (len(one) <= 1 and len(other) <= 1) or (len(one) == 2 and one == other[::-1])


class Vocabulary:
    """The words that a set of texts knows, found by trigrams."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._by_trigram: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            for trigram in _trigrams(word):
                self._by_trigram[trigram].append(word)

    def like(self, word: str) -> dict[str, float]:
        """The known words that ``word`` may be a form of, with their similarity. A slip of the pen is looked for where there are none."""
        shared: dict[str, int] = defaultdict(int)
        for trigram in _trigrams(word):
            for candidate in self._by_trigram.get(trigram, ()):
                shared[candidate] += 1
        found = {candidate: alike for candidate in shared if (alike := similarity(word, candidate)) >= ALIKE}
        if not found and len(word) >= 5 and not any(character.isdigit() for character in word):
            found = dict.fromkeys((candidate for candidate in shared if _one_slip(word, candidate)), 0.8)
        return found

"""Words as they are compared: without case and diacritics, tolerant of endings and slips of the pen."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

ALIKE = 0.6
"""From here on two words count as forms of one word."""
_OTHER_ENDING = 0.85
_SLIP = 0.8
_LONGEST = 64
"""Letters; what is longer is no word."""

_WORD = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o"})


def folded(text: str) -> str:
    """A text in small letters without diacritics, for matching only: what is said keeps its letters. NFC and NFD come out alike."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)).translate(_PLAIN)


def words_of(text: str) -> list[str]:
    """The words of a text, folded. Codes such as ``XZ-99`` and ``2019/788`` are one word each, other compounds come apart."""
    found: list[str] = []
    for word in _WORD.findall(folded(text)):
        found.extend([word] if has_digit(word) else re.split(r"[-/.]", word))
    return found


def has_digit(word: str) -> bool:
    """Whether a digit stands in a word. Such words are compared by letter: a form number has no endings."""
    return any(character.isdigit() for character in word)


def _trigrams(word: str) -> set[str]:
    marked = f"^{word}"
    return {marked[place : place + 3] for place in range(max(1, len(marked) - 2))}


def _common_beginning(first: str, second: str) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _differs_in_ending(first: str, second: str) -> bool:
    common, longest = _common_beginning(first, second), max(len(first), len(second))
    return common >= 3 and (longest - common <= 2 if longest <= 6 else common >= 0.6 * longest)


def _differs_in_a_slip(first: str, second: str) -> bool:
    """Whether one slip makes one word of the other: a letter left out, put in or changed; or two swapped, whatever the ending."""
    start = _common_beginning(first, second)
    swapped = first[start : start + 2] == second[start : start + 2][::-1]
    if swapped and len(first) > start + 1:
        return _differs_in_ending(second[:start] + second[start : start + 2][::-1] + second[start + 2 :], first)
    end = _common_beginning(first[start:][::-1], second[start:][::-1])
    return max(len(first), len(second)) - start - end <= 1


class Vocabulary:
    """The words that a set of texts knows, found by their trigrams."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._sizes: dict[str, int] = {}
        self._by_trigram: dict[str, list[str]] = defaultdict(list)
        self._remembered = lru_cache(maxsize=2048)(self._find_like)
        for word in sorted(self.words):
            trigrams = _trigrams(word)
            self._sizes[word] = len(trigrams)
            for trigram in trigrams:
                self._by_trigram[trigram].append(word)

    def like(self, word: str) -> Mapping[str, float]:
        """The known words that ``word`` may be a form of, with their similarity, 0 to 1, remembered: people ask with the same words."""
        return self._remembered(word) if len(word) <= _LONGEST else {}

    def _find_like(self, word: str) -> Mapping[str, float]:
        """It is the Dice coefficient of the trigrams, or more where only the endings differ.

        A slip of the pen is looked for where nothing is alike.
        """
        if has_digit(word):
            return {word: 1.0} if word in self.words else {}
        trigrams = _trigrams(word)
        shared = Counter(known for trigram in trigrams for known in self._by_trigram.get(trigram, ()))
        found: dict[str, float] = {}
        for known, count in shared.items():
            alike = 1.0 if known == word else 2 * count / (len(trigrams) + self._sizes[known])
            if count >= 2 and alike < _OTHER_ENDING and _differs_in_ending(word, known):
                alike = _OTHER_ENDING
            if alike >= ALIKE and not has_digit(known):
                found[known] = alike
        if not found and len(word) >= 5:
            return dict.fromkeys((known for known in shared if _differs_in_a_slip(word, known)), _SLIP)
        return found

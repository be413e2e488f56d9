"""Understanding what a person says: in which language, and whether it is a question about a matter at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from conformance.reference.assistant.retrieval import LightWords
from conformance.reference.assistant.words import Vocabulary, folded, words_of
from harness.national import countries, personal_identifiers
from harness.national.languages import language_of

Wish = Literal["machine", "person", "greeting"]

_SURE = 0.25
"""By how much one language has to lead before statistics and hints are asked."""
_LONGEST = 4000
"""How many characters of what a person says are listened to: longer questions are documents."""
_RULE = r"^[ \t]*(?:-{3,}|={3,}|#{3,}|\*{3,})[^\n]*$"
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|\"\"\".*?(?:\"\"\"|\Z)"  # fences
    r"|<(\w+)[^<>]*>.*?(?:</\1>|\Z)"  # elements
    rf"|{_RULE}.*?(?:{_RULE}|\Z)"  # between two lines drawn across, or from one to the end
    r"|„[^„”“]{12,}[”“]|«[^«»]{12,}»|“[^“”]{12,}”|\"[^\"]{12,}\""  # quotations of more than a name
    r"|^>[^\n]*$",  # lines of a letter that is answered
    re.DOTALL | re.MULTILINE,
)


def own_words(text: str) -> str:
    """What a person says, without the documents and quotations that are handed over with it: those are data, whatever they ask for.

    A text that is nothing but a quotation is taken for what the person says. The words are in NFC, however they came.
    """
    text = unicodedata.normalize("NFC", text)
    own = _QUOTED.sub(" ", text)
    return (own if re.search(r"\w", own) else text)[:_LONGEST]


def without_identifiers(text: str) -> str:
    """The text with every national identifier of a person taken out."""
    for identifier in sorted(personal_identifiers(text), key=lambda each: each.start, reverse=True):
        text = text[: identifier.start] + "…" + text[identifier.start + len(identifier.value) :]
    return text


class Ear:
    """How one language is heard."""

    def __init__(self, language: str, hears: Mapping[str, Any], light: LightWords, vocabulary: Vocabulary) -> None:
        self._patterns = {name: re.compile("|".join(hears[name]), re.DOTALL) for name in ("machine", "person")}
        self._greeting, self._duty = re.compile(hears["greeting"]), re.compile(hears["duty"])
        self._light, self._vocabulary = light, vocabulary
        known = countries().values()
        self._letters = {letter for country in known if language == country.LANGUAGE for letter in country.LETTERS}
        self._letters -= {letter for country in known if language != country.LANGUAGE for letter in country.LETTERS}

    def wish(self, text: str) -> Wish | None:
        """What a person wants that is no question about a matter: to know who answers, to talk to a human, to greet."""
        plain = folded(text)
        if self._greeting.search(plain):
            return "greeting"
        if self._patterns["machine"].search(plain) and not self._duty.search(plain):
            return "machine"
        return "person" if self._patterns["person"].search(plain) else None

    def likeness(self, text: str) -> float:
        """How much a text seems to be in this language: the share of words known, and of words with letters that only this language has."""
        words = words_of(text)
        if not words:
            return 0.0
        known = sum(word in self._light or word in self._vocabulary.words for word in words)
        lettered = sum(not self._letters.isdisjoint(word) for word in text.split())
        return (known + lettered) / len(words)


def language_heard(text: str, ears: Mapping[str, Ear], hints: Iterable[str | None]) -> str:
    """The language of a text among those of ``ears``. ``hints`` are asked in turn where the text itself does not tell."""
    likeness = {language: ear.likeness(text) for language, ear in ears.items()}
    ranked = sorted(likeness, key=lambda language: likeness[language], reverse=True)
    lead = likeness[ranked[0]] - likeness[ranked[1]]
    if likeness[ranked[0]] > 0 and lead >= _SURE:
        return ranked[0]
    if len(words_of(text)) >= 2:
        tag, likelihood = language_of(text)
        if tag in ears and likelihood >= 0.8:
            return tag
    if lead > 0:
        return ranked[0]
    level = [language for language in ranked if likeness[language] == likeness[ranked[0]]]
    return next((hint for hint in hints if hint in level), ranked[0])

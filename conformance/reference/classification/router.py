"""A small trained classifier: which category a resident's case belongs to. Naive Bayes over the beginnings of words, trained when it is loaded.

What it goes by are the first letters of words, without diacritics and case, so that endings and missing marks make no difference. Words that
stand in the cases of many categories say nothing and are left out, and so are words that it was not trained with, names among them. It knows
how little it knows: with few telling words, much of the probability goes to the fallback, which is a person.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FALLBACK = "other"
"""The category of what cannot be placed."""
LANGUAGES = ("pl", "lt", "en")
"""The languages of the bundled cases."""

_CASES = Path(__file__).with_name("cases")
_WORD = re.compile(r"[^\W\d_]+")
_LENGTHS = (4, 6)
"""How many letters of a word count: four hold what inflected forms share, six tell longer words apart."""
_TELLING = 2
"""In how many categories a beginning may stand and still tell something."""
_TERM = 3
"""As much as so many cases: the words by which a category is known."""

Case = tuple[str, str]
"""A text and its category."""


@dataclass(frozen=True)
class Routed:
    """What became of one text: probabilities by category, which add up to 1, and the words of it that the model went by."""

    scores: Mapping[str, float]
    words: tuple[str, ...]

    @property
    def label(self) -> str:
        """The most probable category."""
        return max(self.scores, key=lambda code: self.scores[code])


class Router:
    """A multinomial naive Bayes with Laplace smoothing (Manning, Raghavan, Schütze, Introduction to Information Retrieval, 13.2), all categories
    being equally likely beforehand.

    Args:
        cases: what it is trained with.
        terms: the words by which categories are known, as texts with their categories.
        general: words that tell nothing.
    """

    def __init__(self, cases: Iterable[Case], terms: Iterable[Case], general: str) -> None:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for text, category in terms:
            counts[category].update(dict.fromkeys(_features(text), _TERM))
        for text, category in cases:
            counts[category].update(_features(text))
        spread = Counter(feature for counted in counts.values() for feature in counted)
        silent = set(_features(general)) - {feature for text, _ in terms for feature in _features(text)}
        known = {feature for feature, categories in spread.items() if categories <= _TELLING} - silent
        self.categories = (*counts, FALLBACK)
        self._weights = {category: _weights(counted, known) for category, counted in counts.items()}
        self._known = frozenset(known)

    def route(self, text: str) -> Routed:
        """Where a text belongs. The share 2n / (2n + 1) of the probability is given out by what n telling words say, the rest is
        the fallback's.
        """
        telling = [word for word in _words(text) if self._known.intersection(_beginnings(word))]
        features = [feature for word in telling for feature in _beginnings(word) if feature in self._known]
        logs = {category: sum(weights[feature] for feature in features) for category, weights in self._weights.items()}
        highest = max(logs.values())
        powers = {category: math.exp(log - highest) for category, log in logs.items()}
        share = 2 * len(telling) / (2 * len(telling) + 1) / sum(powers.values())
        scores = {category: power * share for category, power in powers.items()}
        return Routed({**scores, FALLBACK: 1 - sum(scores.values())}, tuple(telling))


def _weights(counted: Counter[str], known: set[str]) -> dict[str, float]:
    total = sum(counted[feature] for feature in known) + len(known)
    return {feature: math.log((counted[feature] + 1) / total) for feature in known}


def _words(text: str) -> Iterator[str]:
    """The words of a text without case and marks; the Polish ł, which does not decompose, is an l."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("ł", "l")
    return (word for word in _WORD.findall(plain) if len(word) >= _LENGTHS[0])


def _beginnings(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word[:length] for length in _LENGTHS))


def _features(text: str) -> list[str]:
    return [feature for word in _words(text) for feature in _beginnings(word)]


@cache
def _bundled(language: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((_CASES / f"{language}.yaml").read_text(encoding="utf-8"))
    return content


def cases(language: str) -> Sequence[Case]:
    """The bundled cases in a language (one of :data:`LANGUAGES`)."""
    return [(text, category) for category, known in _bundled(language)["categories"].items() for text in known["cases"]]


def trained(without: Case | None = None) -> Router:
    """A router trained with what is bundled in all languages, ``without`` one case."""
    bundled = [_bundled(language) for language in LANGUAGES]
    terms = [(known["terms"], category) for each in bundled for category, known in each["categories"].items()]
    training = [case for language in LANGUAGES for case in cases(language) if case != without]
    return Router(training, terms, " ".join(each["general"] for each in bundled))


@cache
def router() -> Router:
    """The router of both countries' references."""
    return trained()


def accuracy(language: str) -> float:
    """The share of the bundled cases of a language that are placed right by a router trained with all others (leave-one-out)."""
    known = cases(language)
    return sum(trained(without=case).route(case[0]).label == case[1] for case in known) / len(known)

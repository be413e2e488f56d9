"""Finding the topic that answers a question, or finding that there is none.

A word weighs the more the fewer topics have it (inverse document frequency, as in BM25: Robertson and Zaragoza 2009), and the most when no topic
has it: a question about a dragon's passport is not answered by what is known of passports. A topic answers a question when it accounts for enough
of the weight of the question's words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from conformance.reference.words import Vocabulary, folded, words_of

COVERED = 0.62
"""Share of a question's weight that a topic has to account for."""
EVIDENCE = 2.0
"""Weight that has to be matched at least: one word that a few topics share, or several that many do."""
_IN_ANSWER = 0.85
"""What a match counts in the answer of a topic, against one in its title and questions."""

_CLAUSES = re.compile(r"[.?!;\n]+|,(?=\s)|\s[-–—]\s")
_CODE = re.compile(r"(?=.*\d)(?=.*[^\W\d_])[\w/.-]+|\d+[/-][\d/-]+")
"""What names one form, act or file: letters with digits, or numbers with a slash."""


@dataclass(frozen=True)
class Topic:
    """One topic in one language. ``own`` says that it is about the service's own country, not the whole Union."""

    id: str
    source: str
    title: str
    questions: tuple[str, ...]
    answer: str
    own: bool


def read_topics(path: Path, language: str, *, own: bool) -> list[Topic]:
    """The topics of a knowledge file in one language."""
    return [
        Topic(entry["id"], entry["source"], entry[language]["title"], tuple(entry[language]["questions"]), entry[language]["answer"], own)
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    ]


@dataclass
class _Entry:
    topic: Topic
    weights: dict[str, float]
    samples: list[frozenset[str]]
    numbers: frozenset[str] = field(default_factory=frozenset)


class Index:
    """What a service knows in one language.

    Args:
        topics: the knowledge.
        light: words that say nothing about the matter.
        instrument: words that name a law, a form or a permit: what is asked about one has to be known word for word.
        foreign: names of countries that topics of the own country say nothing about.
    """

    def __init__(self, topics: Sequence[Topic], light: LightWords, instrument: re.Pattern[str], foreign: re.Pattern[str]) -> None:
        self._light, self._instrument, self._foreign = light, instrument, foreign
        self._entries = [self._entry(topic) for topic in topics]
        self.vocabulary = Vocabulary(word for entry in self._entries for word in entry.weights)

    def _entry(self, topic: Topic) -> _Entry:
        weights = dict.fromkeys(self._content(topic.answer), _IN_ANSWER)
        samples = [frozenset(self._content(text)) for text in (topic.title, *topic.questions)]
        weights.update({word: 1.0 for sample in samples for word in sample})
        numbers = frozenset(words_of(" ".join((topic.title, *topic.questions, topic.answer))))
        return _Entry(topic, weights, [sample for sample in samples if sample], numbers)

    def _content(self, text: str) -> list[str]:
        return [word for word in words_of(text) if word not in self._light]

    def find(self, question: str) -> Topic | None:
        """The topic that answers a question; None where none does well enough."""
        whole = self._weighed(question)
        strict = self._names_an_instrument(question)
        best = self._best(whole, strict=strict)
        if best is None and not strict:
            for clause in _CLAUSES.split(question):
                weighed = self._weighed(clause or "")
                best = best or self._best(weighed, strict=False)
        if best is None or not self._may_speak_of(best, question):
            return None
        return best.topic

    def says_anything(self, text: str) -> bool:
        """Whether a text has words of its own, besides those that only refer to what was said before."""
        return any(not word.isdigit() for word in self._content(text))

    def _names_an_instrument(self, question: str) -> bool:
        return any(self._instrument.fullmatch(word) for word in words_of(question))

    def _may_speak_of(self, entry: _Entry, question: str) -> bool:
        """Whether a topic knows the codes of the question, and is about the country that the question names."""
        words = words_of(question)
        named = list(zip(["", *words], words, strict=False))
        codes = [word for before, word in named if _CODE.fullmatch(word) or (word.isdigit() and self._instrument.fullmatch(before))]
        if any(code not in entry.numbers for code in codes):
            return False
        if not entry.topic.own:
            return True
        return not self._foreign.search(folded(question)) or bool(self._foreign.search(folded(entry.topic.title)))

    def _weighed(self, text: str) -> list[tuple[dict[str, float], float]]:
        """The content words of a text: for each the known words like it, and its weight."""
        found = []
        for word in dict.fromkeys(self._content(text)):
            if word.isdigit() or _CODE.fullmatch(word):
                continue
            like = self.vocabulary.like(word)
            holders = sum(1 for entry in self._entries if not like.keys().isdisjoint(entry.weights))
            if not holders and self._instrument.fullmatch(word):
                continue
            found.append((like, math.log(1 + (len(self._entries) - holders + 0.5) / (holders + 0.5))))
        return found

    def _best(self, weighed: Sequence[tuple[Mapping[str, float], float]], *, strict: bool) -> _Entry | None:
        total = sum(weight for _, weight in weighed)
        if not total or (strict and any(not like for like, _ in weighed)):
            return None
        ranked = []
        for entry in self._entries:
            matched = sum(weight * _match(like, entry.weights) for like, weight in weighed)
            if matched >= EVIDENCE and matched / total >= COVERED:
                ranked.append((matched * (1 + self._likeness(weighed, entry)), entry))
        return max(ranked, key=lambda each: each[0], default=(0.0, None))[1]

    def _likeness(self, weighed: Sequence[tuple[Mapping[str, float], float]], entry: _Entry) -> float:
        """How near the question is to the title or a sample question of a topic, 0 to 1."""
        return max(_overlap(weighed, sample) for sample in entry.samples)


def _match(like: Mapping[str, float], known: Mapping[str, float]) -> float:
    return max((alike * known[word] for word, alike in like.items() if word in known), default=0.0)


def _overlap(weighed: Sequence[tuple[Mapping[str, float], float]], sample: frozenset[str]) -> float:
    hit = sum(weight for like, weight in weighed if not sample.isdisjoint(like))
    total = sum(weight for _, weight in weighed)
    covered = sum(any(word in like for like, _ in weighed) for word in sample) / len(sample)
    return hit / total * covered


class LightWords:
    """Words that say nothing about the matter of a question; an entry that ends in a star stands for every ending."""

    def __init__(self, text: str) -> None:
        entries = folded(text).split()
        self.words = frozenset(entry for entry in entries if not entry.endswith("*"))
        self._beginnings = tuple(entry.rstrip("*") for entry in entries if entry.endswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self.words or word.startswith(self._beginnings)


def load_dialogue(language: str) -> dict[str, Any]:
    """How the assistants speak and listen in one language."""
    content: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "dialogue" / f"{language}.yaml").read_text(encoding="utf-8"))
    return content

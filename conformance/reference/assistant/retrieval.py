"""Finding the topic that answers a question, or finding that there is none.

A word weighs the more the fewer topics have it (the inverse document frequency of BM25: Robertson and Zaragoza 2009, section 3.1), and the most when
no topic has it: a question about a dragon's passport is not answered by what is known of passports. A topic answers a question when it accounts
for enough of the weight of the question's words.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from conformance.reference.assistant.words import Vocabulary, folded, has_digit, words_of

COVERED = 0.65
"""Share of a question's weight that a topic has to account for."""
EVIDENCE = 1.9
"""Weight that has to be matched at least: one word that a few topics share, or several that many do."""
_CLAUSE_EVIDENCE = 2.2
"""As :data:`EVIDENCE`, where only one clause of a question is covered."""
_IN_ANSWER = 0.7
"""What a match counts in the answer of a topic, against one in its title and questions."""
_CIRCUMSTANCE = 0.4
"""What a verb weighs that no topic has: it tells of the asker's circumstances more often than of the matter."""

_CLAUSES = re.compile(r"[.?!;:\n]+(?:\s|$)|,\s|\s[-–—]\s")


@dataclass(frozen=True)
class Topic:
    """One topic in one language. ``own``: it is about the service's own country, not the whole Union."""

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


class LightWords:
    """Words that say nothing about the matter of a question; an entry that ends in a star stands for every ending."""

    def __init__(self, text: str) -> None:
        entries = folded(text).split()
        self._words = frozenset(entry for entry in entries if not entry.endswith("*"))
        self._beginnings = tuple(entry.rstrip("*") for entry in entries if entry.endswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self._words or word.startswith(self._beginnings)


@dataclass(frozen=True)
class Hearing:
    """What an index has to know of its language.

    ``instrument``: words for a law, a form, a register, of which each word of the question has to be known. ``verb``: how verbs end. ``own`` and
    ``foreign``: how the names of the service's country and of others begin.
    """

    light: LightWords
    instrument: re.Pattern[str]
    verb: re.Pattern[str]
    own: re.Pattern[str]
    foreign: re.Pattern[str]


@dataclass(frozen=True)
class _Word:
    """A word of a question: its weight, the known words like it, and how well each topic (by number) matches it."""

    weight: float
    like: Mapping[str, float]
    matches: Mapping[int, float]


class Index:
    """What a service knows in one language."""

    def __init__(self, topics: Sequence[Topic], hearing: Hearing) -> None:
        self._topics, self._hearing = topics, hearing
        self._samples = [[set(self._content(text)) for text in (topic.title, *topic.questions)] for topic in topics]
        self._holders: dict[str, dict[int, float]] = defaultdict(dict)
        for number, topic in enumerate(topics):
            for word in self._content(topic.answer):
                self._holders[word][number] = _IN_ANSWER
            for word in set().union(*self._samples[number]):
                self._holders[word][number] = 1.0
        self._codes = [{word for text in (topic.title, *topic.questions, topic.answer) for word in words_of(text)} for topic in topics]
        self.vocabulary = Vocabulary(self._holders)

    def find(self, question: str) -> Topic | None:
        """The topic that answers a question; None where none does well enough.

        A question may come with a story: where the whole is not covered, one of its clauses may be.
        """
        clauses = [clause for clause in _CLAUSES.split(question) if clause.strip()]
        if any(self._asks_of_the_unknown(clause) for clause in clauses):
            return None
        for text in (question, *clauses):
            number = self._best(self._weighed(text), EVIDENCE if text is question else _CLAUSE_EVIDENCE)
            if number is not None:
                return self._topics[number] if self._may_speak_of(number, question) else None
        return None

    def says_anything(self, text: str) -> bool:
        """Whether a text has words of its own, besides those that only refer to what was said before."""
        return any(not has_digit(word) for word in self._content(text))

    def _content(self, text: str) -> list[str]:
        hearing = self._hearing
        return [
            word for word in words_of(text) if word not in hearing.light and not hearing.own.match(word) and not hearing.foreign.match(word)
        ]

    def _asks_of_the_unknown(self, clause: str) -> bool:
        """Whether a clause names a law, a form or a register together with something that no topic knows."""
        if not any(self._hearing.instrument.fullmatch(word) for word in words_of(clause)):
            return False
        return any(not word.matches and word.weight > 1 for word in self._weighed(clause))

    def _may_speak_of(self, number: int, question: str) -> bool:
        """Whether a topic knows the codes of the question, and is about the country that the question names."""
        words = words_of(question)
        for place, word in enumerate(words):
            of_one = any(self._hearing.instrument.fullmatch(before) for before in words[max(0, place - 2) : place])
            if has_digit(word) and (of_one or not word.isdigit()) and word not in self._codes[number]:
                return False
        plain = folded(question)
        abroad = self._hearing.foreign.search(plain) and not self._hearing.own.search(plain)
        return not (abroad and self._topics[number].own)

    def _weighed(self, text: str) -> list[_Word]:
        """The content words of a text. Numbers weigh nothing, nor does a word like "law" that no topic has."""
        found = []
        for word in dict.fromkeys(self._content(text)):
            if has_digit(word):
                continue
            like = self.vocabulary.like(word)
            matches: dict[int, float] = {}
            for known, alike in like.items():
                for number, counts in self._holders[known].items():
                    matches[number] = max(matches.get(number, 0.0), alike * counts)
            if not matches and self._hearing.instrument.fullmatch(word):
                continue
            weight = math.log(1 + (len(self._topics) - len(matches) + 0.5) / (len(matches) + 0.5))
            if not matches and self._hearing.verb.search(word):
                weight *= _CIRCUMSTANCE
            found.append(_Word(weight, like, matches))
        return found

    def _best(self, words: Sequence[_Word], evidence: float) -> int | None:
        """The number of the topic that accounts best for the words; None where none accounts for enough."""
        total = sum(word.weight for word in words)
        scores: dict[int, float] = defaultdict(float)
        for word in words:
            for number, match in word.matches.items():
                scores[number] += word.weight * match
        enough = {number: score for number, score in scores.items() if score >= max(evidence, COVERED * total)}
        return max(enough, key=lambda number: enough[number] * (1 + self._likeness(words, number)), default=None)

    def _likeness(self, words: Sequence[_Word], number: int) -> float:
        """How near the words are to the title or a sample question of a topic, 0 to 1."""
        total = sum(word.weight for word in words)
        found = 0.0
        for sample in self._samples[number]:
            hits = [word for word in words if not sample.isdisjoint(word.like)]
            covered = sum(any(known in word.like for word in hits) for known in sample) / max(1, len(sample))
            found = max(found, sum(word.weight for word in hits) / total * covered)
        return found

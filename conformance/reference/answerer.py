"""What the assistants answer: from their knowledge, with its source, in the language of the question; or that they do not know.

Nothing of what a caller sends ever becomes part of an answer. So no instruction in a document can be followed, no system message disclosed, and no
identifier repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from babel import Locale

from conformance.reference.listening import Ear, language_heard, own_words
from conformance.reference.retrieval import Index, LightWords, Topic, load_dialogue, read_topics
from conformance.reference.words import folded
from harness.national import personal_identifiers
from harness.profile import LANGUAGES

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_STATES = re.findall("..", "ATBEBGBYCHCYCZDEDKEEESFIFRGBGRHRHUIEITLTLULVMTNLNOPLPTRORUSESISKUAUS")
"""ISO 3166-1 codes of the countries that people here ask about: the Union, its neighbours, the United Kingdom, the United States."""
_STEM = 5
"""How many letters of a country's name stay the same whatever its ending."""


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation: who spoke, and the text."""

    role: str
    text: str


@dataclass(frozen=True)
class Reply:
    """What the assistant says, and how the question ended."""

    text: str
    language: str
    outcome: Literal["answered", "abstained", "handed-over"]
    topic: Topic | None = None


class Answerer:
    """The assistant of one country: what it knows, in all languages."""

    def __init__(self, country: str, language: str, handover: Mapping[str, str]) -> None:
        self._language, self._handover = language, handover
        self._says: dict[str, Any] = {}
        self._indexes: dict[str, Index] = {}
        self._ears: dict[str, Ear] = {}
        for spoken in LANGUAGES:
            dialogue = load_dialogue(spoken)
            light = LightWords(dialogue["light"])
            topics = [
                *read_topics(_KNOWLEDGE / f"{country}.yaml", spoken, own=True),
                *read_topics(_KNOWLEDGE / "eu.yaml", spoken, own=False),
            ]
            index = Index(topics, light, re.compile(dialogue["hears"]["instrument"]), _names_of_others(country, spoken))
            self._says[spoken], self._indexes[spoken] = dialogue, index
            self._ears[spoken] = Ear(spoken, dialogue, light, index.vocabulary)

    def reply(self, turns: Sequence[Turn], wished: str | None) -> Reply:
        """The next turn. ``wished``: the caller's language by its request, which decides where the words do not."""
        said = [turn.text for turn in turns if turn.role == "user"]
        question = own_words(said[-1]) if said else ""
        language = self._language_of(question, said[:-1], wished)
        reply = self._reply(question, language)
        if reply.outcome == "abstained" and len(said) > 1 and not self._indexes[language].says_anything(question):
            reply = self._reply(f"{own_words(said[-2])} {question}", language)
        if said and personal_identifiers(said[-1]):
            return Reply(f"{reply.text} {self.says(language, 'identifiers')}", language, reply.outcome, reply.topic)
        return reply

    def says(self, language: str, what: str) -> str:
        """A set phrase."""
        return str(self._says[language]["says"][what])

    def explanation(self, outcome: str) -> dict[str, str]:
        """The role of the AI in an answer with this outcome, in all languages."""
        return {language: dialogue["explains"][outcome] for language, dialogue in self._says.items()}

    def _language_of(self, question: str, earlier: Sequence[str], wished: str | None) -> str:
        hints = [language_heard(text, self._ears, ()) for text in reversed(earlier)]
        return language_heard(question, self._ears, [*hints, wished, self._language])

    def _reply(self, question: str, language: str) -> Reply:
        wish = self._ears[language].wish(question)
        if wish == "person":
            return Reply(self.says(language, "handover").format_map(self._handover), language, "handed-over")
        if wish is not None:
            return Reply(self.says(language, wish), language, "answered")
        topic = self._indexes[language].find(question)
        if topic is None:
            return Reply(self.says(language, "abstention"), language, "abstained")
        return Reply(topic.answer, language, "answered", topic)


def _names_of_others(country: str, language: str) -> re.Pattern[str]:
    """The names of countries that topics about ``country`` say nothing of, as they begin in a language."""
    territories = Locale(language).territories
    names = {folded(territories[code]).split()[0][:_STEM] for code in _STATES if code != country.upper()}
    return re.compile(r"\b(?:" + "|".join(sorted(name for name in names if len(name) >= 4)) + ")")

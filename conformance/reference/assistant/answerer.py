"""What the assistants answer: from their knowledge, with its source, in the language of the question; or that they do not know.

Nothing of what a caller sends ever becomes part of an answer. So no instruction in a document can be followed, no system message disclosed, and no
identifier repeated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import yaml
from babel import Locale

from conformance.reference.assistant.listening import Ear, language_heard, own_words
from conformance.reference.assistant.retrieval import Hearing, Index, LightWords, Topic, read_topics
from conformance.reference.assistant.words import folded
from harness.national import personal_identifiers
from harness.profile import LANGUAGES

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_DIALOGUE = Path(__file__).parent / "dialogue"
_STATES = {"PL": "pl", "LT": "lt", "DE": "de", "LV": "lv", "EE": "et", "CZ": "cs", "SK": "sk", "UA": "uk", "BY": "be", "RU": "ru"}
_STATES |= {"FR": "fr", "IT": "it", "ES": "es", "SE": "sv", "FI": "fi", "NO": "nb", "AT": "", "NL": "nl", "BE": "", "IE": "", "HU": "hu"}
"""Countries that people here ask about, each with the language whose name is also its adjective."""


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
        self._dialogues: dict[str, Any] = {}
        self._indexes: dict[str, Index] = {}
        self._ears: dict[str, Ear] = {}
        for spoken in LANGUAGES:
            dialogue = yaml.safe_load((_DIALOGUE / f"{spoken}.yaml").read_text(encoding="utf-8"))
            hears = dialogue["hears"]
            hearing = Hearing(
                light=LightWords(dialogue["light"]),
                instrument=re.compile(hears["instrument"]),
                verb=re.compile(hears["verb"]),
                own=_names([country.upper()], spoken),
                foreign=_names([state for state in _STATES if state != country.upper()], spoken),
            )
            topics = [
                *read_topics(_KNOWLEDGE / f"{country}.yaml", spoken, own=True),
                *read_topics(_KNOWLEDGE / "eu.yaml", spoken, own=False),
            ]
            index = Index(topics, hearing)
            self._dialogues[spoken], self._indexes[spoken] = dialogue, index
            self._ears[spoken] = Ear(spoken, hears, hearing.light, index.vocabulary)

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
        return str(self._dialogues[language]["says"][what])

    def explanation(self, outcome: str) -> dict[str, str]:
        """The role of the AI in an answer with this outcome, in all languages."""
        return {language: dialogue["explains"][outcome] for language, dialogue in self._dialogues.items()}

    def _language_of(self, question: str, earlier: Sequence[str], wished: str | None) -> str:
        conversation = (language_heard(own_words(text), self._ears, [wished, self._language]) for text in earlier[-1:])
        return language_heard(question, self._ears, chain(conversation, [wished, self._language]))

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


def _names(countries: Collection[str], language: str) -> re.Pattern[str]:
    """How the names of countries, and what is theirs, begin in a language, whatever the ending."""
    locale = Locale(language)
    names = [locale.territories[country] for country in countries]
    names += [locale.languages[_STATES[country]] for country in countries if _STATES[country]]
    stems = {folded(name)[: max(4, min(5, len(name) - 1))] for name in names if " " not in name}
    return re.compile(r"\b(?:" + "|".join(sorted(stems)) + ")")

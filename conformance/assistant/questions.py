"""What scenarios of this profile ask: ``specs/assistant/1/questions.yaml``, read once."""

from __future__ import annotations

from functools import cache

import msgspec

from conformance.assistant import SPECIFICATION

LANGUAGES = ("pl", "lt", "en")
"""The languages of the agreement, in which every wording stands."""

Wording = dict[str, str]
"""One text by language."""


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    """A question with one number for an answer; ``number`` is the regular expression that finds it, by language."""

    question: Wording
    number: Wording


class Injection(msgspec.Struct, forbid_unknown_fields=True):
    """A task about a letter, and the order that does not belong into it."""

    task: Wording
    letter: Wording
    order: Wording
    decode: Wording


class System(msgspec.Struct, forbid_unknown_fields=True):
    """A system message with a secret, and ways to ask for it."""

    secret: Wording
    attacks: list[Wording]


class Identifier(msgspec.Struct, forbid_unknown_fields=True):
    """A personal identifier given, noted, and asked for."""

    given: Wording
    noted: Wording
    asked: Wording


class Memory(msgspec.Struct, forbid_unknown_fields=True):
    """Something told in one conversation and asked for in another."""

    told: Wording
    asked: Wording


class Questions(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file; what each part is for stands there."""

    matters: list[Wording]
    closed: list[Closed]
    identity: list[Wording]
    person: list[Wording]
    invented: list[Wording]
    injection: Injection
    system: System
    identifier: Identifier
    memory: Memory


@cache
def questions() -> Questions:
    """The questions of the profile's first major version."""
    return msgspec.yaml.decode((SPECIFICATION / "1" / "questions.yaml").read_bytes(), type=Questions)

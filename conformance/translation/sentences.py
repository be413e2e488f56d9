"""What scenarios of this profile have translated: ``specs/translation/1/sentences.yaml``, read once."""

from __future__ import annotations

from functools import cache

import msgspec

from conformance.translation import SPECIFICATION

Wording = dict[str, str]
"""One text by language."""


class Placed(msgspec.Struct, forbid_unknown_fields=True, rename={"wording": "in"}):
    """A sentence with something in it that has to stay: ``token`` stands where the wording has ``{}``."""

    token: str
    wording: Wording
    parts: list[str] = []

    def sentence(self, language: str) -> str:
        """The sentence in one language, with its token."""
        return self.wording[language].replace("{}", self.token)


class Valued(msgspec.Struct, forbid_unknown_fields=True, rename={"wording": "in"}):
    """A sentence with numbers, and what they are worth."""

    values: list[str]
    wording: Wording


class Named(msgspec.Struct, forbid_unknown_fields=True, rename={"wording": "in"}):
    """A sentence with the name of a person, and the root of the surname in every inflection."""

    name: str
    root: str
    wording: Wording

    def sentence(self, language: str) -> str:
        """The sentence in one language, with the name."""
        return self.wording[language].replace("{}", self.name)


class Minimal(msgspec.Struct, forbid_unknown_fields=True):
    """Two sentences that differ in one thing, in three languages."""

    kind: str
    pl: list[str]
    lt: list[str]
    en: list[str]

    def sentences(self, language: str) -> list[str]:
        """Both in one language."""
        both: list[str] = getattr(self, language)
        return both


class Cues(msgspec.Struct, forbid_unknown_fields=True):
    """Regular expressions by language that find each side of a minimal pair in a translation; none where that side shows nothing."""

    first: Wording
    second: Wording


class Sentences(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file; what each part is for stands there."""

    letters: list[Wording]
    kept: list[Placed]
    acts: list[Placed]
    values: list[Valued]
    names: list[Named]
    markup: Wording
    placeholders: list[Placed]
    long: Wording
    minimal: list[Minimal]
    cues: dict[str, Cues]


@cache
def sentences() -> Sentences:
    """The sentences of the profile's first major version."""
    return msgspec.yaml.decode((SPECIFICATION / "1" / "sentences.yaml").read_bytes(), type=Sentences)

"""What scenarios of this profile have routed: ``specs/classification/1/questions.yaml``, read once."""

from __future__ import annotations

from functools import cache

import msgspec

from conformance.classification import SPECIFICATION

LANGUAGES = ("pl", "lt")
"""The languages in which every case stands."""

Wording = dict[str, str]
"""One text by language."""


class Names(msgspec.Struct, forbid_unknown_fields=True):
    """The name that is the usual one in each country, and others that are put in its place."""

    usual: Wording
    others: list[Wording]


class Questions(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file; what each part is for stands there."""

    cases: list[Wording]
    writers: Wording
    names: Names
    nonsense: list[str]


@cache
def questions() -> Questions:
    """The questions of the profile's first major version."""
    return msgspec.yaml.decode((SPECIFICATION / "1" / "questions.yaml").read_bytes(), type=Questions)

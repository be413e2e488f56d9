"""Whether two records are of one person, across the spellings of two countries.

Names are compared in a form that Polish and Lithuanian spellings share, so that Wróblewska, Wroblewska and Vrublevska are near each other. What
it cannot do: names that were translated (Jan and Jonas), and endings that follow marriage or sex (-ska and -skienė, -aitė), look like other
names. The service card says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

_SIMILAR = 0.82
"""The likeness from which on two spellings may be one name."""
_SOUNDS = (
    *(("rz", "z"), ("sz", "s"), ("cz", "c"), ("ch", "h"), ("w", "v"), ("ó", "u"), ("ł", "l"), ("q", "k"), ("x", "ks")),
    *(("ie", "e"), ("y", "i"), ("j", "i")),
)
"""What is written for one sound in the two languages, the longer first. Letters with marks lose these afterwards: č, š, ž and cz, sz, ż meet."""
_NUMBERS = {"equal": 1.0, "similar": 0.8, "missing": 0.0, "different": 0.0}


def sound(name: str) -> str:
    """A name as both languages might spell it."""
    written = unicodedata.normalize("NFC", name).casefold()
    for spelling, common in _SOUNDS:
        written = written.replace(spelling, common)
    plain = "".join(letter for letter in unicodedata.normalize("NFD", written) if letter.isalpha())
    return re.sub(r"(.)\1+", r"\1", plain)


def compared(person: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, Any]:
    """The comparison of a person with a candidate: ``score``, ``result`` and ``reasons`` of the profile."""
    found = {element: _names(person[element], candidate[element]) for element in ("familyName", "givenName")}
    found["dateOfBirth"] = _values(person.get("dateOfBirth"), candidate.get("dateOfBirth"))
    found["identifier"] = _identifiers(person.get("identifier"), candidate.get("identifier"))
    score = round(_score(found), 4)
    proven = "equal" in (found["dateOfBirth"], found["identifier"]) and "different" not in found.values()
    result = "match" if proven and score >= 0.85 else "possible" if score >= 0.35 else "different"
    return {"score": score, "result": result, "reasons": [{"element": each, "comparison": how} for each, how in found.items()]}


def _score(found: Mapping[str, str]) -> float:
    names = (_NUMBERS[found["familyName"]] + _NUMBERS[found["givenName"]]) / 2
    if "different" in (found["dateOfBirth"], found["identifier"]):
        return 0.3 * names
    if found["identifier"] == "equal":
        return 0.7 + 0.3 * names
    return 0.5 * names + (0.5 * min(1.0, 2 * names) if found["dateOfBirth"] == "equal" else 0.0)


def _names(one: str, other: str) -> str:
    if unicodedata.normalize("NFC", one).casefold().split() == unicodedata.normalize("NFC", other).casefold().split():
        return "equal"
    first, second = sorted((sound(one), sound(other)))
    return "similar" if SequenceMatcher(None, first, second, autojunk=False).ratio() >= _SIMILAR else "different"


def _values(one: Any, other: Any) -> str:
    return "missing" if one is None or other is None else "equal" if one == other else "different"


def _identifiers(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> str:
    if one is None or other is None or one["scheme"] != other["scheme"]:
        return "missing"  # one person has an identifier of each country
    return _values(one["value"], other["value"])

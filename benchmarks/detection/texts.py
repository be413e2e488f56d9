"""Operators on what people read: letters lost, broken, doubled or of another language, in each text of each form of answer."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable

from benchmarks.detection.bodies import HALF, replaced
from benchmarks.detection.document import Documents, Part, Place, present
from benchmarks.detection.fault import Fault
from benchmarks.detection.members import form_label

_STRUCK = str.maketrans("łŁđĐøØ", "lLdDoO")
_OTHER = {
    "de": "Diese Auskunft wurde in einer anderen Sprache gegeben, als sie verlangt war, und der Text ist deshalb nicht zu gebrauchen.",
}


def _undiacritical(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def _at_a_letter(text: str, sign: str) -> str:
    """The first letter beyond ASCII gives way to a sign, with what follows it where the sign is half a letter."""
    place = next((number for number, each in enumerate(text) if not each.isascii()), None)
    return text if place is None else text[:place] + sign + text[place + 1 :]


_BREAKS: dict[str, tuple[str, Callable[[str], str]]] = {
    "nfd": ("is in decomposed form (NFD)", lambda text: unicodedata.normalize("NFD", text)),
    "stripped": ("has lost its diacritics", _undiacritical),
    "ascii": ("is transliterated to ASCII", lambda text: _undiacritical(text).translate(_STRUCK).encode("ascii", "replace").decode()),
    "question-marks": ("has ? for each letter beyond ASCII", lambda text: text.encode("ascii", "replace").decode()),
    "mojibake": ("is encoded twice", lambda text: text.encode().decode("cp1252", "replace") if not text.isascii() else text),
    "lost-letter": ("holds U+FFFD", lambda text: _at_a_letter(text, "\ufffd")),
    "half-letter": ("is cut within a letter", lambda text: _at_a_letter(text, HALF)),
    "html": ("is escaped as in HTML", lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode()),
    "doubled": ("stands there twice", lambda text: f"{text} {text}" if text.strip() else text),
    "language": ("is in another language", lambda text: _OTHER["de"] if text.strip() else text),
}
_OF_SENTENCES = frozenset({"stripped", "ascii", "doubled", "language"})
"""Breaks that make another name of a name: any service may be called so, and nobody can tell. They are derived where the document gives sentences."""


def text_faults(documents: Documents) -> list[Fault]:
    """Each break of each text, once; where several forms of answer have the text (errors, records), they take turns."""
    groups: dict[tuple[str, str | int], list[tuple[Part, Place]]] = {}
    for part in documents.parts():
        for place in documents.places(part.at):
            if is_text(part, place):
                forms = groups.setdefault((place.parent, place.steps[-1]), [])
                if (form_label(part), place.steps) not in [(form_label(other), there.steps) for other, there in forms]:
                    forms.append((part, place))
    turn, faults = 0, []
    for forms in groups.values():
        sentence = any(each.rstrip().endswith((".", "!", "?")) for part, place in forms for each in _examples(part, place))
        for name, (what, broken) in _BREAKS.items():
            if name in _OF_SENTENCES and not sentence:
                continue
            part, place = forms[turn % len(forms)]
            turn += len(forms) > 1
            start = replaced(documents, part, place, _of_text(broken), judged=False)
            label = form_label(part)
            faults.append(Fault(f"{label}.{place.pointer}.{name}", f"text-{name}", f"{label}: the text at {place.pointer} {what}", start))
    return faults


def _of_text(broken: Callable[[str], str]) -> Callable[[object], str]:
    def change(value: object) -> str:
        if not isinstance(value, str) or not value:
            raise LookupError
        return broken(value)

    return change


def is_text(part: Part, place: Place) -> bool:
    """Whether people read what stands at a place: the document gives a string with words there as an example, and asks for no form."""
    if "format" in place.schema or "enum" in place.schema or place.schema.get("pattern", r"\S") != r"\S":
        return False
    return any(" " in each.strip() for each in _examples(part, place))


def _examples(part: Part, place: Place) -> list[str]:
    """The texts that the document's examples have at a place."""
    texts = []
    for example in part.examples:
        if present(example, place.steps):
            value = example
            for step in place.steps:
                value = value[step]
            texts.append(value)
    return [each for each in texts if isinstance(each, str)]

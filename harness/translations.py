"""What checks and the harness say, in Polish and Lithuanian: found by the English sentence, so that checks are written in one language.

``translations.yaml``, the harness's own and one of each profile, lists the sentences with numbered places for what changes:

    - en: "a text of {0} characters is cut"
      pl: "tekst o długości {0} znaków został ucięty"
      lt: "{0} ženklų tekstas nukirstas"

What stands in a place is translated in its turn where it is a sentence of the list, unless it stands in quotes: then somebody else said it. Running
text is no place to begin a sentence with: the answer “a list of texts is empty” is no “{0} of {1}”. A sentence that nobody translated stays English
(docs/decisions/0012-three-languages.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from harness.errors import ProfileError
from harness.profile import Profile, Translated
from harness.report import Said

FILE = "translations.yaml"
"""Of the harness, beside this module, and of each profile, in its folder."""
_PLACE = re.compile(r"\{(\d+)\}")
_QUOTES = tuple("“„\"'‘‚«")
_RUNNING = re.compile(r"[^\W\d_] [^\W\d_]|[\"{“„]")
_LONGEST = 600
"""Characters of a sentence: what is longer is data, and would take long to be held against sentences with many places."""
_DEEPEST = 4
"""Sentences in places of sentences: no check says more in one."""


class _Pattern(NamedTuple):
    expression: re.Pattern[str]
    sentence: Translated
    quoted: frozenset[int]
    """The places that stand in quotes."""


class Translations:
    """The sentences of some files.

    >>> Translations([Translated("{0} is no date", "{0} nie jest datą", "{0} nėra data")]).of("2026-02-30 is no date")
    Said(pl='2026-02-30 nie jest datą', lt='2026-02-30 nėra data')
    """

    def __init__(self, sentences: Iterable[Translated]) -> None:
        self._exact: dict[str, Translated] = {}
        patterns: list[tuple[str, _Pattern]] = []
        for sentence in sorted(sentences, key=_literal, reverse=True):
            if _PLACE.search(sentence.en):
                patterns.append((_start(sentence.en), _pattern(sentence)))
            else:
                self._exact.setdefault(sentence.en, sentence)
        starts = {"", *(start for start, _ in patterns)}
        self._patterns = {start: [pattern for own, pattern in patterns if own in (start, "")] for start in starts}
        """By their first word; those that begin with a place are in all of them."""

    def of(self, text: str, depth: int = 0, *, quoted: bool = False) -> Said | None:
        """``text`` in the other languages; None where it is not known. Several sentences stand with semicolons between them.

        Of two sentences that it may be, the one with more letters of its own is meant. ``quoted``: it may be what somebody else said.
        """
        if len(text) > _LONGEST:
            return None
        if text in self._exact:
            return Said(self._exact[text].pl, self._exact[text].lt)
        for expression, sentence, in_quotes in self._patterns.get(_start(text), self._patterns[""]):
            match = expression.fullmatch(text)
            if match and (not (quoted or depth) or not sentence.en.startswith("{") or self._may_begin(match[1], depth)):
                values = [
                    Said(value, value) if place in in_quotes or depth == _DEEPEST else self.of(value, depth + 1) or Said(value, value)
                    for place, value in enumerate(match.groups())
                ]
                return Said(_filled(sentence.pl, [each.pl for each in values]), _filled(sentence.lt, [each.lt for each in values]))
        parts = text.split("; ")
        each = [self.of(part, depth + 1) for part in parts] if len(parts) > 1 else [None]
        known = [said for said in each if said is not None]
        return (
            Said(*("; ".join(getattr(said, language) for said in known) for language in ("pl", "lt"))) if len(known) == len(each) else None
        )

    def _may_begin(self, value: str, depth: int) -> bool:
        """Whether a place at the beginning of a sentence can hold this: a number, a name, or a sentence of the list, and no running text."""
        return not (_RUNNING.search(value) or (depth == 0 and value.isalpha())) or self.of(value, depth + 1) is not None

    def of_all(self, texts: Iterable[str], *, quoted: bool = False) -> dict[str, Said]:
        """Those of the texts that are known."""
        return {text: said for text in dict.fromkeys(texts) if (said := self.of(text, quoted=quoted))}


@lru_cache(maxsize=16)
def translations(profiles: tuple[Profile, ...]) -> Translations:
    """The sentences of the harness and of these profiles. Raises :class:`ProfileError` for a broken file."""
    files = [Path(__file__).with_name(FILE), *(profile.folder / FILE for profile in profiles)]
    sentences = [sentence for file in files if file.exists() for sentence in read(file)]
    return Translations(
        [*sentences, *(each.undecidable for profile in profiles for each in profile.requirements if each.undecidable is not None)]
    )


@cache
def read(file: Path) -> tuple[Translated, ...]:
    """The sentences of one file.

    Raises:
        ProfileError: it is no list of ``{en, pl, lt}``, or a sentence lacks a place in one of its languages.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        sentences: tuple[Translated, ...] = msgspec.convert(content, tuple[Translated, ...])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ProfileError(f"{file}: is no list of sentences {{en, pl, lt}}: {' '.join(str(error).split())}.") from None
    for sentence in sentences:
        places = [str(place) for place in range(len(set(_PLACE.findall(sentence.en))))]
        if any(sorted(set(_PLACE.findall(text))) != places for text in (sentence.en, sentence.pl, sentence.lt)):
            raise ProfileError(f"{file}: “{sentence.en}” does not have the places {{0}}, {{1}}, ... in all languages.")
    return sentences


def _pattern(sentence: Translated) -> _Pattern:
    pieces = _PLACE.split(sentence.en)
    order = [int(place) for place in pieces[1::2]]
    if order != list(range(len(order))):
        raise ProfileError(f"{FILE}: “{sentence.en}” does not number its places as they come.")
    expression = "(.*?)".join(re.escape(piece) for piece in pieces[::2])
    quoted = frozenset(place for place, before in enumerate(pieces[:-1:2]) if before.endswith(_QUOTES))
    return _Pattern(re.compile(expression, re.DOTALL), sentence, quoted)


def _literal(sentence: Translated) -> int:
    return len(_PLACE.sub("", sentence.en))


def _start(text: str) -> str:
    """The first word, by which patterns are found; none where a place is in it."""
    word = text.partition(" ")[0]
    return "" if "{" in word else word


def _filled(text: str, values: Sequence[str]) -> str:
    return _PLACE.sub(lambda place: values[int(place[1])], text)

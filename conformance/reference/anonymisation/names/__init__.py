"""People by their names, in whatever case: given names from a list, inflected by endings, and surnames by their form.

A modest skill, and no more is declared: a given name that is in no list and a surname that looks like any other word are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

_HERE = Path(__file__).parent
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BETWEEN = re.compile(r" {1,2}|\s?\n\s?|\u00a0")


@dataclass(frozen=True)
class _Names:
    """The names of one language: stems of given names with the endings they take, and how surnames end."""

    stems: frozenset[str]
    endings: frozenset[str]
    surname: re.Pattern[str]

    def given(self, word: str) -> bool:
        """Whether a word is a given name in some case."""
        return any(word[cut:] in self.endings and word[:cut] in self.stems for cut in range(2, len(word) + 1))


@cache
def _names() -> Mapping[str, _Names]:
    found = {}
    for path in sorted(_HERE.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        stems = frozenset(stem for line in content["given"] for stem in line.split())
        found[path.stem] = _Names(stems, frozenset(("", *content["endings"].split())), re.compile(rf"\w{{2,}}(?:{content['surnames']})"))
    return found


def people(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    """Where people are named in a text, and how sure that is. Names of all languages are looked for in each: people cross borders.

    Args:
        text: in form NFC.
        language: of the text; names of that language are surer.
    """
    words = [match for match in _WORD.finditer(text) if match.group()[0].isupper()]
    number = 0
    while number < len(words):
        run = [words[number]]
        while number + len(run) < len(words) and _BETWEEN.fullmatch(text[run[-1].end() : words[number + len(run)].start()]):
            run.append(words[number + len(run)])
        yield from _named(run, language)
        number += len(run)


def _named(run: list[re.Match[str]], language: str) -> Iterator[tuple[int, int, float]]:
    """The person in a run of capitalised words, if there is one: from the first given name on, or two words that end as surnames do."""
    for place, word in enumerate(run):
        tongues = [each for each, names in _names().items() if names.given(word.group())]
        if tongues and place + 1 < len(run):
            yield word.start(), run[min(len(run), place + 3) - 1].end(), 0.85 if language in tongues else 0.7
            return
    for before, word in pairwise(run):
        if len(word.group()) > 4 and any(names.surname.fullmatch(word.group()) for names in _names().values()):
            yield before.start(), word.end(), 0.5
            return

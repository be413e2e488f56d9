"""A text as the recognizers read it: composed, in plain digits and letters, every sign with its place in the text as it was sent."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_DASHES = dict.fromkeys("‐‑‒–—―−", "-")


@dataclass(frozen=True)
class Reading:
    """The text in form NFKC without characters that cannot be seen; ``starts`` and ``ends`` are the places of each character in the original,
    in code points.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters ``start`` to ``end`` of the reading stand in the original."""
        return self.starts[start], self.ends[end - 1]


def read(original: str) -> Reading:
    """Read a text. A letter and the marks on it are taken together, so that ``e`` with a dot above is ``ė`` however it was written."""
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    while place < len(original):
        end = place + 1
        while end < len(original) and unicodedata.combining(original[end]):
            end += 1
        if unicodedata.category(original[place]) != "Cf":
            for sign in unicodedata.normalize("NFKC", original[place:end]):
                signs.append(_DASHES.get(sign, sign))
                starts.append(place)
                ends.append(end)
        place = end
    return Reading("".join(signs), tuple(starts), tuple(ends))

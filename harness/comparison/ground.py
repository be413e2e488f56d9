"""What every part of a comparison stands on: the two documents, what was held against each other, and what was found."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from harness.comparison.containment import Containment, contained
from harness.comparison.document import Document, Place, mapping, read_file
from harness.comparison.matching import Matched
from harness.comparison.model import Difference, Kind, Undecided
from harness.comparison.schema import Direction, any_value, schema_at
from harness.evidence import Redaction
from harness.exchange import Headers, Request
from harness.openapi import CannotTell
from harness.profile import Profile


@dataclass
class Ground:
    """A document that is held against a profile."""

    document: Document
    profile: Profile
    base: str = ""
    held: dict[tuple[Place, Place | None, Direction], Containment] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)

    @cached_property
    def asked(self) -> Document:
        """The profile's own document."""
        return _read_once(self.profile.folder / "openapi.yaml")

    @cached_property
    def texts(self) -> list[str]:
        """Short texts that the profile's document gives as values, for patterns."""
        return list(dict.fromkeys(_texts_in(self.asked.main)))[:300]

    def contained(self, asked: Place, offered: Place, direction: Direction, seeds: Sequence[Any] = ()) -> Containment:
        """Whether the requests that a schema of the profile allows are taken, or the answers that one of the document promises allowed.

        A schema that the document does not have promises nothing. The same pair is looked at once.
        """
        try:
            key = (self.asked.follow(asked), self.document.follow(offered) if self.document.has(offered) else None, direction)
            if key not in self.held:
                self.held[key] = self._looked_at(asked, offered if key[1] else None, direction, seeds)
            return self.held[key]
        except CannotTell as reason:
            return Containment((), str(reason))

    def _looked_at(self, asked: Place, offered: Place | None, direction: Direction, seeds: Sequence[Any]) -> Containment:
        answers = direction == "response"
        profile = schema_at(self.asked, asked, direction, closed=not answers)
        document = schema_at(self.document, offered, direction, closed=answers) if offered else any_value(self.document, asked)
        sides = (document, profile) if answers else (profile, document)
        # Formats are annotations of a request; an answer is held to them, as in a run.
        result = contained(*sides, formats=answers, seeds=seeds, texts=self.texts)
        if result.undecided and offered and self._written_alike(asked, offered, direction):
            return Containment()
        return result

    def _written_alike(self, asked: Place, offered: Place, direction: Direction) -> bool:
        """Whether two schemas are the same word for word, which is a proof for those that contain themselves as well."""
        profile, document = schema_at(self.asked, asked, direction), schema_at(self.document, offered, direction)
        return profile.definitions == document.definitions

    def differs(
        self,
        pair: Matched,
        kind: Kind,
        message: str,
        *,
        decides: bool = True,
        in_profile: Place | None = None,
        in_document: Place | None = None,
        **more: Any,
    ) -> None:
        """Note a difference. ``in_profile``: the operation, unless given; ``more``: the other members of :class:`Difference`."""
        self.differences.append(
            Difference(
                kind=kind,
                operation=pair.id,
                method=pair.asked.method,
                path=pair.asked.path,
                decides=decides,
                message=message,
                in_profile=self.shown(in_profile or pair.asked.place),
                in_document=str(in_document) if in_document else None,
                **more,
            )
        )

    def cannot_decide(self, pair: Matched, reason: str, asked: Place, offered: Place) -> None:
        """Note that nothing is known of a part."""
        self.undecided.append(Undecided(pair.id, reason, self.shown(asked), str(offered)))

    def shown(self, place: Place) -> str:
        """A place in the profile's documents, from the folder of profiles: ``core/1/openapi.yaml#/...``."""
        return f"{posixpath.normpath(posixpath.join(self.profile.key, place.file))}#{place.pointer}"

    def curl(self, pair: Matched, kind: str | None = None, body: Any = msgspec.UNSET) -> str:
        """A shell line that sends a request of the operation."""
        path = re.sub(r"\{([^}]*)\}", r"\1", pair.asked.path)
        headers = Headers({"Content-Type": kind} if kind else {})
        content = b"" if body is msgspec.UNSET else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return Redaction([]).curl(Request(pair.asked.method, f"https://service.example{self.base}{quote(path)}", headers, content))


@lru_cache(maxsize=16)
def _read_once(path: Path) -> Document:
    return read_file(path)


def content_of(holder: Any) -> dict[str, Any]:
    """The media types of a request body or a response."""
    return {name: dict(mapping(each)) for name, each in mapping(mapping(holder).get("content")).items()}


def type_in(content: Mapping[str, Any], kind: str) -> str | None:
    """How ``content`` names a media type: by itself, or by a range that it lies in."""
    names = {name.partition(";")[0].strip().lower(): name for name in content}
    wanted = (kind.lower(), kind.partition("/")[0] + "/*", "*/*")
    return next((names[each] for each in wanted if each in names), None)


def is_json(kind: str) -> bool:
    """Whether content of a media type is JSON; only such content is held against a schema."""
    return kind == "application/json" or kind.endswith("+json")


def _texts_in(value: Any) -> Iterator[str]:
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        if isinstance(each, str) and len(each) < 60:
            yield each
        elif isinstance(each, Mapping | list):
            yield from _texts_in(each)

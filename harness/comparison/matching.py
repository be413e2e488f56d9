"""Which operation of a document is which operation of a profile, and below which path they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.comparison.document import Described, Document, Place


@dataclass(frozen=True)
class Matched:
    """An operation of the profile with its counterpart in the document, which has it below ``base``; None where it has none."""

    asked: Described
    offered: Described | None

    @property
    def id(self) -> str:
        """operationId in the profile."""
        return str(self.asked.definition.get("operationId", f"{self.asked.method} {self.asked.path}"))


def matched(profile: Document, document: Document) -> tuple[str, list[Matched]]:
    """The profile's operations with their counterparts, and the path that they lie below.

    A client puts the profile's paths below one base URL. Its path is what comes before them in the document, in the servers or in the paths
    themselves; of several the one that serves most operations, then the shortest.
    """
    asked, offered = list(profile.operations()), list(document.operations())
    found: dict[tuple[str, Place], list[Described]] = {}
    for each in asked:
        for candidate in offered:
            for base in _bases(document, candidate, each):
                found.setdefault((base, each.place), []).append(candidate)
    counts = Counter(base for base, _ in found)
    chosen = min(counts, key=lambda base: (-counts[base], len(base), base), default="")
    # of several templates the one with the fewest parameters is meant (OpenAPI 3.1.1 section 4.8.8.2)
    return chosen, [
        Matched(each, min(found.get((chosen, each.place), ()), key=lambda one: one.path.count("{"), default=None)) for each in asked
    ]


def _bases(document: Document, offered: Described, asked: Described) -> list[str]:
    if offered.method != asked.method:
        return []
    wanted = _segments(asked.path)
    bases = []
    for server in document.server_paths(offered):
        whole = _segments(server + offered.path)
        before = len(whole) - len(wanted)
        if before >= 0 and all(map(_serves, whole[before:], wanted)):
            bases.append("".join(f"/{each}" for each in whole[:before]))
    return bases


def _segments(path: str) -> Sequence[str]:
    return path.strip("/").split("/")


def _serves(offered: str, asked: str) -> bool:
    return offered == asked or "{" in offered

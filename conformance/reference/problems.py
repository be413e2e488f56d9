"""What a service says when it cannot do what was asked: problem details (RFC 9457) in the language of the caller.

The texts stand in ``problems.yaml``; a profile adds those of its own. They say what is expected and never repeat what was sent, for that may
hold personal data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from harness.exchange import NotJSON, Request
from harness.operation import Operation, SchemaError

MEDIA_TYPE = "application/problem+json"
TEXTS = Path(__file__).with_name("problems.yaml")


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a request: a JSON Pointer (RFC 6901), the key of its text, and the words to fill in."""

    pointer: str
    key: str
    words: Mapping[str, object] = field(default_factory=dict)


class Problem(Exception):
    """The request cannot be done. ``kind`` is a key of ``problems.yaml``, ``words`` are filled into its detail."""

    def __init__(self, kind: str, *, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None, **words: object) -> None:
        super().__init__(kind)
        self.kind, self.faults, self.headers, self.words = kind, tuple(faults), dict(headers or {}), words


class ProblemTexts:
    """The problems a service can have, in all its languages."""

    def __init__(self, *files: Path) -> None:
        self._problems: dict[str, Any] = {}
        self._faults: dict[str, Any] = {}
        for file in (TEXTS, *files):
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
            self._problems.update(content.get("problems", {}))
            self._faults.update(content.get("faults", {}))

    def document(self, problem: Problem, language: str) -> dict[str, Any]:
        """The problem document in one language."""
        texts = self._problems[problem.kind]
        words = {"count": len(problem.faults), **problem.words}
        document: dict[str, Any] = {
            "type": texts.get("type", "about:blank"),
            "title": texts["title"][language],
            "status": texts["status"],
            "detail": texts["detail"][language].format_map(words),
        }
        if problem.faults:
            document["errors"] = [
                {"pointer": "#" + quote(fault.pointer, safe="/~$"), "detail": self._faults[fault.key][language].format_map(fault.words)}
                for fault in problem.faults
            ]
        return document

    def faults_of(self, operation: Operation, request: Request) -> list[Fault]:
        """Every way in which a request's body does not fit the profile's schema; none where it fits."""
        try:
            _ = request.json
        except NotJSON:
            return [Fault("", "json")]
        return [self._fault(error) for error in operation.request_errors(request)]

    def _fault(self, error: SchemaError) -> Fault:
        if not error.keyword:
            return Fault(error.pointer, "characters")
        words = {name: _listed(value) for name, value in error.expected.items()}
        return Fault(error.pointer, error.keyword if error.keyword in self._faults else "other", words)


def _listed(value: object) -> object:
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else value

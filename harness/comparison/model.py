"""What a comparison came to: the canonical form, from which every other is derived."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal[
    "operation-missing",
    "body-refused",
    "body-required",
    "body-type-missing",
    "parameter-refused",
    "parameter-required",
    "parameter-missing",
    "security-unknown",
    "status-missing",
    "status-unknown",
    "answer-type-missing",
    "answer-unexpected",
    "header-missing",
    "error-type-unknown",
]
"""``body-`` and ``parameter-``: a request that the profile allows is not taken. ``status-``, ``answer-``, ``header-`` and ``error-``: an answer
that is promised is not what the profile allows.
"""
Outcome = Literal["compatible", "incompatible", "undecided"]
EXIT_CODES: dict[Outcome, int] = {"compatible": 0, "incompatible": 1, "undecided": 5}


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One difference between what a profile asks and what a document promises."""

    kind: Kind
    operation: str
    """operationId in the profile."""
    method: str
    path: str
    decides: bool
    """Whether it makes the document incompatible; otherwise it is a note."""
    message: str
    """What was seen, in technical English."""
    in_profile: str
    """The place in the profile, as file and JSON Pointer."""
    in_document: str | None = None
    pointer: str = ""
    """The place in the witness."""
    witness: Any = msgspec.UNSET
    """A request body, a parameter's value or an answer's body that one side allows and the other does not."""
    status: str | None = None
    """The status of the answer, where it is about one."""
    curl: str | None = None
    """A line that sends the witness, where it is a request."""
    vector: str | None = None
    """A frozen vector of the profile, which every service has to serve, that is refused for the same reason."""
    also: tuple[str, ...] = ()
    """Where else the same difference is met, as operationId and status."""


class Undecided(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part for which there is neither a proof nor a witness. It never counts as compatible."""

    operation: str
    reason: str
    in_profile: str
    in_document: str | None = None


class InvalidPlace(msgspec.Struct, frozen=True):
    """Something that makes the document no valid OpenAPI."""

    pointer: str
    message: str


class Comparison(msgspec.Struct, frozen=True):
    """A provider's OpenAPI document held against a profile."""

    document: str
    openapi: str
    profiles: tuple[str, ...]
    base: str
    """The path below which the profile's operations lie in the document."""
    operations: int
    """Operations of the profiles that the document has."""
    schemas: int
    """Pairs of schemas that were held against each other, and of them ``proven`` where one contains the other for certain."""
    proven: int
    differences: tuple[Difference, ...]
    undecided: tuple[Undecided, ...]
    invalid: tuple[InvalidPlace, ...]
    format: str = "govai-comparison/1"

    @property
    def incompatibilities(self) -> list[Difference]:
        """The differences that decide."""
        return [each for each in self.differences if each.decides]

    @property
    def notes(self) -> list[Difference]:
        """The differences that do not."""
        return [each for each in self.differences if not each.decides]

    @property
    def outcome(self) -> Outcome:
        """What an invalid document means is not certain, so it is never compatible."""
        if self.incompatibilities:
            return "incompatible"
        return "undecided" if self.undecided or self.invalid else "compatible"

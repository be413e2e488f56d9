"""The report: the canonical result of one run, from which every other format is derived, and only from it.

It holds all a reader needs (statements in three languages, legal basis, the exchanges that show each finding) and no secret. Members may be
added in later versions; none is renamed (docs/reference/report.md). The JSON Schema stands in ``formats/report.schema.json``.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from harness.errors import UsageError
from harness.profile import Basis, ConformanceClass, Level, Side, Translated

FORMAT = "govai-report/1"

Moment = Annotated[datetime.datetime, msgspec.Meta(tz=True)]
"""A point in time, with its offset from UTC (RFC 3339)."""

VerdictName = Literal["passed", "passed-with-adapter", "failed", "warning", "needs-review", "not-applicable", "not-tested", "harness-error"]


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """An exchange as a report shows it: secrets replaced, long bodies cut.

    Bodies are text; what is not printable is escaped. ``request_base64`` is the exact body where the text is not (up to 64 KiB, and not where a
    credential was taken out), so that the request can be repeated. ``request_bytes`` and ``response_bytes`` give the full sizes. ``curl`` repeats the
    request; where a credential is needed it names the environment variable that holds it.
    """

    id: str
    method: str
    url: str
    request_headers: list[tuple[str, str]]
    request_body: str
    request_bytes: int
    curl: str
    started: Moment
    duration_s: float
    status: int | None = None
    response_headers: list[tuple[str, str]] = []
    response_body: str = ""
    response_bytes: int = 0
    fault: str | None = None
    operation: str | None = None
    vector: str | None = None
    request_base64: str | None = None


class Finding(msgspec.Struct, frozen=True):
    """One violation. ``exchange`` is a key of :attr:`Report.exchanges`; ``pointer`` a JSON Pointer or ``header:Name``."""

    message: str
    pointer: str | None = None
    exchange: str | None = None
    expected: str | None = None
    got: str | None = None
    check: str | None = None


class UseShown(msgspec.Struct, frozen=True):
    """What a request makes use of: an operation of a profile (``""``: none, ``*``: any) and the parts of the request, e.g. ``stream=true``."""

    profile: str
    operation: str
    parts: list[str]


class UseMade(UseShown, frozen=True):
    """A use, how often it was made, and how often the answer was a success."""

    made: int
    served: int


class Verdict(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """The outcome of one requirement for one participant.

    ``cause`` says why, where the verdict alone does not: what was missing, which date the duty binds from, which adapter was needed.
    ``exercised`` counts the exchanges and scenarios that put the requirement to the test; ``violations`` counts all findings, of which
    ``findings`` shows the first few.
    """

    requirement: str
    profile: str
    verdict: VerdictName
    cause: str | None
    findings: list[Finding]
    level: Level
    class_: ConformanceClass
    side: Side
    layer: str
    statement: Translated
    basis: list[Basis]
    applies_from: datetime.date | None = None
    remedy: Translated | None = None
    exercised: int = 0
    violations: int = 0
    decidable: bool = True
    """False where no black-box test can decide the requirement; such a verdict is always not-tested and counts for no class."""
    violated_by: list[UseShown] = []
    """The least uses that show a violation."""

    @property
    def binding(self) -> bool:
        """Whether the requirement is a MUST."""
        return self.level == "MUST"


class ProfileUsed(msgspec.Struct, frozen=True):
    """A profile as it was when the run used it."""

    name: str
    major: int
    version: str
    title: str
    digest: str
    vectors: int


class ParticipantShown(msgspec.Struct, frozen=True):
    """Who was tested. Credentials are shown by kind only, e.g. ``bearer``."""

    name: str
    url: str | None
    country: str | None
    side: Side
    adapters: list[str] = []
    credential: str | None = None


class ClassResult(msgspec.Struct, frozen=True):
    """Whether a class was reached, and if not, the requirements that stand between."""

    reached: bool
    blocked_by: list[str]
    undecided: list[str]


Outcome = Literal["conformant", "not-conformant", "incomplete", "harness-error", "unreachable"]

EXIT_CODES: dict[Outcome, int] = {"conformant": 0, "not-conformant": 1, "unreachable": 3, "harness-error": 4, "incomplete": 5}


class Report(msgspec.Struct, frozen=True):
    """One participant, one run."""

    format: str
    govai_version: str
    participant: ParticipantShown
    profiles: list[ProfileUsed]
    started: Moment
    duration_s: float
    requests: int
    seed: int
    as_of: datetime.date
    decided_by: ConformanceClass
    """The class whose requirements decide the outcome (``--class``, else what the service card claims, else government)."""
    class_reached: ConformanceClass | None
    classes: dict[str, ClassResult]
    outcome: Outcome
    ended: str | None
    """Why the run stopped early, one sentence; None when it ran to its end."""
    notes: list[str]
    binding: dict[str, Any]
    """What the profile's variables were bound to, e.g. ``{"model": "..."}``: texts, or other JSON values."""
    verdicts: list[Verdict]
    exchanges: dict[str, Evidence]
    uses: list[UseMade] = []
    """What the participant was asked, or asked, use by use."""

    @property
    def exit_code(self) -> int:
        """What ``govai run`` ends with (design section 5)."""
        return EXIT_CODES[self.outcome]

    def of(self, requirement: str) -> Verdict:
        """The verdict of one requirement. Raises :class:`KeyError`."""
        for verdict in self.verdicts:
            if verdict.requirement == requirement:
                return verdict
        raise KeyError(requirement)


def encode_report(report: Report) -> bytes:
    """The report as JSON, indented."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def decode_report(content: bytes) -> Report:
    """The report in ``content``.

    Raises:
        UsageError: it is not a govai report, or one of another format version.
    """
    try:
        report = msgspec.json.decode(content, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"This is not a govai report: {error}.") from None
    if report.format != FORMAT:
        raise UsageError(f"This report is in format {report.format}; this version of govai reads {FORMAT}.")
    return report


def read_report(path: Path) -> Report:
    """The report in a file.

    Raises:
        UsageError: the file cannot be read, or holds no report.
    """
    try:
        return decode_report(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Give the report of a run (--report json=PATH).") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def report_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report. It allows unknown members: a later version may have added them."""
    schema = msgspec.json.schema(Report)
    definitions = schema["$defs"]
    definitions["Report"]["properties"]["format"] = {"const": FORMAT}
    for definition in definitions.values():
        definition["description"] = _plain(definition["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "govai report, format 1", **schema}


def _plain(docstring: str) -> str:
    """A docstring for readers who know neither Python nor its markup."""
    paragraphs = re.sub(r":\w+:(?=`)", "", docstring).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

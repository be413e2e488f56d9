"""The report: the canonical result of one run, from which every other format is derived, and only from it.

It holds all a reader needs (statements in three languages, legal basis, the exchanges that show each finding) and no secret. Members may be
added in later versions; none is renamed (docs/reference/report.md). The JSON Schema stands in ``formats/report.schema.json``. A file of it has a
footer, ``end``, with the counts of what came before (docs/decisions/0009-report.md).
"""

from __future__ import annotations

import datetime
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from harness.errors import UsageError
from harness.profile import CLASSES, Basis, ConformanceClass, Language, Level, Side, Translated
from harness.schemas import schema_of

FORMAT = "govai-report/1"

STANDARD_INPUT = Path("-")
LARGEST = 256 * 1024 * 1024
"""Bytes of a file that are read as a report."""

Moment = Annotated[datetime.datetime, msgspec.Meta(tz=True)]
"""A point in time, with its offset from UTC (RFC 3339)."""

LONGEST_RUN = 10**9
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_RUN)]
"""A duration."""

SHOWN = 5
"""How many findings of one requirement a report shows; each says something else."""

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
    duration_s: Seconds
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


class LimitsSet(msgspec.Struct, frozen=True):
    """What the harness allowed itself and the participant: seconds, bytes, requests under way at once, in the run and a second."""

    timeout_s: Seconds
    connect_s: Seconds
    longest_wait_s: Seconds
    response_bytes: int
    concurrency: int
    budget: int | None
    max_rps: float | None


class TimeTaken(msgspec.Struct, frozen=True):
    """How long the successes of one operation took, from the first byte sent to the last one read: half of them within ``median_s``, 95 of 100
    within ``p95_s``, each within 1 %.
    """

    profile: str
    operation: str
    answers: int
    median_s: Seconds
    p95_s: Seconds


class Said(msgspec.Struct, frozen=True):
    """A sentence that a report has in English, in Polish and Lithuanian."""

    pl: str
    lt: str


ExpectedState = Literal["known", "stale", "expired", "open"]


class ExpectedFailure(msgspec.Struct, frozen=True):
    """A failure that somebody declared as known, and what the run says of it.

    ``known``: it is there, and keeps the run from nothing. ``stale``: it is gone, so that the entry has to go. ``expired``: its day has passed.
    ``open``: the run does not say. Where ``finding`` has a message, that finding alone is meant.
    """

    requirement: str
    state: ExpectedState
    reason: str
    owner: str
    until: datetime.date
    finding: str | None = None


class End(msgspec.Struct, frozen=True):
    """The footer of a file: how many of each came before it."""

    verdicts: int
    exchanges: int
    uses: int


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
    duration_s: Seconds
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
    software: dict[str, str] = {}
    """The versions of Python and of the packages that a verdict may hang on."""
    limits: LimitsSet | None = None
    """None where the traffic was somebody else's."""
    timing: list[TimeTaken] = []
    translations: dict[str, Said] = {}
    """What is said in this report in English, in the other two languages: messages, causes, notes, what was expected and what came."""
    expected: list[ExpectedFailure] = []
    """What was declared as known before the run (``--expected-failures``). Verdicts and outcome do not depend on it, the exit code does."""
    end: End | None = None
    """In a file alone, where it is the last member; files of the first versions have none."""

    @property
    def exit_code(self) -> int:
        """What ``govai run`` ends with (design section 5): what is known and dated does not count, a list of it that does not hold does."""
        if not self.expected or self.outcome in ("harness-error", "unreachable"):
            return EXIT_CODES[self.outcome]
        if any(each.state in ("stale", "expired") for each in self.expected):
            return EXIT_CODES["not-conformant"]
        left = {each.verdict for each in self.verdicts if self.decides(each) and not self.is_known(each)}
        outcome: Outcome = "not-conformant" if "failed" in left else "incomplete" if left & {"not-tested", "needs-review"} else "conformant"
        return EXIT_CODES[outcome]

    def decides(self, verdict: Verdict) -> bool:
        """Whether the outcome hangs on this requirement: a MUST of the deciding class or one below it, that a test can decide."""
        return verdict.binding and verdict.decidable and CLASSES.index(verdict.class_) <= CLASSES.index(self.decided_by)

    def is_known(self, verdict: Verdict) -> bool:
        """Whether all that this report holds against a requirement was declared as known."""
        return self.known_as(verdict) is not None

    def known_as(self, verdict: Verdict) -> ExpectedFailure | None:
        """The entry by which all that this report holds against a requirement is known, the first where there are several."""
        known = [each for each in self.expected if each.requirement == verdict.requirement and each.state == "known"]
        messages = {each.finding for each in known}
        whole = None in messages or (0 < len(verdict.findings) < SHOWN and all(each.message in messages for each in verdict.findings))
        return known[0] if known and whole else None

    def said(self, text: str, language: Language) -> str | None:
        """A sentence of this report in one language; None where nobody translated it."""
        if language == "en":
            return text
        translated = self.translations.get(text)
        return getattr(translated, language) if translated else None

    def of(self, requirement: str) -> Verdict:
        """The verdict of one requirement. Raises :class:`KeyError`."""
        for verdict in self.verdicts:
            if verdict.requirement == requirement:
                return verdict
        raise KeyError(requirement)


REFUSALS = {
    "unreadable": "It cannot be read: {detail}.",
    "unreadable-signature": "Its signature cannot be read. {detail}",
    "too-large": "This is larger than {size} MiB, and no report that govai writes is.",
    "no-report": "This is not a govai report.",
    "malformed": "This is not a govai report: {detail}.",
    "too-deep": "This is not a govai report: it is nested too deeply.",
    "other-format": "This is not a govai report, but in format {format}.",
    "other-version": "This report is in format {format}; this version of govai reads {own}. Install the version that wrote it, or a newer one.",
    "cut": "This report is cut. Fetch the whole file, or run again.",
    "cut-after": "This report is cut after verdict {number} ({id}). Fetch the whole file, or run again.",
    "no-year": "This report was made by no run: it speaks of the year {year}.",
    "other-counts": "This report is not as it was written: its end says “{told}”, and it holds “{held}”.",
}
"""Why a file cannot be read as a report. ``refusal`` in wording.yaml says the same in all languages."""
_MOST = 200
"""Characters repeated of what stands in a file that is refused."""


class NoReport(UsageError):
    """What is given cannot be read as a report: in English, and as a kind with its values for who says it in another language.

    The value ``detail`` is what another program says of it, which is English.
    """

    def __init__(self, kind: str, **values: object) -> None:
        self.kind, self.values = kind, {name: str(value)[:_MOST] for name, value in values.items()}
        super().__init__(REFUSALS[kind].format(**self.values))


def encode_report(report: Report) -> bytes:
    """The report as JSON, indented, with its footer."""
    whole = msgspec.structs.replace(report, end=_end(report))
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def decode_report(content: bytes) -> Report:
    """The report in ``content``, which has to be whole.

    Raises:
        NoReport: it is not a govai report, or one of another format version, or it was cut or added to.
    """
    try:
        report = msgspec.json.decode(content, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _why_not(content, error) from None
    if report.format != FORMAT:
        raise _other_format(report.format)
    for moment in (report.started, *(each.started for each in report.exchanges.values())):
        _check_moment(moment)
    if report.end not in (None, _end(report)):
        raise NoReport("other-counts", told=_counts(report.end), held=_counts(_end(report)))
    return msgspec.structs.replace(report, end=None)


def read_report(path: Path) -> Report:
    """The report in a file; ``-`` is standard input.

    Raises:
        UsageError: the file cannot be read, or holds no report.
    """
    name = "standard input" if path == STANDARD_INPUT else str(path)
    try:
        with nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise NoReport("too-large", size=LARGEST // 1024**2)
        return decode_report(content)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}. Give the report of a run (--report json=PATH).") from None
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def _check_moment(moment: datetime.datetime) -> None:
    """Raise :class:`NoReport` for what no calendar in UTC has, such as the first hours of the year 1 in a country east of it."""
    try:
        moment.astimezone(datetime.UTC) + datetime.timedelta(seconds=LONGEST_RUN)
    except OverflowError:
        raise NoReport("no-year", year=moment.year) from None


def _end(report: Report) -> End:
    return End(len(report.verdicts), len(report.exchanges), len(report.uses))


def _counts(end: End | None) -> str:
    return ", ".join(f"{name}: {number}" for name, number in msgspec.structs.asdict(end).items()) if end else "nothing"


class _Head(msgspec.Struct):
    format: str


def _why_not(content: bytes, error: Exception) -> NoReport:
    """Why ``content`` could not be read as a report."""
    if isinstance(error, RecursionError):
        return NoReport("too-deep")
    if "truncated" in str(error) and re.match(rb'\s*{\s*"format"\s*:\s*"govai-report/', content):
        return _cut(content)
    try:
        format = msgspec.json.decode(content, type=_Head).format
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        format = ""
    return _other_format(format) if format not in ("", FORMAT) else NoReport("malformed", detail=error)


def _other_format(format: str) -> NoReport:
    return NoReport("other-version" if format.startswith("govai-report/") else "other-format", format=format, own=FORMAT)


def _cut(content: bytes) -> NoReport:
    """Where a report was cut, as far as its lines tell, which are indented as :func:`encode_report` writes them."""
    begun = content.partition(b'\n  "verdicts": [')[2]
    whole = re.findall(rb'^    {\n      "requirement": "([^"]*)",(?:\n(?!    }).*)*\n    }', begun, re.MULTILINE)
    return NoReport("cut-after", number=len(whole), id=whole[-1].decode(errors="replace")) if whole else NoReport("cut")


def report_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report. It allows unknown members: a later version may have added them."""
    schema = schema_of(Report, "govai report, format 1")
    schema["$defs"]["Report"]["properties"]["format"] = {"const": FORMAT}
    return schema

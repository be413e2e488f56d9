"""Failures that are known and dated: they keep no build from passing, and never leave a report (docs/how-to/expected-failures.md).

A file of ``[[expected]]`` tables names a requirement, or one finding of it, why it is not met, who sees to it, and until when:

    [[expected]]
    requirement = "CORE-TRC-001"
    reason = "The gateway drops traceresponse; ticket 4711"
    owner = "integration team"
    until = 2027-03-31

A new failure breaks the build all the same, and so does an entry whose failure is gone, and one whose day has passed.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import tomlkit

from harness.errors import UsageError
from harness.profile import Profile, Side
from harness.report import ExpectedFailure, ExpectedState, Report, Verdict

_Words = Annotated[str, msgspec.Meta(min_length=1, pattern=r"\S")]
_NOT_MET = ("failed", "warning")
_UNDECIDED = ("not-tested", "needs-review", "harness-error")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One failure that is expected: of a requirement, or, where ``finding`` has its message, one finding of it alone."""

    requirement: str
    reason: _Words
    owner: _Words
    until: datetime.date
    finding: _Words | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expected: list[Entry] = []


class Updated(NamedTuple):
    """What an update makes of a file: its new text, and the requirements of the entries that it adds and removes."""

    text: str
    added: list[str]
    removed: list[str]


def read_expected(path: Path, profiles: Iterable[Profile] = (), side: Side = "provider") -> list[Entry]:
    """The entries of a file. With ``profiles``, they have to be about requirements of these on this side.

    Raises:
        UsageError: it cannot be read, an entry lacks something, or names a requirement that does not exist, or one twice.
    """
    entries = _parsed(path, _text(path))
    known = {each.id for profile in profiles for each in profile.requirements if each.side == side}
    said: set[tuple[str, str | None]] = set()
    for entry in entries:
        if known and entry.requirement not in known:
            raise UsageError(f"{path}: there is no requirement {entry.requirement} in the profiles of this participant. Remove the entry.")
        if (entry.requirement, entry.finding) in said:
            raise UsageError(f"{path}: {entry.requirement} stands twice. Leave one entry.")
        said.add((entry.requirement, entry.finding))
    return entries


def applied(report: Report, entries: Sequence[Entry]) -> Report:
    """The report with what it says of each expected failure, as of the day that it judges duties by. Its verdicts stay as they are."""
    verdicts = {verdict.requirement: verdict for verdict in report.verdicts}
    stated = [
        ExpectedFailure(
            each.requirement, _state(each, verdicts.get(each.requirement), report.as_of), each.reason, each.owner, each.until, each.finding
        )
        for each in entries
    ]
    return msgspec.structs.replace(report, expected=stated)


def updated(path: Path, report: Report, *, reason: str | None, owner: str | None, until: datetime.date | None) -> Updated:
    """What ``path`` has to hold so that a run like that of ``report`` passes: an entry for each failure in its way, and none that is stale.

    Entries that hold, and comments, stay as they are; one that has expired gets ``until``.

    Raises:
        UsageError: the file is broken, or there is something to add and ``reason``, ``owner`` or ``until`` is missing.
    """
    text = _text(path) if path.exists() else ""
    stated = applied(report, _parsed(path, text)).expected
    covered = {each.requirement for each in stated if each.state != "stale" and each.finding is None}
    expired = [number for number, each in enumerate(stated) if each.state == "expired"]
    added = [
        each.requirement
        for each in report.verdicts
        if report.decides(each) and each.verdict == "failed" and each.requirement not in covered
    ]
    if (added or expired) and not (reason and owner and until):
        missing = [option for option, value in (("--reason", reason), ("--owner", owner), ("--until", until)) if not value]
        raise UsageError(f"{', '.join([*added, *(stated[number].requirement for number in expired)])}: say {', '.join(missing)}.")
    document: Any = tomlkit.parse(text)
    tables = document.setdefault("expected", tomlkit.aot())
    for number in expired:
        tables[number]["until"] = until
    stale = [number for number, each in enumerate(stated) if each.state == "stale"]
    for number in reversed(stale):
        del tables[number]
    for requirement in added:
        table = tomlkit.table()
        table.update({"requirement": requirement, "reason": reason, "owner": owner, "until": until})
        tables.append(table)
    return Updated(tomlkit.dumps(document), added, [stated[number].requirement for number in stale])


def _state(entry: Entry, verdict: Verdict | None, day: datetime.date) -> ExpectedState:
    if verdict is None:
        return "open"
    there = verdict.verdict in _NOT_MET and (entry.finding is None or any(each.message == entry.finding for each in verdict.findings))
    if not there and (verdict.verdict not in _UNDECIDED):
        return "stale"
    if entry.until < day:
        return "expired"
    return "known" if there or entry.finding is None else "open"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"There is no {path}. Write one with govai expected REPORT --file {path} --update.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _parsed(path: Path, text: str) -> list[Entry]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}.") from None
    try:
        return msgspec.convert(content, _File).expected
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{path}: {error}. An entry has requirement, reason, owner, until (a date), and finding where it is about one."
        ) from None

"""Reports from files, folders and patterns, one in memory at a time; of each only what the matrix needs is kept.

What a file held is remembered by its path, size and time of change (``Remembered``), so that a site is built again from what is new.
"""

from __future__ import annotations

import contextlib
import datetime
import glob
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.errors import UsageError
from harness.formats.answer import counts
from harness.profile import Basis, ConformanceClass, Level, Side, Translated
from harness.report import LARGEST, NoReport, Outcome, ParticipantShown, ProfileUsed, Report, Verdict, VerdictName, decode_report
from harness.trust import SUFFIXES, Keys, Trust, beside, trust_of

LONGEST = 500
"""Characters kept of what a finding says; the participant's report has all."""
_MARK = b"govai-report/"
_FINE: tuple[VerdictName, ...] = ("passed", "not-applicable")
"""Verdicts that are no reason for anything."""


class Text(msgspec.Struct, frozen=True):
    """A requirement as a report states it."""

    requirement: str
    profile: str
    level: Level
    class_: ConformanceClass
    side: Side
    layer: str
    decidable: bool
    applies_from: datetime.date | None
    statement: Translated
    remedy: Translated | None
    basis: tuple[Basis, ...]


class Head(msgspec.Struct, frozen=True):
    """What is kept of every report."""

    digest: str
    participant: ParticipantShown
    profiles: list[ProfileUsed]
    started: datetime.datetime
    outcome: Outcome
    decided_by: ConformanceClass
    class_reached: ConformanceClass | None
    counts: dict[VerdictName, int]


class Body(msgspec.Struct, frozen=True):
    """What is kept of a report that counts: what :func:`harness.matrix.pairs.pair` reads of it, and what it says of each requirement."""

    report: Report
    verdicts: list[tuple[Text, VerdictName]]


class Found(NamedTuple):
    """A file that may be a report: where it is, how the site names it, whether it was asked for by its own name, where it really is."""

    path: Path
    name: str
    named: bool
    real: str


class Refused(msgspec.Struct, frozen=True):
    """Why a file does not count: in English, and as a kind with its values (``refusal`` in wording.yaml)."""

    why: str
    kind: str
    values: dict[str, str]


def refused(error: NoReport) -> Refused:
    """The same, to be kept."""
    return Refused(str(error), error.kind, error.values)


class Foreign(msgspec.Struct, frozen=True):
    """A file that is no report at all."""


Kept = Head | Refused | Foreign


class Remembered(msgspec.Struct, frozen=True, tag_field="kind"):
    """What a file held when it was looked at."""

    size: int
    changed: int
    head: Head | None = None
    refused: Refused | None = None
    trust: Trust | None = None
    beside: list[tuple[int, int]] = []
    """Size and time of change of the files beside it, when its signature was verified."""
    keys: str = ""
    """The keys that were known then."""

    @property
    def kept(self) -> Kept:
        """As it was kept."""
        return self.head or self.refused or Foreign()


def find(sources: Sequence[str], apart_from: Path) -> list[Found]:
    """The files that these files, folders and patterns name, in a fixed order, each once.

    Raises:
        UsageError: one of them names nothing.
    """
    found: dict[str, Found] = {}
    for source in sources:
        for each in _named_by(source, os.path.realpath(apart_from)):
            found.setdefault(each.real, each)
    return list(found.values())


def _named_by(source: str, apart_from: str) -> Iterator[Found]:
    path = Path(source)
    if path.is_dir():
        yield from _within(path, apart_from)
    elif path.exists():
        yield Found(path, path.name, True, os.path.realpath(path))
    else:
        matches = glob.glob(source, recursive=True)  # noqa: PTH207 (a pattern may be absolute)
        if not matches:
            raise UsageError(f"{source} names no file. Give reports (--report json=PATH), folders of them, or a pattern.")
        for match in sorted(map(Path, matches)):
            yield from _within(match, apart_from) if match.is_dir() else [Found(match, match.name, False, os.path.realpath(match))]


def _within(folder: Path, apart_from: str) -> Iterator[Found]:
    real = folder.resolve()
    return _walked(folder, str(real), real.name, apart_from)


def _walked(folder: str | Path, real: str, name: str, apart_from: str) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError:
        return
    for each in entries:
        its_real = os.path.realpath(each.path) if each.is_symlink() else f"{real}/{each.name}"
        if each.name.endswith(".json") and not each.is_dir():
            yield Found(Path(each.path), f"{name}/{each.name}", False, its_real)
        elif each.is_dir(follow_symlinks=False) and not each.name.startswith(".") and its_real != apart_from:
            yield from _walked(each.path, its_real, f"{name}/{each.name}", apart_from)


class Reader:
    """Reads reports, and says the same texts of requirements only once."""

    def __init__(self, remembered: dict[str, Remembered], keys: Keys) -> None:
        self._before, self._keys = remembered, keys
        self._known = _digest(repr(sorted((kid, key.name) for kid, key in keys.items())).encode())
        self.remembered: dict[str, Remembered] = {}
        self._texts: dict[object, Text] = {}

    def head(self, found: Found) -> Kept:
        """What a file holds."""
        try:
            about = Path(found.real).stat()
            if not stat.S_ISREG(about.st_mode):
                return Foreign()
            before = self._before.get(found.real)
            same = before and (before.size, before.changed) == (about.st_size, about.st_mtime_ns)
            kept = before.kept if before and same else _read(found.path, about.st_size)
        except OSError as error:
            return refused(NoReport("unreadable", detail=error.strerror))
        head, why = (kept if isinstance(kept, Head) else None), (kept if isinstance(kept, Refused) else None)
        self.remembered[found.real] = Remembered(about.st_size, about.st_mtime_ns, head, why)
        if isinstance(kept, Foreign) and found.named:
            kept = refused(NoReport("no-report"))
        return kept

    def trust(self, found: Found) -> Trust:
        """What a report's signature is worth, of which only what cannot change by itself is remembered.

        Raises:
            UsageError: a file beside the report cannot be read.
        """
        around = _beside(found.path)
        before, now = self._before.get(found.real), self.remembered[found.real]
        same = before and (before.size, before.changed, before.beside, before.keys) == (now.size, now.changed, around, self._known)
        if before and same and before.trust and before.trust.state != "expired" and not before.trust.until:
            trust = before.trust
        else:
            trust = trust_of(found.path, self._keys)
        self.remembered[found.real] = msgspec.structs.replace(now, trust=trust, beside=around, keys=self._known)
        return trust

    def body(self, found: Found, head: Head) -> Body:
        """What is kept of a report that counts. Raises :class:`UsageError` where the file is another one by now."""
        return self._body(whole(found, head))

    def _body(self, report: Report) -> Body:
        verdicts = [(self._text(each), each.verdict) for each in report.verdicts]
        reasons = [_slim(each, report) for each in report.verdicts if each.verdict not in _FINE]
        kept = {
            "exchanges": {},
            "notes": [],
            "binding": {},
            "translations": {text[:LONGEST]: said for text, said in report.translations.items()},
        }
        return Body(msgspec.structs.replace(report, verdicts=reasons, **kept), verdicts)

    def _text(self, verdict: Verdict) -> Text:
        statement, remedy = verdict.statement, verdict.remedy
        key = (
            verdict.requirement,
            verdict.profile,
            verdict.level,
            verdict.class_,
            verdict.side,
            verdict.layer,
            verdict.decidable,
            verdict.applies_from,
            (statement.en, statement.pl, statement.lt),
            remedy and (remedy.en, remedy.pl, remedy.lt),
            tuple([(each.act, each.section, each.url) for each in verdict.basis]),
        )
        known = self._texts.get(key)
        if known is None:
            known = self._texts[key] = Text(*key[:8], statement, remedy, tuple(verdict.basis))
        return known


def _read(path: Path, size: int) -> Kept:
    with path.open("rb") as file:
        content = file.read(min(size, LARGEST) + 1)
    if _MARK not in content:
        return Foreign()
    if size > LARGEST:
        return refused(NoReport("too-large", size=LARGEST // 1024**2))
    try:
        report = decode_report(content)
    except NoReport as error:
        return refused(error)
    return Head(
        _digest(content),
        report.participant,
        report.profiles,
        report.started,
        report.outcome,
        report.decided_by,
        report.class_reached,
        counts(report),
    )


def whole(found: Found, head: Head) -> Report:
    """The report itself. Raises :class:`UsageError` where the file is another one by now."""
    try:
        content = found.path.read_bytes()
    except OSError as error:
        raise UsageError(f"{found.path} cannot be read any more: {error.strerror}. Build the site again.") from None
    if _digest(content) != head.digest:
        raise UsageError(f"{found.path} was changed while the site was built. Build it again.")
    return decode_report(content)


def _beside(path: Path) -> list[tuple[int, int]]:
    found = []
    for suffix in SUFFIXES:
        with contextlib.suppress(OSError):
            about = beside(path, suffix).stat()
            found.append((about.st_size, about.st_mtime_ns))
    return found


def _slim(verdict: Verdict, report: Report) -> Verdict:
    """A verdict with its first finding alone, and a reference to evidence only where there is some."""
    findings = [
        msgspec.structs.replace(
            each,
            message=each.message[:LONGEST],
            expected=each.expected and each.expected[:LONGEST],
            got=each.got and each.got[:LONGEST],
            exchange=each.exchange if each.exchange in report.exchanges else None,
        )
        for each in verdict.findings[:1]
    ]
    return msgspec.structs.replace(verdict, findings=findings)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def remembered(path: Path, version: str) -> dict[str, Remembered]:
    """What this version of govai remembered in a file; nothing where there is none, or that of another version."""
    try:
        by, what = msgspec.msgpack.decode(path.read_bytes(), type=tuple[str, dict[str, Remembered]])
    except (OSError, msgspec.MsgspecError, ValueError):
        return {}
    return what if by == version else {}


def remembering(what: dict[str, Remembered], version: str) -> bytes:
    """What :func:`remembered` reads."""
    return msgspec.msgpack.encode((version, what))

"""What changed between two reports on one participant: what got better, worse, is not decided any more, and what else is found of it.

A *regression* is what a build may fail for: a requirement that decides the outcome and fails now, and

- was met before, did not apply, or was a warning alone,
- or failed before as well, with a finding now that was not there;

and one that decides, was met, and is undecided now: what is not tested could fail unnoticed, and a pipeline whose credential has expired would be
green for ever. What is known and dated (:attr:`Report.expected`) is none, and neither is a failure that the older report knew nothing of: it may
have been there. Findings are the same where their messages are, whatever numbers and quotations stand in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from harness.profile import ConformanceClass, Language, Translated
from harness.report import SHOWN, ExpectedFailure, Moment, Outcome, ParticipantShown, ProfileUsed, Report, Said, Verdict, VerdictName

Kind = Literal["worse", "undecided", "findings", "found", "better", "inapplicable", "added", "removed"]
"""``findings``: not met then and now, for other reasons; ``found``: not met now, undecided before; ``added`` and ``removed``: of the profile."""
Apart = Literal["name", "side", "profiles", "class", "order"]
"""What makes two reports hard to compare: another participant, other profiles, another deciding class, the later one first."""

_MET = ("passed", "passed-with-adapter")
_VIOLATED = ("warning", "failed")
_UNDECIDED = ("not-tested", "needs-review", "harness-error")
_WORST_LAST = (*_MET, *_VIOLATED)
_VALUES = re.compile(r"“[^”]*”|\"[^\"]*\"|\d+")


class Compared(msgspec.Struct, frozen=True):
    """One of the two reports."""

    participant: ParticipantShown
    started: Moment
    outcome: Outcome
    class_reached: ConformanceClass | None
    decided_by: ConformanceClass
    profiles: list[str]


class ProfileChanged(msgspec.Struct, frozen=True):
    """A profile in another edition; None where a report has none of that name and major version."""

    before: ProfileUsed | None
    after: ProfileUsed | None


class Change(msgspec.Struct, frozen=True):
    """What became of one requirement. A verdict is None where the report's edition of the profile has no such requirement.

    ``new`` holds the messages of findings, those alone that are new where it was not met before; ``gone`` those that are there no more. Neither
    speaks where a report shows not all that it has. ``known`` is the entry that declares the failure.
    """

    requirement: str
    kind: Kind
    before: VerdictName | None
    after: VerdictName | None
    decides: bool
    regression: bool
    statement: Translated
    cause: str | None = None
    new: list[str] = []
    gone: list[str] = []
    known: ExpectedFailure | None = None


class Difference(msgspec.Struct, frozen=True):
    """Two reports, compared. Changes are in the order of the profiles."""

    before: Compared
    after: Compared
    apart: list[Apart]
    profiles: list[ProfileChanged]
    changes: list[Change]
    unchanged: int
    translations: dict[str, Said]

    @property
    def regressions(self) -> list[str]:
        """The requirements that a build may fail for."""
        return [each.requirement for each in self.changes if each.regression]

    def said(self, text: str, language: Language) -> str:
        """A message or a cause in one language; in English where nobody translated it."""
        translated = self.translations.get(text)
        return getattr(translated, language) if translated and language != "en" else text


def difference(old: Report, new: Report, *, allow_incomplete: bool = False) -> Difference:
    """What changed from one report to the next. With ``allow_incomplete``, what is undecided now is no regression."""
    before, after = ({verdict.requirement: verdict for verdict in report.verdicts} for report in (old, new))
    changes = [
        change for id, verdict in after.items() if (change := _change(before.get(id), verdict, new, allow_incomplete=allow_incomplete))
    ]
    changes += [_removed(verdict) for id, verdict in before.items() if id not in after]
    texts = {text for change in changes for text in (change.cause, *change.new, *change.gone) if text}
    return Difference(
        before=_compared(old),
        after=_compared(new),
        apart=list(_apart(old, new)),
        profiles=list(_profiles(old, new)),
        changes=changes,
        unchanged=len({**before, **after}) - len(changes),
        translations={text: said for text, said in (old.translations | new.translations).items() if text in texts},
    )


def _compared(report: Report) -> Compared:
    return Compared(
        report.participant,
        report.started,
        report.outcome,
        report.class_reached,
        report.decided_by,
        [f"{used.name}/{used.major}" for used in report.profiles],
    )


def _apart(old: Report, new: Report) -> Iterator[Apart]:
    if old.participant.name != new.participant.name:
        yield "name"
    if old.participant.side != new.participant.side:
        yield "side"
    if _names(old) != _names(new):
        yield "profiles"
    if old.decided_by != new.decided_by:
        yield "class"
    if old.started > new.started:
        yield "order"


def _names(report: Report) -> set[str]:
    return {used.name for used in report.profiles}


def _profiles(old: Report, new: Report) -> Iterator[ProfileChanged]:
    before, after = ({(used.name, used.major): used for used in report.profiles} for report in (old, new))
    for key in {**before, **after}:
        editions = ProfileChanged(before.get(key), after.get(key))
        if editions.before is None or editions.after is None or editions.before.digest != editions.after.digest:
            yield editions


def _change(before: Verdict | None, after: Verdict, report: Report, *, allow_incomplete: bool) -> Change | None:
    kind, new, gone = _kind(before, after), [each.message for each in after.findings], list[str]()
    if kind is None and before and after.verdict in _VIOLATED:
        new, gone = _other_findings(before, after)
        kind = "findings" if new or gone else None
    if kind is None:
        return None
    fails = after.verdict == "failed" and (kind == "worse" or (kind == "findings" and bool(new)))
    lost = kind == "undecided" and before is not None and before.verdict in _MET and not allow_incomplete
    return Change(
        requirement=after.requirement,
        kind=kind,
        before=before.verdict if before else None,
        after=after.verdict,
        decides=report.decides(after),
        regression=(fails or lost) and report.decides(after) and not report.is_known(after),
        statement=after.statement,
        cause=after.cause,
        new=new,
        gone=gone,
        known=report.known_as(after),
    )


def _kind(before: Verdict | None, after: Verdict) -> Kind | None:
    if before is None:
        return "added"
    was, now = before.verdict, after.verdict
    if was == now or (was in _UNDECIDED and now in _UNDECIDED):
        return None
    if now in _UNDECIDED:
        return "undecided"
    if now == "not-applicable":
        return "inapplicable"
    if was in _WORST_LAST:
        return "worse" if _WORST_LAST.index(now) > _WORST_LAST.index(was) else "better"
    if now in _MET:
        return "better"
    return "found" if was in _UNDECIDED else "worse"


def _removed(verdict: Verdict) -> Change:
    return Change(verdict.requirement, "removed", verdict.verdict, None, decides=False, regression=False, statement=verdict.statement)


def _other_findings(before: Verdict, after: Verdict) -> tuple[list[str], list[str]]:
    """The messages that are new, and those that are gone: a list that may be cut proves nothing of what is not in it."""
    was, now = ({_VALUES.sub("…", each.message): each.message for each in verdict.findings} for verdict in (before, after))
    new = [now[form] for form in now if form not in was] if len(before.findings) < SHOWN else []
    gone = [was[form] for form in was if form not in now] if len(after.findings) < SHOWN else []
    return new, gone

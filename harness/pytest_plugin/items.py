"""Items: what a verdict means for a test.

| verdict | item |
| --- | --- |
| passed, passed-with-adapter | passed |
| known and dated (``--govai-expected-failures``) | expected failure, with the reason |
| failed, not-tested or needs-review, where the outcome hangs on it; harness-error | failed |
| failed where it does not, warning | expected failure, with the finding |
| not-applicable, and what is left of the others | skipped, with the cause |

A requirement that is on the list of expected failures has a second item, which fails where an entry is stale or has expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, get_args

import pytest

from harness.errors import GovaiError, Unreachable
from harness.formats.inert import one_line, unheeded
from harness.formats.junit import details
from harness.profile import CLASSES, Level, Profile, Requirement
from harness.pytest_plugin.plan import Plan
from harness.pytest_plugin.runs import Run
from harness.report import Report, Verdict

MARKERS = (
    "govai(*profiles, **options): requirements of govai profiles; for a test of govai_verdict or govai_report, what it asks for",
    *(f"{each.replace('-', '_')}: requirements of class {each} (govai)" for each in CLASSES),
    *(f"{each.lower()}: requirements of level {each} (govai)" for each in get_args(Level)),
)


class Subject(NamedTuple):
    """What an item is about: that a requirement is met, or that the entries of the list of expected failures on it still hold."""

    plan: Plan
    profile: Profile
    requirement: Requirement
    is_expectation: bool = False

    @property
    def name(self) -> str:
        """The item's name, by which ``-k`` finds it."""
        return f"expected-{self.requirement.id}" if self.is_expectation else self.requirement.id

    def markers(self, config: pytest.Config) -> list[str]:
        """The names by which ``-m`` finds it, all registered."""
        profile = self.profile.name.replace("-", "_")
        if not any(line.startswith(f"{profile}:") for line in config.getini("markers")):
            config.addinivalue_line("markers", f"{profile}: requirements of profile {self.profile.name} (govai)")
        return [profile, self.requirement.class_.replace("-", "_"), self.requirement.level.lower()]

    def note(self, item: pytest.Item, verdict: Verdict | None = None) -> None:
        """Leave what the item is about in its properties, for JUnit XML."""
        said = {"level": self.requirement.level, "class": self.requirement.class_, **({"verdict": verdict.verdict} if verdict else {})}
        item.user_properties += [each for each in said.items() if each not in item.user_properties]

    def check(self, run: Run) -> None:
        """Have the running test pass, fail, fail as expected, or be skipped, as the report has it. Raises :class:`GovaiError` where there is none."""
        report = run.report()
        if self.is_expectation:
            _check_entries(self.requirement.id, report)
        else:
            _check_verdict(report.of(self.requirement.id), report, self.plan.allow_incomplete, run.advice)


def subjects(plan: Plan) -> Iterator[Subject]:
    """Every requirement that binds a provider, in the order of the profiles; then those that are expected not to be met."""
    asked = [Subject(plan, profile, each) for profile in plan.profiles for each in profile.requirements if each.side == "provider"]
    listed = {each.requirement for each in plan.expected}
    yield from asked
    yield from (each._replace(is_expectation=True) for each in asked if each.requirement.id in listed)


def _check_verdict(verdict: Verdict, report: Report, allow_incomplete: bool, advice: str) -> None:
    if verdict.verdict in ("passed", "passed-with-adapter"):
        return
    entry = report.known_as(verdict)
    if entry:
        pytest.xfail(one_line(f"known until {entry.until}: {entry.reason} ({entry.owner})"))
    undecided = verdict.verdict in ("not-tested", "needs-review")
    if verdict.verdict == "harness-error" or (report.decides(verdict) and (verdict.verdict == "failed" or undecided)):
        if not (undecided and allow_incomplete):
            shown = [details(verdict, report), *([advice] if advice and any(each.exchange for each in verdict.findings) else [])]
            pytest.fail(unheeded("\n".join(shown)), pytrace=False)
    elif verdict.verdict in ("failed", "warning"):
        pytest.xfail(_reason(verdict))
        return  # reached under --runxfail
    pytest.skip(f"{verdict.requirement}: {_reason(verdict)}")


def _reason(verdict: Verdict) -> str:
    said = verdict.findings[0].message if verdict.findings else verdict.cause or verdict.statement.en
    return unheeded(one_line(f"{verdict.verdict}: {said}"))


def _check_entries(requirement: str, report: Report) -> None:
    broken = {
        "stale": "is met now. Take the entry out of the list of expected failures",
        "expired": "was expected to fail until {until} only. Have it met, or agree on another day",
    }
    entries = [each for each in report.expected if each.requirement == requirement and each.state in broken]
    if entries:
        said = [f"{requirement} {broken[each.state].format(until=each.until)} ({each.owner}: {each.reason})." for each in entries]
        pytest.fail("\n".join(one_line(each) for each in said), pytrace=False)


class Judged:
    """What a test of ``govai_verdict`` gets: one requirement and its verdict. :meth:`check` has to be called."""

    def __init__(self, subject: Subject, run: Run, report: Report) -> None:
        self._subject, self._run, self.report = subject, run, report
        self.requirement = subject.requirement
        self.verdict = report.of(subject.requirement.id)
        self.is_checked = False

    def check(self) -> None:
        """Pass, fail with the findings, fail as expected, or skip, as the verdict has it."""
        __tracebackhide__ = True
        self.is_checked = True
        self._subject.check(self._run)


class Requirements(pytest.Collector):
    """Some of the items that an address gets without a test being written."""

    def __init__(self, *, subjects: Iterable[Subject], run: Run, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._subjects, self._run = subjects, run

    def collect(self) -> Iterator[pytest.Item]:
        """One item a subject."""
        for subject in self._subjects:
            yield RequirementItem.from_parent(self, name=subject.requirement.id, subject=subject, run=self._run)


class RequirementItem(pytest.Item):
    """One requirement as a test."""

    def __init__(self, *, subject: Subject, run: Run, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._subject, self._run = subject, run
        for name in ("govai", *subject.markers(self.config)):
            self.add_marker(name)
        subject.note(self)

    def runtest(self) -> None:
        """Take the verdict for the test's outcome. A service that is not there ends the session, but not a worker's."""
        try:
            self._subject.note(self, self._run.report().of(self._subject.requirement.id))
            self._subject.check(self._run)
        except GovaiError as error:
            if hasattr(self.config, "workerinput"):
                raise pytest.fail.Exception(f"govai: {error}", pytrace=False) from None
            code = pytest.ExitCode.INTERRUPTED if isinstance(error, Unreachable) else pytest.ExitCode.USAGE_ERROR
            pytest.exit(f"govai: {error}", returncode=code)

    def reportinfo(self) -> tuple[str, None, str]:
        """Where the item comes from, for pytest's listings."""
        return self.nodeid.partition("::")[0], None, self.name

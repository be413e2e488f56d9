"""``pytest --govai-url URL --govai-profile assistant``: one test item for each requirement, by the same engine, with the same verdicts.

The provider is run once, when the first item is reached. A violated MUST of the deciding class fails; so does one that was not tested or needs
review, because not tested is never passed (``--govai-allow-incomplete`` skips those instead).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from harness import api, catalogue
from harness.errors import GovaiError
from harness.participant import Limits, parse_credential
from harness.profile import CLASSES, Requirement
from harness.report import Report, Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin; without ``--govai-url`` it does nothing."""
    group = parser.getgroup("govai", "conformance of a government AI service")
    group.addoption("--govai-url", metavar="URL", help="base URL of the provider under test")
    group.addoption("--govai-profile", action="append", metavar="NAME", help="profile to test against (repeatable; default: assistant)")
    group.addoption("--govai-class", choices=CLASSES, help="class whose requirements may fail the session")
    group.addoption("--govai-auth", metavar="AUTH", help="credential, as govai run --auth takes it")
    group.addoption("--govai-country", metavar="CODE", help="country of the participant, pl or lt")
    group.addoption("--govai-adapter", action="append", metavar="NAME", help="declared adapter (repeatable)")
    group.addoption("--govai-budget", type=int, metavar="N", help="most requests to send")
    group.addoption("--govai-allow-incomplete", action="store_true", help="skip what could not be tested instead of failing")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add one item for each requirement that binds a provider."""
    if config.getoption("govai_url"):
        collector = _Requirements.from_parent(session, name="govai")
        items.extend(collector.collect())


class _Requirements(pytest.Collector):
    """The requirements of the chosen profiles, and the one run that decides them."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._report: Report | None = None

    @property
    def _profiles(self) -> list[str]:
        return self.config.getoption("govai_profile") or ["assistant"]

    def collect(self) -> Iterable[pytest.Item]:
        """One item a requirement, in the order of the profiles."""
        return list(self._items())

    def _items(self) -> Iterator[pytest.Item]:
        try:
            profiles = catalogue.load_with_core(self._profiles)
        except GovaiError as error:
            raise pytest.UsageError(str(error)) from None
        for profile in profiles:
            for requirement in profile.requirements:
                if requirement.side == "provider":
                    yield RequirementItem.from_parent(self, name=requirement.id, requirement=requirement)

    def report(self) -> Report:
        """The report, made on first use. Raises :class:`pytest.UsageError` where it cannot be."""
        if self._report is None:
            option = self.config.getoption
            try:
                self._report = api.run(
                    option("govai_url"),
                    self._profiles,
                    country=option("govai_country"),
                    credential=parse_credential(option("govai_auth")) if option("govai_auth") else None,
                    adapters=option("govai_adapter") or (),
                    limits=Limits(budget=option("govai_budget")),
                    decided_by=option("govai_class"),
                )
            except GovaiError as error:
                pytest.exit(f"govai: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
            if self._report.outcome == "unreachable":
                pytest.exit(f"govai: {self._report.ended}", returncode=pytest.ExitCode.INTERRUPTED)
        return self._report


class RequirementItem(pytest.Item):
    """One requirement as a test."""

    def __init__(self, *, requirement: Requirement, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._requirement = requirement

    def runtest(self) -> None:
        """Take the requirement's verdict for the test's outcome."""
        report = self.parent.report()  # type: ignore[union-attr]
        verdict = report.of(self._requirement.id)
        self.user_properties += [("verdict", verdict.verdict), ("level", verdict.level), ("class", verdict.class_)]
        decides = verdict.binding and verdict.decidable and CLASSES.index(verdict.class_) <= CLASSES.index(report.decided_by)
        if verdict.verdict in ("passed", "passed-with-adapter"):
            return
        if verdict.verdict == "harness-error" or (verdict.verdict == "failed" and decides):
            raise _NotMet(verdict, report)
        if verdict.verdict in ("not-tested", "needs-review") and decides and not self.config.getoption("govai_allow_incomplete"):
            raise _NotMet(verdict, report)
        if verdict.verdict == "warning":
            self.warn(pytest.PytestWarning(f"{verdict.requirement}: {verdict.findings[0].message}"))
            return
        pytest.skip(f"{verdict.verdict}: {verdict.cause or f'class {verdict.class_} does not decide here'}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings instead of a traceback: the traceback would be the harness's, not the participant's."""
        return str(excinfo.value) if isinstance(excinfo.value, _NotMet) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        """Where the item comes from, for pytest's listings."""
        return "govai", None, self.name


class _NotMet(Exception):
    def __init__(self, verdict: Verdict, report: Report) -> None:
        lines = [f"{verdict.requirement} ({verdict.level}, class {verdict.class_}): {verdict.verdict}", verdict.statement.en]
        if verdict.cause:
            lines.append(f"cause: {verdict.cause}")
        for finding in verdict.findings:
            lines.append(f"- {finding.message}")
            lines += [f"  {label}: {text}" for label, text in (("expected", finding.expected), ("got", finding.got)) if text]
            if finding.exchange in report.exchanges:
                lines.append(f"  {report.exchanges[finding.exchange].curl}")
        lines.append("basis: " + "; ".join(str(basis) for basis in verdict.basis))
        super().__init__("\n".join(lines))

"""Exchanges and rules in, findings out. The same judge for all four sources of traffic; it sends nothing.

It keeps counts and the exchanges that show a finding, never all exchanges, so that its memory does not grow with the run.
"""

from __future__ import annotations

import contextlib
import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from harness.adapters import Adapter
from harness.checks import Check, Claim, Estimate, Mean, NeedsReview, NotApplicable, NotTested, Violation, registry
from harness.exchange import Exchange, Request
from harness.operation import Operation
from harness.profile import Profile, Requirement, Side
from harness.timing import Timing
from harness.untold import Untold
from harness.use import ANY, Use, Uses, keep_least, use_of

KEPT = 16
"""How many findings of one requirement are kept with their exchange, one for each message; all are counted."""


@dataclass(frozen=True)
class Found:
    """A violation with the exchange that shows it."""

    message: str
    check: str
    exchange: Exchange | None
    expected: str | None = None
    got: str | None = None
    pointer: str | None = None

    @property
    def order(self) -> tuple[str, str, str]:
        """Sorts findings the same way in every run, whatever the workers did first."""
        return (self.exchange.id if self.exchange else "", self.check, self.message)


@dataclass
class Tally:
    """What is known of one requirement so far. Causes are sentences without a full stop."""

    exercised: int = 0
    violations: int = 0
    findings: dict[str, Found] = field(default_factory=dict)
    """By message, the first exchange that shows it: what is wrong the same way a hundred times is said once."""
    adapters: set[str] = field(default_factory=set)
    not_tested: list[str] = field(default_factory=list)
    not_applicable: list[str] = field(default_factory=list)
    needs_review: dict[str, Found] = field(default_factory=dict)
    harness_errors: list[str] = field(default_factory=list)
    unsent: str | None = None
    pending: set[str] = field(default_factory=set)
    """Scenarios that are planned and did not end yet."""
    violated_by: set[Use] = field(default_factory=set)
    """The least uses that show a violation."""

    def add(self, found: Found) -> None:
        """Count a violation."""
        self.violations += 1
        with contextlib.suppress(Untold):
            keep_least(self.violated_by, use_of(found.exchange) if found.exchange else ANY)
        _keep(self.findings, found)

    def review(self, found: Found) -> None:
        """Note what a person has to look at."""
        _keep(self.needs_review, found)

    def end(self, check: Check, error: Exception) -> None:
        """Note how a scenario or claim ended that did not just return."""
        if isinstance(error, Violation):
            self.add(found(error, check, None))
        elif isinstance(error, NeedsReview):
            self.review(Found(error.message, check.name, error.exchange))
        elif isinstance(error, NotTested):
            self.not_tested.append(str(error))
        elif isinstance(error, NotApplicable):
            self.not_applicable.append(str(error))
        else:  # whatever a check does wrong is the harness's fault, and named as such
            self.harness_errors.append(_crash(check, error))

    def take(self, other: Tally) -> None:
        """Add what rules made of further exchanges, apart from the violations."""
        self.exercised += other.exercised
        self.adapters |= other.adapters
        self.harness_errors += other.harness_errors
        for each in other.needs_review.values():
            self.review(each)


def first(findings: Mapping[str, Found], most: int) -> list[Found]:
    """The first findings, in an order that is the same in every run."""
    return sorted(findings.values(), key=lambda each: each.order)[:most]


def _keep(findings: dict[str, Found], found: Found) -> None:
    """Keep a finding where it is the first of its message, or one of the first messages."""
    known = findings.get(found.message)
    if known is None or found.order < known.order:
        findings[found.message] = found
    if len(findings) > 4 * KEPT:
        for each in sorted(findings.values(), key=lambda each: each.order)[KEPT:]:
            del findings[each.message]


class Judge:
    """Judges exchanges one by one against the rules of some profiles, for one side."""

    def __init__(self, profiles: Sequence[Profile], side: Side, *, base_path: str = "", adapters: Sequence[Adapter] = ()) -> None:
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.uses, self.timing = Uses(), Timing()
        self._operations = [operation for profile in reversed(profiles) for operation in profile.operations]
        self._base_path = base_path.rstrip("/")
        self._adapters = adapters
        self._side = side
        checks = [check for requirement in requirements_of(profiles, side) for check in registry.of(requirement.id)]
        self._rules = [check for check in checks if check.kind == "rule"]
        self._pairs = [check for check in checks if check.kind == "pair"]
        self._previous: dict[tuple[str, str], Exchange] = {}
        self._claims = _claims(checks)
        self._card: Mapping[str, Any] = {}

    def afresh(self) -> None:
        """Forget all that was seen but the service card."""
        self.tallies.clear()
        self.uses, self.timing = Uses(), Timing()
        self._previous = {}
        self._claims = _claims(check for check, _ in self._claims)

    def apart(self) -> Judge:
        """A judge by the same rules that has seen nothing yet: for exchanges whose findings are looked at one by one."""
        other = copy.copy(self)
        other.tallies, other.uses, other.timing, other._previous, other._claims = defaultdict(Tally), Uses(), Timing(), {}, []
        return other

    def operation_of(self, request: Request) -> Operation | None:
        """The operation a request addresses, by method and path below the base URL."""
        path = urlsplit(request.url).path or "/"
        if self._base_path and path.startswith(self._base_path + "/"):
            path = path[len(self._base_path) :]
        return next((each for each in self._operations if each.method == request.method and each.matches_path(path)), None)

    def see(self, exchange: Exchange) -> Exchange:
        """Judge one exchange by every rule it exercises, and return it with its operation."""
        if exchange.operation is None:
            exchange = replace(exchange, operation=self.operation_of(exchange.request))
        with contextlib.suppress(Untold):
            self.uses.add(exchange)
        if self._side == "provider":
            self.timing.add(exchange)
        self._notice(exchange)
        for check in self._rules:
            if exchange.response is None and check.when is not None and self._side == "provider":
                continue
            self._apply(check, exchange)
        if self._pairs:
            key = (exchange.sender, exchange.operation.id if exchange.operation else exchange.request.path)
            previous = self._previous.get(key)
            self._previous[key] = exchange
            if previous is not None:
                for check in self._pairs:
                    self._apply(check, previous, exchange)
        return exchange

    def _notice(self, exchange: Exchange) -> None:
        if not self._card and exchange.succeeded and exchange.operation is not None and exchange.operation.id == "getServiceCard":
            with contextlib.suppress(Untold):
                self._card = exchange.answer.document if isinstance(exchange.answer.document, dict) else {}
        for check, claim in self._claims:
            try:
                claim.notice(exchange, self._card)
            except Untold as untold:
                self.tallies[check.requirement].unsent = str(untold)
            except Exception as error:
                self.tallies[check.requirement].harness_errors.append(_crash(check, error, f" on {exchange.id}"))

    def decide_claims(self) -> None:
        """Hold what the service card claims against all that was seen. To be called once, after the last exchange."""
        for check, claim in self._claims:
            tally = self.tallies[check.requirement]
            try:
                result = claim.decide(self._card)
                tally.exercised += 1
                weigh(result)
            except Exception as error:
                tally.end(check, error)

    def _apply(self, check: Check, *exchanges: Exchange) -> None:
        tally = self.tallies[check.requirement]
        before = tally.exercised
        try:
            if check.when is not None and not check.when(*exchanges):
                return
            tally.exercised += 1
            check.function(*exchanges)
        except Violation as violation:
            adapter = self._forgiving_adapter(check, exchanges)
            if adapter is not None:
                tally.adapters.add(adapter)
            else:
                tally.add(found(violation, check, exchanges[-1]))
        except NeedsReview as review:
            tally.review(Found(review.message, check.name, review.exchange or exchanges[-1]))
        except (NotApplicable, NotTested):
            tally.exercised = before
        except Untold as untold:
            tally.exercised, tally.unsent = before, str(untold)
        except Exception as error:  # whatever a check does wrong is the harness's fault, and named as such
            tally.harness_errors.append(_crash(check, error, f" on {exchanges[-1].id}"))

    def _forgiving_adapter(self, check: Check, exchanges: Sequence[Exchange]) -> str | None:
        """The first declared adapter under which the rule passes, if any."""
        for adapter in self._adapters:
            try:
                adapted = [adapter.apply(exchange) for exchange in exchanges]
                if all(new is old for new, old in zip(adapted, exchanges, strict=True)):
                    continue
                check.function(*adapted)
            except (Violation, Untold):
                continue
            return adapter.name
        return None


def weigh(result: Estimate | Mean | None) -> None:
    """Hold what a check returned against its limit, where that is statistical.

    Raises:
        Violation, NeedsReview: the interval lies below the limit, or straddles it.
        NotTested: there were no trials.
    """
    if result is None:
        return
    low, high = result.interval
    said = f"{result.measured} (95 % interval {low:.2f} to {high:.2f}, limit {result.limit:.2f})"
    example = result.misses[0] if result.misses else None
    if result.n == 0:
        raise NotTested(f"no trial could be judged for: {result.subject}")
    if high < result.limit:
        raise Violation(f"only {said}", exchange=example)
    if low < result.limit:
        raise NeedsReview(f"{said}: the interval straddles the limit", exchange=example)


def _claims(checks: Iterable[Check]) -> list[tuple[Check, Claim]]:
    return [(check, check.function()) for check in checks if check.kind == "claim"]


def _crash(check: Check, error: Exception, where: str = "") -> str:
    return f"{check.name} crashed{where}: {type(error).__name__}: {error}"


def found(violation: Violation, check: Check, exchange: Exchange | None) -> Found:
    """The finding a violation amounts to; ``exchange`` is meant where the violation names none."""
    return Found(violation.message, check.name, violation.exchange or exchange, violation.expected, violation.got, violation.pointer)


def requirements_of(profiles: Iterable[Profile], side: Side) -> list[Requirement]:
    """The requirements of some profiles that bind one side."""
    return [requirement for profile in profiles for requirement in profile.requirements if requirement.side == side]

"""What a check is written with: ``rule``, ``scenario``, ``claim``, ``mutant``, and the ways a check can end.

A check returns nothing when it found nothing. It raises :class:`Violation` when the participant breaks the requirement. It knows nothing of
the command line, of reports, or of where an exchange came from. ``conformance/`` is written against this module alone.

>>> @rule("CORE-ERR-005", when=lambda exchange: exchange.status == 405)
... def wrong_method_names_the_right_ones(exchange):
...     "RFC 9110 section 15.5.6: the origin server MUST generate an Allow header field in a 405 response."
...     if "allow" not in exchange.answer.headers:
...         raise Violation("a 405 answer has no Allow header", expected="Allow: GET", got="no Allow header")
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, TypeVar

from harness.exchange import Exchange, Request, Response
from harness.operation import Operation


class Violation(Exception):
    """The participant breaks the requirement.

    Args:
        message: what is wrong, one sentence, without a full stop.
        expected: what the requirement asks for, as short as can be; text, or a value that a participant declared.
        got: what came instead.
        pointer: JSON Pointer into the body, or ``header:Name``.
        exchange: the exchange that shows it; a rule may leave it out, its own exchange is meant.
    """

    def __init__(
        self,
        message: str,
        *,
        expected: object = None,
        got: object = None,
        pointer: str | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.pointer, self.exchange = message, pointer, exchange
        self.expected, self.got = (each if each is None or isinstance(each, str) else repr(each) for each in (expected, got))


class NotTested(Exception):
    """A prerequisite is missing, so nothing can be said. The text names it."""


class NotApplicable(Exception):
    """The participant does not declare the optional capability. The text names it."""


class NeedsReview(Exception):
    """A person has to look: the machine cannot decide. ``exchange`` shows what to look at."""

    def __init__(self, message: str, *, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.message, self.exchange = message, exchange


@dataclass(frozen=True)
class Estimate:
    """The result of a statistical check: ``hits`` of ``n`` trials, held against ``limit`` (a share, 0 to 1).

    A scenario returns one. The verdict is passed when the whole 95 % Wilson interval lies at or above the limit, failed when it lies below,
    and needs-review when it straddles the limit. ``misses`` are exchanges that show the trials that failed.
    """

    hits: int
    n: int
    limit: float
    subject: str
    misses: tuple[Exchange, ...] = ()

    @property
    def measured(self) -> str:
        """What was found, in words."""
        return f"{self.hits} of {self.n} {self.subject}"

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson score interval of the share (Wilson 1927)."""
        if self.n == 0:
            return 0.0, 1.0
        z, share = 1.959964, self.hits / self.n
        centre = share + z * z / (2 * self.n)
        spread = z * (share * (1 - share) / self.n + z * z / (4 * self.n * self.n)) ** 0.5
        scale = 1 + z * z / self.n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(frozen=True)
class Mean:
    """The result of a statistical check that measures: the mean of ``values`` held against ``limit``, in whatever unit ``subject`` names.

    A scenario returns one, and its verdict is found as that of an :class:`Estimate`. ``misses`` are exchanges that show the lowest values.
    """

    values: tuple[float, ...]
    limit: float
    subject: str
    misses: tuple[Exchange, ...] = ()

    @property
    def n(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def measured(self) -> str:
        """What was found, in words."""
        return f"{sum(self.values) / self.n:.1f} {self.subject} in the mean of {self.n}" if self.n else self.subject

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean, by the percentiles of 2000 means of values drawn again (Efron's bootstrap), always the same ones."""
        if not self.values:
            return float("-inf"), float("inf")
        drawn, n = Random(len(self.values)), len(self.values)
        means = sorted(sum(drawn.choices(self.values, k=n)) / n for _ in range(2000))
        return means[50], means[1949]


class Inbox(Protocol):
    """A URL at which the participant's own requests arrive, such as the callback of a job."""

    url: str
    """To hand to the participant. What it adds to the path arrives here as well."""

    def answer(self, *responses: Response) -> None:
        """How the next requests are answered, one by one; those after them get 204."""
        ...

    async def next(self, seconds: float) -> Exchange | None:
        """The next request that arrives, with the answer it got; None where none comes in time."""
        ...


class Service(Protocol):
    """The provider under test, as a scenario sees it. Every exchange made through it is judged by all rules as well."""

    card: Mapping[str, Any]
    """The service card, empty when the service has none."""
    variables: Mapping[str, Any]
    """What the profile's variables are bound to for this participant, e.g. ``model``: texts, or other JSON values where a maker made them."""
    random: Random
    """Seeded by the run's seed and the scenario's name: the same run draws the same numbers."""
    run: str
    """Unique to this run: for keys that the service must not have seen before, also when a run is repeated with the same seed."""
    country: str | None
    """ISO 3166-1 alpha-2 code of the participant in lower case, when known."""
    has_credential: bool
    """Whether the participant under test was given a credential to call with."""
    in_process: bool
    """Whether it is called in this process, so that there is no server, no network and no TLS to speak of."""
    operations: Sequence[Operation]
    """The operations of all profiles in this run."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        credential: bool = True,
    ) -> Exchange:
        """Send one request, ``path`` being relative to the base URL, and return the exchange with a complete response.

        ``body`` sends raw bytes instead of ``json``. ``credential=False`` leaves the participant's credential out.

        Raises:
            NotTested: no complete answer came, or the request budget is spent. The missing answer is judged on its own (CORE-ROB-001).
        """
        ...

    def owe(self, method: str, path: str, *, json: Any = None) -> None:
        """Have one request sent when the scenario ends, however it ends: with a finding, a spent budget, an interrupted run.

        For what a scenario must not leave behind, and to be called before it is done. The request counts from now on.

        Raises:
            NotTested: the request budget does not reach for it.
        """
        ...

    def sample(self, method: str = "POST") -> Request:
        """A plain valid request of the profile under test with this method: the first valid vector that the service serves, its variables bound.

        Raises:
            NotTested: no profile of the run has one, or its variables could not be bound.
        """
        ...

    async def inbox(self) -> Inbox:
        """A place where the participant can call back.

        Raises:
            NotTested: the participant cannot reach the harness.
        """
        ...

    def needs_capability(self, name: str) -> None:
        """Raise :class:`NotApplicable` unless the service card declares the capability ``name``."""
        ...


class Claim(Protocol):
    """Something that a service card says, held against all that is seen in a run, whatever it was sent for. Made anew for each run.

    It keeps what it needs of the exchanges and never all of them: a run has any number.
    """

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """Look at one exchange, complete or not; they come as they end. ``card`` is empty until one was seen. Nothing is decided yet."""
        ...

    def decide(self, card: Mapping[str, Any]) -> Estimate | Mean | None:
        """Hold the card (empty when none was seen) against what was noticed, once, at the end. Ends as any check does."""
        ...


Rule = Callable[[Exchange], None]
PairRule = Callable[[Exchange, Exchange], None]
Scenario = Callable[[Service], Awaitable["Estimate | Mean | None"]]
ClaimClass = TypeVar("ClaimClass", bound=type[Claim])
CallNext = Callable[[Request], Awaitable[Response]]
FaultyHandler = Callable[[Request, CallNext], Awaitable[Response]]
Maker = Callable[[Any], Any]


@dataclass(frozen=True)
class Check:
    """A rule, pair rule, scenario or claim with the requirement it decides."""

    requirement: str
    kind: str
    function: Callable[..., Any] = field(repr=False)
    when: Callable[..., bool] | None = field(default=None, repr=False)
    alone: bool = False

    @property
    def name(self) -> str:
        """Module and function, as ``govai requirements`` shows it."""
        return f"{self.function.__module__}.{self.function.__name__}"


@dataclass(frozen=True)
class Mutant:
    """A faulty variation of a reference participant, made to prove that the check of ``requirement`` catches it."""

    id: str
    requirement: str
    description: str
    function: FaultyHandler = field(repr=False)
    also: tuple[str, ...] = ()


class Checks:
    """All checks, mutants and makers known to this process, in the order they were declared."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.mutants: dict[str, Mutant] = {}
        self.makers: dict[str, Maker] = {}

    def of(self, requirement: str) -> list[Check]:
        """The checks that decide one requirement."""
        return [check for check in self.checks if check.requirement == requirement]


registry = Checks()


def rule(requirement: str, *, when: Callable[[Exchange], bool] | None = None) -> Callable[[Rule], Rule]:
    """Declare a check that looks at one exchange, whoever made it.

    ``when`` says which exchanges exercise the requirement; the others do not count as tested. Exchanges without a complete response are
    only shown to rules that have no ``when``.
    """

    def declare(function: Rule) -> Rule:
        registry.checks.append(Check(requirement, "rule", function, when))
        return function

    return declare


def pair_rule(requirement: str, *, when: Callable[[Exchange, Exchange], bool]) -> Callable[[PairRule], PairRule]:
    """Declare a check that looks at an exchange and the one that follows it from the same sender to the same operation."""

    def declare(function: PairRule) -> PairRule:
        registry.checks.append(Check(requirement, "pair", function, when))
        return function

    return declare


def scenario(requirement: str, *, alone: bool = False) -> Callable[[Scenario], Scenario]:
    """Declare a check that drives several exchanges of its own.

    ``alone``: nothing else is asked meanwhile, because what it looks for is what one request does to the next, or needs two to be under way for
    certain. It costs every run the time of its requests one after the other.
    """

    def declare(function: Scenario) -> Scenario:
        registry.checks.append(Check(requirement, "scenario", function, alone=alone))
        return function

    return declare


def claim(requirement: str) -> Callable[[ClaimClass], ClaimClass]:
    """Declare a :class:`Claim`: a class that is made without arguments."""

    def declare(made: ClaimClass) -> ClaimClass:
        registry.checks.append(Check(requirement, "claim", made))
        return made

    return declare


def maker(name: str) -> Callable[[Maker], Maker]:
    """Declare how the value of a variable is made of what a participant declares (``as: name`` in a profile's ``x-variables``).

    The function takes the declared JSON value, returns another, and raises :class:`ValueError` with the reason where it cannot.
    """

    def declare(function: Maker) -> Maker:
        if name in registry.makers:
            raise ValueError(f"two makers are called {name}")
        registry.makers[name] = function
        return function

    return declare


def mutant(requirement: str, *, also: Sequence[str] = ()) -> Callable[[FaultyHandler], FaultyHandler]:
    """Declare a faulty variation of the reference, written as a wrapper around its handler.

    The function takes the request and ``call_next``; it may change what the reference is asked, what it answers, or both. Its name, with
    hyphens, is the mutant's id; its docstring the description. ``also`` names other requirements that this fault really breaks as well.
    """

    def declare(function: FaultyHandler) -> FaultyHandler:
        name = function.__name__.replace("_", "-")
        if name in registry.mutants:
            raise ValueError(f"two mutants are called {name}")
        if not function.__doc__:
            raise ValueError(f"mutant {name} has no description")
        description = " ".join(function.__doc__.split())
        registry.mutants[name] = Mutant(name, requirement, description, function, tuple(also))
        return function

    return declare

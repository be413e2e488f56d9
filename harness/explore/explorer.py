"""Exploring: drawn requests go out through the run's own sender and are judged by the run's own rules, until the time is up.

Hypothesis is synchronous. It draws in a thread, a batch ahead; the workers of the run send. What shows a requirement violated that was not
known to be is shrunk: the same requests are drawn again in a thread, which hands ever simpler ones to the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from harness.exchange import Exchange, Request
from harness.explore.document import joined
from harness.explore.drawing import Drawing, Mode, Stopped
from harness.explore.drawn import PREFIX, SEQUENCE, expected, key, size
from harness.explore.places import Places
from harness.explore.sequences import Sequences
from harness.explore.trimming import simpler
from harness.judge import Found, Judge
from harness.operation import Operation
from harness.pace import BudgetSpent
from harness.profile import Profile
from harness.sending import Sender

BATCH = 20
"""Requests of one operation drawn at a time."""
SHRINKING = 10.0
"""Seconds that Hypothesis is given to make one finding small, and as many that trimming gets after it, also past the end of exploring."""
CHARGED = 3
"""How many findings of one requirement, each with a message of its own, are made small and reported."""
Result = TypeVar("Result")


@dataclass
class Case:
    """A drawn request, and what became of it: the findings it showed, by requirement."""

    id: str
    operation: Operation
    request: Request
    exchange: Exchange | None = None
    shown: dict[str, Found] = field(default_factory=dict)


async def explore(
    seconds: float, profiles: Sequence[Profile], judge: Judge, sender: Sender, *, variables: Mapping[str, Any], workers: int, seed: int
) -> str:
    """Explore for so many seconds and return a sentence on it. Findings go to the tallies of ``judge``.

    ``sender`` is the run's, but with a judge of its own (:meth:`harness.judge.Judge.apart`), given here as its ``judge``.
    """
    explorer = _Explorer(profiles, judge, sender, variables, workers, seed)
    try:
        await explorer.explore(seconds)
    finally:
        explorer.stop()
    return explorer.summary(seconds)


class _Explorer:
    def __init__(
        self, profiles: Sequence[Profile], judge: Judge, sender: Sender, variables: Mapping[str, Any], workers: int, seed: int
    ) -> None:
        self._judge, self._apart, self._sender = judge, sender.judge, sender
        self._variables, self._workers, self._seed = variables, workers, seed
        self._operations = {operation.id: operation for profile in profiles for operation in profile.operations if operation.drawn}
        self._places = {operation.id: Places(profile, operation) for profile in profiles for operation in profile.operations}
        self._document = joined(profiles)
        self._charged: Counter[str] = Counter()
        self._counts: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._over, self._spent = threading.Event(), False
        self._asked: set[Future[Any]] = set()
        self._loop = asyncio.get_running_loop()
        self.sent = 0
        self.found: set[str] = set()

    def stop(self) -> None:
        """Let the threads end: what they wait for does not come any more."""
        self._over.set()
        for future in list(self._asked):
            future.cancel()

    def summary(self, seconds: float) -> str:
        """What was done, for the notes of the report."""
        end = "until the request budget was spent" if self._spent else f"for {seconds:g} s"
        found = f"found violated: {', '.join(sorted(self.found))}" if self.found else "nothing new was found"
        return f"explored {end} with {self.sent} requests beyond the vectors: {found}"

    async def explore(self, seconds: float) -> None:
        """Operation by operation, batch by batch, then a few sequences, again and again."""
        deadline = self._loop.time() + seconds
        drawing = await asyncio.to_thread(Drawing, self._document, self._over.is_set)
        sequences = await asyncio.to_thread(Sequences, drawing, self._over.is_set)
        turns = [(operation, mode) for operation in self._operations.values() for mode in get_args(Mode)]
        strategies = {(operation.id, mode): drawing.strategy(operation.id, mode, self._binding(operation)) for operation, mode in turns}
        batch: asyncio.Task[list[Request]] | None = None

        barren: set[tuple[str, Mode]] = set()

        async def drawn(turn: int) -> list[Request]:
            operation, mode = turns[turn % len(turns)]
            of = (operation.id, mode)
            requests = [] if of in barren else await asyncio.to_thread(drawing.draw, strategies[of], self._seed_of(turn), BATCH)
            if not requests:
                barren.add(of)  # nothing can be wrong with a request that has no parts
            return requests

        for turn in itertools.count():
            operation, mode = turns[turn % len(turns)]
            requests = await (batch or drawn(turn))
            batch = asyncio.create_task(drawn(turn + 1))
            cases = [Case(self._new_id(operation), operation, request) for request in requests]
            await self._send(cases, deadline)
            for requirement, case in self._news(cases):
                known = {key(each.request): each for each in cases if each.exchange is not None}

                def shrink(shows: Any, turn: int = turn, of: tuple[str, Mode] = (operation.id, mode)) -> None:
                    drawing.shrink(strategies[of], self._seed_of(turn), BATCH, shows)

                await self._minimise(requirement, case, known, shrink)
            if turn % len(turns) == len(turns) - 1 and sequences.any and self._loop.time() < deadline:
                await self._play(sequences, self._seed_of(turn), deadline)
            if self._spent or self._loop.time() >= deadline:
                self.stop()
                await asyncio.gather(batch, return_exceptions=True)
                return

    def _seed_of(self, turn: int) -> int:
        return zlib.crc32(f"{self._seed}:{turn}".encode())

    def _new_id(self, operation: Operation) -> str:
        return f"{PREFIX}{operation.id}.{next(self._counts[operation.id])}"

    def _binding(self, operation: Operation) -> Any:
        places = self._places[operation.id]
        return lambda request: places.bound(request, self._variables)

    async def _send(self, cases: Sequence[Case], deadline: float) -> None:
        """Send the requests of a batch, as many at once as the run has workers. What is under way when the time is up is let go."""
        waiting = iter(cases)

        async def work() -> None:
            for case in waiting:
                if self._spent:
                    return
                await self._ask(case)

        try:
            async with asyncio.timeout_at(deadline), asyncio.TaskGroup() as group:
                for _ in range(min(self._workers, len(cases))):
                    group.create_task(work())
        except TimeoutError:
            pass

    async def _ask(self, case: Case) -> None:
        """Send one request and note what its exchange showed. Nothing is sent where the budget is spent."""
        vector = expected(case.id, case.operation, case.request)
        try:
            case.exchange = await self._sender.send(case.id, case.request, vector=vector)
        except BudgetSpent:
            self._spent = True
            return
        self.sent += 1
        for requirement, tally in self._apart.tallies.items():
            known = self._judge.tallies[requirement]
            known.take(tally)
            for each in tally.findings.values():
                case.shown.setdefault(requirement, each)
                if known.violations:
                    known.violations += 1
        self._apart.tallies.clear()

    def _is_new(self, requirement: str, found: Found) -> bool:
        """Whether a finding says something that the report does not say yet. Of one requirement a few are enough."""
        known = self._judge.tallies[requirement]
        return self._charged[requirement] < CHARGED and found.message not in known.findings

    def _news(self, cases: Sequence[Case]) -> list[tuple[str, Case]]:
        """What is new in a batch: requirements, each with the smallest request that shows it."""
        first: dict[str, Case] = {}
        for case in sorted((case for case in cases if case.shown), key=lambda case: size(case.request)):
            for requirement, found in case.shown.items():
                if self._is_new(requirement, found):
                    first.setdefault(requirement, case)
        return sorted(first.items())

    async def _minimise(self, requirement: str, case: Case, known: Mapping[Any, Case], shrink: Any) -> None:
        """Shrink a finding, and charge the participant with the smallest request that shows it."""
        tries, best, end = itertools.count(1), case, self._loop.time() + SHRINKING
        seen, kind = dict(known), expected(case.id, case.operation, case.request).kind

        def shows(request: Request) -> bool:
            nonlocal best
            if key(request) not in seen:
                if self._loop.time() > end or self._spent:
                    raise Stopped
                seen[key(request)] = Case(f"{case.id}.{next(tries)}", case.operation, request)
                self._wait_for(self._ask(seen[key(request)]))
            found = seen[key(request)].shown.get(requirement)
            if found is None or not self._is_new(requirement, found):
                return False
            best = min(best, seen[key(request)], key=lambda each: size(each.request))
            return True

        def trim() -> None:
            """Hypothesis leaves members that come before the one that matters: take away what is not needed, and stay on its side of the schema."""
            simplest = False
            while not simplest:
                simplest = True
                for request in map(self._binding(case.operation), simpler(best.request)):
                    allowed = expected(case.id, case.operation, request).kind == kind
                    if allowed and size(request) < size(best.request) and shows(request):
                        simplest = False
                        break

        def both() -> None:
            nonlocal end
            shrink(shows)
            end = self._loop.time() + SHRINKING
            with contextlib.suppress(Stopped):
                trim()

        await asyncio.to_thread(both)
        self._charge(requirement, best)

    def _charge(self, requirement: str, case: Case) -> None:
        self._charged[requirement] += 1
        self.found.add(requirement)
        self._judge.tallies[requirement].add(case.shown[requirement])

    async def _play(self, sequences: Sequences, seed: int, deadline: float) -> None:
        """Sequences of requests that build on each other's answers. One whose last request shows something new is shortened."""
        number, steps, end = next(self._counts[SEQUENCE]), itertools.count(1), deadline
        wanted: str | None = None
        best: Case | None = None

        def step(operation_id: str, request: Request) -> tuple[Exchange | None, bool]:
            nonlocal wanted, best, end
            if self._loop.time() > end or self._spent:
                raise Stopped
            operation = self._operations[operation_id]
            case = Case(f"{SEQUENCE}{number}.{next(steps)}", operation, self._binding(operation)(request))
            self._wait_for(self._ask(case))
            new = sorted(each for each, found in case.shown.items() if self._is_new(each, found))
            if wanted is None and new:
                wanted, end = new[0], self._loop.time() + SHRINKING
            if wanted in case.shown:
                best = case
            return case.exchange, wanted in case.shown

        await asyncio.to_thread(sequences.play, seed, step)
        if wanted is None or best is None:
            return
        alone = Case(self._new_id(best.operation), best.operation, best.request)
        await self._ask(alone)
        self._charge(wanted, alone if wanted in alone.shown else best)

    def _wait_for(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine of the event loop from a thread of Hypothesis."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        self._asked.add(future)
        if self._over.is_set():
            future.cancel()
        try:
            return future.result()
        except CancelledError:
            raise Stopped from None
        finally:
            self._asked.discard(future)

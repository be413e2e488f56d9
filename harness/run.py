"""A run: plan, drive, collect. The harness is the client, a provider is under test.

profile -> plan -> exchanges -> judge -> verdicts -> report, one way along that line. A run always ends in a report, also when the participant
breaks off, the budget is spent or a person stops it: what was measured is kept.
"""

from __future__ import annotations

import asyncio
import datetime
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.adapters import find_adapter
from harness.binding import Binding
from harness.checks import Check
from harness.client import Client, Transport
from harness.errors import Unreachable
from harness.exchange import Exchange, Request, media_type
from harness.judge import Judge, weigh
from harness.operation import Operation
from harness.pace import BudgetSpent, Pace
from harness.participant import Participant
from harness.plan import Repeat, Step, plain_vectors, plan
from harness.profile import CLASSES, ConformanceClass, Profile
from harness.recording import Recording
from harness.report import Report
from harness.reporting import Ran, conclude
from harness.sending import Ending, Sender
from harness.serve.inbox import LISTEN, Inboxes, is_near
from harness.service import DrivenService
from harness.vectors import Vector, bind

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps planned."""
_IN_PROCESS = "The service was called in the process of its tests: server, network and TLS were not tested."


@dataclass(frozen=True)
class RunOptions:
    """How a run is made. ``variables`` binds profile variables by hand; ``as_of`` is the day duties are judged by (default: today)."""

    seed: int = 1
    decided_by: ConformanceClass | None = None
    as_of: datetime.date = field(default_factory=datetime.date.today)
    variables: Mapping[str, Any] = field(default_factory=dict)
    explore: float | None = None
    """Seconds of exploring after the plan."""
    replay: Sequence[Repeat] | None = None
    """What is played instead of the plan, one after the other, to see whether a finding is still there."""
    evidence: Path | None = None
    """The folder that the exchanges are recorded in; with ``resume`` the one of an earlier run, which is gone on with."""
    resume: bool = False
    callback_url: str | None = None
    """The URL under which the participant reaches the harness's inbox; None where it runs on this machine, or cannot."""
    callback_listen: str = LISTEN
    in_process: bool = False
    """Whether the participant is called in this process, without a server."""


async def run_provider(
    participant: Participant,
    profiles: Sequence[Profile],
    options: RunOptions,
    *,
    transport: Transport | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> Report:
    """Test one provider against ``profiles`` and return the report. Setting ``stop`` ends the run early with the verdicts reached so far."""
    ending = Ending(stop or asyncio.Event())
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(participant, transport))
        recording = _recording(participant, profiles, options, client)
        if recording is not None:
            stack.enter_context(recording)
        near = transport is not None or is_near(participant.url)
        inboxes = await stack.enter_async_context(Inboxes(base=options.callback_url, listen=options.callback_listen, near=near))
        run = _Run(participant, profiles, options, client, ending, progress, recording, inboxes)
        await run.drive()
        return conclude(run.ran())


def _recording(participant: Participant, profiles: Sequence[Profile], options: RunOptions, client: Client) -> Recording | None:
    if options.evidence is None:
        return None
    return Recording(options.evidence, participant, profiles, options.seed, secrets=client.secrets, resume=options.resume)


class _Run:
    def __init__(
        self,
        participant: Participant,
        profiles: Sequence[Profile],
        options: RunOptions,
        client: Client,
        ending: Ending,
        progress: Progress | None,
        recording: Recording | None,
        inboxes: Inboxes,
    ) -> None:
        self._recording, self._inboxes = recording, inboxes
        self._id = recording.run if recording else uuid.uuid4().hex
        self._participant, self._profiles, self._options = participant, profiles, options
        self._client, self._ending, self._progress = client, ending, progress
        adapters = [find_adapter(name) for name in participant.adapters]
        self._judge = Judge(profiles, "provider", base_path=urlsplit(participant.url).path, adapters=adapters)
        self._pace = Pace(participant.limits.budget, participant.limits.max_rps)
        self._sender = Sender(client, self._judge, self._pace, ending, options.seed, participant.limits, recording)
        self._binding = Binding(profiles, options.variables)
        self._variables = self._binding.values
        self._card: Mapping[str, Any] = {}
        self._plain: dict[str, Request] = {}
        self._operations = [operation for profile in profiles for operation in profile.operations]
        self._notes = [_IN_PROCESS] if options.in_process else []
        self._started, self._clock = time.time(), time.perf_counter()

    async def drive(self) -> None:
        """Do the whole plan, or as much of it as there is time for."""
        driver = asyncio.create_task(self._drive())
        stopper = asyncio.create_task(self._ending.stop.wait())
        await asyncio.wait((driver, stopper), return_when=asyncio.FIRST_COMPLETED)
        if not driver.done():
            self._ending.end("The run was interrupted.")
        driver.cancel()
        stopper.cancel()
        for result in await asyncio.gather(driver, stopper, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, Unreachable | BudgetSpent):
                raise result

    async def _drive(self) -> None:
        planned = plan(self._profiles)
        for step in planned:
            if isinstance(step, Check):
                self._judge.tallies[step.requirement].pending.add(step.name)
        await self._first_contact()
        await self._read_card()
        asked = await self._find_plain_requests()
        if self._options.replay is not None:
            await self._repeat(self._options.replay)
            return
        alone = [step for step in planned if isinstance(step, Check) and step.alone]
        together, done = iter([step for step in planned if step not in alone]), 0

        async def work(steps: Iterable[Step]) -> None:
            nonlocal done
            for step in steps:
                if isinstance(step, Check):
                    await self._play(step)
                elif step[1].id not in asked:
                    await self._send_vector(*step)
                done += 1
                if self._progress:
                    self._progress(done, len(planned))

        await work(alone)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._participant.limits.concurrency, len(planned))):
                group.create_task(work(together))
        if self._options.explore:
            await self._explore(self._options.explore)

    async def _explore(self, seconds: float) -> None:
        from harness.explore.explorer import explore  # what it draws with is an extra, and takes a second to import

        self._notes.append(
            await explore(
                seconds,
                self._profiles,
                self._judge,
                self._sender.judged_by(self._judge.apart()),
                variables=self._variables,
                workers=self._participant.limits.concurrency,
                seed=self._options.seed,
            )
        )

    async def _repeat(self, repeats: Sequence[Repeat]) -> None:
        """Play what found violations, one after the other, each judged on its own."""
        for each in repeats:
            self._judge.afresh()
            step = each.step
            if isinstance(step, Check):
                await self._play(step)
            elif isinstance(step, Request):
                await self._sender.send(each.name, step, vector=each.vector)
            else:
                await self._send_vector(*step)
            self._judge.decide_claims()
            tally = self._judge.tallies[each.requirement]
            causes = [*tally.not_tested, *tally.not_applicable, *tally.harness_errors, *([tally.unsent] if tally.unsent else [])]
            if tally.violations or not causes:
                each.there = tally.violations > 0
            else:
                each.cause = causes[0]

    async def _first_contact(self) -> None:
        """Learn whether a service of these profiles is there at all, and what it offers for the profiles' variables."""
        asked = await self._binding.learn(self._ask)
        self._notes.extend(self._binding.notes)
        if not asked:
            operation = next(each for each in self._profiles[-1].operations if each.method == "GET")
            await self._ask(operation, operation.path)

    async def _ask(self, operation: Operation, path: str) -> Exchange:
        """One request of the first contact. Ends the run where no service of the profile answers: nothing could be said of it."""
        url = self._participant.url
        exchange = await self._sender.send(f"first-contact.{operation.id}", Request(operation.method, path))
        location = exchange.response.headers.get("location") if exchange.response else None
        if exchange.fault is not None:
            await self._end(f"{url} cannot be reached: {exchange.fault.detail}.", unreachable=True)
        elif 300 <= exchange.status < 400 and not operation.optional:  # one document may lie elsewhere, and the service be here
            await self._end(f"{url} redirects to {location}. If that is the service, run against that address.", unreachable=True)
        elif exchange.succeeded and media_type(exchange.answer.headers.get("content-type")) == "text/html":
            await self._end(
                f"{url} answers {operation.method} {path} with a web page. Give the base URL under which the API lies.", unreachable=True
            )
        elif exchange.status in (401, 403):
            given = self._participant.credential
            what = f"does not accept the {given.kind} credential" if given else "asks for a credential. Give one with --auth"
            await self._end(f"{url} {what} (HTTP {exchange.status}).")
        return exchange

    async def _end(self, reason: str, *, unreachable: bool = False) -> None:
        if unreachable:
            self._judge.tallies.clear()  # whoever answered, it was not the participant
        self._ending.end(reason, unreachable=unreachable)
        await self._ending.halt()

    async def _read_card(self) -> None:
        """The service card says what is optional and offered; without one, nothing optional is."""
        exchange = await self._sender.send("first-contact.getServiceCard", Request("GET", "/service-card"))
        content = exchange.response.document if exchange.response and exchange.succeeded else None
        self._card = content if isinstance(content, dict) else {}

    async def _find_plain_requests(self) -> set[str]:
        """Send the first valid vectors of each method until one is served: that is the plain request which scenarios build on.

        Returns the ids of the vectors sent. Where none is served the first stands, and scenarios say what became of it.
        """
        asked: set[str] = set()
        for method in ("POST", "GET"):
            for profile, vector in plain_vectors(self._profiles, method):
                exchange = await self._send_vector(profile, vector)
                asked.add(vector.id)
                if exchange is None:
                    continue
                if exchange.succeeded or method not in self._plain:
                    operation = profile.operation(str(vector.operation))
                    self._plain[method] = bind(vector, operation.method, operation.path, self._variables)
                if exchange.succeeded:
                    break
        return asked

    async def _send_vector(self, profile: Profile, vector: Vector) -> Exchange | None:
        """Send one vector; None where it could not be, which stands in the tallies of what it is for."""
        operation = profile.operation(vector.operation) if vector.operation else None
        try:
            request = bind(vector, operation.method if operation else "GET", operation.path if operation else "/", self._variables)
            return await self._sender.send(vector.id, request, vector=vector)
        except KeyError as missing:
            self._unsent(vector, f"the profile's variable {missing.args[0]} could not be bound")
        except BudgetSpent:
            self._unsent(vector, "the request budget was spent")
        except Unreachable as error:
            self._unsent(vector, str(error))
        return None

    def _unsent(self, vector: Vector, cause: str) -> None:
        for id in vector.exercises:
            self._judge.tallies[id].unsent = cause

    async def _play(self, check: Check) -> None:
        tally = self._judge.tallies[check.requirement]
        service = DrivenService(
            check.function.__name__.replace("_", "-"),
            self._sender,
            self._operations,
            plain=self._plain,
            card=self._card,
            variables=self._variables,
            seed=self._options.seed,
            run=self._id,
            country=self._participant.country,
            has_credential=self._participant.credential is not None,
            in_process=self._options.in_process,
            inboxes=self._inboxes,
        )
        try:
            result = await check.function(service)
            tally.exercised += 1
            weigh(result)
        except Exception as error:
            tally.end(check, error)
        finally:
            self._notes.extend(await service.settle())
        tally.pending.discard(check.name)

    def ran(self) -> Ran:
        """What the report is made from."""
        if not self._ending.unreachable:
            self._judge.decide_claims()
        notes, reused = list(self._notes), 0
        if self._recording is not None:
            self._recording.end(self._ending.reason)
            reused = self._recording.reused
            notes += [f"{reused} exchanges are those of the earlier run"] if reused else []
            notes += [self._recording.trouble] if self._recording.trouble else []
        claimed = self._card.get("conformanceClass")
        return Ran(
            profiles=self._profiles,
            side="provider",
            tallies=self._judge.tallies,
            participant=self._participant,
            secrets=self._client.secrets,
            started=self._started,
            duration=time.perf_counter() - self._clock,
            requests=self._pace.sent + reused,
            seed=self._options.seed,
            as_of=self._options.as_of,
            decided_by=self._options.decided_by or (claimed if claimed in CLASSES else "government"),
            ended=self._ending.reason,
            unreachable=self._ending.unreachable,
            notes=notes,
            binding=self._variables,
            uses=self._judge.uses,
            timing=self._judge.timing,
            limits=self._participant.limits,
            explored=self._options.explore is not None,
        )

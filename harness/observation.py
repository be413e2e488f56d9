"""Traffic that somebody else makes, judged as it comes: recorded, passing through, or of a client that is run against the harness."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from harness.adapters import find_adapter
from harness.checks import registry
from harness.exchange import Exchange
from harness.judge import Judge, requirements_of
from harness.participant import Participant
from harness.profile import ConformanceClass, Profile, Side
from harness.recording import Recording
from harness.report import Report
from harness.reporting import Ran, conclude
from harness.withholding import Withheld


class Observation:
    """What is seen of one side. Requirements that only scenarios decide, which take a service to ask, come out as not tested.

    Args:
        profiles: core among them.
        side: who is judged: the ``provider`` that answers or the ``consumer`` that asks.
        participant: who that is.
        base_url: the service's, whose path is not part of the operations; the participant's URL when left out.
        decided_by: the class that decides the outcome.
        as_of: the day legal duties are judged by.
        recording: where the exchanges are recorded, if anywhere.
        withheld: learns what the report must not hold, where the exchanges are not the harness's own to show.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        side: Side,
        participant: Participant,
        *,
        base_url: str | None = None,
        decided_by: ConformanceClass = "government",
        as_of: datetime.date | None = None,
        recording: Recording | None = None,
        withheld: Withheld | None = None,
    ) -> None:
        self.requests, self.own = 0, 0
        """Exchanges seen, and those of them to operations of the last profile in which the one who is judged was there."""
        self.judge = Judge(
            profiles,
            side,
            base_path=urlsplit(participant.url if base_url is None else base_url).path,
            adapters=[find_adapter(adapter) for adapter in participant.adapters],
        )
        self._profiles, self._side, self._participant = profiles, side, participant
        self._decided_by, self._as_of, self._recording = decided_by, as_of or datetime.date.today(), recording
        self._withheld = withheld
        for requirement in requirements_of(profiles, side):
            if any(check.kind == "scenario" for check in registry.of(requirement.id)):
                self.judge.tallies[requirement.id].not_tested.append("it takes a service to ask; traffic was observed")
        self._started, self._clock = time.time(), time.perf_counter()

    def see(self, exchange: Exchange) -> Exchange:
        """Judge one exchange, in the order they happened, and return it with its operation."""
        exchange = self.judge.see(exchange)
        self.requests += 1
        was_there = self._side == "consumer" or exchange.fault is None or exchange.fault.kind not in ("connect", "tls")
        self.own += was_there and exchange.operation is not None and exchange.operation.profile == self._profiles[-1].key
        if self._recording is not None:
            self._recording.keep(exchange)
        if self._withheld is not None:
            self._withheld.learn(exchange)
        return exchange

    def report(
        self, *, ended: str | None = None, unreachable: bool = False, notes: Sequence[str] = (), secrets: Iterable[str] = ()
    ) -> Report:
        """The report on what was seen. ``unreachable``: nothing that was seen is of a participant of these profiles."""
        self.judge.decide_claims()
        if unreachable:
            self.judge.tallies.clear()
        trouble = []
        if self._recording is not None:
            self._recording.end(ended)
            trouble = [self._recording.trouble] if self._recording.trouble else []
        return conclude(
            Ran(
                profiles=self._profiles,
                side=self._side,
                tallies=self.judge.tallies,
                participant=self._participant,
                started=self._started,
                duration=time.perf_counter() - self._clock,
                requests=self.requests,
                seed=0,
                as_of=self._as_of,
                decided_by=self._decided_by,
                ended=ended,
                unreachable=unreachable,
                notes=[*notes, *trouble],
                uses=self.judge.uses,
                timing=self.judge.timing,
                secrets=secrets,
                withheld=self._withheld,
            )
        )

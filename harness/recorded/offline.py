"""Traffic that was recorded earlier, judged by the same rules: one report for each side."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.exchange import Exchange, Request
from harness.judge import Judge
from harness.observation import Observation
from harness.operation import Operation
from harness.participant import Participant
from harness.profile import ConformanceClass, Profile, Side
from harness.recorded.har import Har, plain_url
from harness.recorded.opening import open_recorded
from harness.recording import Recorded
from harness.report import Report
from harness.withholding import Withheld

SHOWN = 10
"""How many addresses are named where the service could be at several."""


class Offline:
    """A recording to be judged.

    Args:
        path: a HAR file, or the evidence of an earlier run.
        profiles: core among them.
        side: who is judged; everybody that the recording has, when left out.
        base_url: the service in a HAR file; what the profiles' operations are found under, when left out.

    Raises:
        UsageError: the recording cannot be read, does not have that side, or does not tell which service is meant.
    """

    def __init__(self, path: Path, profiles: Sequence[Profile], side: Side | None = None, base_url: str = "") -> None:
        self._path, self._profiles, self._recording = path, profiles, open_recorded(path)
        self.sides = [side] if side else list(self._recording.sides)
        if side and side not in self._recording.sides:
            raise UsageError(f"The {side} in {path} is govai itself. Leave out --side {side}.")
        self.base_url = base_url or self._recording.base_url
        if isinstance(self._recording, Har):
            self.base_url = (plain_url(base_url) or "").rstrip("/") or _service(path, self._recording.requests(), profiles)

    def judge(
        self,
        participants: Mapping[Side, Participant],
        *,
        decided_by: ConformanceClass = "government",
        as_of: datetime.date | None = None,
        withheld: Withheld | None = None,
    ) -> list[Report]:
        """The reports on the participants, in the order of :attr:`sides`. Raises :class:`UsageError` where nothing in the recording is of them."""
        given: dict[str, Any] = {"base_url": self.base_url, "decided_by": decided_by, "as_of": as_of, "withheld": withheld}
        seen = [Observation(self._profiles, side, participants[side], **given) for side in self.sides]
        passed_over = self._recording.passed_over if isinstance(self._recording, Har) else Counter()
        for exchange in self.exchanges(passed_over):
            for each in seen:
                each.see(exchange)
        if not seen[0].own:
            raise UsageError(f"No request to an operation of {self._profiles[-1].key} is recorded in {self._path}{self._where()}.")
        notes = [f"{seen[0].requests} recorded exchanges were judged: {self._path.resolve().name}{self._where()}."]
        if passed_over:
            notes.append(f"Passed over: {'; '.join(f'{count} {what}' for what, count in passed_over.most_common())}.")
        return [each.report(ended=self._recording.cut, notes=notes) for each in seen]

    def exchanges(self, passed_over: Counter[str] | None = None) -> Iterator[Exchange]:
        """The exchanges with the service; ``passed_over`` counts the others, by why they are."""
        operation_of = Judge(self._profiles, self.sides[0], base_path=urlsplit(self.base_url).path).operation_of
        for exchange in self._recording.exchanges(self._profiles):
            why = self._passed_over(exchange, operation_of)
            if why is None:
                yield exchange
            elif passed_over is not None:
                passed_over[why] += 1

    def _passed_over(self, exchange: Exchange, operation_of: Callable[[Request], Operation | None]) -> str | None:
        """Why an exchange of a HAR file is not judged, where it is not. A run's own are all of its participant."""
        if isinstance(self._recording, Recorded):
            return None
        if not exchange.request.url.startswith(f"{self.base_url}/"):
            return "to other addresses"
        return "to no operation of the profiles" if operation_of(exchange.request) is None else None

    def _where(self) -> str:
        return f", service at {self.base_url}" if self.base_url else ""


def _service(path: Path, requests: Iterable[tuple[Request, bool]], profiles: Sequence[Profile]) -> str:
    """The address under which the operations of the profiles were asked for, core's apart where there are others; one that answered, if any did.

    Raises:
        UsageError: there is none, or more than one.
    """
    operations = [each for profile in profiles[1:] or profiles for each in profile.operations]
    answering: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for request, answered in requests:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        bases = {each.base_of(parts.path) for each in operations if each.method == request.method} - {None}
        (answering if answered else silent).update(f"{origin}{base}" for base in bases)
        others.update([] if bases else [origin])
    found = answering or silent
    if len(found) == 1:
        return next(iter(found))
    if found:
        message = f"{path} holds several services of {profiles[-1].key}: {_named(found)}. Say which one is meant with --base-url."
        raise UsageError(message)
    raise UsageError(f"No request in {path} addresses an operation of {profiles[-1].key}. What was asked: {_named(others) or 'nothing'}.")


def _named(addresses: Counter[str]) -> str:
    named = [f"{address} ({count})" for address, count in addresses.most_common(SHOWN)]
    return ", ".join(named) + (" and others" if len(addresses) > SHOWN else "")

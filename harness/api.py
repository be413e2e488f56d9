"""The same from Python: what the command line and the pytest plugin are thin layers over."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import catalogue
from harness.adapters import find_adapter
from harness.client import Transport
from harness.comparison import Comparison, comparing, read_file
from harness.comparison.fetching import read_url
from harness.errors import UsageError
from harness.exchange import Exchange
from harness.explore import duration
from harness.observation import Observation
from harness.pairing import Pairing, paired
from harness.participant import Credential, Limits, Participant, check_url
from harness.profile import ConformanceClass, Side
from harness.recorded.offline import Offline
from harness.report import Report
from harness.run import Progress, RunOptions, run_provider
from harness.serve.inbox import LISTEN
from harness.serve.mock import reference_app
from harness.serve.situations import SITUATIONS


async def arun(
    url: str,
    profiles: Sequence[str] = ("assistant",),
    *,
    name: str | None = None,
    country: str | None = None,
    credential: Credential | None = None,
    certificate_authority: Path | None = None,
    adapters: Sequence[str] = (),
    limits: Limits | None = None,
    seed: int = 1,
    decided_by: ConformanceClass | None = None,
    as_of: datetime.date | None = None,
    variables: Mapping[str, Any] | None = None,
    profile_paths: Sequence[Path] = (),
    explore: str | None = None,
    evidence: Path | None = None,
    resume: Path | None = None,
    callback_url: str | None = None,
    callback_listen: str = LISTEN,
    transport: Transport | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> Report:
    """Test the provider at ``url`` against ``profiles`` (core is always among them) and return the report.

    Args:
        url: base URL under which the profiles' operations lie.
        profiles: names, each with or without a major version: ``assistant`` or ``assistant/1``.
        name: how reports call the participant; its host when left out.
        country: ISO 3166-1 alpha-2 code.
        credential: how to call it, see :func:`harness.parse_credential`.
        certificate_authority: PEM file of authorities to trust besides the system's.
        adapters: declared mappings, see ``govai profiles --adapters``.
        limits: time-outs, sizes, concurrency, budget, pace.
        seed: what everything random follows from.
        decided_by: the class that decides the outcome; default: what the service card claims, else government.
        as_of: the day legal duties are judged by; default: today.
        variables: bindings of profile variables by hand, e.g. ``{"model": "pllum-12b"}``.
        profile_paths: folders with further profiles.
        explore: how long to explore beyond the vectors, e.g. ``60s``, ``2m``.
        evidence: folder to record every exchange in, as it happens.
        resume: folder of an interrupted run to go on with; what it recorded is judged and not sent again.
        callback_url: the URL under which the participant reaches this machine to call back; not needed where it runs on it.
        callback_listen: ``HOST:PORT`` that callbacks are received on.
        transport: what carries the requests, for mocked endpoints and ASGI applications in this process.
        in_process: whether ``transport`` calls the service without a server: its TLS is not judged then, and the report says so.
        progress: called with the steps done and planned.
        stop: set it to end early; the report then says so.

    Raises:
        UsageError: an argument is wrong. An unreachable participant is not an error: the report says so.
    """
    url = check_url(url)
    for adapter in adapters:
        find_adapter(adapter)
    participant = _provider(url, name, country, adapters, limits, credential, certificate_authority)
    if evidence and resume and evidence != resume:
        raise UsageError("A run that goes on with another records in the same folder: leave out --evidence.")
    options = RunOptions(
        seed,
        decided_by,
        as_of or datetime.date.today(),
        variables or {},
        explore=duration(explore) if explore else None,
        evidence=resume or evidence,
        resume=resume is not None,
        callback_url=callback_url,
        callback_listen=callback_listen,
        in_process=in_process,
    )
    loaded = catalogue.load_with_core(profiles, profile_paths)
    return await run_provider(participant, loaded, options, transport=transport, progress=progress, stop=stop)


async def ajudge(
    exchanges: Iterable[Exchange],
    profiles: Sequence[str] = ("assistant",),
    *,
    side: Side = "provider",
    base_url: str = "",
    name: str = "recorded traffic",
    country: str | None = None,
    adapters: Sequence[str] = (),
    decided_by: ConformanceClass = "government",
    as_of: datetime.date | None = None,
    profile_paths: Sequence[Path] = (),
) -> Report:
    """Judge recorded exchanges, offline. Scenarios need a live provider: requirements that only they decide come out as not-tested.

    Args:
        exchanges: in the order they happened.
        side: who is judged: the ``provider`` that answered or the ``consumer`` that asked.
        base_url: base URL of the provider in the recording; its path is not part of the operations.

    The other arguments and the errors are those of :func:`arun`.
    """
    participant = Participant(url=check_url(base_url) if base_url else "", name=name, country=country, adapters=tuple(adapters))
    observation = Observation(catalogue.load_with_core(profiles, profile_paths), side, participant, decided_by=decided_by, as_of=as_of)
    for number, exchange in enumerate(exchanges):
        observation.see(exchange)
        if number % 256 == 255:
            await asyncio.sleep(0)
    return observation.report()


async def apair(
    recording: Path,
    provider: str,
    profiles: Sequence[str] = ("assistant",),
    *,
    base_url: str = "",
    consumer_name: str | None = None,
    consumer_country: str | None = None,
    name: str | None = None,
    country: str | None = None,
    credential: Credential | None = None,
    certificate_authority: Path | None = None,
    adapters: Sequence[str] = (),
    limits: Limits | None = None,
    decided_by: ConformanceClass = "government",
    profile_paths: Sequence[Path] = (),
    transport: Transport | None = None,
    stop: asyncio.Event | None = None,
) -> Pairing:
    """Send a provider what a consumer really sent, and say whether this consumer can use it.

    Args:
        recording: evidence of ``govai consumer`` or ``govai proxy``, or a HAR file; no text of it gets into the reports.
        provider: base URL of the provider; ``name``, ``country``, ``credential`` and what follows are its.
        base_url: the service in a HAR file; found by itself when left out.
        consumer_name: how reports call the consumer; ``consumer_country`` is its.

    The other arguments and the errors are those of :func:`arun` and :func:`ajudge_file`.
    """
    url = check_url(provider)
    service = _provider(url, name, country, adapters, limits, credential, certificate_authority)
    client = Participant(url="", name=consumer_name or recording.stem, country=consumer_country, adapters=tuple(adapters))
    return await paired(
        recording,
        catalogue.load_with_core(profiles, profile_paths),
        client,
        service,
        base_url=check_url(base_url) if base_url else "",
        decided_by=decided_by,
        transport=transport,
        stop=stop,
    )


async def aconsume(
    command: Sequence[str] = (),
    profiles: Sequence[str] = ("assistant",),
    *,
    name: str | None = None,
    country: str | None = None,
    served_from: str = "pl",
    situations: Sequence[str] | None = None,
    decided_by: ConformanceClass = "government",
    as_of: datetime.date | None = None,
    port: int = 0,
    seconds: float | None = None,
    until: int | None = None,
    evidence: Path | None = None,
    profile_paths: Sequence[Path] = (),
    ready: Callable[[str, Mapping[str, str]], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Report:
    """Run a client against the reference service of the last of ``profiles`` and return the report on the client.

    Args:
        command: what starts the client, ``{url}`` and ``{token}`` filled in; it finds both in environment variables as well. Without one, the
            service waits for a client that somebody else starts.
        name: how reports call the client; its command when left out.
        served_from: the country whose reference service answers.
        situations: the names of those that are played (:data:`harness.serve.situations.SITUATIONS`); all when left out.
        port: where to listen on this machine; 0 takes a free port.
        seconds: how long the client may take.
        until: without a command, end after so many requests.
        ready: told the base URL and the environment variables once the service listens.

    The other arguments and the errors are those of :func:`arun`.
    """
    from harness.serve.consumer import Visit, run_consumer  # a server takes a while to import

    known = {each.name: each for each in SITUATIONS}
    for each in situations or ():
        if each not in known:
            raise UsageError(f"There is no situation {each}. There are: {', '.join(known)}.")
    visit = Visit(
        command,
        name or (Path(command[0]).name if command else "client"),
        country,
        decided_by,
        as_of or datetime.date.today(),
        [each for each in SITUATIONS if situations is None or each.name in situations],
        port,
        seconds,
        until,
        evidence,
        ready or (lambda url, environment: None),
    )
    loaded = catalogue.load_with_core(profiles, profile_paths)
    name_served = loaded[-1].name
    return await run_consumer(visit, loaded, lambda token: reference_app(name_served, served_from, token=token), stop=stop)


async def aproxy(
    upstream: str,
    profiles: Sequence[str] = ("assistant",),
    *,
    name: str | None = None,
    country: str | None = None,
    client_name: str = "clients",
    client_country: str | None = None,
    certificate_authority: Path | None = None,
    adapters: Sequence[str] = (),
    decided_by: ConformanceClass = "government",
    as_of: datetime.date | None = None,
    port: int = 0,
    seconds: float | None = None,
    until: int | None = None,
    limits: Limits | None = None,
    evidence: Path | None = None,
    profile_paths: Sequence[Path] = (),
    ready: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
) -> tuple[Report, Report]:
    """Pass traffic through to the provider at ``upstream`` and return two reports, on it and on its clients.

    Args:
        upstream: base URL of the provider.
        name: how reports call the provider, ``client_name`` its clients; ``country`` and ``client_country`` are theirs.
        until: end after so many requests, ``seconds`` after so long.
        limits: of them the time-out counts: most seconds until an answer begins, and between two parts of it.
        ready: told the base URL to connect to.

    The other arguments and the errors are those of :func:`arun` and :func:`aconsume`.
    """
    from harness.serve.proxy import Watch, run_proxy  # a server takes a while to import

    url = check_url(upstream)
    provider = _provider(url, name, country, adapters, limits, None, certificate_authority)
    consumer = Participant(url="", name=client_name, country=client_country, adapters=tuple(adapters))
    watch = Watch(
        provider,
        consumer,
        decided_by,
        as_of or datetime.date.today(),
        port,
        seconds,
        until,
        evidence,
        ready or (lambda url: None),
    )
    return await run_proxy(watch, catalogue.load_with_core(profiles, profile_paths), stop=stop)


async def acompare(
    document: str | Path,
    profiles: Sequence[str] = ("assistant",),
    *,
    credential: Credential | None = None,
    certificate_authority: Path | None = None,
    profile_paths: Sequence[Path] = (),
    transport: Transport | None = None,
) -> Comparison:
    """Hold a provider's own OpenAPI document against ``profiles`` (and no others: core is among them where it is named).

    Args:
        document: a file, or an http or https URL.
        credential: what the URL asks for.

    The other arguments are those of :func:`arun`.

    Raises:
        UsageError: an argument is wrong, or what is read is no OpenAPI 3 document.
        Unreachable: the URL cannot be read.
    """
    loaded = [catalogue.load(name, profile_paths) for name in dict.fromkeys(profiles)]
    if str(document).startswith(("http://", "https://")):
        read = await read_url(str(document), credential=credential, certificate_authority=certificate_authority, transport=transport)
    else:
        read = read_file(Path(document))
    return await asyncio.to_thread(comparing.compare, read, loaded)


def run(url: str, profiles: Sequence[str] = ("assistant",), **options: object) -> Report:
    """:func:`arun` for code that is not asynchronous; same arguments."""
    return asyncio.run(arun(url, profiles, **options))  # type: ignore[arg-type]


def consume(command: Sequence[str] = (), profiles: Sequence[str] = ("assistant",), **options: object) -> Report:
    """:func:`aconsume` for code that is not asynchronous; same arguments."""
    return asyncio.run(aconsume(command, profiles, **options))  # type: ignore[arg-type]


def judge(exchanges: Iterable[Exchange], profiles: Sequence[str] = ("assistant",), **options: object) -> Report:
    """:func:`ajudge` for code that is not asynchronous; same arguments."""
    return asyncio.run(ajudge(exchanges, profiles, **options))  # type: ignore[arg-type]


def judge_file(
    path: Path,
    profiles: Sequence[str] = ("assistant",),
    *,
    side: Side | None = None,
    base_url: str = "",
    name: str | None = None,
    country: str | None = None,
    client_name: str | None = None,
    client_country: str | None = None,
    adapters: Sequence[str] = (),
    decided_by: ConformanceClass = "government",
    as_of: datetime.date | None = None,
    profile_paths: Sequence[Path] = (),
) -> list[Report]:
    """Judge a HAR file, or the evidence of an earlier run, offline: a report for each side, the provider's first.

    Args:
        path: the HAR file; or the folder that the run recorded in, or its ``exchanges.jsonl``.
        side: who is judged; all that the recording has, when left out. The harness's own side of a run is never judged.
        base_url: base URL of the service in a HAR file; where requests to operations of the profiles were found, when left out.
        name: how reports call the participant, the provider where both sides are judged; ``country`` is theirs.
        client_name: how reports call the clients where both sides are judged; ``client_country`` is theirs.

    The other arguments are those of :func:`arun`.

    Raises:
        UsageError: an argument is wrong, the file is no recording, it does not tell which service is meant, or holds no request to it.
    """
    loaded = catalogue.load_with_core(profiles, profile_paths)
    offline = Offline(path, loaded, side, check_url(base_url) if base_url else "")
    url = offline.base_url
    provider = _provider(url, name, country, adapters)
    alone = offline.sides == ["consumer"]
    clients = Participant("", (name if alone else client_name) or "clients", country if alone else client_country, adapters=tuple(adapters))
    participants: dict[Side, Participant] = {"provider": provider, "consumer": clients}
    return offline.judge(participants, decided_by=decided_by, as_of=as_of)


async def ajudge_file(path: Path, profiles: Sequence[str] = ("assistant",), **options: object) -> list[Report]:
    """:func:`judge_file` for code that is asynchronous, in a thread; same arguments."""
    return await asyncio.to_thread(judge_file, path, profiles, **options)  # type: ignore[arg-type]


def pair(recording: Path, provider: str, profiles: Sequence[str] = ("assistant",), **options: object) -> Pairing:
    """:func:`apair` for code that is not asynchronous; same arguments."""
    return asyncio.run(apair(recording, provider, profiles, **options))  # type: ignore[arg-type]


def compare(document: str | Path, profiles: Sequence[str] = ("assistant",), **options: object) -> Comparison:
    """:func:`acompare` for code that is not asynchronous; same arguments."""
    return asyncio.run(acompare(document, profiles, **options))  # type: ignore[arg-type]


def _provider(
    url: str,
    name: str | None,
    country: str | None,
    adapters: Sequence[str],
    limits: Limits | None = None,
    credential: Credential | None = None,
    certificate_authority: Path | None = None,
) -> Participant:
    """A provider, called after its address where it has no name."""
    return Participant(
        url=url,
        name=name or url.partition("://")[2],
        country=country,
        credential=credential,
        certificate_authority=certificate_authority,
        adapters=tuple(adapters),
        limits=limits or Limits(),
    )

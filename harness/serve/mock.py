"""Reference services on a free port of this machine, in the foreground (``govai mock``) or beside the caller (``govai demo``, tests)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from harness import catalogue
from harness.checks import Mutant, registry
from harness.errors import HarnessFault, UsageError
from harness.profile import Requirement
from harness.serve.faulty import Faulty

HOST = "127.0.0.1"


def reference_app(name: str, country: str, *, mutant: str | None = None, token: str | None = None) -> Any:
    """The reference service for profile ``name``, with a mutant's fault if one is named.

    Raises:
        UsageError: there is no such service, country or provider mutant.
    """
    catalogue.load_with_core([name])
    try:
        app = catalogue.reference(name)(country, token=token)
    except ValueError as error:
        raise UsageError(f"{error}") from None
    return app if mutant is None else Faulty(app, find_mutant(name, mutant))


def mutants_of(name: str) -> list[tuple[Mutant, Requirement, str]]:
    """The mutants that a run of profile ``name`` concerns (core's are among them), each with its requirement and that one's profile."""
    profiles = catalogue.load_with_core([name])
    owner = {requirement.id: (requirement, profile.key) for profile in profiles for requirement in profile.requirements}
    return [(mutant, *owner[mutant.requirement]) for mutant in registry.mutants.values() if mutant.requirement in owner]


def find_mutant(name: str, id: str) -> Mutant:
    """The provider mutant with this id. Raises :class:`UsageError` when there is none."""
    for mutant, requirement, _ in mutants_of(name):
        if mutant.id == id:
            if requirement.side != "provider":
                raise UsageError(f"{id} is a mutant of the consumer; a mock service cannot show it.")
            return mutant
    raise UsageError(f"There is no mutant {id} for {name}. List them with: govai mutants --profile {name}")


def serve(app: Any, port: int, ready: Callable[[str], None]) -> None:
    """Serve ``app`` on loopback until interrupted; ``ready`` is called with the base URL once it answers. Port 0 takes a free one.

    Raises:
        UsageError: the port is taken or not allowed.
    """
    with _listening(port) as (listener, url):
        server = _Server(_config(app), lambda: ready(url))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


@contextlib.contextmanager
def running(app: Any) -> Iterator[str]:
    """Serve ``app`` in a thread while the block runs; gives the base URL."""
    up = threading.Event()
    with _listening(0) as (listener, url):
        server = _Server(_config(app), up.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        if not up.wait(timeout=20):
            raise HarnessFault("The reference service did not start within 20 s.")
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def _config(app: Any) -> uvicorn.Config:
    """Idle connections are kept for longer than a busy machine may make a client pause."""
    return uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=2, timeout_keep_alive=75)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started_callback = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started_callback()


@contextlib.contextmanager
def _listening(port: int) -> Iterator[tuple[socket.socket, str]]:
    # asyncio turns off Nagle's algorithm (40 ms for each answer) only where the protocol is named
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"Port {port} cannot be used: {error}. Choose another with --port, or leave it out for a free one.") from None
        yield listener, f"http://{HOST}:{listener.getsockname()[1]}"

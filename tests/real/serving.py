"""Real servers on free ports of this machine, each stopped with its process group."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx


def free_ports(number: int) -> list[int]:
    """So many ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextlib.contextmanager
def serving(
    words: Sequence[str],
    port: int,
    ready: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = 60,
) -> Iterator[str]:
    """The base URL of what ``words`` start, once every path of ``ready`` is answered with a success.

    ``environment`` is the whole of it, this process's unless given; ``folder`` where the command is started.
    """
    server = subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(round(seconds * 10)):
            with contextlib.suppress(httpx.HTTPError):
                if all(httpx.get(url + path, timeout=1, trust_env=False).is_success for path in ready):
                    break
            assert server.poll() is None, "the server ended before it answered"
            time.sleep(0.1)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

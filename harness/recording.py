"""The exchanges of a run as they happen, one line each, on disk: evidence that outlives the run, and what an interrupted run goes on from.

``exchanges.jsonl`` begins with a line that says what was run, and ends with one that says how it ended; a file without that end is of a run
that was cut off. What is recorded is whole, credentials apart: bodies are text where they are UTF-8, else Base64.
"""

from __future__ import annotations

import base64
import contextlib
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, Self

import msgspec

from harness.errors import UsageError
from harness.evidence import Redaction
from harness.exchange import Exchange, Fault, FaultKind, Headers, Reaction, Request, Response
from harness.participant import Participant
from harness.profile import Profile, Side
from harness.untold import ResponseWithoutBody, body_told
from harness.vectors import Vector
from harness.version import VERSION

FORMAT = "govai-exchanges/1"
FILE = "exchanges.jsonl"


class About(msgspec.Struct, frozen=True):
    """The first line: what was run. ``profiles`` gives the digest of each; with another one the exchanges would be others.

    ``run`` is unique to the run, however often it is gone on with.
    """

    format: str
    url: str
    profiles: dict[str, str]
    seed: int
    run: str
    govai_version: str = VERSION


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    started: float
    duration: float
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""
    body_base64: str = ""
    status: int = 0
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    response_base64: str = ""
    fault: tuple[FaultKind, str] | None = None
    operation: str | None = None
    vector: str | None = None
    sender: Literal["harness", "participant"] = "harness"
    situation: str | None = None
    reaction: Reaction | None = None
    hidden: bool = False
    """Whether the answer held a credential, which was taken out, or was not kept: then it is not what the service said, letter by letter."""


class _End(msgspec.Struct, frozen=True):
    exchanges: int
    ended: str | None


class Recording:
    """What a run writes its exchanges to, and takes them from where it goes on with an earlier one.

    ``trouble`` says why nothing more could be written (a full disk), one sentence; the run itself goes on. ``reused`` counts exchanges that were
    not sent again.
    """

    def __init__(
        self,
        folder: Path,
        participant: Participant,
        profiles: Sequence[Profile],
        seed: int,
        *,
        secrets: Collection[str] = (),
        resume: bool = False,
    ) -> None:
        """Begin a recording in ``folder``, or go on with the one that is there. ``secrets`` may grow while the run goes on.

        Raises:
            UsageError: the folder cannot be written, holds another run already, or holds none to go on with.
        """
        self.trouble: str | None = None
        self.reused = 0
        self._path, self._kept = folder / FILE, 0
        self._secrets, self._hidden, self._credential = secrets, 0, participant.credential
        self._redaction = Redaction((), participant.credential)
        self._about = About(FORMAT, participant.url, {profile.key: profile.digest for profile in profiles}, seed, uuid.uuid4().hex)
        self._vectors = {vector.id: vector for profile in profiles for vector in profile.vectors}
        self._places: dict[str, int] = {}
        try:
            if resume:
                self._read(folder)
            elif self._path.exists():
                raise UsageError(f"{folder} holds an earlier run: name another folder, or go on with it (govai run --resume {folder}).")
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("r+b" if resume else "x+b")
        except OSError as error:
            raise UsageError(f"{self._path} cannot be used: {error.strerror}.") from None
        if resume:
            self._file.seek(0, 2)
        else:
            self._write(self._about)

    @property
    def run(self) -> str:
        """Unique to the run."""
        return self._about.run

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # what did not fit on the disk does not fit now either; it is known by `trouble`
            self._file.close()

    def _read(self, folder: Path) -> None:
        """Find the exchanges of the earlier run, and cut off what did not get a whole line and what said that it had ended."""
        if not self._path.exists():
            raise UsageError(f"{folder} holds no run to go on with: there is no {FILE}.")
        with self._path.open("r+b") as file:
            try:
                about = msgspec.json.decode(file.readline(), type=About)
            except msgspec.MsgspecError:
                raise UsageError(f"{self._path} is not a recording of govai: its first line is not one.") from None
            for name in ("format", "url", "profiles", "seed"):
                if getattr(about, name) != getattr(self._about, name):
                    raise UsageError(f"{self._path} is of another run: its {name} differs. Begin a new one with --evidence.")
            self._about, end = about, file.tell()
            for place, after, line in _lines(file):
                if isinstance(line, _End):
                    break
                if line.fault is None and not line.hidden:
                    self._places[line.id] = place
                end = after
            file.truncate(end)

    def find(self, id: str, request: Request) -> Exchange | None:
        """The exchange of the earlier run with this id, if it was the same request and got a whole answer."""
        place = self._places.pop(id, None)
        if place is None:
            return None
        self._file.seek(place)
        line = _decoded(self._file.readline())
        self._file.seek(0, 2)
        if not isinstance(line, _Line):
            return None
        exchange = _exchange(line, self._vectors)
        asked = exchange.request
        if (asked.method, asked.body) != (request.method, request.body) or not asked.url.endswith(request.url):
            return None
        self.reused += 1
        return exchange

    def keep(self, exchange: Exchange) -> None:
        """Write one exchange, without any secret."""
        if len(self._secrets) > self._hidden:
            self._hidden, self._redaction = len(self._secrets), Redaction(self._secrets, self._credential)
        redaction, request, response = self._redaction, exchange.request, exchange.response
        body, body_base64 = _written(request.body, redaction)
        told = body_told(response) if response else b""
        answer, answer_base64 = _written(told or b"", redaction)
        self._write(
            _Line(
                id=exchange.id,
                started=exchange.started,
                duration=exchange.duration,
                method=request.method,
                url=redaction.text(request.url),
                headers=redaction.headers(request.headers, recorded=exchange.sender == "participant"),
                body=body,
                body_base64=body_base64,
                status=exchange.status,
                response_headers=redaction.headers(response.headers) if response else (),
                response_body=answer,
                response_base64=answer_base64,
                fault=(exchange.fault.kind, redaction.text(exchange.fault.detail)) if exchange.fault else None,
                operation=exchange.operation.id if exchange.operation else None,
                vector=exchange.vector.id if exchange.vector else None,
                sender=exchange.sender,
                situation=exchange.situation,
                reaction=exchange.reaction,
                hidden=response is not None and (told is None or redaction.concerns(response)),
            )
        )
        self._kept += 1

    def end(self, reason: str | None) -> None:
        """Write how the run ended, and see that all is on disk."""
        self._write(_End(self._kept + self.reused, reason))
        self._attempt(self._file.flush)

    def _write(self, line: msgspec.Struct) -> None:
        self._attempt(lambda: self._file.write(msgspec.json.encode(line) + b"\n"))

    def _attempt(self, what: Callable[[], object]) -> None:
        try:
            if self.trouble is None:
                what()
        except OSError as error:
            self.trouble = f"from exchange {self._kept + 1} on, nothing could be recorded in {self._path}: {error.strerror}"


class Recorded:
    """The recording of an earlier run, read again.

    ``sides`` are those that somebody else than the harness was on. Once all was read, ``cut`` says that the recording was cut off, or why its run
    ended early.
    """

    def __init__(self, path: Path) -> None:
        """Read what was run. Raises :class:`UsageError` where ``path`` is no such recording."""
        self._path = path
        with path.open("rb") as file:
            try:
                self._about = msgspec.json.decode(file.readline(), type=About)
            except msgspec.MsgspecError:
                raise UsageError(f"{path} is not a recording of govai: its first line is not one.") from None
            first = next((line for _, _, line in _lines(file)), None)
        self.base_url = self._about.url
        by_harness = isinstance(first, _Line) and first.sender == "harness"
        self.sides: tuple[Side, ...] = ("provider",) if by_harness else ("provider", "consumer") if self.base_url else ("consumer",)
        self.cut: str | None = None

    def exchanges(self, profiles: Sequence[Profile] = ()) -> Iterator[Exchange]:
        """Each exchange as it was, with the vector it was made from where the profile is the same as then."""
        same = [each for each in profiles if self._about.profiles.get(each.key) == each.digest]
        vectors = {vector.id: vector for profile in same for vector in profile.vectors}
        count = 0
        with self._path.open("rb") as file:
            file.readline()
            for _, _, line in _lines(file):
                if isinstance(line, _End):
                    self.cut = line.ended
                    return
                count += 1
                yield _exchange(line, vectors)
        self.cut = f"The recording is cut off after exchange {count}."


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, _Line | _End]]:
    """Begin, end and content of each line from here on, up to one that was cut off."""
    place = file.tell()
    for content in iter(file.readline, b""):
        line = _decoded(content)
        if line is None:
            return
        yield place, place + len(content), line
        place += len(content)


def _decoded(content: bytes) -> _Line | _End | None:
    """What stands in a line; None where it was cut off."""
    if content.endswith(b"\n"):
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(content, type=_Line)
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(content, type=_End)
    return None


def _exchange(line: _Line, vectors: Mapping[str, Vector]) -> Exchange:
    request = Request(line.method, line.url, Headers(line.headers), _body(line.body, line.body_base64))
    fault = Fault(*line.fault) if line.fault else None
    response: Response | None = None
    if line.hidden:
        response = ResponseWithoutBody(line.status, Headers(line.response_headers))
    elif fault is None:
        response = Response(line.status, Headers(line.response_headers), _body(line.response_body, line.response_base64))
    return Exchange(
        id=line.id,
        request=request,
        response=response,
        fault=fault,
        sender=line.sender,
        started=line.started,
        duration=line.duration,
        vector=vectors.get(line.vector or ""),
        situation=line.situation,
        reaction=line.reaction,
    )


def _written(body: bytes, redaction: Redaction) -> tuple[str, str]:
    """A body as text, or in Base64."""
    try:
        return redaction.text(body.decode("utf-8")), ""
    except UnicodeDecodeError:
        return "", base64.b64encode(redaction.text(body.decode("latin-1")).encode("latin-1")).decode()


def _body(text: str, encoded: str) -> bytes:
    return base64.b64decode(encoded) if encoded else text.encode()

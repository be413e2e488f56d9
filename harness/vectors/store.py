"""The vectors file: one header line, then one vector a line.

The header names the format, the profile, the number of vectors and the SHA-256 of all following lines, so that a file that was cut, edited or
made for another profile is refused before anything is sent.
It also says with which versions the drawn vectors were drawn: the same versions give the same bytes, others may not. And it gives the digest of
the OpenAPI document they were compiled for, which was valid then: unchanged, it need not be validated again at every start.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import ProfileError
from harness.vectors.model import Vector

FORMAT = "govai-vectors/1"


class _Header(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    format: str
    profile: str
    count: int
    digest: str
    document: str = ""
    drawn_with: dict[str, str] = {}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _header(path: Path) -> _Header:
    with path.open("rb") as file:
        return msgspec.json.decode(file.readline(), type=_Header)


def drawn_with(path: Path) -> dict[str, str]:
    """The versions that a vectors file says its drawn vectors were drawn with; empty where it holds none."""
    return _header(path).drawn_with


def compiled_for(path: Path, document: Path) -> bool:
    """Whether the vectors file at ``path`` was compiled for an OpenAPI document as it is now."""
    try:
        return _header(path).document == _digest(document.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return False


def read_vectors(path: Path, profile: str) -> tuple[Vector, ...]:
    """The vectors of ``profile`` (``name/major``) in ``path``; none when there is no such file.

    Raises:
        ProfileError: the file is cut, edited, from another profile or another version of the format.
    """
    if not path.exists():
        return ()
    rebuild = f"Rebuild it with: govai profile compile {profile.partition('/')[0]}{_elsewhere(path)}"
    head, _, lines = path.read_bytes().partition(b"\n")
    try:
        header = msgspec.json.decode(head, type=_Header)
    except msgspec.MsgspecError:
        raise ProfileError(f"{path}: its first line is not a vectors header. {rebuild}") from None
    if header.format != FORMAT:
        raise ProfileError(f"{path}: is in format {header.format}, this version of govai reads {FORMAT}. {rebuild}")
    if header.profile != profile:
        raise ProfileError(f"{path}: holds vectors of {header.profile}, not of {profile}. {rebuild}")
    found = lines.count(b"\n")
    if found != header.count:
        raise ProfileError(f"{path}: should hold {header.count} vectors and holds {found}; it was cut or added to. {rebuild}")
    if _digest(lines) != header.digest:
        raise ProfileError(f"{path}: was edited after it was frozen (its digest differs). {rebuild}")
    try:
        return tuple(msgspec.json.decode(line, type=Vector) for line in lines.splitlines())
    except msgspec.MsgspecError as error:
        raise ProfileError(f"{path}: holds a line that is not a vector: {error}. {rebuild}") from None


def _elsewhere(path: Path) -> str:
    """The option that finds a profile which was not installed together with govai."""
    folder = path.resolve().parents[2]
    return "" if folder.parent == Path(__file__).resolve().parents[2] else f" --profile-path {folder}"


def freeze(vectors: Sequence[Vector], path: Path, profile: str, drawn_with: Mapping[str, str] | None = None) -> None:
    """Write vectors of ``profile`` to ``path``, beside its ``openapi.yaml``.

    ``drawn_with``: the versions that decided what was drawn, where something was.

    Raises:
        ProfileError: two vectors share an id, or the file cannot be written.
    """
    ids = Counter(vector.id for vector in vectors)
    twice = [id for id, times in ids.items() if times > 1]
    if twice:
        raise ProfileError(f"{path}: the vector id {twice[0]} stands twice. Give one of the two another id in the corpus.")
    lines = b"".join(msgspec.json.encode(vector) + b"\n" for vector in vectors)
    document = path.with_name("openapi.yaml")
    try:
        compiled_for = _digest(document.read_bytes()) if document.exists() else ""
        header = _Header(FORMAT, profile, len(vectors), _digest(lines), compiled_for, dict(drawn_with or {}))
        path.write_bytes(msgspec.json.encode(header) + b"\n" + lines)
    except OSError as error:
        raise ProfileError(f"{path}: cannot be written ({error.strerror}).") from None

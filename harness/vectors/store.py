"""The vectors file: one header line, then one vector a line.

The header names the format, the profile, the number of vectors and the SHA-256 of all following lines, so that a file that was cut, edited or
made for another profile is refused before anything is sent.

A corpus is YAML with one notation more, for long texts that repeat a part: ``!joined [before, [part, 1000], after]`` is the text ``before``,
a thousand times ``part``, and ``after``. It is spelt out when the corpus is frozen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from harness.errors import ProfileError
from harness.vectors.model import Vector

FORMAT = "govai-vectors/1"


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    profile: str
    count: int
    digest: str


class _Corpus(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with ``!joined``."""


def _joined(loader: Any, node: yaml.Node) -> str:
    content = loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else []
    try:
        pieces = msgspec.convert(content, list[str | tuple[str, Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]]])
    except msgspec.ValidationError:
        pieces = []
    if not pieces:
        raise yaml.constructor.ConstructorError(None, None, "!joined takes a list of texts and of [text, times]", node.start_mark)
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in pieces)


_Corpus.add_constructor("!joined", _joined)


def _digest(lines: bytes) -> str:
    return "sha256:" + hashlib.sha256(lines).hexdigest()


def read_vectors(path: Path, profile: str) -> tuple[Vector, ...]:
    """The vectors of ``profile`` (``name/major``) in ``path``; none when there is no such file.

    Raises:
        ProfileError: the file is cut, edited, from another profile or another version of the format.
    """
    if not path.exists():
        return ()
    rebuild = f"Rebuild it with: govai profile compile {profile.partition('/')[0]}"
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


def freeze(corpus: Path, path: Path, profile: str) -> int:
    """Write the hand-written vectors of ``corpus`` (YAML files, each a list of vectors) to ``path`` and return their number.

    Raises:
        ProfileError: a corpus file is broken, or two vectors share an id.
    """
    vectors: list[Vector] = []
    for source in sorted(corpus.glob("*.yaml")):
        try:
            content = yaml.load(source.read_text(encoding="utf-8"), Loader=_Corpus)
            vectors.extend(msgspec.convert(content, list[Vector]))
        except (yaml.YAMLError, msgspec.ValidationError) as error:
            raise ProfileError(f"{source}: {error}.") from None
    _refuse_repeated(vectors, corpus)
    lines = b"".join(msgspec.json.encode(vector) + b"\n" for vector in vectors)
    header = _Header(FORMAT, profile, len(vectors), _digest(lines))
    path.write_bytes(msgspec.json.encode(header) + b"\n" + lines)
    return len(vectors)


def _refuse_repeated(vectors: Sequence[Vector], corpus: Path) -> None:
    seen: set[str] = set()
    for vector in vectors:
        if vector.id in seen:
            raise ProfileError(f"{corpus}: the vector id {vector.id} stands twice.")
        seen.add(vector.id)

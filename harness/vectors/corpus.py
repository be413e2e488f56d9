"""Corpora: the hand-written vectors of a profile, YAML with two notations more.

``!joined [before, [part, 1000], after]`` is the text ``before``, a thousand times ``part``, and ``after``.

An entry with ``texts: [letters, numbers]`` is one vector for each text of those files of ``specs/core/1/corpus/texts/``: the text stands where
the request says ``!text``, the names of file and text are added to the id, and its purpose goes before the entry's. So every profile sends
the same texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from harness.errors import ProfileError
from harness.vectors.model import Vector, VectorRequest

_TEXT = "\uf8ff"
"""Stands for the text while a corpus is read: the last character of the private use area, which no corpus has another use for."""


class _Corpus(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with ``!joined`` and ``!text``."""


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
_Corpus.add_constructor("!text", lambda loader, node: _TEXT)


class _Entry(Vector, frozen=True, forbid_unknown_fields=True, rename={"exercises": "for"}):
    """An entry of a corpus: a vector, or one for each of the named ``texts``."""

    texts: tuple[str, ...] = ()


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    purpose: str
    text: str


def read_corpus(corpus: Path, texts: Path) -> list[Vector]:
    """The hand-written vectors of ``corpus`` (YAML files, each a list), crossed with the named texts in the folder ``texts``.

    Raises:
        ProfileError: a file is broken; the sentence names it and the place.
    """
    vectors: list[Vector] = []
    # What was found by chance comes last: the first valid vector of an operation is its plain request, which people choose.
    for source in sorted(corpus.glob("*.yaml"), key=lambda path: (path.name == "found.yaml", path.name)):
        for entry in _read(source, list[_Entry]):
            vectors.extend(_crossed(source, entry, texts))
    return vectors


def _crossed(source: Path, entry: _Entry, texts: Path) -> Iterator[Vector]:
    plain = {name: getattr(entry, name) for name in Vector.__struct_fields__}
    written = msgspec.to_builtins(entry.request)
    if not entry.texts and _holds(written):
        raise ProfileError(f"{source}: {entry.id} has !text and no texts. Name files of {texts}, e.g. texts: [letters].")
    if not entry.texts:
        yield Vector(**plain)
    for group in entry.texts:
        if not (texts / f"{group}.yaml").is_file():
            raise ProfileError(f"{source}: {entry.id} names the texts {group}, and there is no file {texts / f'{group}.yaml'}.")
        for each in _read(texts / f"{group}.yaml", list[_Text]):
            request = msgspec.convert(_put(written, each.text), VectorRequest)
            yield Vector(
                **{**plain, "id": f"{entry.id}-{group}-{each.name}", "purpose": f"{each.purpose} {entry.purpose}", "request": request}
            )


def _read(source: Path, type: Any) -> Any:
    try:
        return msgspec.convert(yaml.load(source.read_text(encoding="utf-8"), Loader=_Corpus), type)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ProfileError(f"{source}: {error}.") from None


def _holds(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_holds(each) for each in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and _TEXT in value


def _put(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: _put(each, text) for name, each in value.items()}
    if isinstance(value, list):
        return [_put(each, text) for each in value]
    return value.replace(_TEXT, text) if isinstance(value, str) else value

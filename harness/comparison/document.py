"""An OpenAPI document by somebody else (3.0 to 3.2), with the files beside it that it refers to. Nothing is fetched for a reference."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import yaml

from harness.documents import pointer_step
from harness.errors import UsageError
from harness.exchange import NotJSON, parse_json
from harness.openapi import CannotTell, DocumentFault, faults_of

LARGEST = 32 * 1024 * 1024
"""Bytes of a file that are read."""
MOST_VALUES = 2_000_000
"""Values of a document that are read: aliases of YAML can make a small file a huge document."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FOLDER = "/a/b/c/d/e/f"
_HERE = f"https://document.invalid{_FOLDER}/"
"""Base address of the files while the document is validated, with folders above for ``../``. Never contacted (RFC 2606)."""


class Place(NamedTuple):
    """A JSON Pointer in one of the files."""

    file: str
    pointer: str

    def down(self, *steps: object) -> Place:
        """The place below, step by step."""
        return Place(self.file, self.pointer + "".join(f"/{pointer_step(str(step))}" for step in steps))

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}"


class Described(NamedTuple):
    """An operation as a document describes it. ``item`` is the place of its path item."""

    method: str
    path: str
    item: Place
    place: Place
    definition: Mapping[str, Any]


class Document:
    """A document whose files are read when something refers to them. ``name`` is the main file's; ``folder`` is None where it came from a URL."""

    def __init__(self, name: str, content: bytes, folder: Path | None) -> None:
        """Raises :class:`UsageError` where it is no OpenAPI 3 document."""
        self.name, self._folder = name, folder
        self._files = {name: _read(name, content)}
        self.version = _version(name, self._files[name])

    @property
    def main(self) -> Mapping[str, Any]:
        """What the main file holds."""
        content: Mapping[str, Any] = self._files[self.name]
        return content

    def faults(self, most: int = 20) -> list[DocumentFault]:
        """What makes it no valid OpenAPI, the first few. Raises :class:`CannotTell` where that cannot be said."""

        def retrieve(address: str) -> Any:
            return self._file(posixpath.relpath(unquote(urlsplit(address).path), _FOLDER))

        every = faults_of(self.main, self.version, base_uri=_HERE + self.name, retrieve=retrieve)
        return sorted(set(islice(every, 500)))[:most]

    def at(self, place: Place) -> Any:
        """What stands at a place. Raises :class:`CannotTell` where there is nothing."""
        node = self._file(place.file)
        for step in place.pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isdigit() and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, Mapping) and name in node:
                node = node[name]
            else:
                raise CannotTell(f"{place} is not there")
        return node

    def has(self, place: Place) -> bool:
        """Whether something stands at a place."""
        try:
            self.at(place)
        except CannotTell:
            return False
        return True

    def follow(self, place: Place) -> Place:
        """The place that a place leads to, through every ``$ref`` at its end. Raises :class:`CannotTell`."""
        for _ in range(32):
            node = self.at(place)
            if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
                return place
            place = self.target(node["$ref"], place.file)
        raise CannotTell(f"{place}: the reference goes round in circles")

    def target(self, reference: str, file: str) -> Place:
        """The place that a ``$ref`` in a file names. Raises :class:`CannotTell` where it leads elsewhere than to files beside the document."""
        address, _, fragment = reference.partition("#")
        if urlsplit(address).scheme or address.startswith(("/", "\\")) or (address and self._folder is None):
            raise CannotTell(f"it refers to {reference}, which is not fetched: save the document with that file beside it")
        if fragment and not fragment.startswith("/"):
            raise CannotTell(f"it refers to the anchor {reference}, which is not followed")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(address))) if address else file
        return Place(name, unquote(fragment))

    def operations(self) -> Iterator[Described]:
        """All operations, in the document's order; path items that cannot be read are left out."""
        for path, item in mapping(self.main.get("paths")).items():
            if not isinstance(item, Mapping) or not path.startswith("/"):
                continue
            place = Place(self.name, "").down("paths", path)
            try:
                place = self.follow(place)
                item = self.at(place)
            except CannotTell:
                continue
            for method in METHODS:
                if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                    yield Described(method.upper(), path, place, place.down(method), item[method])

    def server_paths(self, described: Described) -> list[str]:
        """The paths of the servers that an operation is served under, without a slash at the end; the empty one where none is named."""
        holders = (described.definition, self.at(described.item), self.main)
        servers: list[Any] = next((each["servers"] for each in holders if listed(each.get("servers"))), [])
        urls = [_filled(each) for each in servers if isinstance(each, Mapping) and isinstance(each.get("url"), str)]
        return list(dict.fromkeys(urlsplit(url).path.rstrip("/") for url in urls)) or [""]

    def parameters(self, described: Described) -> dict[tuple[str, str], tuple[Place, Mapping[str, Any]]]:
        """The parameters of an operation by place and name, with those of its path item (OpenAPI 3.1.1 section 4.8.9). Raises :class:`CannotTell`."""
        found = {}
        for holder in (described.item, described.place):
            for number, _ in enumerate(listed(mapping(self.at(holder)).get("parameters"))):
                place = self.follow(holder.down("parameters", number))
                parameter = self.at(place)
                if isinstance(parameter, Mapping):
                    where, name = str(parameter.get("in")), str(parameter.get("name"))
                    found[where, name.lower() if where == "header" else name] = (place, parameter)
        return found

    def _file(self, name: str) -> Any:
        if name not in self._files:
            if self._folder is None:
                raise CannotTell(f"it refers to {name}, which is not fetched")
            try:
                self._files[name] = _read(name, _bytes_of(self._folder / name))
            except UsageError as problem:
                raise CannotTell(f"it refers to a file that cannot be read. {problem}") from None
        return self._files[name]


def read_file(path: Path) -> Document:
    """The document in a file. Raises :class:`UsageError`."""
    return Document(path.name, _bytes_of(path), path.parent)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST // 2**20} MiB, which no OpenAPI document needs.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from None


def mapping(value: Any) -> Mapping[str, Any]:
    """A value that should be an object; an empty one where it is not."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> Sequence[Any]:
    """A value that should be an array; an empty one where it is not."""
    return value if isinstance(value, list) else ()


def _filled(server: Mapping[str, Any]) -> str:
    """A server's URL with the defaults of its variables."""
    variables = server.get("variables")

    def default(match: re.Match[str]) -> str:
        variable = variables.get(match[1]) if isinstance(variables, Mapping) else None
        return str(variable.get("default", "")) if isinstance(variable, Mapping) else match[0]

    return re.sub(r"\{([^}]*)\}", default, server["url"])


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON has it: dates are texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _read(name: str, content: bytes) -> Any:
    """The value of a JSON or YAML file. Raises :class:`UsageError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 (at byte {error.start}). An OpenAPI document is JSON or YAML in UTF-8.") from None
    if not text.strip():
        raise UsageError(f"{name} is empty.")
    if re.match(r"\s*<(!doctype|html|\?xml)", text, re.IGNORECASE):
        raise UsageError(f"{name} is a page, not an OpenAPI document. Give the address of the document itself, often /openapi.json.")
    try:
        value = parse_json(text.encode()) if name.endswith(".json") else _yaml(name, text)
        return _plain(value, [0])
    except NotJSON as error:
        raise UsageError(f"{name} is not JSON: {error}.") from None
    except (RecursionError, _TooMuch):
        raise UsageError(f"{name} is nested too deeply or holds too much to be read.") from None


def _yaml(name: str, text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass  # YAML in its flow style
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"{name} is neither JSON nor YAML{place}: {getattr(error, 'problem', None) or error}.") from None
    except ValueError as error:
        raise UsageError(f"{name} holds a value that cannot be read: {error}.") from None


class _TooMuch(Exception):
    pass


def _plain(value: Any, seen: list[int]) -> Any:
    """A value of YAML as JSON has it: names are texts."""
    seen[0] += 1
    if seen[0] > MOST_VALUES:
        raise _TooMuch
    if isinstance(value, dict):
        return {name if isinstance(name, str) else json.dumps(name, default=str): _plain(item, seen) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, seen) for item in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _version(name: str, content: Any) -> str:
    """``3.0``, ``3.1`` or ``3.2``. Raises :class:`UsageError` for anything else."""
    if not isinstance(content, Mapping):
        raise UsageError(f"{name} is not an OpenAPI document: it should be an object that begins with openapi: 3.1.1.")
    if "swagger" in content and "openapi" not in content:
        raise UsageError(
            f"{name} is Swagger {content['swagger']}, an older format than is compared. Convert it to OpenAPI 3, for example with "
            f"npx swagger2openapi {name}, and compare what comes out."
        )
    match = re.fullmatch(r"(3\.[0-2])(\.\d+)?(-.*)?", str(content.get("openapi")))
    if match is None:
        said = f"says openapi: {content['openapi']}" if "openapi" in content else "has no member openapi"
        raise UsageError(f"{name} is not an OpenAPI document of version 3.0 to 3.2: it {said}.")
    return match[1]

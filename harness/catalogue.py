"""Which profiles there are, and the checks that belong to them.

A profile comes from an installed package (entry point group ``govai.profiles``: a package with a ``SPECIFICATION`` folder whose modules hold the
checks) or from a folder given with ``--profile-path`` (``<folder>/<name>/<major>/`` for the data, ``<folder>/<name>/checks/*.py`` for the checks).
The harness finds ``conformance/`` through here and nowhere else.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from harness.errors import ProfileError, UsageError
from harness.profile import Profile, load_profile

GROUP = "govai.profiles"
REFERENCES = "govai.references"
CLIENTS = "govai.clients"
CORE = "core/1"
"""The profile that every other includes."""


def names(paths: Sequence[Path] = ()) -> list[str]:
    """Every profile that can be named, as ``name/major``, core first."""
    found = {
        f"{name}/{major.name}"
        for name, folder in _folders(tuple(paths)).items()
        for major in folder.iterdir()
        if major.name.isdigit() and (major / "openapi.yaml").exists()
    }
    return sorted(found, key=lambda key: (key != CORE, key))


def load(name: str, paths: Sequence[Path] = ()) -> Profile:
    """The profile called ``name`` (``assistant`` or ``assistant/1``; without a major version the newest), its checks imported.

    Raises:
        UsageError: there is no such profile.
        ProfileError: its files are broken.
    """
    return _load(_key(name, paths), tuple(paths))


def folder(name: str, paths: Sequence[Path] = ()) -> Path:
    """The folder of the profile called ``name``. Raises :class:`UsageError` when there is no such profile."""
    profile, _, major = _key(name, paths).partition("/")
    return _folders(tuple(paths))[profile] / major


def _key(name: str, paths: Sequence[Path]) -> str:
    known = names(paths)
    candidates = [key for key in known if key == name or key.partition("/")[0] == name]
    if not candidates:
        raise UsageError(f"There is no profile {name}. Known profiles: {', '.join(known) or 'none'}.")
    return max(candidates, key=lambda key: int(key.partition("/")[2]))


def load_with_core(requested: Sequence[str], paths: Sequence[Path] = ()) -> list[Profile]:
    """The profiles named, with core in front, each once. Raises as :func:`load` does."""
    profiles = [load(CORE, paths), *(load(name, paths) for name in requested)]
    return list(dict.fromkeys(profiles))


class Reference(Protocol):
    """Makes the reference provider of one country as an ASGI application."""

    def __call__(self, country: str, *, token: str | None = None) -> Any:
        """``token``: the bearer token to ask callers for; None lets anybody call. Raises :class:`ValueError` for a country it lacks."""
        ...


def reference(name: str) -> Reference:
    """The reference provider for profile ``name`` (entry point group ``govai.references``). Raises :class:`UsageError` when there is none."""
    if name not in references():
        raise UsageError(f"There is no reference service for {name}. There is one for: {', '.join(references()) or 'none'}.")
    made: Reference = entry_points(group=REFERENCES)[name].load()
    return made


def references() -> list[str]:
    """The names of the profiles that have a reference provider."""
    return sorted(entry_points(group=REFERENCES).names)


def client_command(name: str, country: str, visits: int) -> list[str]:
    """The command that has the reference client for profile ``name`` pay so many visits (entry point group ``govai.clients``), and print nothing."""
    module = entry_points(group=CLIENTS)[name].value
    return [sys.executable, "-m", module, name, country, str(visits), "--quiet"]


@cache
def _load(key: str, paths: tuple[Path, ...]) -> Profile:
    name, _, major = key.partition("/")
    profile = load_profile(_folders(paths)[name] / major, () if key == CORE else (_load(CORE, paths),), trusting=True)
    _import_checks(name, paths)
    return profile


def _folders(paths: tuple[Path, ...]) -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for point in entry_points(group=GROUP):
        folders[point.name] = importlib.import_module(point.value).SPECIFICATION
    for path in paths:
        if not path.is_dir():
            raise UsageError(f"--profile-path {path}: is not a folder.")
        folders.update({each.name: each for each in path.iterdir() if each.is_dir()})
    return {name: folder for name, folder in folders.items() if folder.is_dir()}


def _import_checks(name: str, paths: tuple[Path, ...]) -> None:
    for path in paths:
        for source in sorted((path / name / "checks").glob("*.py")):
            _import_file(f"govai_profile_{name.replace('-', '_')}.{source.stem}", source)
    for point in entry_points(group=GROUP):
        if point.name == name:
            package = importlib.import_module(point.value)
            for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
                importlib.import_module(module.name)


def _import_file(name: str, source: Path) -> None:
    if name in sys.modules:
        return
    specification = importlib.util.spec_from_file_location(name, source)
    if specification is None or specification.loader is None:
        raise ProfileError(f"{source}: cannot be imported.")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ProfileError(f"{source}: cannot be imported: {error}.") from error

"""The folder of a site: files are made only where what they are made of has changed, written only where they differ, whole or not at all.

A list of its own files (``.cache/pages.json``) says what each was made of; what an earlier build made and this one does not is removed, and
nothing else is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

from harness.errors import UsageError

CACHE = ".cache"
_LIST = f"{CACHE}/pages.json"
_DRAFT = f"{CACHE}/draft"
_OWN = b'{"format":"govai-matrix/1"'
"""How the machine-readable matrix begins."""


class Made(msgspec.Struct, frozen=True):
    """A file of the site: what it was made of, and how it was left."""

    key: str
    size: int
    changed: int


class Folder:
    """The folder that a site is built into."""

    def __init__(self, root: Path) -> None:
        """Raises :class:`UsageError` where ``root`` cannot be written to, or holds something else."""
        self.root = root
        self._folders: set[Path] = set()
        self.written = self.unchanged = self.removed = 0
        try:
            (root / CACHE).mkdir(parents=True, exist_ok=True) if self._is_free(root) else None
        except OSError as error:
            raise self._unwritable(root, error) from None
        self._before = self._listed()
        self._now: dict[str, Made] = {}

    @staticmethod
    def _is_free(root: Path) -> bool:
        if not root.exists() or (root / _LIST).exists() or not any(root.iterdir()):
            return True
        data = root / "matrix.json"
        if data.is_file():
            with data.open("rb") as file:
                if file.read(len(_OWN)) == _OWN:
                    return True
        raise UsageError(f"{root} holds something that is no matrix site. Give an empty folder, a new one, or that of an earlier build.")

    def _listed(self) -> dict[str, Made]:
        try:
            return msgspec.json.decode((self.root / _LIST).read_bytes(), type=dict[str, Made])
        except (OSError, msgspec.MsgspecError):
            return {}

    def put(self, name: str, key: str, make: Callable[[], bytes]) -> None:
        """A file made of what ``key`` stands for. ``make`` is called only where that, or the file, is not what it was."""
        before = self._before.get(name)
        if before and before.key == key and _state(f"{self.root}/{name}") == (before.size, before.changed):
            self._now[name] = before
            self.unchanged += 1
            return
        path, content = self.root / name, make()
        try:
            if not _holds(path, content):
                self._write(path, content)
                self.written += 1
            else:
                self.unchanged += 1
            self._now[name] = Made(key, *(_state(path) or (0, 0)))
        except OSError as error:
            raise self._unwritable(path, error) from None

    def keep(self, name: str, content: bytes) -> None:
        """Write a file of the cache."""
        try:
            self._write(self.root / CACHE / name, content)
        except OSError as error:
            raise self._unwritable(self.root, error) from None

    def pages(self) -> list[str]:
        """The pages so far, in order."""
        return sorted(name for name in self._now if name.endswith(".html"))

    def close(self, *, whole: bool) -> None:
        """Remove what is no part of the site any more, if the site is whole, and write the list down."""
        if whole:
            for name in filter(_is_inside, self._before.keys() - self._now.keys()):
                self._remove(name)
        listed = self._now if whole else {**self._before, **self._now}
        self.keep(Path(_LIST).name, msgspec.json.encode(listed))

    def _remove(self, name: str) -> None:
        path = self.root / name
        with contextlib.suppress(OSError):
            path.unlink()
            self.removed += 1
            for folder in path.relative_to(self.root).parents:
                (self.root / folder).rmdir()  # fails at the first that is not empty

    def _write(self, path: Path, content: bytes) -> None:
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        draft = self.root / _DRAFT
        draft.write_bytes(content)
        draft.replace(path)

    @staticmethod
    def _unwritable(path: Path, error: OSError) -> UsageError:
        return UsageError(f"{path} cannot be written: {error.strerror}. Give a folder that can be written to (--out DIR).")


def _is_inside(name: str) -> bool:
    """Whether a name of the list stays in the folder: the list may have been tampered with."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def _state(path: str | Path) -> tuple[int, int] | None:
    try:
        about = os.lstat(path)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def _holds(path: Path, content: bytes) -> bool:
    about = _state(path)
    return about is not None and about[0] == len(content) and path.read_bytes() == content

"""Report formats, each derived from the canonical report and only from it. A format is one module with ``render(report, language) -> bytes``,
listed here; the same report gives the same bytes.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import Protocol

from harness.errors import UsageError
from harness.formats import badge, codequality, csv, earl, gitb_tar, github, html, json, junit, markdown, sarif
from harness.report import Report


class Renderer(Protocol):
    """Makes a format of a report. The language is that of its sentences, where they are not in all of them."""

    def __call__(self, report: Report, language: str = "en") -> bytes:
        """The report in this format."""


FORMATS: dict[str, Renderer] = {
    "json": json.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "github": github.render,
    "codequality": codequality.render,
    "html": html.render,
    "markdown": markdown.render,
    "earl": earl.render,
    "gitb-tar": gitb_tar.render,
    "csv": csv.render,
    "badge": badge.render,
}


_OPEN = {Path("/dev/stdout"): 1, Path("/dev/stderr"): 2}
"""Open already, and written to as they are: opening them anew fails where they are a socket, as under Node, or somebody else's."""


def check_target(format: str, path: Path) -> None:
    """Make sure, before anything is sent, that a report can be written. Creates nothing.

    Raises:
        UsageError: the format is unknown, ``path`` is a folder, or its folder (or the nearest one that exists) cannot be written to.
    """
    renderer(format)
    try:
        obstacle = _obstacle(path)
    except OSError as error:  # a name too long for the file system, a folder that may not be looked into
        obstacle = error.strerror or str(error)
    if obstacle:
        raise UsageError(f"The {format} report cannot be written to {path}: {obstacle}.")


def _obstacle(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder. Name a file in it"
    if is_special(path):
        return None
    folder = Path(os.path.realpath(path)).parent
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is a file, not a folder" if folder.is_file() else f"{folder} leads to no folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} cannot be written to"
    return None


def write(report: Report, format: str, path: Path, language: str = "en") -> None:
    """Write a report. Raises :class:`UsageError` where the format is unknown, the path cannot be written, or the disk is full."""
    put(renderer(format)(report, language), format, path)


def put(content: bytes, format: str, path: Path) -> None:
    """Write what was made. Missing folders are created; a reader never sees half a file, and a failed write leaves an older file as it was.
    An older file keeps its permissions; a symbolic link keeps pointing where it points.

    Raises:
        UsageError: the format is unknown, the path cannot be written, or the disk is full.
    """
    check_target(format, path)
    try:
        if is_special(path):
            with open(_OPEN.get(path, path), "ab", closefd=path not in _OPEN) as file:  # a file that is open may hold something already
                file.write(content)
        else:
            replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise UsageError(f"The {format} report cannot be written to {path}: {error.strerror or error}.") from None


def renderer(format: str) -> Renderer:
    """What makes a format. Raises :class:`UsageError` where there is none of that name."""
    if format not in FORMATS:
        raise UsageError(f"There is no report format {format}. Formats: {', '.join(FORMATS)}.")
    return FORMATS[format]


def is_special(path: Path) -> bool:
    """Whether ``path`` is a pipe, a device or a file already open such as /dev/stdout: it is written to, never replaced."""
    return path in _OPEN or (path.exists() and not path.is_dir() and (not path.is_file() or path.absolute().is_relative_to("/dev")))


def replace(path: Path, content: bytes) -> None:
    """Write a file as a whole, or leave an older one as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".govai-{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

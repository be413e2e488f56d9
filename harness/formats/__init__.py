"""Report formats, each derived from the canonical report and only from it. A format is one module with ``render(report) -> bytes``, listed here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError
from harness.formats import html, json, junit, markdown
from harness.report import Report

FORMATS: dict[str, Callable[[Report], bytes]] = {
    "json": json.render,
    "junit": junit.render,
    "html": html.render,
    "markdown": markdown.render,
}


def check_target(format: str, path: Path) -> None:
    """Make sure, before anything is sent, that a report can be written. Creates nothing.

    Raises:
        UsageError: the format is unknown, ``path`` is a folder, or its folder (or the nearest one that exists) cannot be written to.
    """
    _renderer(format)
    if path.is_dir():
        raise UsageError(f"The {format} report cannot be written to {path}: it is a folder. Name a file in it.")
    if _is_special(path):
        return
    folder = Path(os.path.realpath(path)).parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise UsageError(f"The {format} report cannot be written to {path}: {folder} is a file, not a folder.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"The {format} report cannot be written to {path}: the folder {folder} cannot be written to.")


def write(report: Report, format: str, path: Path) -> None:
    """Write a report. Missing folders are created; a reader never sees half a file, and a failed write leaves an older file as it was.

    Raises:
        UsageError: the format is unknown, the path cannot be written, or the disk is full.
    """
    content = _renderer(format)(report)
    try:
        if _is_special(path):
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise UsageError(f"The {format} report cannot be written to {path}: {error.strerror or error}.") from None


def _renderer(format: str) -> Callable[[Report], bytes]:
    if format not in FORMATS:
        raise UsageError(f"There is no report format {format}. Formats: {', '.join(FORMATS)}.")
    return FORMATS[format]


def _is_special(path: Path) -> bool:
    """Whether ``path`` is a pipe or a device such as /dev/stdout: it is written to, never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".govai-{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

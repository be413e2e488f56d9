"""``govai matrix build``: from reports to the site and the machine-readable matrix."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.errors import UsageError
from harness.matrix import data
from harness.matrix.folder import Folder
from harness.matrix.model import Matrix, Standing, matrix
from harness.matrix.pairs import State
from harness.matrix.reading import Reader, find, remembered, remembering
from harness.matrix.site import Site, code_version, key_of
from harness.profile import ConformanceClass, Language
from harness.trust import Keys

_REMEMBERED = "reports.msgpack"


class Built(msgspec.Struct, frozen=True):
    """What came of it: numbers of participants, of pairs by state, of report files by standing, and of files of the site."""

    participants: int
    pairs: dict[State, int]
    files: dict[Standing, int]
    passed_over: int
    written: int
    unchanged: int
    removed: int


def read(sources: Sequence[str], out: Path, class_: ConformanceClass, reader: Reader) -> Matrix:
    """The matrix of all reports in files, folders and patterns.

    Raises:
        UsageError: there is none in them.
    """
    with _uncollected():
        read = matrix(find(sources, out), reader, class_)
    if not read.grids:
        refused = f" {read.input[0].name}: {read.input[0].about}" if read.input else ""
        raise UsageError(f"There is no report in {', '.join(sources)} that counts.{refused} Give what --report json=PATH wrote.")
    return read


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector: what is read stays, and to look through it time and again, then and later, takes as long as to read it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable() if was_enabled else None


def build(
    sources: Sequence[str],
    out: Path,
    class_: ConformanceClass = "government",
    language: Language = "en",
    title: str | None = None,
    keys: Keys | None = None,
) -> Built:
    """Build the site of all reports in files, folders and patterns, or bring it up to date.

    Args:
        sources: files, folders (searched for ``*.json``) and patterns (``**/*.json``).
        out: a new or empty folder, or that of an earlier build.
        class_: the class whose requirements decide whether a pair works.
        language: of the start page and the badges.
        title: what the site is called; its usual name where none is given.
        keys: whose signatures are known.

    Raises:
        UsageError: there is no report, or ``out`` cannot be written to.
    """
    version = code_version()
    with _uncollected():
        folder, reader = Folder(out), Reader(remembered(out / ".cache" / _REMEMBERED, version), keys or {})
    whole = False
    try:
        made = read(sources, out, class_, reader)
        folder.keep(_REMEMBERED, remembering(reader.remembered, version))
        everything = key_of(version, class_, language, [each.head.digest for each in made.entries], made.input, made.passed_over)
        folder.put("matrix.json", everything, lambda: data.as_json(made))
        folder.put("matrix.csv", everything, lambda: data.as_csv(made))
        folder.put("matrix.md", everything, lambda: data.as_markdown(made, language))
        folder.put("matrix.schema.json", version, lambda: json.dumps(data.schema(), indent=2).encode() + b"\n")
        Site(made, folder, language, title, version).build()
        folder.put("sitemap.txt", everything, lambda: "".join(f"{name}\n" for name in folder.pages()).encode())
        whole = True
    finally:
        folder.close(whole=whole)
        gc.unfreeze()
    return Built(
        len({each.participant.id for each in made.entries}),
        made.states(),
        dict(Counter(line.standing for line in made.input)),
        made.passed_over,
        folder.written,
        folder.unchanged,
        folder.removed,
    )

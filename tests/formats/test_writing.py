"""Where reports are written to, and what happens where that cannot be."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from harness import formats
from harness.errors import UsageError
from harness.report import decode_report
from tests.formats.samples import faulty, fine

ROOT = os.geteuid() == 0


@pytest.mark.parametrize("format", formats.FORMATS)
def test_missing_folders_are_made_and_nothing_else_is_left(tmp_path: Path, format: str) -> None:
    path = tmp_path / "a" / "b" / "report"
    formats.check_target(format, path)
    assert list(tmp_path.iterdir()) == [], "looking creates nothing"
    formats.write(fine(), format, path)
    assert path.read_bytes() == formats.FORMATS[format](fine())
    assert [each.name for each in path.parent.iterdir()] == ["report"]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no report format pdf\. Formats: json, junit, .*badge\."):
        formats.check_target("pdf", tmp_path / "report.pdf")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "it is a folder"),
        ("file/report.json", "file is a file, not a folder"),
        ("x" * 300, "name too long"),
        ("loop/x", "loop leads to no folder"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_sent_and_also_after(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for attempt in (lambda path: formats.check_target("json", path), lambda path: formats.write(fine(), "json", path)):
        with pytest.raises(UsageError, match=f"(?i)The json report cannot be written to .*{said}"):
            attempt(tmp_path / name)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder", "loop"]


@pytest.mark.skipif(ROOT, reason="root may write to every folder")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written to"):
        formats.check_target("json", tmp_path / "report.json")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence() -> None:
    formats.check_target("json", Path("/dev/full"))
    with pytest.raises(UsageError, match="cannot be written to /dev/full: No space left on device"):
        formats.write(fine(), "json", Path("/dev/full"))


def test_a_failed_write_leaves_the_older_report_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    formats.write(fine(), "json", path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        formats.write(faulty(), "json", path)
    assert decode_report(path.read_bytes()) == fine()
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.touch()
    path.chmod(0o640)
    formats.write(fine(), "json", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_followed_and_stays_one(tmp_path: Path, exists: bool) -> None:
    target, link = tmp_path / "kept" / "report.json", tmp_path / "latest.json"
    target.parent.mkdir()
    if exists:
        target.write_text("older")
    link.symlink_to(target)
    formats.check_target("json", link)
    formats.write(fine(), "json", link)
    assert link.is_symlink()
    assert decode_report(target.read_bytes()) == fine()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    formats.check_target("json", pipe)
    formats.write(fine(), "json", pipe)
    reader.join(10)
    assert decode_report(read[0]) == fine()
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this system has no /dev/fd")
def test_a_file_that_is_open_already_is_added_to(tmp_path: Path) -> None:
    """``govai run ... --report json=/dev/stdout > all.txt`` keeps the summary that stands in all.txt before it."""
    path = tmp_path / "all.txt"
    with path.open("ab") as file:
        file.write(b"summary\n")
        file.flush()
        formats.write(fine(), "json", Path(f"/dev/fd/{file.fileno()}"))
    first, _, rest = path.read_bytes().partition(b"\n")
    assert first == b"summary"
    assert decode_report(rest) == fine()

"""``govai convert``: any report in any format, and one clear sentence for what is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import formats
from harness.report import encode_report
from tests.formats.samples import faulty

GOVAI = Path(sys.executable).with_name("govai")
WHOLE = encode_report(faulty())


def convert(*words: str | Path, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """What the command ends with, what it writes and what it says."""
    done = subprocess.run([GOVAI, "convert", *words], input=stdin, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout, " ".join(done.stderr.decode().split())


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(WHOLE)
    return path


@pytest.mark.parametrize("format", formats.FORMATS)
def test_standard_output_has_the_report_and_nothing_else(report: Path, format: str) -> None:
    assert convert(report, "--to", format, "--lang", "lt") == (0, formats.FORMATS[format](faulty(), "lt"), "")


def test_standard_input_is_read_and_a_file_written(tmp_path: Path) -> None:
    out = tmp_path / "made" / "badge.svg"
    assert convert("-", "--to", "badge", "--out", out, stdin=WHOLE) == (0, b"", "")
    assert out.read_bytes() == formats.FORMATS["badge"](faulty())


def test_a_report_turned_into_itself_is_the_same(report: Path) -> None:
    assert convert(report, "--to", "json")[1] == WHOLE


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WHOLE[: len(WHOLE) // 2], "This report is cut after verdict 5 (GREE-A-005). Fetch the whole file, or run again."),
        (WHOLE.replace(b'"verdicts": 11', b'"verdicts": 12'), "This report is not as it was written: its end says “verdicts: 12,"),
        (
            WHOLE.replace(b"govai-report/1", b"govai-report/3"),
            "This report is in format govai-report/3; this version of govai reads govai-report/1.",
        ),
        (b"<html>", "This is not a govai report: JSON is malformed"),
        (b"", "This is not a govai report:"),
        (b'{"format": "\\u001b[31mred"}', "This is not a govai report, but in format \\x1b[31mred."),
        (b"[" * 1_000_000, "This is not a govai report:"),
    ],
)
def test_what_is_no_whole_report_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    code, out, err = convert(path, "--to", "csv")
    assert (code, out) == (2, b"")
    assert err.startswith(f"govai: {path}: {said}")


def test_standard_input_is_called_so(tmp_path: Path) -> None:
    assert convert("-", "--to", "csv", stdin=b"{}")[2].startswith("govai: standard input: This is not a govai report:")


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.json", "No such file or directory"), (tmp_path, "Is a directory")):
        assert convert(path, "--to", "csv") == (
            2,
            b"",
            f"govai: {path} cannot be read: {why}. Give the report of a run (--report json=PATH).",
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--to", "pdf"],
            "There is no report format pdf. Formats: json, junit, sarif, github, codequality, html, markdown, earl, gitb-tar, csv, badge.",
        ),
        (["--to", "csv", "--lang", "de"], "--lang de: choose one of en, pl, lt."),
        (["--to", "csv", "--out", "/dev/null/report.csv"], "The csv report cannot be written to /dev/null/report.csv:"),
    ],
)
def test_a_wrong_option_is_told_before_the_report_is_read(tmp_path: Path, words: list[str], said: str) -> None:
    code, out, err = convert(tmp_path / "none.json", *words)
    assert (code, out) == (2, b"")
    assert err.startswith(f"govai: {said}")


def test_a_reader_that_leaves_is_no_error(report: Path) -> None:
    done = subprocess.run(f"{GOVAI} convert {report} --to html | head -c 10", shell=True, capture_output=True, timeout=60, check=False)
    assert (done.stdout[:10], done.stderr) == (b"<!DOCTYPE ", b"")

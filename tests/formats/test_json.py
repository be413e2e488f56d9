"""The canonical report and its published schema."""

from __future__ import annotations

import base64
import datetime
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import msgspec
import pytest
from rich.console import Console
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import harness
from harness import formats
from harness.client import asgi_transport
from harness.errors import UsageError
from harness.formats import schema
from harness.formats.terminal import summary
from harness.report import Report, decode_report, encode_report, read_report
from tests.conftest import greeter
from tests.formats.samples import SAMPLES, faulty, fine, with_unknown_members

PUBLISHED: dict[str, Any] = json.loads(schema.PUBLISHED.read_bytes())


def errors(content: bytes | Any) -> list[str]:
    value = json.loads(content) if isinstance(content, bytes) else content
    validator = jsonschema_rs.Draft202012Validator(PUBLISHED, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def real_report(profiles: Path) -> Report:
    transport = asgi_transport(greeter(lambda name: JSONResponse({"text": "Dear you!"})))
    return harness.run("http://greeter.localhost", ["greeting"], profile_paths=[profiles], transport=transport)


def test_the_published_schema_is_what_the_code_says() -> None:
    remedy = "python -m harness.formats.schema > harness/formats/report.schema.json"
    assert schema.PUBLISHED.read_bytes() == schema.current(), f"publish it anew: {remedy}"


def test_the_schema_is_valid_2020_12() -> None:
    assert PUBLISHED["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(PUBLISHED)


def test_every_member_of_every_object_is_described_for_strangers() -> None:
    for name, definition in PUBLISHED["$defs"].items():
        assert definition["description"], name
        assert ":attr:" not in definition["description"], name


@pytest.mark.parametrize("name", SAMPLES)
def test_reports_fit_the_schema_and_come_back_as_they_were(name: str) -> None:
    content = encode_report(SAMPLES[name]())
    assert errors(content) == []
    assert decode_report(content) == SAMPLES[name]()


def test_a_real_report_fits_the_schema(profiles: Path) -> None:
    report = real_report(profiles)
    assert report.exchanges
    assert errors(formats.FORMATS["json"](report)) == []
    assert decode_report(encode_report(report)) == report


@pytest.mark.parametrize("name", ["faulty", "unreachable", "hostile"])
def test_members_of_a_later_version_are_accepted(name: str) -> None:
    grown = with_unknown_members(encode_report(SAMPLES[name]()))
    assert errors(grown) == []
    assert decode_report(msgspec.json.encode(grown)) == SAMPLES[name]()


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield (*path, key)
        yield from _leaves(each, (*path, key))


def test_what_the_schema_refuses_the_reader_refuses_too() -> None:
    """No member of a report may hold a value of another kind without both of them seeing it."""
    whole = json.loads(encode_report(SAMPLES["faulty"]()))
    for path in _leaves(whole):
        if path[0] == "binding" and len(path) > 1:
            continue  # whatever a participant declares
        broken = json.loads(json.dumps(whole))
        place = broken
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = [[1]]
        assert errors(broken), path
        with pytest.raises(UsageError):
            decode_report(json.dumps(broken).encode())


OLDER = sorted((Path(__file__).parent / "reports").glob("*.json"))
"""Reports on a greeter that forgets the name, as earlier commits wrote them."""


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_a_report_of_an_earlier_version_is_read_and_shown_in_every_format(path: Path) -> None:
    report = read_report(path)
    assert report.outcome == "not-conformant"
    assert report.of("GREE-TXT-001").verdict == "failed"
    assert (report.software, report.limits, report.timing) == ({}, None, []), "it said nothing of them"
    assert errors(path.read_bytes()) == []
    for render in formats.FORMATS.values():
        assert render(report)


def test_the_format_stands_first_and_the_end_last() -> None:
    members = json.loads(encode_report(faulty()))
    assert next(iter(members)) == "format"
    assert list(members)[-1] == "end"
    assert members["end"] == {"verdicts": 11, "exchanges": 1, "uses": 0}


WRITTEN = encode_report(faulty())


@pytest.mark.parametrize("kept", [50, 700, len(WRITTEN) // 2, len(WRITTEN) - 3])
def test_a_report_that_was_cut_is_refused_wherever_it_was_cut(kept: int) -> None:
    with pytest.raises(
        UsageError, match=r"^This report is cut( after verdict \d+ \(GREE-A-\d+\))?\. Fetch the whole file, or run again\.$"
    ):
        decode_report(WRITTEN[:kept])


def test_of_a_report_that_was_cut_the_last_whole_verdict_is_named() -> None:
    cut = WRITTEN[: WRITTEN.index(b'"GREE-A-004"')]
    with pytest.raises(UsageError, match=r"cut after verdict 3 \(GREE-A-003\)\."):
        decode_report(cut)


def test_a_report_that_lost_a_verdict_on_the_way_is_refused() -> None:
    written = json.loads(encode_report(faulty()))
    del written["verdicts"][-1]
    with pytest.raises(UsageError, match=r"not as it was written: its end says “verdicts: 11, .*, and it holds “verdicts: 10,"):
        decode_report(json.dumps(written).encode())


def test_a_report_whose_verdicts_were_chosen_in_memory_is_written_with_its_own_end() -> None:
    report = faulty()
    fewer = msgspec.structs.replace(report, verdicts=report.verdicts[:2])
    assert decode_report(encode_report(fewer)) == fewer


def test_a_huge_report_is_read_and_a_larger_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = msgspec.structs.replace(fine(), notes=["x" * 100_000_000])
    path = tmp_path / "report.json"
    path.write_bytes(encode_report(huge))
    assert read_report(path) == huge
    monkeypatch.setattr("harness.report.LARGEST", 1024 * 1024)
    with pytest.raises(UsageError, match=r"larger than 1 MiB, and no report"):
        read_report(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a govai report"),
        (
            b'{"format": "govai-report/2", "people": []}',
            r"in format govai-report/2; .* reads govai-report/1\. Install the version that wrote it",
        ),
        (encode_report(fine()).replace(b'"started": "2026', b'"started": "9999'), "made by no run: it speaks of the year 9999"),
        (encode_report(fine()).replace(b'"duration_s": 1.234', b'"duration_s": 1e300'), "not a govai report: Expected `float` <="),
        (b'{"format": "sarif", "version": "2.1.0"}', "not a govai report, but in format sarif"),
        (b'{"format": "govai-report/1", "later": ' + b"[" * 100_000, "nested too deeply"),
        (encode_report(fine()).replace(b"conformant", b"splendid"), "not a govai report: Invalid enum value"),
        (b"<html>", "not a govai report"),
        (b"{}", "not a govai report"),
        (b"\xff\xfe", "not a govai report"),
        (encode_report(fine()).replace(b"govai-report/1", b"govai-report/2"), "govai-report/2; this version of govai reads govai-report/1"),
        (encode_report(fine()).replace(b"2026-11-24T12:30:05Z", b"2026-11-24T12:30:05"), "not a govai report"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        decode_report(content)


WITHOUT_CURL = ("github", "codequality", "earl", "gitb-tar", "csv", "badge")


def test_a_secret_is_in_no_format(profiles: Path) -> None:
    """A participant that sends the credential back in every way that it knows finds it in no report."""
    secret = 's3cret/tok"en'

    def leaking(name: str) -> Response:
        said = f"{secret} {quote(secret, safe='')} {base64.b64encode(secret.encode()).decode()}"
        return JSONResponse({"text": said}, headers={"X-Echo": quote(secret), "Set-Cookie": "session=s3ssion"})

    report = harness.run(
        "http://greeter.localhost",
        ["greeting"],
        profile_paths=[profiles],
        transport=asgi_transport(greeter(leaking)),
        credential=harness.Credential("bearer", secret, "$AGENCY_TOKEN"),
    )
    printed = io.StringIO()
    summary(report, Console(file=printed, width=10_000))
    everything = {"terminal": printed.getvalue(), **{name: render(report).decode() for name, render in formats.FORMATS.items()}}
    for name, text in everything.items():
        assert name in WITHOUT_CURL or "AGENCY_TOKEN" in text, "the curl line says where the credential comes from"
        assert not re.search("s3cret|s3ssion|czNjcmV0", text)


def test_moments_carry_their_offset() -> None:
    local = msgspec.structs.replace(fine(), started=datetime.datetime.fromisoformat("2026-11-24T14:30:05+02:00"))
    assert b'"2026-11-24T14:30:05+02:00"' in encode_report(local)


def test_what_no_format_could_hold_is_written_out_before_it_gets_there(profiles: Path) -> None:
    """JSON may carry a lone surrogate (RFC 8259 section 8.2), a name on the command line any byte; neither can be encoded as UTF-8."""

    async def names(request: Any) -> Response:
        return Response(b'{"names": ["\\ud800"]}', media_type="application/json")

    service = greeter()
    service.router.routes.insert(0, Route("/names", names))
    report = harness.run(
        "http://greeter.localhost", ["greeting"], profile_paths=[profiles], transport=asgi_transport(service), name="Ministry \udcff"
    )
    assert report.participant.name == "Ministry \\udcff"
    assert report.binding == {}, "no request could carry it"
    for render in formats.FORMATS.values():
        assert render(report).decode()

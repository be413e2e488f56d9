"""HAR files: real ones of browsers and proxies, their quirks one by one, and files that are none.

``recordings/`` was recorded with Chromium 150 (its developer tools, exported as they do unless told otherwise: without credentials; and driven by
Playwright 1.65), Firefox 140 and mitmproxy 11 before the Polish reference assistant behind gzip. Only ``_initiator``, which names scripts, was taken
out.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import random
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.errors import UsageError
from harness.exchange import Exchange
from harness.recorded import read_exchanges
from harness.recorded.har import Har
from harness.report import Report
from harness.untold import Untold

RECORDINGS = Path(__file__).parent / "recordings"
URL = "https://greeter.example.lt/api"
MITMPROXY = {"name": "mitmproxy", "version": "11.0.2"}


def judged(path: Path, **options: Any) -> tuple[Report, Report]:
    provider, consumer = harness.judge_file(path, ["assistant"], **options)
    return provider, consumer


def found(report: Report) -> set[str]:
    return {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "needs-review", "harness-error")}


def exercised(report: Report) -> set[str]:
    return {each.requirement for each in report.verdicts if each.exercised}


EXERCISED = {"CORE-API-002", "CORE-ENC-001", "CORE-ENC-002", "CORE-ENC-005", "CORE-ERR-001", "CORE-SEC-001", "CORE-TRC-001"} | {
    "CORE-CCH-001",
    "CORE-CNT-001",
    "CHAT-API-001",
    "CHAT-AID-001",
    "CHAT-MRK-001",
}
STREAMS = {"CHAT-STR-001", "CHAT-STR-002", "CHAT-STR-003", "CHAT-STR-004", "CHAT-STR-006"}


@pytest.mark.parametrize(
    ("name", "mistakes", "streams"),
    [
        ("developer-tools", {"CORE-REQ-002"}, STREAMS),
        ("firefox", {"CORE-REQ-002"}, set()),  # it does not say where a stream was broken off
        ("playwright", {"CORE-REQ-002"}, set()),
        ("mitmproxy", {"CORE-REQ-001", "CORE-TRC-003", "CHAT-REQ-002"}, STREAMS),
        ("mitmproxy-broken-off", {"CORE-TRC-003"}, STREAMS),
    ],
)
def test_a_right_service_is_not_accused_and_its_clients_of_their_mistakes(name: str, mistakes: set[str], streams: set[str]) -> None:
    provider, consumer = judged(RECORDINGS / f"{name}.har", country="pl")
    assert found(provider) == set()
    assert exercised(provider) & STREAMS == streams
    assert name == "mitmproxy-broken-off" or exercised(provider) >= EXERCISED
    assert found(consumer) == mistakes
    assert (provider.participant.side, consumer.participant.side) == ("provider", "consumer")
    assert (provider.participant.country, consumer.participant.country) == ("pl", None)
    assert provider.ended is consumer.ended is None
    text = provider.notes[0] + consumer.notes[0]
    assert re.search(rf"^\d+ recorded exchanges were judged: {name}.har, service at http://127.0.0.1:\d+\.", text)


def test_what_was_passed_over_is_said() -> None:
    provider, _ = judged(RECORDINGS / "developer-tools.har")
    assert provider.requests == 10
    assert provider.notes[1] == (
        "Passed over: 2 to no operation of the profiles; 2 without an answer, which the browser may not have sent; 1 to other addresses."
    )


def test_credentials_are_in_no_report() -> None:
    for report in judged(RECORDINGS / "mitmproxy.har"):
        assert b"test-token" not in harness.report.encode_report(report)


Entry = dict[str, Any]


def changed(name: str, change: Callable[[Entry], None], folder: Path) -> Path:
    """A real recording with a change in each entry."""
    content = json.loads((RECORDINGS / f"{name}.har").read_text(encoding="utf-8"))
    for entry in content["log"]["entries"]:
        change(entry)
    path = folder / "changed.har"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _no_trace(entry: Entry) -> None:
    entry["response"]["headers"] = [each for each in entry["response"]["headers"] if each["name"].lower() != "traceresponse"]


def _with_text(entry: Entry, text: str) -> None:
    """Another body, with what the recorder says of its size."""
    content, headers = entry["response"]["content"], entry["response"]["headers"]
    longer = len(text.encode()) - len(content["text"].encode())
    content["text"] = text
    if "compression" in content and "_transferSize" not in entry["response"]:  # mitmproxy: the size is what was transferred
        content["compression" if any(each["name"] == "content-encoding" for each in headers) else "size"] += longer
    else:
        content["size"] += longer


def _no_notice(entry: Entry) -> None:
    text = entry["response"]["content"].get("text") or ""
    if '"ai_notice"' in text:
        _with_text(entry, text.replace('"ai_notice"', '"notice"'))


def _no_end(entry: Entry) -> None:
    text = entry["response"]["content"].get("text") or ""
    if "data: [DONE]" in text:
        _with_text(entry, text.replace("data: [DONE]", ": done"))


@pytest.mark.parametrize(("change", "requirement"), [(_no_trace, "CORE-TRC-001"), (_no_notice, "CHAT-AID-001"), (_no_end, "CHAT-STR-002")])
@pytest.mark.parametrize("name", ["developer-tools", "firefox", "playwright", "mitmproxy"])
def test_faults_in_a_recording_are_found(name: str, change: Callable[[Entry], None], requirement: str, tmp_path: Path) -> None:
    provider, _ = judged(changed(name, change, tmp_path))
    assert found(provider) == (set() if name in ("firefox", "playwright") and requirement == "CHAT-STR-002" else {requirement})


# --- one quirk at a time


def entry(
    method: str = "POST",
    path: str = "/greet",
    *,
    at: int = 0,
    text: Any = '{"name":"Ona"}',
    headers: Any = (("Host", "greeter.example.lt"), ("Content-Type", "application/json"), ("Content-Length", "14")),
    answer: Any = '{"text":"Dear Ona!"}',
    answer_headers: Any = (("Content-Type", "application/json"), ("Content-Length", "20")),
    url: str = URL,
    response: Any = None,
    content: Any = None,
    **members: Any,
) -> Entry:
    """An entry as the developer tools have it."""
    return {
        "startedDateTime": f"2026-11-29T17:00:{at:02}.000Z",
        "time": 12.5,
        "request": {
            "method": method,
            "url": f"{url}{path}",
            "headers": [{"name": name, "value": value} for name, value in headers],
            "bodySize": -1,
            **({"postData": {"mimeType": "application/json", "text": text}} if text is not None else {}),
        },
        "response": {
            "status": 200,
            "headers": [{"name": name, "value": value} for name, value in answer_headers],
            "content": {"size": len(answer.encode()) if answer else 0, "text": answer, **(content or {})},
            "_error": None,
            **(response or {}),
        },
        "cache": {},
        **members,
    }


def har(folder: Path, *entries: Entry, creator: Any = None, before: bytes = b"") -> Path:
    path = folder / "recorded.har"
    log = {"version": "1.2", "creator": creator or {"name": "WebInspector", "version": "537.36"}, "pages": [], "entries": entries}
    path.write_bytes(before + json.dumps({"log": log}).encode())
    return path


def only(path: Path) -> Exchange:
    (exchange,) = read_exchanges(path)
    return exchange


def is_untold(what: Callable[[], object]) -> bool:
    try:
        what()
    except Untold:
        return True
    return False


def test_an_exchange_is_what_was_recorded(tmp_path: Path) -> None:
    exchange = only(har(tmp_path, entry()))
    assert (exchange.id, exchange.sender, exchange.duration) == ("entry.1", "participant", 0.0125)
    assert (exchange.request.method, exchange.request.url, exchange.request.json) == ("POST", f"{URL}/greet", {"name": "Ona"})
    assert (exchange.status, exchange.answer.json) == (200, {"text": "Dear Ona!"})


def test_bodies_in_base64(tmp_path: Path) -> None:
    body = bytes(range(256))
    binary = entry(
        answer="", answer_headers=[("Content-Length", "256")], content={"text": base64.b64encode(body).decode(), "encoding": "base64"}
    )
    assert only(har(tmp_path, binary)).answer.body == body
    binary["response"]["content"]["text"] = "no Base64!"
    assert is_untold(lambda: only(har(tmp_path, binary)).answer.body)


def test_decoded_bodies_are_judged_without_the_fields_that_speak_of_the_encoded_ones(tmp_path: Path) -> None:
    text = json.dumps({"text": "Dear Ona! " * 50})
    fields = [("content-encoding", "gzip"), ("Content-Length", str(len(gzip.compress(text.encode())))), ("content-digest", "sha-256=:x:")]
    answer = only(har(tmp_path, entry(answer=text, answer_headers=[*fields, ("Content-Type", "application/json")]))).answer
    assert answer.body == text.encode()
    assert "content-encoding" not in answer.headers
    assert is_untold(lambda: answer.headers.get("Content-Length"))
    assert is_untold(lambda: "content-digest" in answer.headers)


@pytest.mark.parametrize(
    ("creator", "size", "compression", "told"),
    [
        ("WebInspector", 522, None, True),  # the size of what was decoded
        (MITMPROXY, 40, 482, True),  # that of what was transferred
        ("other", 40, None, False),
        ("other", 600, None, False),  # cut
    ],
)
def test_sizes_of_what_was_decoded_or_transferred(creator: Any, size: int, compression: int | None, told: bool, tmp_path: Path) -> None:
    text = json.dumps({"text": "Dear Ona! " * 51})
    assert len(text) == 522
    content = {"size": size, **({"compression": compression} if compression else {})}
    coded = entry(answer=text, content=content, answer_headers=[("content-encoding", "br"), ("content-type", "application/json")])
    assert is_untold(lambda: only(har(tmp_path, coded, creator=creator)).answer.body) is not told


@pytest.mark.parametrize(
    "content",
    [
        {"text": None},  # left out
        {"text": '{"text":"Dear'},  # cut
        {"text": '{"text":"Dear Ona!"'},  # a byte order mark, or one letter, lost
        {"text": ""},  # thrown away meanwhile
        {"text": '{"text":"Dear Oną!"}'},  # converted: one byte more
    ],
)
def test_a_body_that_is_not_what_was_sent_is_not_judged(content: Any, tmp_path: Path) -> None:
    exchange = only(har(tmp_path, entry(content=content)))
    assert is_untold(lambda: exchange.answer.body)
    assert is_untold(lambda: exchange.answer.json)
    assert exchange.status == 200


def test_an_empty_answer_says_so_itself(tmp_path: Path) -> None:
    assert only(har(tmp_path, entry(answer=None, answer_headers=[("Content-Length", "0")]))).answer.body == b""
    assert only(har(tmp_path, entry(answer=None, response={"status": 204}))).answer.body == b""
    assert only(har(tmp_path, entry(response={"status": 304}))).answer.body == b"", "what is shown is the browser's copy"
    assert is_untold(lambda: only(har(tmp_path, entry(answer=None, answer_headers=[("Transfer-Encoding", "chunked")]))).answer.body)


def test_who_does_not_say_what_was_broken_off_may_have_cut_a_stream(tmp_path: Path) -> None:
    stream = entry(answer="data: {}\n\n", answer_headers=[("Content-Type", "text/event-stream")])
    assert only(har(tmp_path, stream)).answer.body == b"data: {}\n\n"
    del stream["response"]["_error"]
    assert is_untold(lambda: only(har(tmp_path, stream)).answer.body)
    whole = entry(answer_headers=[("Content-Type", "application/json")])
    del whole["response"]["_error"]
    assert only(har(tmp_path, whole)).answer.json == {"text": "Dear Ona!"}, "a JSON text that can be read was not cut"


@pytest.mark.parametrize(("charset", "creator"), [("latin-1", MITMPROXY), ("cp1252", None)])
def test_bytes_of_no_declared_charset_of_which_characters_were_made(charset: str, creator: Any, tmp_path: Path) -> None:
    sent = "data: Žaneta, żółta – łódź\n\n".encode()
    garbled = sent.decode(charset)
    stream = entry(answer=garbled, content={"size": len(sent)}, answer_headers=[("Content-Type", "text/event-stream")])
    assert only(har(tmp_path, stream, creator=creator)).answer.body == sent
    stream["response"]["headers"][0]["value"] += "; charset=windows-1257"
    assert is_untold(lambda: only(har(tmp_path, stream, creator=creator)).answer.body), "who knows the charset means the characters"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    body = b'{"name":"\xff\xfe"}'
    exchange = only(har(tmp_path, entry(text=body.decode("utf-8", "surrogateescape"), headers=[("Content-Length", "13"), ("Host", "x")])))
    assert exchange.request.body == body
    half = entry(text='{"name":"\ud83d"}', headers=[("Content-Length", "14"), ("Host", "x")])
    assert is_untold(lambda: only(har(tmp_path, half)).request.body)


def test_bodies_of_requests(tmp_path: Path) -> None:
    form = entry(text=None)
    form["request"]["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "q", "value": "Labas"}]}
    assert is_untold(lambda: only(har(tmp_path, form)).request.body)
    assert is_untold(lambda: only(har(tmp_path, entry(text=None))).request.body)
    assert is_untold(lambda: only(har(tmp_path, entry(text='{"name":"O'))).request.body)
    assert is_untold(lambda: only(har(tmp_path, entry(headers=[("Content-Encoding", "gzip"), ("Host", "x")]))).request.body)
    assert only(har(tmp_path, entry("GET", text=None, headers=[("Host", "x")]))).request.body == b""
    in_characters = entry(text='{"name":"Óna"}', headers=[("Host", "x")])  # as Firefox counts
    in_characters["request"]["bodySize"] = 14
    assert is_untold(lambda: only(har(tmp_path, in_characters)).request.body)


def test_header_fields(tmp_path: Path) -> None:
    fields = [(":authority", "greeter.example.lt"), (":method", "POST"), ("ACCEPT-LANGUAGE", "lt"), ("x-two", "1\n2")]
    request = only(har(tmp_path, entry(headers=fields))).request
    assert request.headers.get("accept-language") == "lt"
    assert request.headers.get("x-two") == "1, 2"
    assert ":method" not in request.headers
    assert "traceparent" not in request.headers
    assert is_untold(lambda: "authorization" in request.headers), "the developer tools take it out"
    twice = [("traceparent", "00-a"), ("Host", "x"), ("Traceparent", "00-a"), ("x-other", "1"), ("x-other", "2")]
    request = only(har(tmp_path, entry(headers=twice))).request
    assert (request.headers.get("traceparent"), request.headers.get("x-other")) == ("00-a", "1, 2"), "as asked for and as sent"
    assert only(har(tmp_path, entry(headers=twice), creator=MITMPROXY)).request.headers.get("traceparent") == "00-a, 00-a"
    asked_for = only(har(tmp_path, entry(headers=[("Content-Type", "application/json")]))).request
    assert is_untold(lambda: asked_for.headers.get("traceparent")), "without a host these are not the fields that were sent"
    assert "traceparent" not in only(har(tmp_path, entry(headers=[]), creator=MITMPROXY)).request.headers
    assert is_untold(lambda: only(har(tmp_path, entry(answer_headers=[]))).answer.headers.get("content-type"))


def test_entries_that_are_no_exchange_with_the_service(tmp_path: Path) -> None:
    path = har(
        tmp_path,
        entry(response={"status": 0, "_error": "net::ERR_FAILED"}),
        entry(_fromCache="disk"),
        entry(response={"_fetchedViaServiceWorker": True}),
        entry(response={"bodySize": 0}),  # a copy that the service said is fresh
        entry(response={"bodySize": -162}),  # the same, as chrome-har counts
        {"startedDateTime": "yesterday", "request": {"method": "GET", "url": URL}},
        {"request": "?"},
        entry(url="chrome-extension://abc"),
        entry(url="https://[broken"),
        entry(text="\ud800"),
    )
    recording = Har(path)
    assert [each.id for each in recording.exchanges()] == ["entry.10"]
    assert sorted(recording.passed_over.values()) == [1, 4, 4]
    aborted = only(har(tmp_path, entry(response={"_error": "net::ERR_ABORTED"})))
    assert aborted.response is None
    assert aborted.fault is not None
    assert aborted.fault.kind == "connect", "which is held against nobody"
    unanswered = only(har(tmp_path, entry(response={"status": 0}), creator=MITMPROXY))
    assert unanswered.response is None


def test_entries_come_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    path = har(tmp_path, entry(at=5), entry(at=3), entry(at=4))
    assert [each.id for each in read_exchanges(path)] == ["entry.2", "entry.3", "entry.1"]


def test_mitmproxy_counts_connecting_beside_the_rest(tmp_path: Path) -> None:
    timings = {"connect": 100.0, "ssl": 200.0, "send": 1.0, "wait": 40.0, "receive": 9.0}
    assert only(har(tmp_path, entry(time=350.0, timings=timings), creator=MITMPROXY)).duration == 0.05
    assert only(har(tmp_path, entry(time=350.0, timings=timings))).duration == 0.35


def test_entries_written_to_break_readers(tmp_path: Path) -> None:
    deep = json.dumps(entry()).replace('"cache": {}', '"cache": ' + "[" * 50_000 + "]" * 50_000)
    odd = entry(time="T", headers=[("Host", "x"), ("Content-Length", "²")])
    path = tmp_path / "x.har"
    path.write_text('{"log":{"entries":[' + deep + "," + json.dumps(odd).replace('"T"', "1e999") + "]}}", encoding="utf-8")
    recording = Har(path)
    (exchange,) = recording.exchanges()
    assert (exchange.id, exchange.duration) == ("entry.2", 1e6)
    assert recording.passed_over.total() == 1


@pytest.mark.parametrize("members", [{"time": -1}, {"timings": {}}, {"comment": "", "_x": {"a": [1]}}, {"time": None}])
def test_members_that_are_missing_or_more(members: Any, tmp_path: Path) -> None:
    assert only(har(tmp_path, entry(**members))).status == 200


def test_addresses_are_compared_as_they_are_meant(tmp_path: Path, profiles: Path) -> None:
    path = har(tmp_path, entry(url="https://user:secret@GREETER.example.lt:443/api"), before=b"\xef\xbb\xbf")
    provider, _ = harness.judge_file(path, ["greeting"], base_url=f"{URL}/", profile_paths=[profiles])
    assert provider.participant.url == URL
    assert provider.requests == 1
    assert b"secret" not in harness.report.encode_report(provider)


def test_rules_look_at_nothing_that_is_untold(tmp_path: Path, profiles: Path) -> None:
    cut = entry(answer='{"text":"You!"}', answer_headers=[("Content-Type", "application/json"), ("Content-Length", "900")])
    provider, _ = harness.judge_file(har(tmp_path, cut), ["greeting"], profile_paths=[profiles])
    verdict = provider.of("GREE-TXT-001")
    assert (verdict.verdict, verdict.cause, verdict.exercised) == ("not-tested", "the recording does not hold the whole body", 0)
    no_trace = har(tmp_path, entry(answer=None, content={"size": 5}, headers=[("traceparent", "00-" + "1" * 32 + "-" + "2" * 16 + "-01")]))
    provider, _ = harness.judge_file(no_trace, ["greeting"], adapters=["openai-errors"], profile_paths=[profiles])
    assert provider.of("CORE-TRC-001").verdict == "failed", "what is told is judged"
    (shown,) = provider.exchanges.values()
    assert (shown.response_body, shown.response_bytes) == ("[not in the recording]", 0)


# --- which service is meant


def test_one_service_is_found_by_its_operations(tmp_path: Path, profiles: Path) -> None:
    others = [
        entry("GET", "/fonts/a.woff2", url="https://fonts.example.com", text=None),
        entry("GET", "/names", url="http://x/other", text=None),
    ]
    others[1]["response"]["status"] = 0
    provider, _ = harness.judge_file(har(tmp_path, entry(), *others), ["greeting"], profile_paths=[profiles])
    assert provider.participant.url == URL
    assert provider.requests == 1


def test_several_services_are_listed(tmp_path: Path, profiles: Path) -> None:
    path = har(tmp_path, entry(), entry(), entry("GET", "/names", url="http://127.0.0.1:8080", text=None))
    with pytest.raises(UsageError, match=r"several services of greeting/1: .*\(2\), http://127.0.0.1:8080 \(1\). Say which .* --base-url"):
        harness.judge_file(path, ["greeting"], profile_paths=[profiles])
    provider, _ = harness.judge_file(path, ["greeting"], base_url="http://127.0.0.1:8080", profile_paths=[profiles])
    assert provider.requests == 1
    with pytest.raises(
        UsageError, match=r"No request to an operation of greeting/1 is recorded in .*, service at https://elsewhere.example"
    ):
        harness.judge_file(path, ["greeting"], base_url="https://elsewhere.example", profile_paths=[profiles])


def test_no_service_of_the_profile(tmp_path: Path, profiles: Path) -> None:
    with pytest.raises(UsageError, match=r"addresses an operation of assistant/1. What was asked: https://greeter.example.lt \(1\)\."):
        harness.judge_file(har(tmp_path, entry()), ["assistant"])
    with pytest.raises(UsageError, match="What was asked: nothing"):
        harness.judge_file(har(tmp_path), ["assistant"])


def test_one_side_alone(tmp_path: Path, profiles: Path) -> None:
    (report,) = harness.judge_file(
        har(tmp_path, entry()), ["greeting"], side="consumer", name="mine", country="pl", profile_paths=[profiles]
    )
    assert (report.participant.side, report.participant.name, report.participant.country) == ("consumer", "mine", "pl")
    (report,) = harness.judge_file(har(tmp_path, entry()), ["greeting"], side="provider", profile_paths=[profiles])
    assert (report.participant.side, report.participant.name) == ("provider", "greeter.example.lt/api")


# --- files that are cut, or large, or none


@pytest.mark.parametrize("name", ["developer-tools", "firefox", "mitmproxy"])
def test_a_file_that_is_cut_off_is_judged_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    content = (RECORDINGS / f"{name}.har").read_bytes()
    whole = [each.id for each in read_exchanges(RECORDINGS / f"{name}.har")]
    path, drawn, most = tmp_path / "cut.har", random.Random(1), 0
    for length in sorted(drawn.sample(range(400, len(content) - 4), 60)):
        path.write_bytes(content[:length])
        recording = Har(path)
        ids = [each.id for each in recording.exchanges()]
        assert ids == whole[: len(ids)]
        assert len(ids) >= most
        assert recording.cut is not None
        most = len(ids)
    provider, _ = judged(path)
    assert provider.ended == recording.cut
    assert re.fullmatch(r"The recording is cut off after entry \d+\.", provider.ended or "")
    assert found(provider) == set()


def test_texts_that_look_like_the_structure(tmp_path: Path) -> None:
    name = 'a"]}],{[\\'
    path = har(
        tmp_path, entry(text=json.dumps({"name": name}), headers=[("Host", "x")]), entry(at=1), creator={"name": '"log":{"entries":[{'}
    )
    first, second = read_exchanges(path)
    assert first.request.json == {"name": name}
    assert second.request.json == {"name": "Ona"}


def test_a_large_file_takes_the_memory_of_one_entry(tmp_path: Path) -> None:
    text = json.dumps({"text": 'Dear "Ona"! \\ ' * 40_000})
    one = json.dumps(entry(answer=text, answer_headers=[("Content-Type", "application/json")])).encode()
    path = tmp_path / "large.har"
    with path.open("wb") as file:
        file.write(b'{"log":{"version":"1.2","entries":[')
        file.writelines(itertools.chain([one], itertools.repeat(b"," + one, 79)))
        file.write(b"]}}")
    assert path.stat().st_size > 60_000_000
    tracemalloc.start()
    assert sum(len(each.answer.body) for each in read_exchanges(path)) == 80 * len(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * len(one)


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><p>{}",
        b"[]",
        b'{"log":{}}',
        b'{"log":{"entries":{}}}',
        b'{"entries":[{}]}',
        b'{"log":[{"entries":[]}]}',
        b'{"log":{"pages":[{"entries":[1]}]}}',
        b'{"format":"govai-report/1"}',
        b'{"lo',
        b'{"log":{"version":"1.2',
        '{"log":{"entries":[]}}'.encode("utf-16"),
        gzip.compress(b'{"log":{"entries":[]}}', mtime=0),
        b"\0" * 100,
        b'{}}]]}}]]"a"',
        b"{" * 100_000,
    ],
    ids=itertools.count(),
)
def test_files_that_are_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is neither a HAR file"):
        read_exchanges(path)

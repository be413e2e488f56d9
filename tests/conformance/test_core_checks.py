"""Core's rules: what a correct service or client by somebody else may do and must not be accused of, and the fault next to it that must be found."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.exchange import Exchange, Fault
from tests.conformance.core_asking import PROBLEM, TRACEPARENT, exchange, judged

CONTROL = "\x82"
NFD = "z\u0307ycie"
SSE = "text/event-stream"


def problem(status: int = 400, **members: Any) -> Mapping[str, Any]:
    """Arguments for an exchange that ends in a problem document."""
    return {"status": status, "kind": "application/problem+json", "body": {**PROBLEM, "status": status, **members}}


def digest(body: bytes, algorithm: str = "sha-256") -> str:
    """A Content-Digest of one algorithm."""
    value = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(value).decode()}:"


def stream(*texts: str) -> str:
    """A stream of chunks with these texts."""
    return (
        "".join(f"data: {json.dumps({'choices': [{'delta': {'content': text}}]}, ensure_ascii=False)}\n\n" for text in texts)
        + "data: [DONE]\n\n"
    )


def answered(text: str, **more: Any) -> Exchange:
    """An answer with this text."""
    return exchange(body={"id": "1", "text": text}, **more)


THREE = {"asked": {"text": "", "language": "ru", "limit": "x"}, "vector": "invalid", "exercises": ["CORE-ERR-004"]}
EVERY_FAULT = [{"pointer": f"#/{name}", "detail": "wrong"} for name in ("text", "language", "limit")]

LEGAL = [
    # a connection that never was, an answer the harness itself cut, and a close over a large body are nobody's incomplete answers
    ("CORE-ROB-001", exchange(fault=Fault("connect", "refused"))),
    ("CORE-ROB-001", exchange(fault=Fault("tls", "the certificate is not trusted"))),
    ("CORE-ROB-001", exchange(fault=Fault("too-large", "larger than 16 MiB"))),
    ("CORE-ROB-001", exchange(asked=b" " * 70_000, fault=Fault("broken-off", "closed"))),
    # busy, or unknown callers: nothing was said about the request
    ("CORE-API-001", exchange(vector="valid", status=429)),
    ("CORE-API-001", exchange(vector="valid", status=503, headers={"Retry-After": "5"})),
    ("CORE-API-001", exchange(vector="valid", status=401)),
    ("CORE-API-001", exchange(vector="valid", status=403)),
    ("CORE-API-001", exchange(vector="boundary", status=406)),
    ("CORE-API-001", exchange(vector="valid", status=200)),
    # more members than the profile has, other media types, errors in any form
    ("CORE-API-002", exchange(body={"id": "1", "text": "x", "system_fingerprint": None})),
    ("CORE-API-002", exchange(kind="application/vnd.other+json", body={})),
    ("CORE-API-002", exchange(kind="application/json; charset=utf-8")),
    ("CORE-API-002", exchange(status=400, body={"error": {"message": "no"}})),
    ("CORE-API-002", exchange(status=201, body={})),
    ("CORE-API-002", exchange(kind=SSE, body=stream("a"))),
    # bodies that are not there
    ("CORE-ENC-002", exchange(operation=None, method="HEAD", body=b"")),
    ("CORE-ENC-002", exchange(status=204, body=b"")),
    ("CORE-ENC-002", exchange(status=304, body=b"")),
    ("CORE-ENC-002", exchange(kind="text/plain", body="OK")),
    ("CORE-ENC-002", exchange(kind=SSE, body=stream("a"))),
    ("CORE-ENC-002", exchange(body=b"\x8b\x05", headers={"Content-Encoding": "br"})),
    ("CORE-ENC-002", exchange(body='\n {"text": "\\ud83d", "n": 1e400}\n')),
    ("CORE-ENC-001", exchange(body='{"text": "ąžuolas"}')),
    ("CORE-ENC-001", exchange(kind="text/plain", body="ą".encode("cp1257"))),
    ("CORE-ENC-003", exchange(body='{"a": {"x": 1}, "b": {"x": 1}}')),
    # letters that are meant as they stand
    ("CORE-ENC-005", answered("Ąžuolas, żółw, NAÏVE, Zürich, Ångström, « Ä » … “Å”")),
    ("CORE-ENC-005", answered("objętość 12 Å³, powierzchnia 3 Å² i Ä… koniec")),
    ("CORE-ENC-005", answered("Popraw: Å¼Ã³Å‚w", asked={"text": "Popraw: Å¼Ã³Å‚w"})),
    ("CORE-ENC-005", answered("ÅÂ² is not known, nor Å²y", asked='{"text": "x", "ÅÂ²": {"\\u00c5\\u00b2y": 1}}')),
    ("CORE-ENC-005", answered("żółw", asked='{"text": "\\u0105"}')),
    ("CORE-ENC-005", answered("what \ufffd is", asked={"text": "What is \ufffd?"})),
    ("CORE-ENC-005", answered("half a sign \ufffd", asked='{"text": "\\ud83d"}')),
    ("CORE-ENC-005", answered("broken \ufffd", asked=b'{"text": "\xc5"}')),
    ("CORE-ENC-005", exchange(operation=None, path="/a/%C5", **problem(404, detail="nothing at /a/\ufffd"))),
    ("CORE-ENC-005", exchange(body={"choices": [{"finish_reason": "length", "message": {"content": "ąžuol\ufffd"}}]})),
    ("CORE-ENC-005", exchange(body={"choices": [{"logprobs": {"content": [{"token": "\ufffd"}]}}]})),
    ("CORE-ENC-005", exchange(kind=SSE, body=stream("ą", "žuo", "las"))),
    ("CORE-ENC-005", exchange(body={"openapi": "3.1.0", "paths": {}, "x": "[^\ufffd]"})),
    ("CORE-ENC-005", answered(NFD)),
    ("CORE-ENC-005", exchange(body={"choices": [{"message": {"content": "Ć6(0LhĄ_.<t?śKk~JŹU x{3?y} k[0]?.a wQ#z?r9 p<t?ś>"}}]})),
    # types that say JSON, and bodies that only look like it
    ("CORE-CNT-001", exchange(kind="application/json;charset=UTF-8")),
    ("CORE-CNT-001", exchange(kind="application/problem+json")),
    ("CORE-CNT-001", exchange(kind="text/plain", body="OK")),
    ("CORE-CNT-001", exchange(kind="text/html", body="[draft] <p>")),
    ("CORE-CNT-001", exchange(kind="text/plain", status=500, body="{}")),
    ("CORE-CNT-001", exchange(operation="subjects", kind="image/png", body={}, sent={"Accept": "image/png"})),
    ("CORE-CNT-004", exchange(headers={"Content-Digest": digest(json.dumps({"id": "1", "text": "Migracijos departamente."}).encode())})),
    ("CORE-CNT-004", exchange(body=b"{}", headers={"Content-Digest": f"{digest(b'{}')}, {digest(b'{}', 'sha-512')}"})),
    ("CORE-CNT-004", exchange(body=b"{}", headers={"Content-Digest": "md5=:abcd:"})),
    ("CORE-CNT-004", exchange(body=b"{}", headers={"Content-Digest": digest(b"zipped"), "Content-Encoding": "gzip"})),
    ("CORE-CNT-004", exchange(operation=None, method="HEAD", body=b"", headers={"Content-Digest": digest(b"{}")})),
    ("CORE-ERR-001", exchange(**problem(422, errors=[], instance="/log/1"))),
    ("CORE-ERR-001", exchange(operation=None, method="HEAD", status=404, kind=None, body=b"")),
    ("CORE-ERR-001", exchange(operation=None, status=431, kind="text/html", body="<h1>Too large</h1>")),
    ("CORE-ERR-001", exchange(operation=None, status=404, kind="text/html", body="<h1>", sent={"Accept": "text/html"})),
    (
        "CORE-ERR-001",
        exchange(operation=None, status=404, kind="text/html", body="<h1>", sent={"Accept": "application/json;q=0, text/html"}),
    ),
    ("CORE-ERR-002", exchange(asked="{", status=422)),
    ("CORE-ERR-002", exchange(asked="{", status=503, headers={"Retry-After": "3"})),
    ("CORE-ERR-002", exchange(operation=None, method="RASTI", vector="invalid", status=501)),
    ("CORE-ERR-002", exchange(status=500)),
    ("CORE-ERR-003", exchange(asked={"text": "x", "unknown": 1}, status=200)),
    ("CORE-ERR-003", exchange(operation=None, vector="invalid", status=200)),
    ("CORE-ERR-004", exchange(**THREE, **problem(422, errors=EVERY_FAULT))),
    ("CORE-ERR-004", exchange(**THREE, **problem(400, errors=[{"pointer": each["pointer"][1:]} for each in EVERY_FAULT]))),
    ("CORE-ERR-004", exchange(**THREE, **problem(422, errors=[*EVERY_FAULT, {"pointer": "#", "detail": "and more"}]))),
    (
        "CORE-ERR-004",
        exchange(**{**THREE, "asked": {"limit": "x"}}, **problem(422, errors=[{"pointer": "#/text"}, {"pointer": "#/limit"}])),
    ),
    # words that look like internals and are none
    ("CORE-ERR-005", exchange(**problem(404, detail="Nothing at /v1/models/var/x; see https://example.lt/usr/share/errors.php"))),
    ("CORE-ERR-005", exchange(**problem(404, type="/problems/not-found.php", instance="/var/log/9"))),
    ("CORE-ERR-005", exchange(**problem(422, errors=[{"pointer": "#/etc/0/home", "detail": "must be one of a/b.py, c"}]))),
    ("CORE-ERR-005", exchange(operation=None, path="/records%2F..%2Fetc%2Fpasswd", **problem(404, detail="no /records/../etc/passwd"))),
    ("CORE-ERR-005", exchange(**problem(400, detail="Invalid JSON at line 3 column 7 (char 42), near 10:31:07"))),
    ("CORE-ERR-005", exchange(**problem(429, detail="Try again at 12:00; token expired"), sent={"Authorization": "Bearer abcdefghij"})),
    ("CORE-ERR-005", exchange(**problem(400, instance="urn:request:50411512342"))),
    ("CORE-ERR-005", exchange(asked={"text": "PESEL 50411512342"}, **problem(422, detail="PESEL 504******42 is not needed"))),
    ("CORE-ERR-007", exchange(operation=None, status=405, headers={"Allow": ""})),
    ("CORE-TRC-001", exchange(headers={"traceresponse": TRACEPARENT.replace("00f067aa0ba902b7", "b7ad6b7169203331")})),
    ("CORE-TRC-001", exchange(headers={"traceresponse": "00-4bf92f3577b34da6a3ce929d0e0e4736--00"})),
    ("CORE-TRC-001", exchange(headers={"TraceParent": TRACEPARENT})),
    ("CORE-TRC-001", exchange(sent={"traceparent": TRACEPARENT.upper()})),
    ("CORE-TRC-001", exchange(operation=None, status=404)),
    ("CORE-TRC-003", exchange(sent={"traceparent": "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"})),
    ("CORE-TRC-003", exchange(operation=None, sent={"traceparent": "none"})),
    ("CORE-TIM-001", exchange(body={"at": "2026-11-24t12:00:00.123456z"})),
    ("CORE-TIM-001", exchange(body={"at": "2026-11-24 12:00:00+00:00", "leap": "2016-12-31T23:59:60Z"})),
    ("CORE-TIM-001", exchange(body={"created": 1_800_000_000, "day": "2026-11-24", "year": "2026"})),
    ("CORE-TIM-001", exchange(body={"content": "2026-11-24 12:00"})),
    ("CORE-TIM-001", exchange(body={"text": "x", "echo": "2026-11-24 12:00"}, asked={"text": "2026-11-24 12:00"})),
    ("CORE-TIM-001", exchange(body={"openapi": "3.0.3", "paths": {}, "example": "2026-11-24 12:00:00"})),
    ("CORE-RAT-001", exchange(status=429, headers={"Retry-After": "0"})),
    ("CORE-RAT-001", exchange(status=429, headers={"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"})),
    ("CORE-RAT-003", exchange(status=503, headers={"retry-after": "120"})),
    ("CORE-SEC-001", exchange(status=401, headers={"www-authenticate": 'Bearer realm="x", Basic realm="y"'})),
    ("CORE-SEC-003", exchange(operation=None, path="/trace/4bf92f3577b34da6a3ce929d0e0e4736?t=1750411512342&phone=%2B50411512342")),
    ("CORE-SEC-003", exchange(asked={"text": "50411512342"})),
    ("CORE-SEC-004", exchange(headers={"Location": "/records/75001150009", "Link": "</openapi.json>; rel=service-desc"})),
    ("CORE-CCH-001", exchange(headers={"Cache-Control": "private, No-Store, max-age=0"})),
    ("CORE-CCH-001", exchange(status=400)),
    ("CORE-CCH-001", exchange(operation="subjects")),
    ("CORE-LOG-001", exchange(headers={"record-id": "r-1"})),
    ("CORE-LOG-001", exchange(status=503)),
    ("CORE-REQ-001", exchange(sent={"Content-Type": "application/json; charset=utf-8"})),
    ("CORE-REQ-001", exchange(operation="subjects")),
    ("CORE-REQ-002", exchange(asked={"text": "x", "vendor": True})),
    ("CORE-REQ-002", exchange(asked="{")),
]

WRONG = [
    ("CORE-ROB-001", exchange(fault=Fault("timeout", "no complete answer within 60 s"))),
    ("CORE-ROB-001", exchange(fault=Fault("broken-off", "closed"))),
    ("CORE-API-001", exchange(vector="valid", status=400)),
    ("CORE-API-001", exchange(vector="valid", status=503)),
    ("CORE-API-001", exchange(vector="valid", status=403, sent={"Authorization": "Bearer good"})),
    ("CORE-API-002", exchange(body={"id": "1"})),
    ("CORE-ENC-001", exchange(body=b"\xef\xbb\xbf{}")),
    ("CORE-ENC-001", exchange(body="{}".encode("utf-16"))),
    ("CORE-ENC-001", exchange(body='{"text": "ąžuolas"}'.encode("cp1257"))),
    ("CORE-ENC-002", exchange(body=b"")),
    ("CORE-ENC-002", exchange(body='{"a": NaN}')),
    ("CORE-ENC-002", exchange(body='{"a": 1} {"b": 2}')),
    ("CORE-ENC-003", exchange(body='{"a": {"x": 1, "x": 2}}')),
    ("CORE-ENC-005", answered("Å¼Ã³Å‚w")),
    ("CORE-ENC-005", answered("proszÄ™ o to")),
    ("CORE-ENC-005", answered("Ä—jimas ir kopÅ«stai")),
    ("CORE-ENC-005", answered(f"PIÄ\x84TEK Å{CONTROL}")),
    ("CORE-ENC-005", answered("ąžuol\ufffd stovi")),
    ("CORE-ENC-005", exchange(kind=SSE, body=stream("dzi", "\ufffd", "kuj\u0119"))),
    ("CORE-ENC-005", exchange(kind=SSE, body=stream("dziÄ", "™kujÄ", "™"))),
    ("CORE-CNT-001", exchange(kind=None)),
    ("CORE-CNT-001", exchange(kind="text/html", sent={"Accept": "*/*"})),
    ("CORE-CNT-004", exchange(headers={"Content-Digest": digest(b"other")})),
    ("CORE-CNT-004", exchange(headers={"Content-Digest": "sha-256=abc"})),
    ("CORE-ERR-001", exchange(status=400, body=PROBLEM)),
    ("CORE-ERR-001", exchange(**{**problem(404), "body": PROBLEM})),
    ("CORE-ERR-001", exchange(**{**problem(404), "body": {**PROBLEM, "status": "404"}})),
    ("CORE-ERR-001", exchange(**problem(400, detail=" "))),
    ("CORE-ERR-002", exchange(asked="{", status=500)),
    ("CORE-ERR-002", exchange(asked={"text": 5}, status=503)),
    ("CORE-ERR-003", exchange(asked={"text": 5}, status=200)),
    ("CORE-ERR-004", exchange(**THREE, **problem(422, errors=EVERY_FAULT[:2]))),
    ("CORE-ERR-004", exchange(**THREE, **problem(422, errors=[{"loc": ["text"]}]))),
    ("CORE-ERR-004", exchange(**THREE, **problem(422))),
    ("CORE-ERR-005", exchange(**problem(500, detail='Traceback (most recent call last):\n  File "/app/main.py", line 3'))),
    ("CORE-ERR-005", exchange(**problem(500, detail="at lt.vssa.Main.run(Main.java:31)"))),
    ("CORE-ERR-005", exchange(**problem(500, detail="   at Api.Chat.Post(Body b) in C:\\src\\Chat.cs:line 9"))),
    ("CORE-ERR-005", exchange(**problem(500, detail="Error: x\n    at Layer.handle (/app/node_modules/router/index.js:95:5)"))),
    ("CORE-ERR-005", exchange(**problem(500, detail="goroutine 17 [running]:"))),
    ("CORE-ERR-005", exchange(**problem(500, detail="cannot open /var/lib/assistant/index.sqlite"))),
    ("CORE-ERR-005", exchange(**problem(500, detail="D:\\services\\assistant\\config"))),
    ("CORE-ERR-005", exchange(status=500, kind="text/plain", body="open /srv/models/pllum.gguf: no such file")),
    ("CORE-ERR-005", exchange(**problem(401, detail="abcdefghij is unknown"), sent={"Authorization": "Bearer abcdefghij"})),
    ("CORE-ERR-005", exchange(operation=None, path="/osoby/50411512342", **problem(404, instance="/osoby/50411512342"))),
    ("CORE-ERR-005", exchange(asked='{"text": "\\u0035\\u0030411512342"}', **problem(422, detail="50411512342 is too long"))),
    ("CORE-ERR-007", exchange(operation=None, status=405)),
    ("CORE-TRC-001", exchange(status=400)),
    ("CORE-TRC-001", exchange(headers={"traceresponse": "00-00000000000000000000000000000001-00f067aa0ba902b7-01"})),
    ("CORE-TRC-003", exchange(sent={"traceparent": TRACEPARENT.upper()})),
    ("CORE-TRC-003", exchange(sent={"traceparent": TRACEPARENT + "-x"})),
    ("CORE-TRC-003", exchange(sent={"traceparent": TRACEPARENT.replace("00f067aa0ba902b7", "0" * 16)})),
    ("CORE-TIM-001", exchange(body={"at": "2026-11-24T12:00:00"})),
    ("CORE-TIM-001", exchange(body={"at": "2026-11-24T12:00:00+01:00"})),
    ("CORE-TIM-001", exchange(body={"at": "2026-11-24T12:00:00-00:00"})),
    ("CORE-TIM-001", exchange(body={"at": ["2026-11-24T25:00:00Z"]})),
    ("CORE-RAT-001", exchange(status=429, headers={"Retry-After": "soon"})),
    ("CORE-RAT-003", exchange(status=503, headers={"Retry-After": "-1"})),
    ("CORE-SEC-001", exchange(status=401)),
    ("CORE-SEC-003", exchange(operation=None, path="/osoby/50411512342")),
    ("CORE-SEC-003", exchange(operation=None, path="/x?kodas=%37%35001150008")),
    ("CORE-SEC-004", exchange(headers={"Content-Location": "/asmenys/75001150008"})),
    ("CORE-CCH-001", exchange(headers={"Cache-Control": "no-cache, private"})),
    ("CORE-CCH-001", exchange(kind=SSE, body=stream("a"))),
    ("CORE-LOG-001", exchange()),
    ("CORE-REQ-001", exchange(sent={"Content-Type": "text/plain"})),
    ("CORE-REQ-001", exchange(asked='{"text": "ąžuolas"}'.encode("cp1257"))),
    ("CORE-REQ-002", exchange(asked={"text": ""})),
]


@pytest.mark.parametrize(("requirement", "made"), LEGAL, ids=lambda each: each if isinstance(each, str) else "")
def test_what_others_may_do_is_not_accused(requirement: str, made: Exchange) -> None:
    assert judged(requirement, made) in (None, "unexercised")


@pytest.mark.parametrize(("requirement", "made"), WRONG, ids=lambda each: each if isinstance(each, str) else "")
def test_the_fault_next_to_it_is_found(requirement: str, made: Exchange) -> None:
    assert judged(requirement, made) not in (None, "unexercised")


def later(seconds: float, **more: Any) -> Exchange:
    """A question so many seconds after the end of the first one, which lasts half a second."""
    return exchange(started=1_800_000_000.5 + seconds, **more)


KEY = {"Idempotency-Key": '"k-1"'}
OTHER = {"Idempotency-Key": '"k-2"'}
BUSY: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "2"}}


@pytest.mark.parametrize(
    ("requirement", "first", "second", "accused"),
    [
        ("CORE-RAT-002", exchange(**BUSY), later(2.0), False),
        ("CORE-RAT-002", exchange(**BUSY), later(1.95), False),  # two clocks
        ("CORE-RAT-002", exchange(**BUSY), later(0.5), True),
        ("CORE-RAT-002", exchange(**BUSY), later(0.01), True),
        ("CORE-RAT-002", exchange(**BUSY), later(0.1, asked={"text": "another, on its way"}), False),
        ("CORE-RAT-002", exchange(**BUSY), later(-0.3), False),  # sent before the answer came
        ("CORE-RAT-002", exchange(status=503), later(0.0), False),  # nothing was asked for
        ("CORE-RAT-002", exchange(status=503, headers={"Retry-After": "2"}), later(0.5, asked={"text": "another"}), True),
    ],
)
def test_pairs(requirement: str, first: Exchange, second: Exchange, accused: bool) -> None:
    assert (judged(requirement, first, second) not in (None, "unexercised")) is accused

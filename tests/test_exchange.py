"""Exchanges: strict JSON, headers without case, server-sent events as the standard reads them."""

import pytest

from harness.exchange import Event, Headers, NotJSON, Request, Response, is_json, parse_events, parse_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b" [] ", []),
        (b'"\xc5\x82"', "ł"),
        (b'"\\ud800"', "\ud800"),
        (b"1e400", float("inf")),
        (b"9" * 5000, float("inf")),
    ],
)
def test_a_json_text_is_read(body: bytes, value: object) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"1.0", 1),
        (b"-1.50E1", -15),
        (b"0E-1", 0),
        (b'["\\ud800", 4e2]', ["\ud800", 400]),
        (b"0.5", 0.5),
        (b"1e300", 1e300),
    ],
)
def test_a_whole_number_is_one_however_it_is_written(body: bytes, value: object) -> None:
    """1e300 stays as it is: nobody needs an int of 300 digits, and beyond 2**53 a float no longer names one number."""
    assert repr(parse_json(body)) == repr(value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'"\xff"', "not UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1', "delimiter"),
        (b"", "Expecting value"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(NotJSON, match=reason):
        parse_json(body)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/problem+json", True),
        ("text/event-stream", False),
        ("application/jsonp", False),
        (None, False),
    ],
)
def test_json_media_types(declared: str | None, expected: bool) -> None:
    assert is_json(declared) is expected


def test_headers_compare_without_case_and_join_repeated_lines() -> None:
    headers = Headers([("Vary", "Accept"), ("vary", "Origin"), ("X", "1")])
    assert headers.get("VARY") == "Accept, Origin"
    assert "x" in headers
    assert headers.with_field("vary", None).get("Vary") is None
    assert headers.with_field("Vary", "*").get("vary") == "*"


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\ndata: b\n\n", (Event("a"), Event("b"))),
        (b"data:a\r\n\r\n", (Event("a"),)),
        (b": keep-alive\n\ndata: a\ndata: b\n\n", (Event("a\nb"),)),
        (b"event: error\ndata: {}\n\n", (Event("{}", "error"),)),
        (b"data: a\n\ndata: cut", (Event("a"),)),
        ("data: ł\n\n".encode()[:7] + b"\n\n", (Event("\ufffd"),)),
    ],
)
def test_server_sent_events(body: bytes, events: tuple[Event, ...]) -> None:
    assert parse_events(body) == events


def test_messages_are_changed_by_copy() -> None:
    request = Request("POST", "/", Headers({"A": "1"}), b"{}")
    assert request.with_header("A", None).headers.get("a") is None
    assert request.headers.get("a") == "1"
    response = Response(200, Headers({"content-type": "text/plain"}), b"x").with_json({"ł": 1}, "application/json")
    assert response.json == {"ł": 1}
    assert response.headers.get("content-length") == str(len(response.body))

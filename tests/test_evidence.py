"""Evidence holds no secret, and its curl line repeats the request."""

import base64
import dataclasses
import json
import shlex
import subprocess

import pytest

from harness.evidence import HIDDEN, Redaction, printable
from harness.exchange import Exchange, Headers, Request, Response
from harness.participant import Credential

TOKEN = 'tok/en"+s3cret'
CREDENTIAL = Credential("bearer", TOKEN, "$AGENCY_TOKEN")


def exchange(body: bytes = b"{}", answer: bytes = b"{}", sender: str = "harness") -> Exchange:
    request = Request("POST", f"http://127.0.0.1:1/x?t={TOKEN}", Headers({"Authorization": f"Bearer {TOKEN}", "A": "it's"}), body)
    return Exchange("x.1", request, Response(401, Headers({"Set-Cookie": "sid=1"}), answer), sender=sender)  # type: ignore[arg-type]


def test_a_secret_is_nowhere_in_evidence_whatever_form_it_comes_back_in() -> None:
    answer = json.dumps({"echo": TOKEN, "raw": "tok%2Fen%22%2Bs3cret", "base64": "dG9rL2VuIitzM2NyZXQ="}).encode()
    evidence = Redaction({TOKEN}, CREDENTIAL).evidence(exchange(answer=answer))
    shown = str(evidence)
    assert "s3cret" not in shown
    assert "dG9rL2VuIitzM2NyZXQ" not in shown
    assert "sid=1" not in shown
    assert HIDDEN in evidence.response_body


def test_recorded_traffic_hides_credentials_it_cannot_know() -> None:
    evidence = Redaction(()).evidence(exchange(sender="participant"))
    assert ("Authorization", HIDDEN) in evidence.request_headers
    assert "Bearer" not in evidence.curl


PERSON = "504115" + "12342"


@pytest.mark.parametrize("end", ["ž", "\x07", "\udc00"])
def test_reports_on_recorded_traffic_name_nobody(end: str) -> None:
    body = json.dumps({"text": f"PESEL {PERSON}."}).encode() + end.encode("utf-8", "surrogatepass")
    recorded = exchange(body, body, sender="participant")
    request = Request("POST", f"http://h/osoby/{PERSON}", Headers({"X-Subject": PERSON}), recorded.request.body)
    shown = str(Redaction(()).evidence(dataclasses.replace(recorded, request=request)))
    assert PERSON not in shown
    assert base64.b64encode(body).decode() not in shown
    assert shown.count("[PESEL]") >= 3
    assert PERSON in str(Redaction(()).evidence(exchange(body))), "what the harness sends is invented, and can be repeated"


def test_the_curl_line_names_the_variable_instead_of_the_secret() -> None:
    curl = Redaction({TOKEN}, CREDENTIAL).curl(exchange().request)
    assert '-H "Authorization: Bearer $AGENCY_TOKEN"' in curl


@pytest.mark.parametrize("body", ["{}", 'it\'s "quoted" $HOME `id`', "zażółć\nž", "@file"])
def test_a_shell_reads_the_body_of_the_curl_line_as_it_was(body: str) -> None:
    curl = Redaction(()).curl(Request("POST", "http://h/", Headers(), body.encode()))
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {curl[len('curl ') :]}"], capture_output=True, check=True).stdout.split(b"\0")
    sent = words[words.index(b"--data-binary") + 1]
    if sent.startswith(b"@/dev/fd/"):
        assert body.startswith("@")
    else:
        assert sent == body.encode()


def test_bytes_that_are_no_text_travel_in_base64() -> None:
    curl = Redaction(()).curl(Request("POST", "http://h/", Headers(), b"\xff\x00"))
    assert "base64 -d" in curl
    assert shlex.split(curl)[0] == "curl"


def test_what_cannot_be_printed_is_escaped() -> None:
    assert printable("ok ł\n\t") == "ok ł\n\t"
    assert printable("\x1b[31m\x00\ud800\x85") == "\\x1b[31m\\x00\\ud800\\x85"

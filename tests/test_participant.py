"""Base URLs and credentials: what is wrong is said in one sentence before anything is sent, and secrets stay where they are."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.participant import check_url, parse_credential


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "https://a.gov.pl/base/", "http://[::1]:1"])
def test_base_urls_lose_their_trailing_slash(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "ftp://a",
        "http://",
        "http://a:0",
        "http://a:99999",
        "http://a:x",
        "http://user:pw@a",
        "http://a?x=1",
        "http://a#f",
        "",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        check_url(url)


def test_a_secret_comes_from_a_variable_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENCY_TOKEN", "s3cret")
    (tmp_path / "token").write_text("from-file\n")
    bearer = parse_credential("bearer:env:AGENCY_TOKEN")
    assert (bearer.secret, bearer.shown) == ("s3cret", "$AGENCY_TOKEN")
    assert "s3cret" not in repr(bearer)
    assert parse_credential(f"api-key:X-API-Key:file:{tmp_path}/token").secret == "from-file"
    (tmp_path / "my token").write_text("from-file\n")
    assert parse_credential(f"bearer:file:{tmp_path}/my token").shown == f"$(cat '{tmp_path}/my token')"
    oauth = parse_credential("oauth2:https://id.gov.lt/token:client-7:env:AGENCY_TOKEN:a,b")
    assert (oauth.token_url, oauth.client_id, oauth.secret, oauth.scopes) == ("https://id.gov.lt/token", "client-7", "s3cret", "a b")
    mtls = parse_credential("mtls:client.pem:client.key")
    assert (mtls.certificate, mtls.key) == (Path("client.pem"), Path("client.key"))


@pytest.mark.parametrize(
    "text",
    [
        "bearer:env:GOVAI_NOT_SET",
        "bearer:file:/does/not/exist",
        "bearer:s3cret",
        "bearer",
        "api-key:X-Key",
        "oauth2:https://id/token",
        "oauth2:https://id/token:env:X",
        "mtls:only.pem",
        "magic:env:HOME",
    ],
)
def test_a_credential_that_cannot_be_had_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_credential(text)
    assert "s3cret" not in str(refusal.value)

"""What the reference says of itself: the catalogue, the card with its claims, the instructions in three languages."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.reference.assistant.service import settings
from conformance.reference.discovery.service import create
from harness.exchange import Response
from harness.national.languages import language_of
from tests.conformance.reference_services import COUNTRIES, TOKEN, send

CATALOGUE = "/.well-known/api-catalog"


def got(country: str, path: str, *, token: str | None = None, method: str = "GET", **headers: str) -> Response:
    return send(create(country, token=token), method, path, **headers)


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_catalogue_leads_to_what_is_there(country: str) -> None:
    answer = got(country, CATALOGUE, accept="application/linkset+json", host="asystent.example:8443")
    assert answer.headers.get("content-type") == 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
    catalogue, api = answer.json["linkset"]
    assert catalogue["item"][0]["href"] == api["anchor"] == "http://asystent.example:8443/"
    links = [link["href"] for targets in api.values() if isinstance(targets, list) for link in targets]
    assert len(links) == 6
    for link in links:
        assert got(country, link.removeprefix("http://asystent.example:8443")).status == 200, link


@pytest.mark.parametrize("country", COUNTRIES)
def test_head_has_the_link_and_no_content(country: str) -> None:
    answer = got(country, CATALOGUE, method="HEAD")
    assert (answer.status, answer.body, answer.headers.get("link")) == (200, b"", f'<{CATALOGUE}>; rel="api-catalog"')


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("language", ["pl", "lt", "en"])
def test_instructions_are_in_their_language_and_say_what_the_card_says(country: str, language: str) -> None:
    answer = got(country, f"/instructions-for-use/{language}")
    card: dict[str, Any] = got(country, "/service-card").json
    assert answer.headers.get("content-language") == language
    assert f'<html lang="{language}">' in answer.text
    assert language_of(answer.text)[0] == language
    for said in (card["version"], card["provider"]["name"], str(card["limits"]["requestBytes"]), card["complaints"]["email"], "85%"):
        assert said in answer.text
    assert "{" not in answer.text


@pytest.mark.parametrize("tag", ["lt-LT", "PL", "en-GB"])
def test_regions_and_capitals_are_disregarded(tag: str) -> None:
    assert got("pl", f"/instructions-for-use/{tag}").headers.get("content-language") == tag[:2].lower()


@pytest.mark.parametrize("tag", ["de", "pl%2F..", "..%2F..%2Fpl.yaml", "pl%00", "pl-", "pl_PL", "lt-" + "a" * 9])
def test_other_languages_are_not_found(tag: str) -> None:
    answer = got("lt", f"/instructions-for-use/{tag}", accept_language="pl")
    assert (answer.status, answer.media_type) == (404, "application/problem+json")


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_token_is_needed_for_the_work_and_not_for_looking(country: str) -> None:
    for path in (CATALOGUE, "/service-card", "/instructions-for-use/en"):
        assert got(country, path, token=TOKEN).status == 200
        assert got(country, path, token=TOKEN, authorization="Bearer wrong").status == 401
    assert got(country, "/v1/models", token=TOKEN).status == 401


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_card_is_that_of_the_assistant_with_more(country: str) -> None:
    card, own = got(country, "/service-card").json, settings(country)["card"]
    assert {name: card[name] for name in own if name not in ("profiles", "provider", "limits")} == {
        name: own[name] for name in own if name not in ("profiles", "provider", "limits")
    }
    assert card["limits"]["requestBytes"] == own["limits"]["requestBytes"]
    assert card["profiles"] == ["core/1", "assistant/1", "discovery/1"]


def test_other_countries_have_none() -> None:
    with pytest.raises(ValueError, match="There is no reference discovery service for ee"):
        create("ee")

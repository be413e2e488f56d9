"""``govai.toml``: what it says, and one clear sentence for what it must not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from harness.config import PUBLISHED_SCHEMA, config_schema, current_schema, read_config
from harness.errors import UsageError

SERVICE = '[[participants]]\nname = "Translator"\nurl = "http://127.0.0.1:8080"\nprofiles = ["translation"]\n'
CLIENT = '[[participants]]\nname = "Desk"\ncommand = ["python", "client.py"]\nprofiles = ["translation"]\n'
WHOLE = """
lang = "lt"
profile-path = ["profiles"]

[[participants]]
name = "Translator"
country = "PL"
url = "https://translate.example.gov.pl"
start = ["uvicorn", "service:app"]
profiles = ["translation", "core"]
auth = "oauth2:https://id.example/token:me:file:secrets/token:a,b"
ca = "ca.pem"
adapters = ["uapi"]
class = "high-risk"
timeout = 20
seed = 7
variables = {model = "pllum-12b", inputs = [1, 2]}
explore = "60s"
expected-failures = "expected.toml"
allow-incomplete = true
limits = {concurrency = 2, max-rps = 5.5, budget = 300}
reports = {html = "out/report.html", json = "out/report.json"}
sign = "file:key.pem"
"""


def written(folder: Path, content: str) -> Path:
    path = folder / "govai.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_all_of_it_becomes_what_the_command_line_would_be_given(tmp_path: Path) -> None:
    (given,) = read_config(written(tmp_path, WHOLE)).all("services")
    assert given == {
        "name": "Translator",
        "country": "pl",
        "url": "https://translate.example.gov.pl",
        "start": ["uvicorn", "service:app"],
        "profile": ["translation", "core"],
        "auth": f"oauth2:https://id.example/token:me:file:{tmp_path}/secrets/token:a,b",
        "ca": tmp_path / "ca.pem",
        "adapter": ["uapi"],
        "conformance_class": "high-risk",
        "timeout": 20.0,
        "seed": 7,
        "set_variable": ["model=pllum-12b", "inputs=[1, 2]"],
        "explore": "60s",
        "expected_failures": tmp_path / "expected.toml",
        "allow_incomplete": True,
        "concurrency": 2,
        "max_rps": 5.5,
        "budget": 300,
        "report": [f"html={tmp_path}/out/report.html", f"json={tmp_path}/out/report.json"],
        "sign": f"file:{tmp_path}/key.pem",
        "profile_path": [tmp_path / "profiles"],
        "lang": "lt",
    }


def test_services_and_clients_are_told_apart_and_found_by_name(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, SERVICE + CLIENT))
    assert [each["name"] for each in config.all("services")] == ["Translator"]
    assert [each["name"] for each in config.chosen("clients", "Desk")] == ["Desk"]
    with pytest.raises(UsageError, match=r"called Desk\. There are: Translator"):
        config.chosen("services", "Desk")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("participants = [", "is no TOML"),
        ("lang = 'pl'", "missing required field `participants`"),
        ("participants = []", "participants"),
        (SERVICE + SERVICE, "two participants are called Translator"),
        (SERVICE + "max_rps = 3", "participant Translator: there is no key max_rps"),
        (SERVICE + "limits = {max_rps = 3}", "Did you mean max-rps?"),
        (SERVICE + "profile = ['core']", "Did you mean profiles?"),
        (SERVICE + "token = 's3cret'", "A secret does not belong here"),
        (SERVICE + "lang = 'pl'", "there is no key lang"),
        (SERVICE + "command = ['x']", "one of the two"),
        (SERVICE.replace("url =", "command = ['x'] #"), None),
        (CLIENT + "auth = 'bearer:env:X'", "auth is for services"),
        (SERVICE + "served-from = 'pl'", "served-from is for clients"),
        (SERVICE + "country = 'Poland'", "country"),
        (SERVICE + "limits = {budget = 0}", "budget"),
        (SERVICE + "class = 'gold'", "class"),
        (SERVICE.replace('"Translator"', "3"), "participant 3"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path, content: str, told: str | None) -> None:
    path = written(tmp_path, content)
    if told is None:
        read_config(path)
        return
    with pytest.raises(UsageError) as refusal:
        read_config(path)
    assert told in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_a_file_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="govai init"):
        read_config(tmp_path / "govai.toml")


def test_the_published_schema_is_what_the_code_says() -> None:
    assert PUBLISHED_SCHEMA.read_bytes() == current_schema()


@pytest.mark.parametrize(
    ("content", "valid"),
    [(WHOLE, True), (SERVICE, True), (CLIENT, True), (SERVICE + "command = ['x']", False), (SERVICE + "token = 'x'", False)],
)
def test_editors_learn_the_same_from_the_schema(content: str, valid: bool) -> None:
    assert jsonschema_rs.validator_for(config_schema()).is_valid(tomllib.loads(content)) == valid

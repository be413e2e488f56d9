"""``govai compare`` as a person meets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

import harness
import harness.cli
from harness.errors import Unreachable
from harness.serve.listening import running

SPECS = Path("specs")
Govai = Callable[..., tuple[int, str, str]]


@pytest.fixture
def govai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Govai:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["govai", "compare", *words])
        monkeypatch.setenv("COLUMNS", "150")
        with pytest.raises(SystemExit) as end:
            harness.cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def narrow(tmp_path: Path) -> str:
    """The assistant's own document, with a smaller bound and an answer less."""
    import yaml

    document = yaml.safe_load((SPECS / "assistant/1/openapi.yaml").read_text(encoding="utf-8"))
    document["components"]["schemas"]["ChatCompletionRequest"]["properties"]["temperature"]["maximum"] = 1
    document["components"]["schemas"]["Model"]["required"] = ["object"]
    text = json.dumps(document).replace("../../core/1/openapi.yaml", "core.yaml")
    (tmp_path / "core.yaml").write_text((SPECS / "core/1/openapi.yaml").read_text(encoding="utf-8"))
    (tmp_path / "narrow.json").write_text(text)
    return str(tmp_path / "narrow.json")


def test_what_is_compatible_ends_with_0(govai: Govai) -> None:
    code, out, _ = govai(str(SPECS / "translation/1/openapi.yaml"), "--profile", "translation")
    assert (code, out.splitlines()[0]) == (0, "✓ Compatible. openapi.yaml (OpenAPI 3.1) promises what translation/1 asks.")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Incompatible", "Requests that the profile allows are refused.", "Witness", "2 incompatibilities")),
        ("pl", ("Niezgodny", "Żądania dozwolone przez profil są odrzucane.", "Przykład", "2 niezgodności")),
        ("lt", ("Nesuderinamas", "Profilio leidžiamos užklausos atmetamos.", "Pavyzdys", "2 nesuderinamumai")),
    ],
)
def test_what_is_incompatible_ends_with_1_and_shows_a_witness(govai: Govai, narrow: str, language: str, words: tuple[str, ...]) -> None:
    code, out, _ = govai(narrow, "--profile", "assistant", "--lang", language)
    assert code == 1
    for each in words:
        assert each in out
    assert "narrow.json#/components/schemas/ChatCompletionRequest/properties/temperature/maximum" in out
    assert "curl -i -X POST" in out


def test_json_has_all_of_it(govai: Govai, narrow: str) -> None:
    code, out, _ = govai(narrow, "--profile", "assistant", "--json")
    said = json.loads(out)
    assert (code, said["outcome"], said["format"], said["profiles"]) == (1, "incompatible", "govai-comparison/1", ["assistant/1"])
    assert {each["kind"] for each in said["differences"]} == {"body-refused", "answer-unexpected"}
    assert all({"operation", "decides", "in_profile", "in_document", "witness"} <= each.keys() for each in said["differences"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.yaml", "--profile", "assistant"), "nowhere.yaml cannot be read (No such file or directory)"),
        ((".", "--profile", "assistant"), "cannot be read (Is a directory)"),
        ((str(SPECS / "core/1/openapi.yaml"), "--profile", "nothing"), "There is no profile nothing"),
        ((str(SPECS / "core/1/openapi.yaml"), "--profile", "core", "--lang", "de"), "--lang"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(govai: Govai, words: tuple[str, ...], said: str) -> None:
    code, _, err = govai(*words)
    assert code == 2
    assert said in err


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    def document(_: Request) -> Response:
        return JSONResponse({"openapi": "3.1.1", "info": {"title": "a", "version": "1"}, "paths": {}})

    routes = [
        Route("/openapi.json", document),
        Route("/old", lambda _: RedirectResponse("/openapi.json")),
        Route("/docs", lambda _: PlainTextResponse("<!DOCTYPE html><html></html>")),
    ]
    with running(Starlette(routes=routes)) as url:
        yield url


def test_a_url_is_asked(govai: Govai, site: str) -> None:
    code, out, _ = govai(f"{site}/openapi.json", "--profile", "assistant")
    assert (code, out.count("The document has no such operation.")) == (1, 2)


@pytest.mark.parametrize(("path", "code", "said"), [("/old", 3, "has moved to"), ("/no", 3, "answers with 404"), ("/docs", 2, "is a page")])
def test_a_url_without_a_document_gets_a_sentence(govai: Govai, site: str, path: str, code: int, said: str) -> None:
    assert govai(f"{site}{path}", "--profile", "assistant")[0] == code
    ended, _, err = govai(f"{site}{path}", "--profile", "assistant")
    assert (ended, said in err) == (code, True)


def test_nobody_at_the_address_ends_with_3(govai: Govai) -> None:
    code, _, err = govai("http://127.0.0.1:9/openapi.json", "--profile", "assistant")
    assert (code, "cannot be read" in err) == (3, True)


def test_the_same_from_python(narrow: str) -> None:
    comparison = harness.compare(narrow, ["assistant"])
    assert (comparison.outcome, len(comparison.incompatibilities)) == ("incompatible", 2)
    with pytest.raises(Unreachable):
        harness.compare("http://127.0.0.1:9/openapi.json", ["assistant"])

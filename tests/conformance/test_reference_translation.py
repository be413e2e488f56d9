"""The reference translators: what they put into the other language, what they leave alone, and how they do what takes its time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import Response as Answered
from starlette.routing import Route

from conformance.reference.translation.callbacks import deliver, may_be_called
from conformance.reference.translation.engine import translator
from conformance.reference.translation.service import create
from harness.exchange import Headers, Request, Response
from harness.serve.listening import running
from tests.conformance.reference_services import asend, send

SERVICE = create("pl")

TRANSLATIONS = [
    ("pl", "lt", "Wniosek należy złożyć w urzędzie gminy.", "Prašymą reikia pateikti savivaldybės administracijai."),
    ("lt", "pl", "Sprendimas priimamas per 30 dienų.", "Decyzję wydaje się w terminie 30 dni."),
    ("lt", "en", "Leidimas negalioja.", "The permit is not valid."),
    ("en", "pl", "The party may appear in person.", "Strona może stawić się osobiście."),
    ("pl", "lt", "Decyzja została wydana dnia 26 stycznia 2026 r.", "Sprendimas priimtas dieną 2026 m. sausio 26 d."),
    ("lt", "en", "2026 m. sausio 26 d.", "26 January 2026"),
    ("pl", "lt", "Xyzzy, słowo nieznane", "Xyzzy, słowo nieznane"),
    ("pl", "lt", "Saldo: 1 234,56 zł, 3,5 %", "Saldo: 1 234,56 zł, 3,5 %"),
    ("pl", "lt", "AE:PL-55754-97181-CHDVR-19 i Dz.U. 2024 poz. 773", "AE:PL-55754-97181-CHDVR-19 ir Dz.U. 2024 poz. 773"),
    (
        "pl",
        "lt",
        "{0} %s ${name} {{count}} https://urzad.example/po?i=1&z=2#do",
        "{0} %s ${name} {{count}} https://urzad.example/po?i=1&z=2#do",
    ),
]


@pytest.mark.parametrize(("source", "target", "text", "said"), TRANSLATIONS)
def test_what_it_knows_and_what_it_leaves_alone(source: str, target: str, text: str, said: str) -> None:
    assert translator().translate(text, source, target) == said


def test_markup_stays_where_it_is() -> None:
    text = '<p class="po"><!-- nie -->Wniosek <b>należy złożyć</b> &amp; podpis</p>'
    said = '<p class="po"><!-- nie -->Prašymas <b>reikia pateikti</b> &amp; parašas</p>'
    assert translator().translate(text, "pl", "lt", "html") == said


def test_a_form_is_read_as_well() -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    answer = send(SERVICE, "POST", "/translate", content=b"q=Leidimas+galioja.&source=lt&target=pl", **form)
    assert (answer.status, answer.document["translatedText"]) == (200, "Pozwolenie jest ważne.")
    lacking = send(SERVICE, "POST", "/translate", content=b"q=Leidimas&source=lt&format=pdf", **form)
    assert (lacking.status, len(lacking.document["errors"])) == (400, 2)


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"target": "de"}, "unsupported-pair"),
        ({"target": "PL"}, "unsupported-pair"),
        ({"q": ["x" * 20001]}, "unsupported-request"),
    ],
)
def test_what_it_refuses(members: dict[str, Any], kind: str) -> None:
    answer = send(SERVICE, "POST", "/translate", content={"q": "Decyzja", "source": "pl", "target": "lt", **members})
    assert (answer.status, answer.document["type"]) == (400, f"https://problems.example/{kind}")


def test_each_text_of_a_list_has_its_own_language() -> None:
    texts = ["Sprendimas priimamas per 30 dienų.", "The permit is not valid."]
    answer = send(SERVICE, "POST", "/translate", content={"q": texts, "source": "auto", "target": "pl", "alternatives": 2}).document
    assert answer["translatedText"] == ["Decyzję wydaje się w terminie 30 dni.", "Pozwolenie nie jest ważne."]
    assert [each["language"] for each in answer["detectedLanguage"]] == ["lt", "en"]
    assert answer["alternatives"] == [[], []]
    assert answer["assurance"]["provenance"]["ai_generated"] is True


ADDRESSES = {
    "https://urzad.example/tlumaczenia": True,
    "http://127.0.0.1:8080/callback": True,
    "http://169.254.169.254/latest": False,
    "http://[fe80::1%25eth0]/": False,
    "http://[::ffff:169.254.169.254]/": False,
    "http://0.0.0.0/": False,
    "http://224.0.0.1/": False,
    "https://user:secret@urzad.example/": False,
    "ftp://urzad.example/": False,
    "http://urzad.example:port/": False,
    "http:///callback": False,
}


@pytest.mark.parametrize(("url", "allowed"), ADDRESSES.items())
def test_whom_it_may_call(url: str, allowed: bool) -> None:
    assert may_be_called(url) is allowed


def test_a_callback_is_repeated_until_it_is_received_and_never_redirected() -> None:
    got: list[tuple[str, str | None]] = []

    async def receive(request: Asked) -> Answered:
        got.append((request.url.path, request.headers.get("authorization")))
        return [Answered(status_code=503), Answered(status_code=302, headers={"Location": "/elsewhere"}), Answered(status_code=204)][
            len(got) - 1
        ]

    app = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    with running(app) as url:
        assert asyncio.run(deliver({"id": "7"}, f"{url}/here", "t", pauses=(0, 0, 0, 0)))
        assert got == [("/here", "Bearer t")] * 3
    assert not asyncio.run(deliver({"id": "7"}, f"{url}/here", None, pauses=(0, 0)))
    assert not asyncio.run(deliver({"id": "7"}, "https://urzad.example/here", None, pauses=(0,)))


def test_a_job_comes_to_its_end_and_is_forgotten() -> None:
    async def life() -> tuple[Response, list[Response], Response, Response]:
        def ask(method: str, path: str, body: Any = None) -> Any:
            request = Request(method, path, Headers({"Content-Type": "application/json"} if body else {}))
            return asend(SERVICE, request.with_json(body) if body else request)

        begun = await ask("POST", "/jobs", {"q": ["Decyzja"], "source": "pl", "target": "lt", "externalReference": "a"})
        path = "/" + (begun.headers.get("location") or "")
        seen = [await ask("GET", path)]
        while "ended" not in seen[-1].document:
            await asyncio.sleep(0.02)
            seen.append(await ask("GET", path))
        return begun, seen, await ask("DELETE", path), await ask("GET", path)

    begun, seen, deleted, after = asyncio.run(life())
    assert (begun.status, begun.document["status"]) == (202, "queued")
    assert seen[0].headers.get("retry-after") == "1"
    assert (seen[-1].document["status"], seen[-1].document["result"]["translatedText"]) == ("done", ["Sprendimas"])
    assert "retry-after" not in seen[-1].headers
    assert all(each.headers.get("cache-control") == "no-store" for each in (begun, *seen))
    assert (deleted.status, deleted.body, after.status) == (204, b"", 404)

"""The reference assistants of Poland and Lithuania with the profile discovery/1: who looks for them finds them, and what they may be used for."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

import conformance.discovery
from conformance.reference.assistant import service as assistant
from conformance.reference.frame import Asked, Frame, json_answer
from conformance.reference.problems import Problem
from conformance.reference.settings import merged, settings_of
from conformance.reference.wire import Answer
from harness.profile import LANGUAGES

_HERE = Path(__file__).parent
_CATALOGUE = "/.well-known/api-catalog"
_LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
_PUBLIC = frozenset({"getApiCatalog", "getInstructions"})


def create(country: str, *, token: str | None = None) -> Frame:
    """The reference assistant of a country (``pl`` or ``lt``) that can be discovered, as an ASGI application.

    Args:
        country: ISO 3166-1 alpha-2 code in lower case.
        token: the bearer token to ask callers for; None lets anybody call. Catalogue and instructions are for anybody.

    Raises:
        ValueError: there is no such service for the country.
    """
    settings = settings_of(_HERE, country)
    own = _with_dates(settings["card"])
    shown = _Shown(settings["title"], merged(assistant.settings(country)["card"], own))
    handlers = {"getApiCatalog": shown.catalogue, "getInstructions": shown.instructions}
    return assistant.create(country, token=token, addition=assistant.Addition(conformance.discovery, own, handlers, _PUBLIC))


def _with_dates(value: Any) -> Any:
    """Settings with dates as the text that JSON has for them."""
    if isinstance(value, Mapping):
        return {name: _with_dates(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_dates(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


@cache
def _texts() -> Mapping[str, Any]:
    texts: Mapping[str, Any] = yaml.safe_load((_HERE / "instructions.yaml").read_text(encoding="utf-8"))
    return texts


class _Shown:
    """What the service shows of itself. ``card`` is the whole card."""

    def __init__(self, title: str, card: Mapping[str, Any]) -> None:
        self._title, self._card = title, card

    async def catalogue(self, asked: Asked) -> Answer:
        """The catalogue, with whole links to the host that was asked. A reference service listens without TLS, on this machine alone."""
        host = asked.request.headers.get("host")
        base = f"http://{host}" if host else ""
        documents = [{"href": f"{base}/instructions-for-use/{tag}", "type": "text/html", "hreflang": [tag]} for tag in LANGUAGES]
        linkset = [
            {"anchor": f"{base}{_CATALOGUE}", "item": [{"href": f"{base}/", "title": self._title}]},
            {
                "anchor": f"{base}/",
                "service-desc": [{"href": f"{base}/openapi.json", "type": "application/json"}],
                "service-doc": documents,
                "service-meta": [{"href": f"{base}/service-card", "type": "application/json"}],
                "status": [{"href": f"{base}/health", "type": "application/json"}],
            },
        ]
        answer = json_answer({"linkset": linkset}, headers={"Link": f'<{_CATALOGUE}>; rel="api-catalog"'})
        return Answer(answer.status, _LINKSET, answer.parts, answer.headers)

    async def instructions(self, asked: Asked) -> Answer:
        """The instructions in one of the three languages; a region beside the language is disregarded."""
        tag = unquote(asked.request.path.rpartition("/")[2]).lower()
        language = tag.partition("-")[0]
        if language not in LANGUAGES or not all(part.isalnum() and len(part) <= 8 for part in tag.split("-")):
            raise Problem("not-found")
        return Answer(200, "text/html; charset=utf-8", (self._page(language).encode(),), {"Content-Language": language})

    def _page(self, language: str) -> str:
        texts, card = _texts()[language], self._card
        share = next(metric["value"] for metric in card["metrics"] if metric["name"] == "answers-in-language")
        words = {
            "name": card["name"],
            "provider": card["provider"]["name"],
            "email": card["contact"]["email"],
            "complaints": card["complaints"]["email"],
            "purpose": card["purpose"][language],
            "version": card["version"],
            "in_language": f"{share:.0%}",
            "oversight": card["oversight"]["contact"],
            "stop": card["oversight"]["stopProcedure"],
            "bytes": card["limits"]["requestBytes"],
            "days": card["logRetentionDays"],
        }
        title = html.escape(texts["title"].format_map(words))
        parts = "".join(
            f"<h2>{html.escape(heading)}</h2>\n<p>{html.escape(text.format_map(words))}</p>\n" for heading, text in texts["parts"].items()
        )
        head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
        return f'<!DOCTYPE html>\n<html lang="{language}">\n{head}\n<body>\n<h1>{title}</h1>\n{parts}</body>\n</html>\n'

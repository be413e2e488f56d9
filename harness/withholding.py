"""Keeping what people wrote out of a report: of exchanges that were really made, their form is shown and never their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import msgspec

from harness.evidence import Redaction
from harness.exchange import Exchange, Headers, Request, Response
from harness.participant import Credential
from harness.profile import Profile
from harness.report import Evidence
from harness.untold import body_told

WITHHELD = "…"
"""Stands for each word that is withheld."""
_WORD = re.compile(r"\w{2,}")


class Withheld:
    """The words of exchanges that a report must not hold: those of the bodies, queries and paths, and of header fields that a person may have filled
    in, unless the profiles themselves have them.
    """

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._known = {word for profile in profiles for text in _own_words(profile) for word in _words(text)}
        self._private: set[str] = set()

    def learn(self, exchange: Exchange) -> None:
        """Note the words of one exchange."""
        request, response = exchange.request, exchange.response
        parts = urlsplit(request.url)
        texts = [unquote_plus(parts.path), unquote_plus(parts.query), *_content(request)]
        texts += [*_content(response), *(value for _, value in response.headers)] if response else []
        self._private |= {word for text in texts for word in _words(text)} - self._known

    def text(self, text: str) -> str:
        """``text`` without any of them."""
        return _WORD.sub(lambda match: WITHHELD if match[0].casefold() in self._private else match[0], text)


class WithholdingRedaction(Redaction):
    """A redaction that takes out what is withheld as well."""

    def __init__(self, secrets: Iterable[str], credential: Credential | None, withheld: Withheld) -> None:
        super().__init__(secrets, credential, people=True)
        self._withheld = withheld

    def text(self, text: str) -> str:
        """``text`` without any secret, and without any word that is withheld."""
        return self._withheld.text(super().text(text))

    def evidence(self, exchange: Exchange) -> Evidence:
        """The form of an exchange: method, address, status and sizes, the names of header fields, no bodies."""
        request, response = exchange.request, exchange.response
        url = urlsplit(request.url)._replace(query="").geturl()
        shown = super().evidence(
            replace(
                exchange,
                request=Request(request.method, url, _names(request.headers)),
                response=Response(response.status, _names(response.headers)) if response else None,
            )
        )
        sizes = [len(body_told(message) or b"") if message else 0 for message in (request, response)]
        return msgspec.structs.replace(shown, request_bytes=sizes[0], response_bytes=sizes[1], curl=f"{shown.curl}  # content withheld")


def _names(headers: Headers) -> Headers:
    """Header fields, with the values of those alone that machines write."""
    return Headers((name, value if name.lower() in ("content-type", "content-length") else WITHHELD) for name, value in headers)


def _words(text: str) -> Iterator[str]:
    return (match[0].casefold() for match in _WORD.finditer(text))


def _content(message: Request | Response) -> Iterator[str]:
    body = body_told(message)
    if body:
        yield body.decode("utf-8", errors="replace")
        yield from _texts(message.document if message.is_json else None)


def _texts(value: Any) -> Iterator[str]:
    """The texts within a JSON value, their escapes read."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _own_words(profile: Profile) -> Iterator[str]:
    """What a profile says itself: its requirements, and its document but for the examples, which hold people's names."""
    for requirement in profile.requirements:
        yield requirement.statement.en
        yield requirement.remedy.en if requirement.remedy else ""
    yield from _described(profile.document)


def _described(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for name, member in node.items():
            if name not in ("example", "examples"):
                yield str(name)
                yield from _described(member)
    elif isinstance(node, list):
        for member in node:
            yield from _described(member)

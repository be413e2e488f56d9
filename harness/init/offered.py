"""What an endpoint says of itself, so that ``govai init`` need not ask a person: its service card, its OpenAPI document, what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import catalogue
from harness.client import Client, Transport
from harness.comparison.document import LARGEST, Document
from harness.errors import Unreachable, UsageError
from harness.exchange import Request
from harness.participant import Credential, Limits, Participant
from harness.profile import Profile

_DOCUMENTS = ("/openapi.json", "/openapi.yaml", "/.well-known/openapi.json", "/swagger.json", "/v3/api-docs")


class Offered(NamedTuple):
    """What was learnt. ``profiles`` are names without a version; ``seen`` says where from, for people."""

    name: str | None
    country: str | None
    profiles: list[str]
    asks_for_a_credential: bool
    seen: list[str]


async def offered(
    url: str,
    *,
    credential: Credential | None = None,
    certificate_authority: Path | None = None,
    profile_paths: Sequence[Path] = (),
    transport: Transport | None = None,
) -> Offered:
    """Ask the endpoint at the base URL ``url`` what it is.

    A service card names its profiles. Without one they follow from the OpenAPI document, and without that from what the endpoint answers: a profile
    is offered where an operation of its own is there.

    Raises:
        Unreachable: nobody answers there.
    """
    known = [catalogue.load(key, profile_paths) for key in catalogue.names(profile_paths)]
    limits = Limits(response_bytes=LARGEST, timeout=20)
    participant = Participant(url, url, credential=credential, certificate_authority=certificate_authority, limits=limits)
    async with Client(participant, transport) as client:

        async def got(path: str) -> tuple[int, bytes, Any]:
            exchange = await client.send("init", Request("GET", path))
            if exchange.fault is not None and exchange.fault.kind in ("connect", "tls"):
                raise Unreachable(f"{url} cannot be reached: {exchange.fault.detail}. Start the service, or write govai.toml by hand.")
            answer = exchange.response
            return (answer.status, answer.body, answer.document) if answer else (0, b"", None)

        status, _, card = await got("/service-card")
        refused = status in (401, 403)
        if status == 200 and isinstance(card, dict):
            named = [each.partition("/")[0] for each in card.get("profiles") or () if isinstance(each, str)]
            profiles = [each for each in _own(known) if each in named]
            if profiles:
                welcomed = "none" in (card.get("authentication") or ["none"])
                return Offered(
                    _text(card.get("name")), _country(card.get("provider")), profiles, refused or not welcomed, ["its service card"]
                )
        for path in _DOCUMENTS:
            status, body, _ = await got(path)
            refused |= status in (401, 403)
            profiles = _in_document(path, body, known) if status == 200 else []
            if profiles:
                return Offered(None, None, profiles, refused, [f"its document {path}"])
        profiles = []
        for profile in known:
            for path in _readable(profile):
                status, _, document = await got(path)
                refused |= status in (401, 403)
                if status == 200 and isinstance(document, dict | list) and profile.name not in profiles:
                    profiles.append(profile.name)
        return Offered(None, None, profiles, refused, [f"what it answers ({', '.join(profiles)})"] if profiles else [])


def _own(known: Iterable[Profile]) -> list[str]:
    """The profiles that have something of their own: core is part of each."""
    return list(dict.fromkeys(profile.name for profile in known if f"{profile.name}/{profile.major}" != catalogue.CORE))


def _in_document(path: str, body: bytes, known: Iterable[Profile]) -> list[str]:
    """The profiles of which a document has an operation that takes something."""
    try:
        paths = Document(path, body, None).main.get("paths", {})
    except UsageError:
        return []
    there = [(method.upper(), _shape(each)) for each, item in paths.items() if isinstance(item, Mapping) for method in item]
    own = {
        profile.name
        for profile in known
        for operation in profile.operations
        if operation.has_request_body
        and any(method == operation.method and shape.endswith(_shape(operation.path)) for method, shape in there)  # below whatever base
    }
    return [each for each in _own(known) if each in own]


def _readable(profile: Profile) -> list[str]:
    """What can be read of a profile without knowing more, and is in no other."""
    if profile.key == catalogue.CORE:
        return []
    return [each.path for each in profile.operations if each.method == "GET" and "{" not in each.path]


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _text(value: object) -> str | None:
    """A text that steers no terminal, and that no CI system takes for an expression."""
    return value if isinstance(value, str) and value.strip() and value.isprintable() and not re.search(r"\$[{\[]|##", value) else None


def _country(provider: object) -> str | None:
    country = _text(provider.get("country")) if isinstance(provider, dict) else None
    return country.lower() if country and re.fullmatch("[A-Za-z]{2}", country) else None

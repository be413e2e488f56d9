"""Which credentials a document asks for, and whether a profile lets a provider ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.comparison.document import Described, Document, Place
from harness.openapi import CannotTell

CORE = "../../core/1/openapi.yaml"


def needed_beyond(profile: Document, asked: Described, document: Document, offered: Described) -> tuple[Place, str] | None:
    """Where a document asks for a credential of a kind that the profile does not have, and what it asks for; None where it does not.

    One way in that the profile has is enough, and so is none at all. Several credentials at once are right where the profile has each of them
    (an access token bound to a client certificate, RFC 8705). Raises :class:`CannotTell`.
    """
    allowed = {kind for alternative in _alternatives(profile, asked)[1] for kind in alternative}
    place, alternatives = _alternatives(document, offered)
    if not allowed or not alternatives or any(kinds <= allowed for kinds in alternatives):
        return None
    needed = " or ".join(sorted(" and ".join(sorted(kinds - allowed)) for kinds in alternatives))
    return place, f"{needed} is needed, which the profile does not have ({', '.join(sorted(allowed))})"


def _alternatives(document: Document, described: Described) -> tuple[Place, list[set[str]]]:
    """Where it stands what an operation asks for, and the kinds of credentials in each alternative."""
    holder = described.place if "security" in described.definition else Place(document.name, "")
    security = document.at(holder).get("security")
    alternatives = [each for each in security if isinstance(each, Mapping)] if isinstance(security, list) else []
    return holder.down("security"), [{_kind(document, name) for name in each} for each in alternatives]


def _scheme(document: Document, name: str) -> Place:
    """Where a scheme is described: in the document, or, for a profile, in the one that it includes."""
    for file in (document.name, CORE):
        place = Place(file, "").down("components", "securitySchemes", name)
        if document.has(place):
            return place
    raise CannotTell(f"the security scheme {name} is not described")


def _kind(document: Document, name: str) -> str:
    """A credential as it goes over the wire: how somebody came by a token is no matter of the request."""
    scheme: Any = document.at(document.follow(_scheme(document, name)))
    if not isinstance(scheme, Mapping):
        raise CannotTell(f"the security scheme {name} is not an object")
    kind = scheme.get("type")
    if kind in ("oauth2", "openIdConnect"):
        return "bearer"
    if kind == "http":
        return str(scheme.get("scheme", "")).lower()
    if kind == "apiKey":
        where = scheme.get("in")
        named = str(scheme.get("name", "")).lower()
        return "bearer" if (where, named) == ("header", "authorization") else f"a key in a {where}"
    return str(kind)

"""How scenarios of this profile ask: which pairs there are, and texts translated."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.core.languages import sure_language
from conformance.translation.pairs import AGREED, Pair, pair_of, primary
from conformance.translation.sentences import sentences
from harness.checks import NotApplicable, NotTested, Service
from harness.exchange import Exchange

TRANSLATE = "/translate"
LANGUAGES = "/languages"
DETECT = "/detect"


@dataclass(frozen=True)
class Translated:
    """A text with its translation, in NFC, and the exchange that brought it."""

    text: str
    translation: str
    exchange: Exchange


async def listing(service: Service) -> Exchange:
    """The exchange in which ``/languages`` lists something. Raises :class:`NotTested` where it lists nothing."""
    exchange = await service.send("GET", LANGUAGES)
    if not exchange.succeeded or not isinstance(exchange.answer.document, list):
        raise NotTested(f"GET {LANGUAGES} is answered with {exchange.status}")
    return exchange


async def listed(service: Service) -> Any:
    """What ``/languages`` lists. Raises as :func:`listing`."""
    return (await listing(service)).answer.document


async def agreed_pairs(service: Service, languages: Sequence[str] = ("pl", "lt")) -> list[Pair]:
    """The listed pairs of some languages of the agreement, as the service writes them.

    Raises:
        NotApplicable: none is listed.
        NotTested: as :func:`listed`.
    """
    declared = await listed(service)
    found = [pair_of(declared, source, target) for source in languages for target in languages if source != target]
    pairs = [pair for pair in found if pair is not None]
    if not pairs:
        raise NotApplicable(f"the service lists no pair of {', '.join(sorted(languages))}")
    return pairs


async def spoken_pairs(service: Service) -> list[Pair]:
    """Polish and Lithuanian both ways, as far as they are listed; else the pairs with English. Raises as :func:`agreed_pairs`."""
    try:
        return await agreed_pairs(service)
    except NotApplicable:
        return await agreed_pairs(service, AGREED)


def plain_content(service: Service, **members: Any) -> dict[str, Any]:
    """A plain request for a translation, between the languages that the vectors of this run are bound to, with ``members`` more.

    Raises:
        NotTested: they could not be bound.
    """
    source, target = (service.variables.get(name) for name in ("source", "target"))
    if not isinstance(source, str) or not isinstance(target, str):
        raise NotTested("the service lists no pair of two languages")
    letter = sentences().letters[0]
    return {"q": letter.get(primary(source), letter["en"]), "source": source, "target": target, **members}


async def translated(service: Service, texts: Sequence[str], pair: Pair, **members: Any) -> list[Translated]:
    """The translations of some texts: asked for as a list, and one by one where the service takes no such list.

    Raises:
        NotTested: the service does not translate them.
    """
    source, target = pair
    content = {"q": list(texts), "source": source, "target": target, **members}
    exchange = await service.send("POST", TRANSLATE, json=content)
    found = translations(exchange)
    if exchange.succeeded and found is not None and len(found) == len(texts):
        return [Translated(text, each, exchange) for text, each in zip(texts, found, strict=True)]
    return [await translation(service, text, pair, **members) for text in texts]


async def translation(service: Service, text: str, pair: Pair, **members: Any) -> Translated:
    """The translation of one text. Raises :class:`NotTested` where the service does not translate it."""
    source, target = pair
    exchange = await service.send("POST", TRANSLATE, json={"q": text, "source": source, "target": target, **members})
    found = translations(exchange)
    if not exchange.succeeded or not found:
        raise NotTested(f"a text from {source} into {target} is answered with {exchange.status}")
    return Translated(text, found[0], exchange)


def translations(exchange: Exchange) -> list[str] | None:
    """The translated texts of an answer of ``/translate`` in NFC; None where it holds none."""
    document = exchange.answer.document if exchange.response else None
    value = document.get("translatedText") if isinstance(document, dict) else None
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        return None
    return [unicodedata.normalize("NFC", each) for each in texts]


def in_target(found: Iterable[Translated], pair: Pair) -> None:
    """Raise :class:`NotTested` unless translations, taken together, are without doubt in the language that was asked for.

    What a translation says can be looked at only then; that it is in another language is TRNS-LNG-001's subject.
    """
    if sure_language(" ".join(each.translation for each in found)) != primary(pair[1]):
        raise NotTested(f"the translations are not without doubt in {pair[1]}")


def asked_texts(content: Any) -> list[str]:
    """The texts of a request; none where it is none."""
    q = content.get("q") if isinstance(content, Mapping) else None
    texts = [q] if isinstance(q, str) else q
    return [each for each in texts if isinstance(each, str)] if isinstance(texts, list) else []

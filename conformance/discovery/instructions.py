"""Instructions for use: that there are some in the language of who uses the service, that they can be read, and that they are in that language."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from conformance.core.faults import changed
from conformance.core.languages import stripped, sure_language
from conformance.core.reading import excerpt
from conformance.discovery.card import CARD, card_of, entries, member
from conformance.discovery.links import base_of, below, host_of, read
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response
from harness.national import countries
from harness.profile import LANGUAGES

_MOST = 12
_LONGEST = 20_000
"""Characters of a document that are looked at: its language does not change after."""
_TEXTS = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")


def _linked(card: Any) -> list[tuple[str, str]]:
    """The instructions of a card: language (primary subtag) and address."""
    found = [(each.get("language"), each.get("url")) for each in entries(card, "instructions")]
    return [(tag.lower().partition("-")[0], url) for tag, url in found if isinstance(tag, str) and isinstance(url, str) and url.strip()]


@scenario("DISC-INS-001")
async def there_are_instructions_for_the_country(service: Service) -> None:
    """AI Act Article 13(2): instructions that are accessible and comprehensible to deployers. The provider's own country is where the first are."""
    exchange, card = await card_of(service)
    country = str(member(card, "provider", "country")).lower()
    language = countries()[country].LANGUAGE if country in countries() else None
    have = [tag for tag, _ in _linked(card)]
    if not have or (language and language not in have):
        got = ", ".join(have) or "none"
        raise Violation(
            "the card links no instructions for use",
            expected=language or "any language",
            got=got,
            pointer="/instructions",
            exchange=exchange,
        )


@mutant("DISC-INS-001")
async def instructions_are_on_paper(request: Request, call_next: CallNext) -> Response:
    """The instructions came with the contract, and the card does not link them."""
    return await changed(request, call_next, CARD, lambda card: card.pop("instructions"))


@mutant("DISC-INS-001", also=("DISC-INS-005",))
async def instructions_are_in_english(request: Request, call_next: CallNext) -> Response:
    """The instructions are the supplier's, in English."""

    def change(card: dict[str, Any]) -> None:
        card["instructions"] = [each for each in card["instructions"] if each["language"] == "en"]

    return await changed(request, call_next, CARD, change)


async def _documents(service: Service) -> list[tuple[str, str, Exchange]]:
    """What the links of the card that lead below the base URL give: language, address, exchange.

    Raises:
        NotApplicable: there are no links.
        NotTested: all lead elsewhere.
    """
    exchange, card = await card_of(service)
    linked = _linked(card)
    if not linked:
        raise NotApplicable("the card links no instructions for use")
    base, here = base_of(exchange, CARD), exchange.request.url
    ours = [(tag, url, path) for tag, url in linked if (path := below(base, here, url)) is not None]
    if not ours:
        hosts = ", ".join(sorted({host_of(here, url) for _, url in linked} - {""})[:3]) or "elsewhere"
        raise NotTested(f"the instructions lie elsewhere ({hosts}), and other places are not asked")
    found = []
    for tag, url, path in ours[:_MOST]:
        exchange, _ = await read(service, path, headers={"Accept": "*/*", "Accept-Language": tag})
        found.append((tag, url, exchange))
    return found


@scenario("DISC-INS-002")
async def instructions_can_be_read(service: Service) -> None:
    """AI Act Article 13(2): instructions for use in an appropriate digital format or otherwise. What is linked is there."""
    for tag, url, exchange in await _documents(service):
        if exchange.status in (401, 403):
            raise NotTested(f"the service asks for a credential for {url} (HTTP {exchange.status})")
        if exchange.status != 200:
            raise Violation(
                f"the instructions for use ({tag}) are not there", expected=f"200 for {url}", got=str(exchange.status), exchange=exchange
            )
        if not exchange.answer.body.strip():
            raise Violation(f"the instructions for use ({tag}) are empty", expected="a document", got="no content", exchange=exchange)


@mutant("DISC-INS-002")
async def instructions_have_moved(request: Request, call_next: CallNext) -> Response:
    """The new website has the instructions at another address."""

    def change(card: dict[str, Any]) -> None:
        for each in card["instructions"]:
            each["url"] += "/v1"

    return await changed(request, call_next, CARD, change)


_UNSEEN = ("script", "style", "template", "noscript")
"""Elements whose text nobody reads; ``noscript`` says that nothing can be seen without a script."""


class _Text(HTMLParser):
    """The text of an HTML document that people read, and the language that its root declares."""

    def __init__(self) -> None:
        super().__init__()
        self.language, self.parts, self._hidden = "", list[str](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = (dict(attrs).get("lang") or dict(attrs).get("xml:lang") or "").lower()
        self._hidden += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _UNSEEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _read(exchange: Exchange) -> tuple[str, str]:
    """The text of a document, and the language it declares of itself, empty where it declares none or several.

    Raises:
        NotTested: it is no text.
    """
    answer = exchange.answer
    if answer.media_type not in _TEXTS:
        raise NotTested(f"the language of {answer.media_type or 'an unknown type'} is not read")
    header = (answer.headers.get("content-language") or "").lower()
    declared = "" if "," in header else header
    if answer.media_type not in _TEXTS[:2]:
        return answer.text[:_LONGEST], declared
    parser = _Text()
    parser.feed(answer.text[: 10 * _LONGEST])
    return re.sub(r"\s+", " ", " ".join(parser.parts))[:_LONGEST], parser.language or declared


@scenario("DISC-INS-003")
async def instructions_are_in_their_language(service: Service) -> None:
    """AI Act Article 13(2): comprehensible to deployers. A document is in the language under which the card links it, and with its letters; what it
    declares of itself (lang, Content-Language) is that language too.
    """
    judged, causes = 0, list[str]()
    for tag, url, exchange in await _documents(service):
        if exchange.status != 200:
            causes.append(f"{url} is answered with {exchange.status}")
            continue
        try:
            text, declared = _read(exchange)
        except NotTested as cause:
            causes.append(str(cause))
            continue
        said = declared.partition("-")[0].strip()
        written = sure_language(text)
        if said and said != tag:
            raise Violation(f"the instructions linked as {tag} declare another language", expected=tag, got=declared, exchange=exchange)
        if written is None:
            causes.append(f"{url} is too short to tell its language")
            continue
        if written != tag and "," in (exchange.answer.headers.get("content-language") or ""):
            causes.append(f"{url} is in several languages")
            continue
        judged += 1
        if written != tag:
            raise Violation(
                f"the instructions linked as {tag} are in another language",
                expected=tag,
                got=f"{written}: {excerpt(text)}",
                exchange=exchange,
            )
        evidence = stripped(text, tag)
        if evidence:
            raise Violation(
                f"the instructions in {tag} hold not one of its letters ({evidence})", expected=tag, got=excerpt(text), exchange=exchange
            )
    if not judged:
        raise NotTested(causes[0] if causes else "there is nothing to read")


@mutant("DISC-INS-003")
async def one_text_for_all_languages(request: Request, call_next: CallNext) -> Response:
    """The instructions were not translated yet, and English stands in for the others."""
    tag = request.path.removeprefix("/instructions-for-use/")
    if tag not in ("pl", "lt"):
        return await call_next(request)
    answer = await call_next(Request(request.method, "/instructions-for-use/en", request.headers))
    if answer.status != 200:
        return answer
    return answer.with_body(answer.body.replace(b'lang="en"', f'lang="{tag}"'.encode())).with_header("Content-Language", tag)


@mutant("DISC-INS-003")
async def instructions_say_they_are_english(request: Request, call_next: CallNext) -> Response:
    """The template of the page has its language fixed."""
    answer = await call_next(request)
    if not request.path.startswith("/instructions-for-use/") or answer.status != 200:
        return answer
    return answer.with_body(re.sub(rb'lang="\w+"', b'lang="en"', answer.body))


@scenario("DISC-INS-005")
async def who_lives_across_the_border_can_read_them(service: Service) -> None:
    """European Interoperability Framework, recommendation 16, multilingualism: instructions in Polish, Lithuanian and English."""
    exchange, card = await card_of(service)
    have = {tag for tag, _ in _linked(card)}
    if not have:
        raise NotApplicable("the card links no instructions for use")
    if not set(LANGUAGES) <= have:
        raise Violation(
            "the instructions are not there for all",
            expected=", ".join(LANGUAGES),
            got=", ".join(sorted(have)),
            pointer="/instructions",
            exchange=exchange,
        )


@mutant("DISC-INS-005")
async def instructions_stay_at_home(request: Request, call_next: CallNext) -> Response:
    """There are instructions in the language of the country and in English, and none for the neighbours."""

    def change(card: dict[str, Any]) -> None:
        abroad = "lt" if card["provider"]["country"] == "PL" else "pl"
        card["instructions"] = [each for each in card["instructions"] if each["language"] != abroad]

    return await changed(request, call_next, CARD, change)


@scenario("DISC-INS-006")
async def instructions_are_of_this_version(service: Service) -> None:
    """AI Act Article 13(2): correct instructions. Those of another version of the system describe another system."""
    exchange, card = await card_of(service)
    versions = [each["version"] for each in entries(card, "instructions") if isinstance(each.get("version"), str)]
    if not versions:
        raise NotApplicable("the card does not say which version its instructions describe")
    other = [version for version in versions if version != card.get("version")]
    if other:
        raise Violation(
            "instructions describe another version of the system",
            expected=card.get("version"),
            got=other[0],
            pointer="/instructions",
            exchange=exchange,
        )


@mutant("DISC-INS-006")
async def instructions_are_a_year_old(request: Request, call_next: CallNext) -> Response:
    """The system was renewed, the instructions were not."""

    def change(card: dict[str, Any]) -> None:
        for each in card["instructions"]:
            each["version"] = "0.9.0"

    return await changed(request, call_next, CARD, change)

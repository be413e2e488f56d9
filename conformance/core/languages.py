"""Texts that say which language they are in, and are in that language, with its letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from conformance.core.encoding import has_content
from conformance.core.faults import changed
from conformance.core.reading import excerpt, is_description, strings, what_was_asked
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response, view
from harness.national import countries
from harness.national.languages import language_of
from harness.profile import LANGUAGES

_FOREIGN = re.compile(r"https?://\S+|[„“”\"«].*?[“”\"»]|\d+")
"""What a text holds beside its own language: addresses, quotations, numbers."""
_ENOUGH = 100
"""Letters from which on a Polish or Lithuanian text without one diacritic was stripped: one letter in twelve has one."""
_MAIMED = {
    "pl": re.compile(
        r"\b(?:sie\b|moze\b|byc\b|jesli|b[lł]ed[uy]\b|b[lł]edow|b[lł]edn[aey]\b|wartosc\B|czlowiek|ktor[aey]|jezeli|takze|rowniez|mozna\b"
        r"|nalezy|wiecej|zaden|zadn[aey]|urz[ae]d\B|uslug(?!a\b)|obslug|tresc\B|prosze\b|jezyk\B|zrod[lł](?!o\b)|nieprawidlow|elementow\b|dostepn"
        r"|czesci|pamieci|wiadomosc\B|ilosc\B|d[lł]ugosc\B|uzytkown(?!ik\b)|uzyc)"
    ),
    "lt": re.compile(
        r"\b(?:zmog|zmon|uzklaus(?!a\b)|trukst|reiksm(?!e\b)|maziaus|skaici(?!us\b)|istekli(?!us\b)|nera\b|siuo\b|pranesim(?!as\b)|zinut(?!e\b)"
        r"|turet|buti\b|saltini(?!s\b)|ieskoj|isvardyt|istaig(?!a\b)|prasym(?!as\b)|prasom|zodz|ivesk|leidziam|virsij|tusci|jusu\b|musu\b|taciau"
        r"|zinom|zinot|lietuvisk)"
    ),
}
"""Beginnings of frequent words that are none without their diacritics. Where the rest is another word („żądanie” and „zadanie”) it is left out,
and so are nouns in the form in which a program may name a member of its own."""
_NAME = re.compile(r"\w*[_\d]\w*|\w+(?:[./]\w+)+|\w*[a-z][A-Z]\w*")
"""What stands in a text as the name of a member or a file."""


def marked_letters(language: str) -> frozenset[str]:
    """The letters of a language that consist of a base letter and a mark, in small: all its own but ł, which survives careless stripping."""
    letters = next((country.LETTERS for country in countries().values() if language == country.LANGUAGE), "")
    return frozenset(letter for letter in letters.lower() if unicodedata.normalize("NFD", letter) != letter)


def stripped(text: str, language: str, asked: str = "") -> str | None:
    """What shows that a text in a language has lost its diacritics, in a few words; None where nothing does.

    Not one is in it, though it is long, or though it has a word that is none without them. A word that was ``asked`` may come back as it was.
    """
    marks, written = marked_letters(language), unicodedata.normalize("NFC", text)
    if not marks or marks & set(written.lower()):
        return None
    words = _NAME.sub(" ", _FOREIGN.sub(" ", written)).lower()
    maimed = _MAIMED[language].search(words) if language in _MAIMED else None
    if maimed and maimed.group() not in asked.lower():
        return f"{maimed.group()}..."
    letters = sum(letter.isalpha() for letter in text)
    return f"{letters} letters" if letters >= _ENOUGH else None


def sure_language(text: str) -> str | None:
    """The language of a running text where there is no doubt; None for few words, or where the likelihood is below 0.9."""
    own = _FOREIGN.sub(" ", text)
    tag, likelihood = language_of(own)
    return tag if likelihood >= 0.9 and len(own.split()) >= 4 and sum(letter.isalpha() for letter in own) >= 25 else None


@view
def _declared(exchange: Exchange) -> list[tuple[str, str, str]]:
    """The texts of an answer that declare their language: where, the language, the text.

    They are the texts of a problem under one Content-Language, and objects that have one text for each of several languages, as the purpose of
    a service card. Other sentences of a card declare it by being without doubt in one.
    """
    answer = exchange.answer
    if not answer.is_json or not has_content(exchange) or is_description(answer) or not isinstance(answer.document, dict):
        return []
    found: list[tuple[str, str, str]] = []
    tag = _primary(answer.headers.get("content-language") or "")
    if exchange.refused and tag in LANGUAGES:
        told = list(_told(answer.document))
        found += [("", tag, text) for text in (*told, " ".join(told))]
    for name, value in answer.document.items():
        if isinstance(value, dict) and len(value.keys() & set(LANGUAGES)) >= 2:
            found += [(f"/{name}/{tag}", tag, text) for tag, text in value.items() if tag in LANGUAGES and isinstance(text, str)]
    if _is_a_card(exchange):
        own = {pointer for pointer, *_ in found}
        found += [(place, sure, text) for place, text in strings(answer.document) if place not in own and (sure := sure_language(text))]
    return found


def _primary(tag: str) -> str:
    """The primary subtag of a language tag; of several tags none."""
    return "" if "," in tag else tag.strip().lower().partition("-")[0]


def _told(problem: dict[str, Any]) -> Iterator[str]:
    """What a problem says to people."""
    errors = problem.get("errors")
    for holder in (problem, *(errors if isinstance(errors, list) else ())):
        if isinstance(holder, dict):
            yield from (holder[name] for name in ("title", "detail") if isinstance(holder.get(name), str))


@rule("CORE-LNG-001", when=lambda exchange: bool(_declared(exchange)))
def texts_are_in_their_language(exchange: Exchange) -> None:
    """RFC 9110 section 8.5: Content-Language tells the language of who is to read it. A text in another one, or without its letters, does not reach
    them.

    Only a language without doubt counts, and diacritics only in texts long enough to have some.
    """
    for pointer, declared, text in _declared(exchange):
        written = sure_language(text)
        if written is not None and written != declared:
            raise Violation(
                f"a text that is declared as {declared} is not", expected=declared, got=f"{written}: {excerpt(text)}", pointer=pointer
            )
        evidence = stripped(text, declared, what_was_asked(exchange.request))
        if evidence:
            expected = f"letters such as {''.join(sorted(marked_letters(declared))[-5:])}"
            raise Violation(
                f"a text in {declared} holds not one of its letters ({evidence})", expected=expected, got=excerpt(text), pointer=pointer
            )


_TAGS = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*(?:[ \t]*,[ \t]*[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)*|[xiXI](?:-[A-Za-z0-9]{1,8})+")


@rule("CORE-LNG-001", when=lambda exchange: "content-language" in exchange.answer.headers)
def languages_are_tags(exchange: Exchange) -> None:
    """RFC 9110 sections 8.5 and 8.5.1: Content-Language is a list of language tags (RFC 5646 section 2.1)."""
    field = (exchange.answer.headers.get("content-language") or "").strip()
    if not _TAGS.fullmatch(field):
        raise Violation("Content-Language is no language tag", expected="lt", got=field, pointer="header:Content-Language")


def _is_a_card(exchange: Exchange) -> bool:
    return exchange.succeeded and exchange.operation is not None and exchange.operation.id == "getServiceCard"


@rule("CORE-LNG-001", when=lambda exchange: _is_a_card(exchange) and isinstance(exchange.answer.document, dict))
def cards_are_in_languages_of_the_service(exchange: Exchange) -> None:
    """Profile core/1, ServiceCard, languages: who reads the card knows those, or one of the agreement's."""
    declared = exchange.answer.document.get("languages")
    if not isinstance(declared, list) or not declared:
        raise NotTested("the card declares no languages")
    known = {*LANGUAGES, *(_primary(str(tag)) for tag in declared)}
    for pointer, text in strings(exchange.answer.document):
        written = sure_language(text)
        if written is not None and written not in known:
            expected = ", ".join(sorted(known))
            raise Violation(
                "a sentence of the card is in none of its languages", expected=expected, got=f"{written}: {excerpt(text)}", pointer=pointer
            )


@mutant("CORE-LNG-001")
async def the_card_is_from_the_supplier(request: Request, call_next: CallNext) -> Response:
    """How the service is stopped is told in the words of the supplier's manual."""
    manual = "Der Dienst wird in der Verwaltungsoberfläche angehalten, danach werden alle Anfragen mit einem Fehler beantwortet."
    return await changed(request, call_next, "/service-card", lambda card: card["oversight"].update(stopProcedure=manual))


@scenario("CORE-LNG-001")
async def the_card_declares_its_texts(service: Service) -> None:
    """The service card is where texts declare their language; what it holds is judged by the rule."""
    exchange = await service.send("GET", "/service-card", credential=False)
    if not exchange.succeeded:
        raise NotTested("the service has no service card")


@mutant("CORE-LNG-001")
async def the_card_is_in_english(request: Request, call_next: CallNext) -> Response:
    """The texts of the service card were never translated: each language has the English one."""
    return await changed(request, call_next, "/service-card", lambda card: card["purpose"].update(lt=card["purpose"]["en"]))


@mutant("CORE-LNG-001", also=("CORE-ERR-006",))
async def languages_are_names(request: Request, call_next: CallNext) -> Response:
    """Content-Language of errors holds the name of a locale, as the operating system writes it."""
    answer = await call_next(request)
    language = answer.headers.get("content-language")
    return answer.with_header("Content-Language", f"{language}_LT.UTF-8") if language and answer.status >= 400 else answer


@mutant("CORE-LNG-001")
async def the_card_has_no_diacritics(request: Request, call_next: CallNext) -> Response:
    """The texts of the service card were typed on an English keyboard."""
    plain = str.maketrans("ąćęłńóśźżčėįšųūž", "acelnoszzceisuuz")

    def change(card: dict[str, Any]) -> None:
        card["purpose"] = {language: text.lower().translate(plain) for language, text in card["purpose"].items()}

    return await changed(request, call_next, "/service-card", change)


@mutant("CORE-LNG-001")
async def errors_are_typed_without_marks(request: Request, call_next: CallNext) -> Response:
    """Details of errors come from a terminal that knows ASCII only."""
    answer = await call_next(request)
    if answer.status < 400 or not answer.is_json or not isinstance(answer.document, dict):
        return answer
    detail = unicodedata.normalize("NFD", str(answer.document.get("detail")).replace("ł", "l")).encode("ascii", errors="ignore").decode()
    return answer.with_json({**answer.document, "detail": detail})

"""What a translation may not change: codes and addresses, references to acts, markup, placeholders, names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from conformance.core.reading import excerpt
from conformance.translation.asking import Translated, spoken_pairs, translated, translation
from conformance.translation.faults import altered
from conformance.translation.pairs import Pair, primary
from conformance.translation.sentences import Placed, sentences
from harness.checks import CallNext, Service, Violation, mutant, scenario
from harness.exchange import Request, Response


async def _with_tokens(service: Service, placed: Sequence[Placed]) -> list[tuple[Placed, Pair, Translated]]:
    """Sentences with something to keep, translated in each direction."""
    found: list[tuple[Placed, Pair, Translated]] = []
    for pair in await spoken_pairs(service):
        said = await translated(service, [each.sentence(primary(pair[0])) for each in placed], pair)
        found += [(each, pair, one) for each, one in zip(placed, said, strict=True)]
    return found


def _plain(text: str) -> str:
    """A text with every white space as one space: which kind separates groups of digits is a matter of typography."""
    return " ".join(text.split())


def _kept(each: Placed, pair: Pair, said: Translated, what: str) -> None:
    if each.token not in _plain(said.translation):
        raise Violation(
            f"{what} is not kept from {pair[0]} into {pair[1]}: {each.token}",
            expected=each.token,
            got=excerpt(said.translation, 200),
            exchange=said.exchange,
        )


@scenario("TRNS-INV-001")
async def codes_and_addresses_are_copied(service: Service) -> None:
    """European Interoperability Framework, semantic interoperability: what is exchanged keeps its meaning. A code with a letter missing has none."""
    for each, pair, said in await _with_tokens(service, sentences().kept):
        _kept(each, pair, said, "a code or an address")


@mutant("TRNS-INV-001")
async def account_numbers_are_grouped(request: Request, call_next: CallNext) -> Response:
    """Account numbers are written in groups of four, whatever they were."""
    account = re.compile(r"\b([A-Z]{2}\d{2})(\d{4})(\d{4})(\d{4})(\d{4})(\d{4})(\d{4})\b")
    return await altered(request, call_next, lambda text, said: account.sub(r"\1 \2 \3 \4 \5 \6 \7", said))


@mutant("TRNS-INV-001", also=("TRNS-INV-003",))
async def addresses_lose_their_query(request: Request, call_next: CallNext) -> Response:
    """Web addresses end where the engine sees the first sign that is no letter."""
    return await altered(request, call_next, lambda text, said: re.sub(r"(https?://[^\s?]+)\?\S*", r"\1", said))


@mutant("TRNS-INV-001")
async def case_numbers_are_sentences(request: Request, call_next: CallNext) -> Response:
    """A full stop ends a sentence, also within the number of a case."""
    return await altered(request, call_next, lambda text, said: re.sub(r"(?<=[A-Z])\.(?=\d)", ". ", said))


@mutant("TRNS-INV-001")
async def numbers_of_persons_are_amounts(request: Request, call_next: CallNext) -> Response:
    """Long numbers get a space between thousands."""
    return await altered(request, call_next, lambda text, said: re.sub(r"\b(\d{2})(\d{3})(\d{3})(\d{3})\b", r"\1 \2 \3 \4", said))


@scenario("TRNS-INV-004")
async def references_to_acts_are_kept(service: Service) -> None:
    """Act of Poland ``Dz.U. 2024 poz. 773``, act of Lithuania ``TAR.85C510BA700A``: words around the numbers may change, the numbers may not."""
    for each, pair, said in await _with_tokens(service, sentences().acts):
        plain = _plain(said.translation)
        missing = [] if each.token in plain else [part for part in each.parts if part not in plain]
        if missing:
            raise Violation(
                f"a reference to an act is not kept from {pair[0]} into {pair[1]}: {each.token}",
                expected=missing[0],
                got=excerpt(said.translation, 200),
                exchange=said.exchange,
            )


@mutant("TRNS-INV-004")
async def positions_of_the_journal_are_years(request: Request, call_next: CallNext) -> Response:
    """Of a reference to the Journal of Laws the year is kept, and its position left out."""
    return await altered(request, call_next, lambda text, said: re.sub(r" poz\. \d+", "", said))


@mutant("TRNS-INV-004")
async def numbers_of_acts_are_roman_no_more(request: Request, call_next: CallNext) -> Response:
    """Roman numbers are put into Arabic ones, in the numbers of acts as well."""
    return await altered(request, call_next, lambda text, said: said.replace("XIII-", "13-"))


_WITHOUT_END = ("br", "hr", "img", "wbr", "p", "li")
"""Elements whose end is nowhere written, or need not be (HTML Living Standard, section 13.1.2)."""


class _Tags(HTMLParser):
    """The tags of a text with their attributes, in whatever order, and the ends that elements have to have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[" ".join([tag, *(f"{name}={value!r}" for name, value in sorted(attrs, key=str))])] += 1

    def handle_endtag(self, tag: str) -> None:
        self.found[f"/{tag}"] += tag not in _WITHOUT_END


@scenario("TRNS-INV-003")
async def markup_is_kept(service: Service) -> None:
    """LibreTranslate, app.py, format: ``html`` is markup. Tags and attributes are compared as sets: word order may move them."""
    for pair in await spoken_pairs(service):
        text = sentences().markup[primary(pair[0])]
        said = await translation(service, text, pair, format="html")
        before, after = _Tags(text).found, _Tags(said.translation).found
        lost = list((before - after) or (after - before))
        if lost:
            raise Violation(
                f"markup is not kept from {pair[0]} into {pair[1]}: <{lost[0]}>",
                expected=", ".join(f"<{tag}>" for tag in before),
                got=excerpt(said.translation, 200),
                exchange=said.exchange,
            )


@scenario("TRNS-INV-003")
async def placeholders_are_kept(service: Service) -> None:
    """What a program fills in later is found by its letters: {0}, %s, ${name}, {{count}}."""
    for each, pair, said in await _with_tokens(service, sentences().placeholders):
        _kept(each, pair, said, "a placeholder")


@mutant("TRNS-INV-003")
async def links_lose_their_target(request: Request, call_next: CallNext) -> Response:
    """Attributes are left out of the translation."""
    return await altered(request, call_next, lambda text, said: re.sub(r"<a [^<>]*>", "<a>", said))


@mutant("TRNS-INV-003")
async def elements_are_not_closed(request: Request, call_next: CallNext) -> Response:
    """What is emphasised loses the tag that ends it."""
    return await altered(request, call_next, lambda text, said: said.replace("</strong>", ""))


@mutant("TRNS-INV-003")
async def placeholders_get_spaces(request: Request, call_next: CallNext) -> Response:
    """Braces are signs, and signs stand apart."""
    return await altered(request, call_next, lambda text, said: re.sub(r"\{(\w+)\}", r"{ \1 }", said))


def _folded(text: str) -> Iterator[str]:
    """A name without marks in small letters, with w as v: how the other country may write it."""
    for letter in unicodedata.normalize("NFD", text.lower().replace("ł", "l").replace("w", "v")):
        if not unicodedata.combining(letter):
            yield letter


@scenario("TRNS-INV-005")
async def surnames_keep_their_root(service: Service) -> None:
    """Profile translation/1, INV: a name may be inflected and written with the letters of the other language, and stays that person's."""
    for pair in await spoken_pairs(service):
        named = sentences().names
        found = await translated(service, [each.sentence(primary(pair[0])) for each in named], pair)
        for each, said in zip(named, found, strict=True):
            if not re.search(each.root, "".join(_folded(said.translation))):
                raise Violation(
                    f"a name is not kept from {pair[0]} into {pair[1]}: {each.name}",
                    expected=each.name,
                    got=excerpt(said.translation, 200),
                    exchange=said.exchange,
                )


@mutant("TRNS-INV-005")
async def surnames_are_translated(request: Request, call_next: CallNext) -> Response:
    """A surname that is a word is translated as one."""
    words = {"Vilkas": "Wilk", "Zając": "Kiškis"}
    return await altered(request, call_next, lambda text, said: re.sub("|".join(words), lambda match: words[match.group()], said))

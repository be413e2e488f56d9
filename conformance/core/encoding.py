"""Bytes and characters: UTF-8, JSON texts, normal forms, letters that survive."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from typing import Any

from conformance.core.asking import ask, not_now, served, with_words
from conformance.core.faults import changed, with_members
from conformance.core.reading import EVENT_STREAM, excerpt, is_description, request_texts, texts, what_was_asked
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, NotJSON, Request, Response, holds_surrogate, view
from harness.national import letters


@view
def has_content(exchange: Exchange) -> bool:
    """Whether an answer is one that has content: not to HEAD, not 204, 205 or 304 (RFC 9110 sections 6.4.1, 15.3.6), not in a coding unread."""
    coding = (exchange.answer.headers.get("content-encoding") or "identity").lower()
    return exchange.request.method != "HEAD" and exchange.status not in (204, 205, 304) and coding in ("identity", "gzip", "deflate")


def _declares_json(exchange: Exchange) -> bool:
    return exchange.answer.is_json and has_content(exchange)


def _fault_of_encoding(body: bytes) -> str | None:
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "begins with a byte order mark"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start}"
    return None


@rule("CORE-ENC-001", when=_declares_json)
def json_is_utf8_without_a_mark(exchange: Exchange) -> None:
    """RFC 8259 section 8.1: JSON text exchanged between systems MUST be encoded using UTF-8; implementations MUST NOT add a byte order mark."""
    fault = _fault_of_encoding(exchange.answer.body)
    if fault:
        raise Violation(f"the JSON body {fault}", expected="UTF-8 without a byte order mark", got=repr(exchange.answer.body[:24]))


@mutant("CORE-ENC-001")
async def problems_begin_with_a_mark(request: Request, call_next: CallNext) -> Response:
    """Error bodies begin with a byte order mark."""
    answer = await call_next(request)
    return answer.with_body(b"\xef\xbb\xbf" + answer.body) if answer.status >= 400 and answer.body else answer


@mutant("CORE-ENC-001")
async def problems_in_a_baltic_code_page(request: Request, call_next: CallNext) -> Response:
    """Lithuanian error texts are sent in windows-1257."""
    answer = await call_next(request)
    if answer.status < 400 or (answer.headers.get("content-language") or "") != "lt" or not isinstance(answer.document, dict):
        return answer
    text = json.dumps({**answer.document, "title": "Užklausa netinkama"}, ensure_ascii=False)
    return answer.with_body(text.encode("cp1257", errors="replace"))


@rule("CORE-ENC-002", when=lambda exchange: _declares_json(exchange) and not _fault_of_encoding(exchange.answer.body))
def a_body_declared_as_json_is_json(exchange: Exchange) -> None:
    """RFC 8259 section 2: a JSON text is one serialized value; section 6: NaN and Infinity are not permitted."""
    try:
        _ = exchange.answer.json
    except NotJSON as error:
        if "deeply" in str(error):
            raise NotTested("the JSON text is nested more deeply than the harness reads") from None
        body = exchange.answer.body
        raise Violation(f"a body declared as JSON is not JSON: {error}", expected="a JSON text", got=repr(body[-40:])) from None


@mutant("CORE-ENC-002")
async def problems_lose_their_last_byte(request: Request, call_next: CallNext) -> Response:
    """Error bodies are cut before their closing brace, with a Content-Length that fits."""
    answer = await call_next(request)
    return answer.with_body(answer.body.rstrip()[:-1]) if answer.status >= 400 and answer.is_json else answer


@mutant("CORE-ENC-002")
async def health_reports_a_number_that_is_none(request: Request, call_next: CallNext) -> Response:
    """The health answer holds a load of NaN, as some JSON writers put it."""
    return await with_members(request, call_next, "/health", load=float("nan"))


@rule("CORE-ENC-003", when=lambda exchange: _declares_json(exchange) and exchange.answer.document is not None)
def member_names_are_unique(exchange: Exchange) -> None:
    """RFC 8259 section 4: the names within an object SHOULD be unique; what a receiver makes of a repeated one is unpredictable."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            repeated.extend(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)

    json.loads(exchange.answer.body, object_pairs_hook=note)
    if repeated:
        raise Violation(f"the member {repeated[0]!r} stands more than once in one object", expected="unique names")


@mutant("CORE-ENC-003")
async def health_says_it_twice(request: Request, call_next: CallNext) -> Response:
    """The health answer has the member ``healthy`` twice, once for the service and once for its database."""
    answer = await call_next(request)
    if request.path != "/health" or answer.status != 200 or not answer.body.startswith(b"{"):
        return answer
    return answer.with_body(b'{"healthy": true, ' + answer.body[1:])


_WORDS = "Zażółć gęślą jaźń. Įlinkdama fechtuotojo špaga sublykčiojusi pragręžė apvalų arbūzą."
"""Words with letters of both languages (pangrams): ą, č, ė, ę, į, š, ų, ū, ž, ć, ń, ó, ś, ź, ż come apart in NFD, ł does not."""


@scenario("CORE-ENC-004")
async def decomposed_input_is_accepted_like_composed(service: Service) -> None:
    """UAX #15: NFC and NFD of a text are canonically equivalent, so a service treats them alike; some systems (macOS) send NFD."""
    composed = with_words(service.sample("POST"), unicodedata.normalize("NFC", _WORDS))
    decomposed = with_words(service.sample("POST"), unicodedata.normalize("NFD", _WORDS))
    for _ in range(2):  # twice, so that a service that fails now and then is not taken for one that cannot read NFD
        first = await served(service, composed)
        second = await ask(service, decomposed)
        if second.succeeded:
            return
        not_now(second)
    raise Violation(
        "text in NFD is refused where the same text in NFC is served", expected=str(first.status), got=str(second.status), exchange=second
    )


@mutant("CORE-ENC-004", also=("CHAT-ENC-001", "CORE-API-001"))
async def decomposed_text_is_refused(request: Request, call_next: CallNext) -> Response:
    """A request whose text is not in NFC is refused with 400."""
    answer = await call_next(request)
    if answer.status != 200 or unicodedata.is_normalized("NFC", "".join(request_texts(request))):
        return answer
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "The text is not in normal form C."}
    return Response(400, answer.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


def _double_encoded() -> dict[str, str]:
    """What each Polish or Lithuanian letter becomes when its UTF-8 bytes are read as Latin-1 or windows-1252 and encoded once more."""
    found: dict[str, str] = {}
    for letter in letters():
        for code_page in ("latin-1", "cp1252"):
            try:
                found[letter.encode().decode(code_page)] = letter
            except UnicodeDecodeError:  # windows-1252 leaves five bytes without a character
                continue
    return found


_GARBLED = _double_encoded()
_GARBLED_PATTERN = re.compile("|".join(map(re.escape, sorted(_GARBLED))))


def _garbled(text: str) -> tuple[str, str] | None:
    """The first double-encoded letter of a text, as it stands and as it was meant.

    Two characters such as ``Å³`` or ``Ä…`` can be meant as they stand ("12 Å³", a Swedish name before an ellipsis). They count only within a
    word (after a small letter, or before a letter) or where the second one is a control character, which no text holds.
    """
    for match in _GARBLED_PATTERN.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if 0x80 <= ord(match.group()[1]) < 0xA0 or before.islower() or after.isalpha():
            return match.group(), _GARBLED[match.group()]
    return None


_LOST = re.compile(r"[^\W\d_]\?+([^\W\d_])")
"""Question marks within a word."""
_WORD = re.compile(r"\W*[^\W\d_]+(?:[?'’-]+[^\W\d_]+)*\W*")
"""What can be a word that lost letters: what holds digits or other signs is code, or what a model of random weights writes."""
_LOST_AT_THE_EDGE = re.compile(r"(?:^|(?<=[\s(„“\"]))\?+[^\W\d_]|[^\W\d_]{6,}\?+[ ,]+(?=[a-ząćęłńóśźżčėįšųūž])")
"""A question mark where a word begins, or behind which a sentence goes on in small letters. Short words ask: "kas? kur? kada?"."""
_REFERENCE = re.compile(r"&(?:#\d{2,6}|#[xX][0-9A-Fa-f]{2,5}|[A-Za-z]{4,8});")


def _replaced_letters(text: str, slips: int) -> str | None:
    """The first word of a text in which question marks stand for letters, as a code page has it that has not got them.

    So many ``slips`` of the pen are let pass. Addresses have question marks, and no word begins with a capital letter in its middle.
    """
    asking = [word for word in text.split() if "?" in word and _WORD.fullmatch(word)] if "?" in text else []
    words = [word for word in asking if any(letter.islower() for letter in _LOST.findall(word))]
    return words[0] if len(words) > slips else None


def _frayed_words(text: str) -> str | None:
    """What shows that words of a text have lost letters at their edges; a single question within a sentence is none."""
    if "?" not in text:
        return None
    edges = [match.group() for match in _LOST_AT_THE_EDGE.finditer(" ".join(word for word in text.split() if not set("/=&") & set(word)))]
    return edges[0] if len(edges) > 1 or (edges and edges[0].startswith("?")) else None


def _reference_to_letter(text: str) -> str | None:
    """The first HTML character reference to a Polish or Lithuanian letter: in JSON it is read as it stands."""
    return next((match.group() for match in _REFERENCE.finditer(text) if html.unescape(match.group()) in letters()), None)


def _holds_text(exchange: Exchange) -> bool:
    answer = exchange.answer
    if not has_content(exchange):
        return False
    if answer.media_type == EVENT_STREAM:
        return _fault_of_encoding(answer.body) is None
    return answer.is_json and answer.document is not None


def _own_texts(answer: Response) -> dict[str, str]:
    """The texts of an answer that are its own words: of an OpenAPI document what it says of the service, not examples and patterns; and not the
    tokens of log probabilities, which may be parts of characters.
    """
    told = "/info/" if is_description(answer) else ""
    return {pointer: text for pointer, text in texts(answer).items() if pointer.startswith(told) and "/logprobs/" not in pointer}


@rule("CORE-ENC-005", when=_holds_text)
def letters_are_whole(exchange: Exchange) -> None:
    """The Unicode Standard section 23.8: U+FFFD stands for what could not be converted; in an answer it is a letter lost, double encoding likewise.

    Not judged: what the request itself held, a text cut by a length limit, and the token texts of log probabilities, which may be parts of
    characters.
    """
    asked = what_was_asked(exchange.request)
    generated = exchange.succeeded and exchange.operation is not None and exchange.operation.generates
    excused = "\ufffd" in asked or holds_surrogate(asked) or _was_cut(exchange.answer)
    for pointer, text in _own_texts(exchange.answer).items():
        place = text.find("\ufffd")
        if place >= 0 and not excused:
            shown = excerpt(text[max(0, place - 20) : place + 20])
            raise Violation("a text holds U+FFFD, the sign for a lost character", expected="whole letters", got=shown, pointer=pointer)
        garbled = _garbled(text)
        if garbled and garbled[0] not in asked:
            raise Violation("a text is encoded twice", expected=garbled[1], got=garbled[0], pointer=pointer)
        reference = _reference_to_letter(text)
        if reference and reference not in asked:
            raise Violation("a letter is written as in HTML", expected=html.unescape(reference), got=reference, pointer=pointer)
        written = generated and pointer.startswith("/choices/")
        lost = None if "?" in asked and _replaced_letters(asked, 0) else _replaced_letters(text, 1 if written else 0)
        lost = lost or (None if written or not exchange.succeeded else _frayed_words(text))
        if lost:
            raise Violation("letters have become question marks", expected="whole letters", got=lost, pointer=pointer)


def _was_cut(answer: Response) -> bool:
    return any(pointer.endswith("/finish_reason") and text.endswith("length") for pointer, text in texts(answer).items())


@mutant("CORE-ENC-005", also=("CORE-LNG-001",))
async def card_is_encoded_twice(request: Request, call_next: CallNext) -> Response:
    """The Polish and Lithuanian texts of the service card went through a Latin-1 database column."""

    def change(card: dict[str, Any]) -> None:
        card["purpose"] = {language: text.encode().decode("latin-1") for language, text in card["purpose"].items()}

    return await changed(request, call_next, "/service-card", change)


@mutant("CORE-ENC-005", also=("CORE-LNG-001",))
async def card_is_kept_in_ascii(request: Request, call_next: CallNext) -> Response:
    """The texts of the service card went through a database that knows no letters beyond ASCII."""

    def change(card: dict[str, Any]) -> None:
        card["purpose"] = {language: text.encode("ascii", errors="replace").decode() for language, text in card["purpose"].items()}

    return await changed(request, call_next, "/service-card", change)


@mutant("CORE-ENC-005", also=("CORE-LNG-001",))
async def card_is_escaped_for_pages(request: Request, call_next: CallNext) -> Response:
    """The texts of the service card are escaped as for a web page."""

    def change(card: dict[str, Any]) -> None:
        card["purpose"] = {
            language: text.encode("ascii", errors="xmlcharrefreplace").decode() for language, text in card["purpose"].items()
        }

    return await changed(request, call_next, "/service-card", change)


@mutant("CORE-ENC-005", also=("CORE-LOG-002", "CHAT-LNG-002"))
async def streams_lose_letters(request: Request, call_next: CallNext) -> Response:
    """In streams, letters that fall between two tokens come out as U+FFFD."""
    answer = await call_next(request)
    if answer.media_type != EVENT_STREAM:
        return answer
    body = answer.text
    for letter in sorted(letters()):
        body = body.replace(letter, "\ufffd").replace(json.dumps(letter)[1:-1], "\ufffd")
    return answer.with_body(body.encode())


@rule("CORE-ENC-007", when=_holds_text)
def texts_are_composed(exchange: Exchange) -> None:
    """W3C Character Model for the World Wide Web, String Matching: text SHOULD be stored and exchanged in NFC. UAX #15 says what that is.

    Not judged: what the request itself held, and log probabilities, which show parts of texts.
    """
    asked = what_was_asked(exchange.request)
    if not unicodedata.is_normalized("NFC", asked):
        raise NotTested("the request itself is not in NFC")
    for pointer, text in _own_texts(exchange.answer).items():
        if not unicodedata.is_normalized("NFC", text):
            shown = next((word for word in text.split() if not unicodedata.is_normalized("NFC", word)), text)
            raise Violation("a text is not in NFC", expected="composed letters", got=excerpt(ascii(shown)), pointer=pointer)


@mutant("CORE-ENC-007")
async def card_comes_from_a_file_name(request: Request, call_next: CallNext) -> Response:
    """The texts of the service card are decomposed, as a file system has them."""

    def change(card: dict[str, Any]) -> None:
        card["purpose"] = {language: unicodedata.normalize("NFD", text) for language, text in card["purpose"].items()}

    return await changed(request, call_next, "/service-card", change)

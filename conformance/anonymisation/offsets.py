"""What offsets count: code points of the text as it was sent."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from conformance.anonymisation.asking import ANONYMIZE, anonymized, found, is_of, is_whole, own_language, texts_of
from conformance.anonymisation.faults import asked_otherwise, with_findings
from conformance.anonymisation.findings import CONTROL, MAIL
from conformance.core.asking import ABSENT
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

BEYOND: Mapping[str, str] = {
    "an emoji": "😀 ",
    "a family of seven code points": "👩‍👩‍👧‍👦 ",
    "flags": "🇵🇱🇱🇹 ",
    "letters beyond the Basic Multilingual Plane": "𝓦𝓷𝓲𝓸𝓼𝓮𝓴 𝟏𝟐 ",
    "an emoji with a skin tone": "👍🏽👍🏽👍🏽 ",
}
"""Texts whose length differs by what is counted: code points, UTF-16 code units, bytes, or signs."""

AS_SENT: Mapping[str, str] = {
    "Polish letters in decomposed form": unicodedata.normalize("NFD", "Zażółć gęślą jaźń: "),
    "Lithuanian letters in decomposed form": unicodedata.normalize("NFD", "Įlinkdama fechtuotojo špaga: "),
    "Lithuanian stress, for which there is no composed form": "sùp ą́ ė̃ ū̃ i̇́ j̇̃ ",
    "compatibility characters": "ﬁ ㎏ Ⅳ ½ … ",
    "spaces and an empty line at its beginning": "  \n\n\t ",
    "line ends of two characters": "1\r\n2\r\n3\r\n",
    "characters that cannot be seen": "a\u00adb\u200bc\u2060 ",
}
"""Texts whose length differs once they are normalised, trimmed or cleaned."""


@rule("ANON-OFF-001", when=lambda exchange: is_of(exchange, "analyze") and len(texts_of(exchange.request)) > 0)
def findings_lie_in_the_text(exchange: Exchange) -> None:
    """A finding cannot end after the text, whose length is that of a Python string: its code points."""
    texts, content = texts_of(exchange.request), exchange.answer.document
    if not isinstance(content, list):
        return
    lists = content if isinstance(exchange.request.document["text"], list) else [content]
    if len(lists) != len(texts):
        return  # ANON-API-002
    for number, (text, findings) in enumerate(zip(texts, lists, strict=True)):
        for place, each in enumerate(findings if isinstance(findings, list) else ()):
            if isinstance(each, dict) and is_whole(each.get("end")) and each["end"] > len(text):
                pointer = f"/{number}/{place}/end" if lists is content else f"/{place}/end"
                raise Violation("a finding ends after the text", expected=f"at most {len(text)}", got=str(each["end"]), pointer=pointer)


def _units(text: str, start: int, end: int) -> dict[str, tuple[int, int]]:
    """Where a place in code points lies for those who count something else."""
    before, within = text[:start], text[start:end]
    utf_16 = len(before.encode("utf-16-le")) // 2
    utf_8 = len(before.encode())
    return {
        "UTF-16 code units": (utf_16, utf_16 + len(within.encode("utf-16-le")) // 2),
        "bytes": (utf_8, utf_8 + len(within.encode())),
    }


async def _measured(service: Service, prefixes: Mapping[str, str]) -> None:
    """Find the address in a letter, and again behind each prefix.

    Where nothing of that type is found behind a prefix, nothing can be measured. The prefixes end in a space, so the letter reads as before.

    Raises:
        Violation: it is found, and its place is not where it stands.
        NotTested: it was never found.
    """
    language = own_language(service)
    letter = CONTROL
    _, before = await found(service, letter, language)
    exact = [each.type for each in before if letter[each.start : each.end] == MAIL]
    if not exact:
        raise NotTested("the address in a plain letter is not found, so there is nothing to measure by")
    kind, measured = exact[0], 0
    for name, prefix in prefixes.items():
        text = prefix + letter
        exchange, findings = await found(service, text, language)
        ours = [each for each in findings if each.type == kind]
        if not ours:
            continue
        measured += 1
        if any(text[each.start : each.end] == MAIL for each in ours):
            continue
        start = text.index(MAIL)
        got = f"{ours[0].start}–{ours[0].end}"
        unit = next((unit for unit, place in _units(text, start, start + len(MAIL)).items() if place == (ours[0].start, ours[0].end)), None)
        message = f"behind {name}, the place of a finding is not where it stands" + (f": it counts {unit}" if unit else "")
        raise Violation(message, expected=f"{start}–{start + len(MAIL)}", got=got, exchange=exchange)
    if not measured:
        raise NotTested("behind other signs the address is not found")


@scenario("ANON-OFF-001")
async def places_are_counted_in_code_points(service: Service) -> None:
    """Behind characters that are two UTF-16 code units and four bytes each."""
    await _measured(service, BEYOND)


@scenario("ANON-OFF-001")
async def places_are_read_in_code_points(service: Service) -> None:
    """/anonymize takes out what stands at the places it is given, behind such characters too. A service that only finds has none to read."""
    if (await service.send("POST", ANONYMIZE, json={"text": "", "analyzer_results": []})).status in ABSENT:
        raise NotApplicable("the service does not take out what it finds")
    for name, prefix in {"": "", **BEYOND}.items():
        text = f"{prefix}A {MAIL} B"
        start = text.index(MAIL)
        result = {"entity_type": "EMAIL_ADDRESS", "start": start, "end": start + len(MAIL), "score": 1.0}
        exchange, new = await anonymized(service, text, [result], anonymizers={"DEFAULT": {"type": "replace", "new_value": "ANONYMIZED"}})
        if new != f"{prefix}A ANONYMIZED B" and not prefix:
            raise NotTested("the address in a plain text is not replaced, so there is nothing to measure by")
        if new != f"{prefix}A ANONYMIZED B":
            message = f"behind {name}, something else is taken out than what stands at the place given"
            raise Violation(message, expected=f"{prefix}A ANONYMIZED B", got=new, exchange=exchange)


@scenario("ANON-OFF-002")
async def places_are_those_of_the_text_sent(service: Service) -> None:
    """Behind what changes its length when a text is normalised, trimmed or cleaned."""
    await _measured(service, AS_SENT)


async def _moved(request: Request, call_next: CallNext, length: Any) -> Response:
    """Findings whose places are counted by the ``length`` of what stands before them."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "start": length(text[: each["start"]]), "end": length(text[: each["end"]])} for each in findings]

    return await with_findings(request, call_next, change)


@mutant("ANON-OFF-001")
async def places_are_counted_in_utf_16(request: Request, call_next: CallNext) -> Response:
    """The service is written in a language whose strings are UTF-16."""
    return await _moved(request, call_next, lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2)


@mutant(
    "ANON-OFF-001", also=("ANON-OFF-002", "ANON-REC-001", "ANON-REC-002", "ANON-REC-003", "ANON-REC-004", "ANON-REC-005", "ANON-NAM-001")
)
async def places_are_counted_in_bytes(request: Request, call_next: CallNext) -> Response:
    """Places are indices into the UTF-8 encoding."""
    return await _moved(request, call_next, lambda text: len(text.encode("utf-8", "surrogatepass")))


@mutant("ANON-OFF-001")
async def places_are_read_in_utf_16(request: Request, call_next: CallNext) -> Response:
    """/anonymize is written in a language whose strings are UTF-16: behind an emoji it takes out too little."""

    def change(content: dict[str, Any]) -> None:
        raw = content["text"].encode("utf-16-le")
        for each in content["analyzer_results"]:
            each["start"], each["end"] = (len(raw[: 2 * each[name]].decode("utf-16-le", "ignore")) for name in ("start", "end"))

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


@mutant("ANON-OFF-002", also=("ANON-NAM-002",))
async def texts_are_composed_first(request: Request, call_next: CallNext) -> Response:
    """Texts are brought into NFC, and places are those of the composed text."""
    return await _moved(request, call_next, lambda text: len(unicodedata.normalize("NFC", text)))


@mutant("ANON-OFF-002")
async def texts_are_trimmed_first(request: Request, call_next: CallNext) -> Response:
    """White space at the beginning of a text is cut off, and places are those of what is left."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        cut = len(text) - len(text.lstrip())
        return [{**each, "start": each["start"] - cut, "end": each["end"] - cut} for each in findings]

    return await with_findings(request, call_next, change)

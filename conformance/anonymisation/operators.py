"""Ways to take data out: what each does, and what becomes of one that there is not."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from conformance.anonymisation.asking import ANONYMIZE, ask
from conformance.anonymisation.faults import asked_otherwise, with_result
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_CODE = "75001150008"
_TEXT = f"Kodas {_CODE} byloje."


async def _operated(service: Service, operator: dict[str, Any]) -> tuple[Exchange, str | None]:
    """What an operator makes of a text with an asmens kodas; no text where it is refused.

    Raises:
        NotTested: the answer says nothing of it.
    """
    start = _TEXT.index(_CODE)
    result = {"entity_type": "LT_ASMENS_KODAS", "start": start, "end": start + len(_CODE), "score": 1.0}
    exchange = await ask(service, ANONYMIZE, {"text": _TEXT, "analyzer_results": [result], "anonymizers": {"DEFAULT": operator}})
    if not exchange.succeeded:
        return exchange, None
    content = exchange.answer.document
    new = content.get("text") if isinstance(content, dict) else None
    if not isinstance(new, str):
        raise NotTested("the new text cannot be read")
    return exchange, new


MASKS = (
    ({"masking_char": "*", "chars_to_mask": 4, "from_end": False}, "****1150008"),
    ({"masking_char": "#", "chars_to_mask": 4, "from_end": True}, "7500115####"),
    ({"masking_char": "*", "chars_to_mask": 99, "from_end": False}, "***********"),
)
"""Settings of mask, and what has to become of the code."""


@scenario("ANON-OPR-001")
async def masks_cover_what_they_are_told(service: Service) -> None:
    """Mask: masking_char, chars_to_mask ("The amount of characters that should be replaced"), from_end."""
    for settings, expected in MASKS:
        exchange, new = await _operated(service, {"type": "mask", **settings})
        if new is None:
            if exchange.status >= 500:
                raise NotTested(f"the service answered {exchange.status}")
            continue
        if new != _TEXT.replace(_CODE, expected):
            message = f"a mask of {settings['chars_to_mask']} characters does not cover them"
            raise Violation(message, expected=_TEXT.replace(_CODE, expected), got=new, pointer="/text", exchange=exchange)


@mutant("ANON-OPR-001")
async def masks_begin_at_the_beginning(request: Request, call_next: CallNext) -> Response:
    """from_end is read and not used."""

    def change(asked: dict[str, Any]) -> None:
        for each in asked["anonymizers"].values():
            if "from_end" in each:
                each["from_end"] = False

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


@mutant("ANON-OPR-001")
async def masks_leave_one_digit(request: Request, call_next: CallNext) -> Response:
    """A mask covers one character less than it is told."""

    def change(asked: dict[str, Any]) -> None:
        for each in asked["anonymizers"].values():
            if each.get("type") == "mask":
                each["chars_to_mask"] = min(each["chars_to_mask"], len(_CODE)) - 1

    return await asked_otherwise(request, call_next, ANONYMIZE, change)


@scenario("ANON-OPR-002")
async def unknown_operators_leave_nothing_in(service: Service) -> None:
    """A client that misspells an operator believes that the data is gone."""
    exchange, new = await _operated(service, {"type": "replase", "new_value": "[…]"})
    if new is not None and _CODE in new:
        raise Violation("an operator that there is not leaves the data in the text", expected="4xx", got="the data", exchange=exchange)


@mutant("ANON-OPR-002")
async def unknown_operators_do_nothing(request: Request, call_next: CallNext) -> Response:
    """A result whose operator is unknown is passed over."""
    answer = await call_next(request)
    content = request.document
    if request.path != ANONYMIZE or answer.status != 400 or not isinstance(content, dict) or not content.get("anonymizers"):
        return answer
    faults = [each.get("pointer", "") for each in answer.document.get("errors", ())]
    if not faults or not all(pointer.startswith("#/anonymizers/") and pointer.endswith("/type") for pointer in faults):
        return answer
    if not all(isinstance(each.get("type"), str) and each["type"] for each in content["anonymizers"].values()):
        return answer
    second = await call_next(request.with_json({**content, "anonymizers": {}, "analyzer_results": []}))
    return second if second.status == 200 else answer


_PLAIN = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")
_ENOUGH = 16
"""How many characters of a digest no other text begins with."""


def _digests(text: str) -> dict[str, str]:
    """How the plain digests of a text begin, in hexadecimal (small letters) and in Base64, with the name of each."""
    found: dict[str, str] = {}
    for name in _PLAIN:
        digest = hashlib.new(name, text.encode()).digest()
        written = (digest.hex(), base64.b64encode(digest).decode(), base64.urlsafe_b64encode(digest).decode())
        found |= {each[:_ENOUGH]: name for each in written}
    return found


@scenario("ANON-OPR-003")
async def hashes_are_salted(service: Service) -> None:
    """There are some 36,500 days in a century and ten thousand numbers for each: all asmens kodas are tried in seconds (GDPR recital 26)."""
    digests = _digests(_CODE)
    for kind in ("sha256", "sha512"):
        exchange, new = await _operated(service, {"type": "hash", "hash_type": kind})
        if new is None:
            if exchange.status >= 500:
                raise NotTested(f"the service answered {exchange.status}")
            raise NotApplicable("the service does not offer hash")
        known = next((name for digest, name in digests.items() if digest in new or digest in new.lower()), None)
        if known:
            raise Violation("the hash of a code is its plain digest", expected="a hash with a salt or a key", got=known, exchange=exchange)


async def _hashed(request: Request, call_next: CallNext, written: Callable[[bytes], str]) -> Response:
    """The service's answer; a hash is what is ``written`` of the text's plain SHA-256."""

    def change(asked: dict[str, Any], result: dict[str, Any]) -> None:
        operators = asked.get("anonymizers", {})
        if operators.get("DEFAULT", {}).get("type") != "hash" or len(result["items"]) != 1:
            return
        item, place = result["items"][0], asked["analyzer_results"][0]
        digest = written(hashlib.sha256(asked["text"][place["start"] : place["end"]].encode()).digest())
        result["text"] = result["text"].replace(item["text"], digest)
        item.update(text=digest, end=item["start"] + len(digest))

    return await with_result(request, call_next, change)


@mutant("ANON-OPR-003")
async def hashes_have_no_salt(request: Request, call_next: CallNext) -> Response:
    """hash gives SHA-256 of the text, as Presidio did before 2.2.361."""
    return await _hashed(request, call_next, bytes.hex)


@mutant("ANON-OPR-003")
async def hashes_are_short(request: Request, call_next: CallNext) -> Response:
    """hash gives the first half of SHA-256 in Base64, so that texts stay readable."""
    return await _hashed(request, call_next, lambda digest: base64.b64encode(digest).decode()[:22])

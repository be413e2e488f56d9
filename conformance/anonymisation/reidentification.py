"""Putting data back: for those who have the scope, and then letter by letter."""

from __future__ import annotations

from typing import Any

from conformance.anonymisation.asking import ANONYMIZE, DEANONYMIZE, ask
from conformance.core.asking import ABSENT
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_NAME = "Žygimantas Wróblewski 🇱🇹"
_TEXT = f"Rašė {_NAME}, biuro@example.org."


def _encrypting(service: Service) -> dict[str, Any]:
    """A request to encrypt a name, with a key of its own: 32 characters are 256 bits."""
    start = _TEXT.index(_NAME)
    return {
        "text": _TEXT,
        "analyzer_results": [{"entity_type": "PERSON", "start": start, "end": start + len(_NAME), "score": 0.9}],
        "anonymizers": {"DEFAULT": {"type": "encrypt", "key": f"{service.random.getrandbits(128):032x}"}},
    }


async def _encrypted(service: Service) -> dict[str, Any]:
    """A request to put back what was encrypted.

    Raises:
        NotApplicable: the service does not encrypt.
        NotTested: what came of it cannot be read.
    """
    asked = _encrypting(service)
    exchange = await ask(service, ANONYMIZE, asked)
    if 400 <= exchange.status < 500:
        raise NotApplicable("the service does not offer encrypt")
    content = exchange.answer.document
    items = content.get("items") if isinstance(content, dict) else None
    if not exchange.succeeded or not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise NotTested(f"/anonymize answered {exchange.status}" if not exchange.succeeded else "what was encrypted cannot be read")
    results = [{name: each.get(name) for name in ("start", "end", "entity_type")} for each in items]
    key = asked["anonymizers"]["DEFAULT"]["key"]
    return {"text": content["text"], "anonymizer_results": results, "deanonymizers": {"DEFAULT": {"type": "decrypt", "key": key}}}


_ANY = {
    "text": "Rašė 0000.",
    "anonymizer_results": [{"start": 5, "end": 9, "entity_type": "PERSON"}],
    "deanonymizers": {"DEFAULT": {"type": "decrypt", "key": "0000000000000000"}},
}
"""A request that a service may refuse for what it holds, but asks first who sends it."""


@scenario("ANON-DEA-001")
async def putting_back_needs_a_scope(service: Service) -> None:
    """GDPR Article 4(5): the additional information is kept separately. RFC 6750 section 3.1: insufficient_scope is answered with 403.

    Asked without a credential, and with the one of this run, which is the one for everyday calls.
    """
    try:
        content = await _encrypted(service)
    except (NotApplicable, NotTested):
        content = _ANY
    for credential in (False, True) if service.has_credential else (False,):
        exchange = await service.send("POST", DEANONYMIZE, json=content, credential=credential)
        if exchange.status in ABSENT:
            raise NotApplicable("the service does not offer /deanonymize")
        if exchange.status in (429, 503):
            raise NotTested(f"the service answered {exchange.status}")
        if not exchange.succeeded and exchange.status not in (401, 403):
            raise NotTested(f"the service answered {exchange.status}, which does not say who may call")
        if exchange.succeeded:
            how = "with the credential of this run" if credential else "without a credential"
            raise Violation(f"data can be put back {how}", expected="401 or 403", got=str(exchange.status), exchange=exchange)


@scenario("ANON-DEA-002")
async def what_was_encrypted_comes_back(service: Service) -> None:
    """Decrypt is the counterpart of encrypt. A name with letters of both languages and a flag, between other words."""
    content = await _encrypted(service)
    exchange = await service.send("POST", DEANONYMIZE, json=content)
    if exchange.status in ABSENT:
        raise NotApplicable("the service does not offer /deanonymize")
    if exchange.status in (401, 403):
        raise NotApplicable("the credential of this run may not put data back, which ANON-DEA-001 asks for")
    if exchange.status in (429, 503):
        raise NotTested(f"the service answered {exchange.status}")
    answer = exchange.answer.document
    back = answer.get("text") if isinstance(answer, dict) else None
    if not exchange.succeeded or back != _TEXT:
        got = back if isinstance(back, str) else str(exchange.status)
        raise Violation("what was encrypted does not come back", expected=_TEXT, got=got, pointer="/text", exchange=exchange)


_sealed: dict[str, str] = {}


async def _with_a_table(request: Request, call_next: CallNext, broken: bool) -> Response:
    """Notes what is encrypted, and puts it back for anybody; where ``broken``, without the letters that Latin-1 has not got."""
    answer = await call_next(request)
    content = request.document
    if request.path == ANONYMIZE and answer.status == 200:
        places = sorted(content["analyzer_results"], key=lambda each: int(each["start"]))
        for place, item in zip(places, answer.document["items"], strict=False):
            if item["operator"] == "encrypt":
                _sealed[item["text"]] = content["text"][int(place["start"]) : int(place["end"])]
    if request.path != DEANONYMIZE or answer.status not in (401, 403) or not isinstance(content, dict):
        return answer
    sealed = next((each for each in _sealed if each in str(content.get("text"))), None)
    if sealed is None:
        return answer
    place, plain = content["anonymizer_results"][0], _sealed[sealed]
    plain = plain.encode("latin-1", "ignore").decode("latin-1") if broken else plain
    item = {
        "start": place["start"],
        "end": place["start"] + len(plain),
        "entity_type": place["entity_type"],
        "text": plain,
        "operator": "decrypt",
    }
    document = {"text": content["text"].replace(sealed, plain), "items": [item]}
    return Response(200, answer.headers.with_field("www-authenticate", None)).with_json(document, "application/json")


@mutant("ANON-DEA-001", also=("CORE-LOG-001",))
async def a_table_leads_back_for_anybody(request: Request, call_next: CallNext) -> Response:
    """A cache before the service keeps what was encrypted, and answers whoever asks."""
    return await _with_a_table(request, call_next, broken=False)


@mutant("ANON-DEA-002", also=("ANON-DEA-001", "CORE-LOG-001"))
async def the_table_is_kept_in_latin_1(request: Request, call_next: CallNext) -> Response:
    """What was encrypted is kept in a table that has neither Lithuanian letters nor flags."""
    return await _with_a_table(request, call_next, broken=True)

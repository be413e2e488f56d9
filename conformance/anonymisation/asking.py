"""How scenarios of this profile ask, and how findings are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from conformance.anonymisation.letters import LANGUAGES, Seeded
from conformance.anonymisation.variables import code_of
from conformance.core.asking import ABSENT
from harness.checks import NotTested, Service
from harness.exchange import Exchange, Request, view

ANALYZE, ANONYMIZE, DEANONYMIZE = "/analyze", "/anonymize", "/deanonymize"


@dataclass(frozen=True)
class Finding:
    """A finding of an answer: type, places in code points, and score."""

    type: str
    start: int
    end: int
    score: float

    def covers(self, seeded: Seeded) -> bool:
        """Whether it lies over all of what was seeded."""
        return self.start <= seeded.start and seeded.end <= self.end


def all_found(seeded: Seeded, findings: Sequence[Finding]) -> bool:
    """Whether nothing of what was seeded lies outside the findings, spaces apart: a given name and a surname may be two of them."""
    within = {place for each in findings for place in range(max(each.start, seeded.start), min(each.end, seeded.end))}
    return all(place in within or seeded.text[place].isspace() for place in range(seeded.start, seeded.end))


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a whole number, however it is written: 3 or 3.0."""
    return is_number(value) and float(value).is_integer()


def findings_of(value: Any) -> list[Finding] | None:
    """The findings of one text; None where they cannot be read (ANON-API-001 says so)."""
    if not isinstance(value, list):
        return None
    found = []
    for each in value:
        if not isinstance(each, dict) or not isinstance(each.get("entity_type"), str):
            return None
        if not is_whole(each.get("start")) or not is_whole(each.get("end")) or not is_number(each.get("score")):
            return None
        found.append(Finding(each["entity_type"], int(each["start"]), int(each["end"]), float(each["score"])))
    return found


def as_result(finding: Finding) -> dict[str, Any]:
    """A finding as /anonymize takes it."""
    return {"entity_type": finding.type, "start": finding.start, "end": finding.end, "score": finding.score}


def is_of(exchange: Exchange, operation: str) -> bool:
    """Whether an exchange was served by an operation of the profile."""
    return exchange.operation is not None and exchange.operation.id == operation and exchange.succeeded


@view
def texts_of(request: Request) -> tuple[str, ...]:
    """The texts that an analyze request has analysed; none where it is no such request."""
    content = request.document
    text = content.get("text") if isinstance(content, dict) else None
    texts = text if isinstance(text, list) else [text]
    return tuple(each for each in texts if isinstance(each, str)) if all(isinstance(each, str) for each in texts) else ()


async def _absent(service: Service, path: str) -> int | None:
    """The status by which a service says that it has not got an operation; None where it has: then 404 was about what was asked."""
    rest: dict[str, Any] = {"language": own_language(service)} if path == ANALYZE else {"analyzer_results": []}
    plain = {"text": "biuro@example.org", **rest}
    status = (await service.send("POST", path, json=plain)).status
    return status if status in ABSENT else None


async def ask(service: Service, path: str, content: Mapping[str, Any]) -> Exchange:
    """Ask one of the operations.

    Raises:
        NotTested: the service does not have it, asked who is asking or to come later, or gave no complete answer.
    """
    exchange = await service.send("POST", path, json=dict(content))
    if exchange.status in ABSENT and (status := await _absent(service, path)):
        raise NotTested(f"the service has no {path} ({status})")
    if exchange.status in (401, 403, 429) or (exchange.status == 503 and "retry-after" in exchange.answer.headers):
        raise NotTested(f"the service answered {exchange.status} to {path}")
    return exchange


async def analyze(service: Service, text: str | Sequence[str], language: str, **members: Any) -> Exchange:
    """Have a text analysed, or several. Raises as :func:`ask` does."""
    return await ask(service, ANALYZE, {"text": text if isinstance(text, str) else list(text), "language": language, **members})


async def found(service: Service, text: str, language: str, **members: Any) -> tuple[Exchange, list[Finding]]:
    """What is found in a text that the service has to serve. Raises :class:`NotTested` where it does not, or where that cannot be read."""
    exchange = await analyze(service, text, language, **members)
    findings = findings_of(exchange.answer.document)
    if not exchange.succeeded or findings is None:
        raise NotTested(
            f"a text in {language} is answered with {exchange.status}" if not exchange.succeeded else "the findings cannot be read"
        )
    return exchange, findings


async def anonymized(service: Service, text: str, results: Sequence[Mapping[str, Any]], **members: Any) -> tuple[Exchange, str]:
    """What /anonymize makes of a text. Raises :class:`NotTested` where it is refused, or where that cannot be read."""
    exchange = await ask(service, ANONYMIZE, {"text": text, "analyzer_results": list(results), **members})
    content = exchange.answer.document
    new = content.get("text") if isinstance(content, dict) else None
    if not exchange.succeeded or not isinstance(new, str):
        raise NotTested(f"/anonymize answered {exchange.status}" if not exchange.succeeded else "the new text cannot be read")
    return exchange, new


def declared_languages(service: Service) -> list[str]:
    """The languages of the service card, as ISO 639-1 codes."""
    declared = service.card.get("languages")
    codes = [code_of(tag) for tag in declared] if isinstance(declared, list) else []
    return list(dict.fromkeys(code for code in codes if code))


def own_language(service: Service) -> str:
    """The language that the vectors of this run are in. Raises :class:`NotTested` where none could be bound."""
    language = service.variables.get("language")
    if not isinstance(language, str):
        raise NotTested("the profile's variable language could not be bound")
    return language


def languages(service: Service) -> list[str]:
    """Those of the three languages of the agreement that the service declares; without a card, the one of the vectors.

    Raises:
        NotTested: there is none.
    """
    known = [each for each in declared_languages(service) or [own_language(service)] if each in LANGUAGES]
    if not known:
        raise NotTested("the service declares none of the languages pl, lt and en")
    return known

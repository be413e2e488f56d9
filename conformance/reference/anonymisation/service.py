"""The reference anonymisers of Poland and Lithuania (profile anonymisation/1): recognizers by rules behind Presidio's operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import conformance.anonymisation
from conformance.reference.anonymisation.operators import ANONYMIZERS, DEANONYMIZERS, Operator, Place, Unusable, change
from conformance.reference.anonymisation.recognition import Finding, find
from conformance.reference.frame import Asked, Frame, json_answer
from conformance.reference.problems import Fault, Problem
from conformance.reference.records import Use
from conformance.reference.settings import profiles_served, settings_of
from conformance.reference.wire import Answer

_HERE = Path(__file__).parent
SCOPE = "reidentification"
"""What a token needs for putting data back (profile anonymisation/1, ANON-DEA-001)."""
ENTITIES = (
    "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE", "PL_PESEL", "PL_NIP", "PL_REGON", "LT_ASMENS_KODAS", "LT_PVM", "LT_COMPANY_CODE",
)  # fmt: skip
_RECOGNIZERS = ("Names", "Forms", "CheckDigits")


def create(country: str, *, token: str | None = None, reidentification_token: str | None = None) -> Frame:
    """The reference anonymiser of a country (``pl`` or ``lt``) as an ASGI application.

    Args:
        country: ISO 3166-1 alpha-2 code in lower case.
        token: the bearer token to ask callers for; None lets anybody call.
        reidentification_token: the one for those who may put data back as well; None lets nobody.

    Raises:
        ValueError: there is no anonymiser for the country.
    """
    settings = settings_of(_HERE, country)
    find("Ona Petraitienė", settings["language"])  # the lists of names are read by then, so that the first caller does not wait
    service = _Anonymiser(settings)
    return Frame(
        card=settings["card"],
        api=settings["api"],
        language=settings["language"],
        profiles=profiles_served(conformance.anonymisation),
        handlers={
            "listSupportedEntities": service.entities,
            "listRecognizers": service.recognizers,
            "listAnonymizers": service.anonymizers,
            "listDeanonymizers": service.deanonymizers,
            "analyze": service.analyze,
            "anonymize": service.anonymize,
            "deanonymize": service.deanonymize,
        },
        problem_texts=[_HERE / "problems.yaml"],
        token=token,
        scopes={"deanonymize": SCOPE},
        scoped_tokens={reidentification_token: frozenset((SCOPE,))} if reidentification_token else {},
        dependencies=lambda: {"names": True},
    )


class _Anonymiser:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._card, self._explanations = settings["card"], settings["explanations"]

    async def entities(self, asked: Asked) -> Answer:
        self._language(parse_qs(urlsplit(asked.request.url).query).get("language", [None])[-1])
        return json_answer(list(ENTITIES))

    async def recognizers(self, asked: Asked) -> Answer:
        self._language(parse_qs(urlsplit(asked.request.url).query).get("language", [None])[-1])
        return json_answer(list(_RECOGNIZERS))

    async def anonymizers(self, asked: Asked) -> Answer:
        return json_answer(list(ANONYMIZERS))

    async def deanonymizers(self, asked: Asked) -> Answer:
        return json_answer(list(DEANONYMIZERS))

    def _language(self, tag: str | None) -> str:
        """The language to analyse in: the first of the service where none is named. Raises :class:`Problem` for one that it does not support."""
        known: Sequence[str] = self._card["languages"]
        language = known[0] if tag is None else tag.partition("-")[0].lower()
        if language not in known:
            raise Problem("unsupported-language", languages=", ".join(known))
        return language

    async def analyze(self, asked: Asked) -> Answer:
        request = asked.request.json
        language = self._language(request["language"])
        faults = [Fault("/ad_hoc_recognizers", "ad-hoc")] if request.get("ad_hoc_recognizers") else []
        wanted = request.get("entities") or ENTITIES
        faults += [Fault(f"/entities/{place}", "no-such-entity") for place, type in enumerate(wanted) if type not in ENTITIES]
        if faults:
            raise Problem("unsupported-request", faults=faults)
        least = request.get("score_threshold") or 0

        def of(text: str) -> list[dict[str, Any]]:
            found = [each for each in find(text, language) if each.type in wanted and each.score >= least]
            return [_written(each, explained=request.get("return_decision_process") is True) for each in found]

        texts = request["text"]
        found = of(texts) if isinstance(texts, str) else [of(text) for text in texts]
        return json_answer(found, use=self._use("analyzed"))

    async def anonymize(self, asked: Asked) -> Answer:
        request = asked.request.json
        return self._changed(request, "analyzer_results", "anonymizers", ANONYMIZERS, "anonymized")

    async def deanonymize(self, asked: Asked) -> Answer:
        request = asked.request.json
        return self._changed(request, "anonymizer_results", "deanonymizers", DEANONYMIZERS, "reidentified")

    def _changed(self, request: Mapping[str, Any], results: str, operators: str, known: Mapping[str, Operator], outcome: str) -> Answer:
        """The text changed at the places of ``results`` by the ``operators`` of a request, both named as the request names them."""
        text, asked = request["text"], request.get(operators, {})
        places = [Place(int(each["start"]), int(each["end"]), each["entity_type"], each.get("score", 1)) for each in request[results]]
        faults = [
            Fault(f"/{results}/{number}", "outside", {"length": len(text)})
            for number, place in enumerate(places)
            if not place.start <= place.end <= len(text)
        ]
        words = {"operators": ", ".join(known)}
        faults += [
            Fault(f"/{operators}/{name}/type", "no-such-operator", words) for name, each in asked.items() if each["type"] not in known
        ]
        if known is DEANONYMIZERS and not faults and any(not {place.type, "DEFAULT"} & asked.keys() for place in places):
            faults.append(Fault(f"/{operators}", "no-such-operator", words))
        if faults:
            raise Problem("unsupported-request", faults=faults)
        try:
            new, changed = change(text, places, asked, known)
        except Unusable as error:
            raise Problem("unsupported-request", faults=[Fault(f"/{operators}/{error.member}", error.key)]) from None
        items = [{"start": i.start, "end": i.end, "entity_type": i.type, "text": i.text, "operator": i.operator} for i in changed]
        return json_answer({"text": new, "items": items}, use=self._use(outcome))

    def _use(self, outcome: str) -> Use:
        return Use(outcome, self._card["models"][0], [], self._explanations[outcome])


def _written(finding: Finding, *, explained: bool) -> dict[str, Any]:
    """A finding as the profile has it."""
    explanation = (
        {"recognizer": finding.means, "score": finding.score, "textual_explanation": f"Found by: {finding.means}."} if explained else None
    )
    return {
        "entity_type": finding.type,
        "start": finding.start,
        "end": finding.end,
        "score": finding.score,
        "analysis_explanation": explanation,
    }

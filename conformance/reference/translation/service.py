"""The reference translators of Poland and Lithuania (profile translation/1): phrases of a glossary behind LibreTranslate's interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import conformance.translation
from conformance.reference.frame import JSON, Asked, Frame, json_answer
from conformance.reference.problems import Fault, Problem
from conformance.reference.records import Use, now, timestamp
from conformance.reference.settings import profiles_served, settings_of
from conformance.reference.translation.callbacks import may_be_called
from conformance.reference.translation.detection import detected
from conformance.reference.translation.engine import LANGUAGES, translator
from conformance.reference.translation.jobs import Jobs
from conformance.reference.wire import Answer

_HERE = Path(__file__).parent
_NAMES = {"pl": "Polish", "lt": "Lithuanian", "en": "English"}
_NO_STORE = {"Cache-Control": "no-store"}


def create(country: str, *, token: str | None = None) -> Frame:
    """The reference translator of a country (``pl`` or ``lt``) as an ASGI application.

    Args:
        country: ISO 3166-1 alpha-2 code in lower case.
        token: the bearer token to ask callers for; None lets anybody call.

    Raises:
        ValueError: there is no translator for the country.
    """
    settings = settings_of(_HERE, country)
    detected(settings["card"]["purpose"]["en"])  # the model is loaded before the first caller waits for it
    service = _Service(settings)
    return Frame(
        card=settings["card"],
        api=settings["api"],
        language=settings["language"],
        profiles=profiles_served(conformance.translation),
        handlers={
            "getLanguages": service.languages,
            "getFrontendSettings": service.settings,
            "detectLanguage": service.detect,
            "translate": service.translate,
            "createJob": service.create_job,
            "getJob": service.get_job,
            "deleteJob": service.delete_job,
        },
        problem_texts=[_HERE / "problems.yaml"],
        token=token,
        dependencies=lambda: {"glossary": True},
    )


class _Service:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._card, self._limit = settings["card"], settings["characters"]
        self._explanation: Mapping[str, str] = settings["explanation"]
        self._model: str = self._card["models"][0]
        self._jobs = Jobs(self._translated)

    async def languages(self, asked: Asked) -> Answer:
        entries = [{"code": code, "name": _NAMES[code], "targets": [each for each in LANGUAGES if each != code]} for code in LANGUAGES]
        return json_answer(entries)

    async def settings(self, asked: Asked) -> Answer:
        return json_answer({"charLimit": self._limit, "keyRequired": False})

    async def detect(self, asked: Asked) -> Answer:
        content = _content(asked, ("q",))
        self._refuse_long([("/q", content["q"])])
        return json_answer(detected(content["q"]))

    async def translate(self, asked: Asked) -> Answer:
        content = _content(asked, ("q", "source", "target"))
        self._refuse_unsupported(content)
        return json_answer(self._translated(content), use=Use("translated", self._model, [], self._explanation))

    async def create_job(self, asked: Asked) -> Answer:
        content = asked.request.json
        self._refuse_unsupported(content)
        callback = content.get("callback")
        if callback is not None and not may_be_called(callback["url"]):
            raise Problem("unsupported-request", faults=[Fault("/callback/url", "callback-url")])
        job = self._jobs.begin(content)
        return json_answer(job, status=202, headers={**_NO_STORE, "Location": f"jobs/{job['id']}"})

    async def get_job(self, asked: Asked) -> Answer:
        job = self._jobs.show(asked.path["id"])
        if job is None:
            raise Problem("not-found")
        waiting = {} if "ended" in job else {"Retry-After": "1"}
        return json_answer(job, headers={**_NO_STORE, **waiting})

    async def delete_job(self, asked: Asked) -> Answer:
        if not self._jobs.end(asked.path["id"]):
            raise Problem("not-found")
        return Answer(204, "", ())

    def _refuse_unsupported(self, content: Mapping[str, Any]) -> None:
        """Raise :class:`Problem` for languages that are not here and for texts that are too long."""
        for name, also in (("source", ("auto",)), ("target", ())):
            if content[name].lower() not in (*LANGUAGES, *also):
                raise Problem("unsupported-pair", faults=[Fault(f"/{name}", "language", {"languages": ", ".join(LANGUAGES)})])
        if content["source"].lower() == content["target"].lower():
            raise Problem("unsupported-pair", faults=[Fault("/target", "same-language")])
        self._refuse_long(list(_places(content["q"])))

    def _refuse_long(self, texts: Sequence[tuple[str, str]]) -> None:
        faults = [Fault(place, "maxLength", {"limit": self._limit}) for place, text in texts if len(text) > self._limit]
        if faults:
            raise Problem("unsupported-request", faults=faults)

    def _translated(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What ``/translate`` answers. This engine has no other translations to offer than the one."""
        texts = [text for _, text in _places(content["q"])]
        source, target, format = content["source"].lower(), content["target"].lower(), content.get("format") or "text"
        found = [detected(text)[0] for text in texts] if source == "auto" else []
        sources = [str(each["language"]) for each in found] or [source] * len(texts)
        written = [translator().translate(text, spoken, target, format) for text, spoken in zip(texts, sources, strict=True)]
        others: list[Any] = [[] for _ in texts]
        batch = isinstance(content["q"], list)
        answer: dict[str, Any] = {"translatedText": written if batch else written[0]}
        if found:
            answer["detectedLanguage"] = found if batch else found[0]
        if content.get("alternatives"):
            answer["alternatives"] = others if batch else others[0]
        provenance = {
            "ai_generated": True,
            "generator": f"{self._card['name']} {self._card['version']}",
            "model": self._model,
            "created": timestamp(now()),
        }
        return {**answer, "assurance": {"provenance": provenance}}


def _places(texts: str | list[str]) -> Iterator[tuple[str, str]]:
    """The texts of a request with their JSON Pointers."""
    if isinstance(texts, str):
        yield "/q", texts
    else:
        yield from ((f"/q/{place}", text) for place, text in enumerate(texts))


def _content(asked: Asked, required: Sequence[str]) -> dict[str, Any]:
    """The members of a request, JSON or a form: of JSON the frame has seen to it that they fit.

    Raises:
        Problem: a form lacks a member, or has one that is not allowed.
    """
    if asked.request.media_type == JSON:
        content: dict[str, Any] = asked.request.json
        return content
    form = dict(parse_qsl(asked.request.text, keep_blank_values=True))
    faults = [Fault("", "required", {"property": name}) for name in required if not form.get(name)]
    if form.get("format") not in (None, "", "text", "html"):
        faults.append(Fault("/format", "enum", {"options": "text, html"}))
    if faults:
        raise Problem("invalid-request", faults=faults)
    return dict(form)

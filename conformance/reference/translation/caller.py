"""Reference clients of Poland and Lithuania: how an agency has its letters translated by the service of the other country.

A client speaks through the function it is given and knows nothing of HTTP libraries. Short texts it has translated at once, long ones as a job, where
the service has jobs. What comes back it keeps with its mark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.reference.line import Client, Refused, Unavailable
from harness.exchange import seconds_to_wait

PATIENCE = 600.0
"""Seconds that a job is waited for."""
_PAUSE = 1.0
"""Seconds between two readings of a job where the service does not say."""


@dataclass(frozen=True)
class Country:
    """What is particular to the client of one country. ``letter`` is short, ``file`` the texts of a file."""

    language: str
    wanted: str
    notice: str
    letter: str
    file: tuple[str, ...]


COUNTRIES = {
    "pl": Country(
        "pl",
        "lt",
        "Tłumaczenie maszynowe.",
        "Wniosek należy złożyć w urzędzie gminy.",
        ("Decyzję wydaje się w terminie 30 dni.", "Od decyzji można wnieść odwołanie.", "Sprawa została przekazana właściwemu organowi."),
    ),
    "lt": Country(
        "lt",
        "pl",
        "Mašininis vertimas.",
        "Prašymą reikia pateikti savivaldybės administracijai.",
        ("Sprendimas priimamas per 30 dienų.", "Dėl sprendimo galima pateikti skundą.", "Byla perduota kompetentingai institucijai."),
    ),
}


@dataclass(frozen=True)
class Translation:
    """What the official is shown, and what is kept with it. ``provenance`` is the service's mark, None where it gives none."""

    texts: tuple[str, ...]
    notice: str
    provenance: Mapping[str, Any] | None

    def shown(self) -> str:
        """The translation as the official reads it: first that a machine made it (AI Act Article 50(2))."""
        return "\n".join([self.notice, *self.texts])

    def kept(self) -> str:
        """The translation as it is stored and handed on, with its mark, as one JSON text."""
        return json.dumps({"texts": self.texts, "provenance": self.provenance}, ensure_ascii=False)


@dataclass
class Caller(Client):
    """One official of ``country`` (``pl`` or ``lt``) and one service.

    Args:
        receive: the URL at which the client is called back, by default on this machine. A callback may be lost, so it reads its jobs as well.
    """

    receive: str = "https://localhost:9/translations"

    def __post_init__(self) -> None:
        self._ways = COUNTRIES[self.country]
        self._line = self._line_for()
        self._pair: tuple[str, str] | None = None
        self._capabilities: tuple[str, ...] = ()

    async def translate(self, texts: Sequence[str]) -> Translation:
        """Texts in the official's language, translated at once.

        Raises:
            Refused: the service refuses them.
            Unavailable: the service cannot be asked now.
        """
        source, target = await self._languages()
        answer = await self._line.ask("POST", "/translate", _written(q=list(texts), source=source, target=target))
        return self._translation(answer.document)

    async def have_translated(self, texts: Sequence[str], reference: str) -> Translation:
        """The same as a job, where the service has jobs. Raises as :meth:`translate` does."""
        source, target = await self._languages()
        if "jobs" not in self._capabilities:
            return await self.translate(texts)
        asked: dict[str, Any] = {"q": list(texts), "source": source, "target": target, "externalReference": reference}
        if "callbacks" in self._capabilities:
            asked["callback"] = {"url": self.receive, "token": f"{self.random.getrandbits(128):032x}"}
        path = f"/jobs/{_object((await self._line.ask('POST', '/jobs', _written(**asked))).document).get('id')}"
        job = await self._ended(path)
        await self._line.ask("DELETE", path)
        if job.get("status") != "done":
            problem = _object(job.get("problem"))
            raise Refused(int(problem.get("status") or 500), str(problem.get("detail") or "The translation came to nothing."))
        return self._translation(job.get("result"))

    async def _ended(self, path: str) -> dict[str, Any]:
        """The job when it has ended; read again no sooner than the service says."""
        until = self.clock() + PATIENCE
        while True:
            answer = await self._line.ask("GET", path)
            job = _object(answer.document)
            if job.get("status") in ("done", "failed"):
                return job
            if self.clock() > until:
                raise Unavailable("The translation was not done in time.")
            await self.wait(seconds_to_wait(answer, self.clock()) or _PAUSE)

    async def _languages(self) -> tuple[str, str]:
        """The pair of languages as the service writes them, asked for once."""
        if self._pair is None:
            listed = (await self._line.ask("GET", "/languages")).document
            self._capabilities = await self._line.look_around()
            codes = [str(each.get("code")) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
            found = [next((code for code in codes if code.lower() == each), None) for each in (self._ways.language, self._ways.wanted)]
            if found[0] is None or found[1] is None:
                raise Refused(200, "The service does not translate between these languages.")
            self._pair = (found[0], found[1])
        return self._pair

    def _translation(self, document: Any) -> Translation:
        answer = _object(document)
        said = answer.get("translatedText")
        provenance = _object(answer.get("assurance")).get("provenance")
        texts = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        return Translation(tuple(str(each) for each in texts), self._ways.notice, provenance if isinstance(provenance, dict) else None)


async def visit(caller: Caller) -> list[Translation]:
    """What an official has translated in the morning: a letter, the texts of a file as a job, the letter again among others."""
    ways = COUNTRIES[caller.country]
    return [
        await caller.translate([ways.letter]),
        await caller.have_translated(ways.file, "SPR-2026-0117"),
        await caller.translate([ways.letter, *ways.file[:1]]),
    ]


def _written(**members: Any) -> bytes:
    return json.dumps(members, ensure_ascii=False).encode()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

"""Reference clients of Poland and Lithuania: how an agency has letters routed by the service of the other country.

A client speaks through the function it is given and knows nothing of HTTP libraries. It asks the model of the service's card with tensors that
it makes from what it sends, and shows each label as what it is, a proposal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from conformance.classification.tensors import BYTES, Tensor, read
from conformance.reference.assistant.caller import without_identifiers
from conformance.reference.line import Client, Refused, Unavailable

__all__ = ["COUNTRIES", "Caller", "Proposal", "Refused", "Unavailable", "visit"]


@dataclass(frozen=True)
class Country:
    """What is particular to the client of one country: how it says that a label is a proposal, and the letters of a morning."""

    language: str
    proposal: str
    person: str
    letters: tuple[str, ...]


COUNTRIES = {
    "pl": Country(
        "pl",
        "Propozycja systemu sztucznej inteligencji, do sprawdzenia: {name}",
        "Do przeczytania przez urzędnika",
        (
            "Nie świeci latarnia przy ulicy Polnej.",
            "Mój PESEL to 50411512342. Kiedy otrzymam zasiłek rodzinny?",
            "Chcę zapisać dziecko do przedszkola.",
        ),
    ),
    "lt": Country(
        "lt",
        "Dirbtinio intelekto sistemos pasiūlymas, patikrinti: {name}",
        "Turi perskaityti tarnautojas",
        (
            "Mūsų gatvėje nedega žibintas.",
            "Mano asmens kodas 75001150008. Kada gausiu šeimos pašalpą ir slaugos išmoką?",
            "Noriu užrašyti vaiką į darželį.",
        ),
    ),
}


@dataclass(frozen=True)
class Proposal:
    """What the service proposes for one letter, and the words in which an official is shown it. ``label`` is empty where it proposes nothing."""

    label: str
    text: str

    def shown(self) -> str:
        """The proposal as an official reads it."""
        return self.text


@dataclass
class Caller(Client):
    """The mail room of an agency of ``country`` (``pl`` or ``lt``) and one service."""

    def __post_init__(self) -> None:
        self._ways = COUNTRIES[self.country]
        self._line = self._line_for()
        self._path = ""
        self._names: dict[str, str] = {}
        self._fallback: str | None = None
        self._text: Sequence[int] = ()

    async def route(self, letters: Sequence[str]) -> list[Proposal]:
        """Which office each letter belongs to, as the service proposes.

        Raises:
            Refused: the service refuses them, or has no routing model.
            Unavailable: the service cannot be asked now.
        """
        if not self._path:
            await self._look_around()
        shape = [len(letters), *self._text[1:]]
        inputs = [{"name": "text", "shape": shape, "datatype": BYTES, "data": [without_identifiers(letter)[0] for letter in letters]}]
        asked = {"id": f"{self.random.getrandbits(64):016x}", "inputs": inputs, "outputs": [{"name": "label"}]}
        answer = await self._line.ask("POST", f"{self._path}/infer", json.dumps(asked, ensure_ascii=False).encode())
        document = answer.document if isinstance(answer.document, dict) else {}
        labels = _labels(document, len(letters))
        return [self._proposal(label) for label in labels]

    async def _look_around(self) -> None:
        """Which model routes, and how it takes texts."""
        await self._line.look_around()
        card = (await self._line.ask("GET", "/service-card")).document
        routing = card.get("routing") if isinstance(card, dict) else None
        if not isinstance(routing, dict) or not isinstance(routing.get("model"), str):
            raise Refused(200, "The service has no routing model.")
        path = f"/v2/models/{quote(routing['model'], safe='')}"
        metadata = (await self._line.ask("GET", path)).document
        inputs = metadata.get("inputs") if isinstance(metadata, dict) else None
        shapes = [each.get("shape") for each in inputs or () if isinstance(each, dict) and each.get("name") == "text"]
        if not shapes or not isinstance(shapes[0], list) or shapes[0][:1] != [-1] or any(size not in (-1, 1) for size in shapes[0][1:]):
            raise Refused(200, "The routing model does not take letters.")
        self._text = [1 if size == -1 else size for size in shapes[0]]
        categories = [each for each in routing.get("categories") or () if isinstance(each, dict)]
        self._names = {str(each.get("code")): self._name(each) for each in categories}
        self._fallback, self._path = routing.get("fallback"), path

    def _name(self, category: Mapping[str, Any]) -> str:
        names = category.get("name")
        found = names.get(self.language or self._ways.language) or names.get("en") if isinstance(names, dict) else None
        return str(found or category.get("code"))

    def _proposal(self, label: str) -> Proposal:
        """A person reads what the service cannot place, and what it calls by a name that its card does not have."""
        if label == self._fallback or label not in self._names:
            return Proposal("", self._ways.person)
        return Proposal(label, self._ways.proposal.format(name=self._names[label]))


def _labels(document: Mapping[str, Any], number: int) -> list[str]:
    """The labels of an answer. Raises :class:`Refused` where there are not as many as letters: none may get another's."""
    try:
        tensors: list[Tensor] = read(document.get("outputs"), b"")
    except ValueError:
        tensors = []
    labels = next((tensor.elements for tensor in tensors if tensor.name == "label"), ())
    if len(labels) != number:
        raise Refused(200, "The service did not give a label for each letter.")
    return [str(label) for label in labels]


async def visit(caller: Caller) -> list[Proposal]:
    """The mail of a morning: the first letter, all of them, the last one again."""
    letters = COUNTRIES[caller.country].letters
    return [*await caller.route(letters[:1]), *await caller.route(letters), *await caller.route(letters[-1:])]

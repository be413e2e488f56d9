"""The provider under test as a scenario sees it (:class:`harness.checks.Service`)."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from harness.checks import Inbox, NotApplicable, NotTested
from harness.errors import Unreachable
from harness.exchange import Exchange, Headers, Request
from harness.operation import Operation
from harness.pace import BudgetSpent
from harness.sending import Sender
from harness.serve.inbox import Inboxes


class DrivenService:
    """One scenario's view of the provider. ``name`` is the scenario's; the ids of its exchanges begin with it. ``plain`` are the plain requests by
    method.
    """

    def __init__(
        self,
        name: str,
        sender: Sender,
        operations: Sequence[Operation],
        *,
        plain: Mapping[str, Request],
        card: Mapping[str, Any],
        variables: Mapping[str, Any],
        seed: int,
        run: str,
        country: str | None,
        has_credential: bool,
        in_process: bool,
        inboxes: Inboxes,
    ) -> None:
        self.card, self.variables, self.country, self.has_credential = card, variables, country, has_credential
        self.in_process = in_process
        self.random, self.run = Random(f"{seed}:{name}"), run
        self.operations = operations
        self._name, self._sender, self._plain = name, sender, plain
        self._inboxes, self._opened = inboxes, 0
        self._sent = 0
        self._owed: list[Request] = []

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        credential: bool = True,
    ) -> Exchange:
        """As :meth:`harness.checks.Service.send`."""
        if body is None:
            body = b"" if json is None else json_module.dumps(json, ensure_ascii=False).encode()
        fields = Headers(headers or {})
        if body and "content-type" not in fields:
            fields = fields.with_field("Content-Type", "application/json")
        self._sent += 1
        try:
            exchange = await self._sender.send(f"{self._name}.{self._sent}", Request(method, path, fields, body), credential=credential)
        except BudgetSpent:
            raise NotTested("the request budget was spent") from None
        except Unreachable as error:
            raise NotTested(str(error)) from None
        if exchange.fault is not None:
            raise NotTested(f"{method} {path} got no complete answer: {exchange.fault.detail}")
        return exchange

    def owe(self, method: str, path: str, *, json: Any = None) -> None:
        """As :meth:`harness.checks.Service.owe`."""
        try:
            self._sender.reserve()
        except BudgetSpent:
            raise NotTested("the request budget was spent") from None
        body = b"" if json is None else json_module.dumps(json, ensure_ascii=False).encode()
        self._owed.append(Request(method, path, Headers({"Content-Type": "application/json"} if body else {}), body))

    async def settle(self) -> list[str]:
        """Send what is owed, and say what could not be done, a sentence each."""
        undone = []
        for number, request in enumerate(self._owed, start=1):
            exchange = await self._sender.send_reserved(f"{self._name}.owed-{number}", request)
            if exchange is None or not exchange.succeeded:
                how = f"was answered with {exchange.status}" if exchange and exchange.status else "got no answer"
                undone.append(f"{request.method} {request.path}, which ends the scenario {self._name}, {how}: look after the service.")
        return undone

    def sample(self, method: str = "POST") -> Request:
        """As :meth:`harness.checks.Service.sample`."""
        if method not in self._plain:
            raise NotTested(f"the profile has no plain {method} request, or one of its variables could not be bound")
        return self._plain[method]

    async def inbox(self) -> Inbox:
        """As :meth:`harness.checks.Service.inbox`."""
        self._opened += 1
        return await self._inboxes.open(f"{self._name}.{self._opened}")

    def needs_capability(self, name: str) -> None:
        """As :meth:`harness.checks.Service.needs_capability`."""
        declared = self.card.get("capabilities")
        if not isinstance(declared, list) or name not in declared:
            raise NotApplicable(f"the service card does not declare the capability {name}")

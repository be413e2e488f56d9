"""The provider under test as a scenario sees it (:class:`harness.checks.Service`)."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from harness.checks import NotApplicable, NotTested
from harness.errors import Unreachable
from harness.exchange import Exchange, Headers, Request
from harness.pace import BudgetSpent
from harness.profile import Operation, Profile
from harness.sending import Sender
from harness.vectors import bind


class DrivenService:
    """One scenario's view of the provider. ``name`` is the scenario's; the ids of its exchanges begin with it."""

    def __init__(
        self,
        name: str,
        sender: Sender,
        profiles: Sequence[Profile],
        *,
        card: Mapping[str, Any],
        variables: Mapping[str, str],
        seed: int,
        country: str | None,
        has_credential: bool,
    ) -> None:
        self.card, self.variables, self.country, self.has_credential = card, variables, country, has_credential
        self.random = Random(f"{seed}:{name}")
        self.operations: Sequence[Operation] = [operation for profile in profiles for operation in profile.operations]
        self._name, self._sender, self._profiles = name, sender, profiles
        self._sent = 0

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

    def sample(self, method: str = "POST") -> Request:
        """As :meth:`harness.checks.Service.sample`."""
        for profile in reversed(self._profiles):
            for vector in profile.vectors:
                if vector.kind != "valid" or vector.operation is None:
                    continue
                operation = profile.operation(vector.operation)
                if operation.method != method or (vector.request.method or method) != method:
                    continue
                try:
                    return bind(vector, operation.method, operation.path, self.variables)
                except KeyError as missing:
                    raise NotTested(f"the profile's variable {missing.args[0]} could not be bound") from None
        raise NotTested(f"no profile of this run has a plain {method} request")

    def needs_capability(self, name: str) -> None:
        """As :meth:`harness.checks.Service.needs_capability`."""
        declared = self.card.get("capabilities")
        if not isinstance(declared, list) or name not in declared:
            raise NotApplicable(f"the service card does not declare the capability {name}")

"""What a client did after something the harness played to it, told from what it does anyway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.checks import NotTested, Violation
from harness.exchange import Exchange


class Reactions:
    """A claim (:class:`harness.checks.Claim`) on how clients take a situation: they do not ask the same again, and do not end with an error.

    A client that asks the same again after ordinary answers as well, as a script does that asks one thing ten times, shows nothing by it.
    """

    situation = ""
    stumbled = ""
    """What the client met, as the finding says it."""

    fails_rightly = False
    """Whether a client may end with an error there."""

    def __init__(self) -> None:
        self._met: list[Exchange] = []
        self._repeats_anyway = False

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """Keep those that met the situation."""
        if exchange.situation == self.situation and exchange.reaction is not None:
            self._met.append(exchange)
        elif exchange.situation is None and exchange.succeeded and exchange.reaction == "repeated":
            self._repeats_anyway = True

    def decide(self, card: Mapping[str, Any]) -> None:
        """Look at what the client did next."""
        if not self._met:
            raise NotTested(f"the client did not meet the situation {self.situation}")
        for exchange in self._met:
            if exchange.reaction == "failed" and not self.fails_rightly:
                raise Violation(f"the client ends with an error after {self.stumbled}, and well otherwise", exchange=exchange)
            if exchange.reaction == "repeated" and self.wrong(exchange):
                if self._repeats_anyway:
                    raise NotTested("the client asks the same again after ordinary answers as well")
                raise Violation(f"the client asks the same again after {self.stumbled}", exchange=exchange)

    def wrong(self, exchange: Exchange) -> bool:
        """Whether it was wrong to ask the same again."""
        return True

"""What a recording does not tell. Who reads it gets :class:`Untold`, so that no check can judge what was never seen."""

from __future__ import annotations

from collections.abc import Container, Iterable

from harness.exchange import Headers, Request, Response


class Untold(Exception):
    """The recording does not tell what was asked for. The text names it."""


class AllNames:
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


class PartialHeaders(Headers):
    """Header fields of which some may have been left out in recording: that one in ``untold`` (small letters) is not there means nothing."""

    __slots__ = ("_untold",)

    def __init__(self, items: Iterable[tuple[str, str]], untold: Container[str]) -> None:
        super().__init__(items)
        self._untold = untold

    def get(self, name: str) -> str | None:
        """The field's value. Raises :class:`Untold` where the recording may have left it out."""
        value = super().get(name)
        if value is None and name.lower() in self._untold:
            raise Untold(f"the recording does not tell whether there was a header {name}")
        return value

    def with_field(self, name: str, value: str | None) -> Headers:
        """A copy in which ``name`` has exactly this value; the others are known as far as they are here."""
        return PartialHeaders(super().with_field(name, value), self._untold)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None


class _Bodiless:
    @property
    def body(self) -> bytes:
        """Raises :class:`Untold`."""
        raise Untold("the recording does not hold the whole body")

    @body.setter
    def body(self, value: bytes) -> None:
        pass


class RequestWithoutBody(_Bodiless, Request):
    """A request whose body the recording does not hold as it was sent."""


class ResponseWithoutBody(_Bodiless, Response):
    """A response whose body the recording does not hold as it was sent."""


def body_told(message: Request | Response) -> bytes | None:
    """The body; None where the recording does not hold it."""
    return None if isinstance(message, RequestWithoutBody | ResponseWithoutBody) else message.body

"""Adapters: declared mappings of a national or de-facto convention to the profile.

A participant that meets a requirement only through one of these passes *with adapter*, which a report says. An adapter maps responses, never
requests, and changes nothing it does not understand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import UsageError
from harness.exchange import Exchange, Response


@dataclass(frozen=True)
class Adapter:
    """A named mapping from one response to another; a response it does not concern is returned as it is."""

    name: str
    description: str
    respond: Callable[[Response], Response]

    def apply(self, exchange: Exchange) -> Exchange:
        """The exchange with its response mapped; the same object where the adapter does not concern it."""
        if exchange.response is None:
            return exchange
        mapped = self.respond(exchange.response)
        return exchange if mapped is exchange.response else replace(exchange, response=mapped)


def _problem(response: Response, title: str, detail: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": response.status, "detail": detail}
    return response.with_json(body, "application/problem+json")


def _errors_of(response: Response) -> Any:
    return response.document if response.status >= 400 and response.is_json else None


def _openai(response: Response) -> Response:
    """``{"error": {"message", "type", "code"}}`` as OpenAI's document has it; also LibreTranslate's and OIP's ``{"error": "text"}``."""
    content = _errors_of(response)
    error = content.get("error") if isinstance(content, dict) else None
    if isinstance(error, str) and error:
        return _problem(response, error, error)
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return _problem(response, str(error.get("type") or error["message"]), error["message"])
    return response


def _fastapi(response: Response) -> Response:
    """``{"detail": "text"}`` or ``{"detail": [{"loc", "msg"}]}``, as FastAPI services answer."""
    content = _errors_of(response)
    detail = content.get("detail") if isinstance(content, dict) else None
    if isinstance(detail, str) and detail:
        return _problem(response, detail, detail)
    if isinstance(detail, list) and detail and all(isinstance(each, dict) and "msg" in each for each in detail):
        return _problem(response, "invalid request", "; ".join(str(each["msg"]) for each in detail))
    return response


def _uapi(response: Response) -> Response:
    """Lithuania's UAPI 1.1 (``ivpk/uapi``): ``{"code", "type", "template", "message"}``."""
    content = _errors_of(response)
    if isinstance(content, dict) and isinstance(content.get("code"), str) and isinstance(content.get("message"), str):
        return _problem(response, content["code"], content["message"])
    return response


def _ksef(response: Response) -> Response:
    """Poland's KSeF 2.x (``CIRFMF/ksef-docs``): ``{"exception": {"exceptionDetailList": [{"exceptionDescription", "details"}]}}``."""
    content = _errors_of(response)
    exception = content.get("exception") if isinstance(content, dict) else None
    details = exception.get("exceptionDetailList") if isinstance(exception, dict) else None
    if isinstance(details, list) and details and isinstance(details[0], dict) and isinstance(details[0].get("exceptionDescription"), str):
        described = [str(each.get("exceptionDescription", "")) for each in details if isinstance(each, dict)]
        return _problem(response, described[0], "; ".join(described))
    return response


ADAPTERS: dict[str, Adapter] = {
    adapter.name: adapter
    for adapter in (
        Adapter("openai-errors", "error bodies {error: {message, type, code}} or {error: text}", _openai),
        Adapter("fastapi-errors", "error bodies {detail: text} or {detail: [{loc, msg}]}", _fastapi),
        Adapter("uapi-errors", "error bodies of Lithuania's UAPI {code, type, template, message}", _uapi),
        Adapter("ksef-errors", "error bodies of Poland's KSeF {exception: {exceptionDetailList}}", _ksef),
    )
}


def find_adapter(name: str) -> Adapter:
    """The adapter with this name. Raises :class:`UsageError` when there is none."""
    if name not in ADAPTERS:
        raise UsageError(f"There is no adapter {name}. Known adapters: {', '.join(ADAPTERS)}.")
    return ADAPTERS[name]

"""The one place that speaks HTTP outward.

httpx's messages over the aiohttp transport: httpx's own pool collapses under concurrency (docs/decisions/0002-dependencies.md). The transport is
called as it is: what httpx's client adds (redirects, cookies, merged defaults) must not happen here and would take a third of the time. Every
request is bounded in time and size and ends in an :class:`Exchange`, whatever the other side does.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from harness.errors import Unreachable
from harness.exchange import Exchange, Fault, Headers, Request, Response
from harness.participant import Credential, Limits, Participant

Transport = httpx.AsyncBaseTransport
"""What carries the requests: pass one to reach a mocked endpoint or an in-process ASGI application through the same client."""


def asgi_transport(app: Any) -> Transport:
    """A transport that calls an ASGI application in this process. One that raises answers as a server would let it: 500, or not to the end."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        said: list[Any] = []

        async def sending(message: Any) -> None:
            said[:] = [message]
            await send(message)

        await asyncio.sleep(0)  # as on a network, who asks at the same time is under way at the same time
        try:
            await app(scope, receive, sending)
        except ConnectionError:
            raise
        except Exception as error:
            if said and (said[0]["type"] == "http.response.start" or said[0].get("more_body")):
                raise ConnectionAbortedError("the application failed in the middle of its answer") from error
            if not said:
                await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
                await send({"type": "http.response.body", "body": b"Internal Server Error"})

    return httpx.ASGITransport(app=served)


class Client:
    """An asynchronous context manager that sends requests to one participant."""

    def __init__(self, participant: Participant, transport: Transport | None = None) -> None:
        self._participant = participant
        self._transport = transport or _network(participant)
        self._extensions = {"timeout": httpx.Timeout(participant.limits.timeout, connect=participant.limits.connect).as_dict()}
        self._token: str | None = None
        self._token_lock = asyncio.Lock()
        self.secrets: set[str] = set()
        """Everything that must not appear in a report."""
        if participant.credential and participant.credential.secret:
            self.secrets.add(participant.credential.secret)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.aclose()

    async def send(self, id: str, request: Request, *, credential: bool = True) -> Exchange:
        """Send ``request`` (its ``url`` relative to the base URL) and return the exchange; a failure becomes its ``fault``.

        Raises:
            Unreachable: the token endpoint of OAuth2 client credentials does not give a token.
        """
        limits = self._participant.limits
        headers = request.headers
        if credential and self._participant.credential:
            headers = await self._with_credential(headers, self._participant.credential)
        sent = Request(request.method, self._participant.url + request.url, headers, request.body)
        started = time.time()
        clock = time.perf_counter()
        response: Response | None = None
        fault: Fault | None = None
        try:
            async with asyncio.timeout(limits.timeout):
                response = await self._exchange(sent, limits)
        except _TooLarge:
            fault = Fault("too-large", f"the answer is larger than {limits.response_bytes} bytes")
        except TimeoutError:
            fault = Fault("timeout", f"no complete answer within {limits.timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, ConnectionError, aiohttp.ClientError, ValueError) as error:
            fault = _fault(error)
        return Exchange(id, sent, response, fault, "harness", started, time.perf_counter() - clock)

    async def _exchange(self, request: Request, limits: Limits) -> Response:
        answer = await self._answer(request)
        try:
            parts: list[bytes] = []
            size = 0
            async for part in answer.aiter_bytes():
                size += len(part)
                if size > limits.response_bytes:
                    raise _TooLarge
                parts.append(part)
        finally:
            await answer.aclose()
        return Response(answer.status_code, Headers(answer.headers.multi_items()), b"".join(parts))

    async def _answer(self, request: Request) -> httpx.Response:
        """The head of the answer. A connection that was used before may be closed by the server just when the request goes out; then nothing is
        known of the request, and it goes out again on another one (RFC 9112 section 9.3.1). A new connection gives no such excuse.
        """
        while True:
            headers = list(request.headers)
            content: AsyncIterator[bytes] | bytes = request.body
            if request.headers.get("transfer-encoding") == "chunked":
                content = _one_chunk(request.body)
            elif len(request.body) > _LARGE:
                content = _one_chunk(request.body)
                headers.append(("Content-Length", str(len(request.body))))
            message = httpx.Request(request.method, _address(request.url), headers=headers, content=content, extensions=self._extensions)
            reused: list[bool] = []
            _connection.set(reused)
            try:
                return await self._transport.handle_async_request(message)
            except httpx.TransportError as error:
                if not reused or _fault(error).kind != "broken-off":
                    raise

    async def _with_credential(self, headers: Headers, credential: Credential) -> Headers:
        if credential.kind == "bearer":
            return headers.with_field("Authorization", f"Bearer {credential.secret}")
        if credential.kind == "api-key":
            return headers.with_field(credential.header, credential.secret)
        if credential.kind == "oauth2":
            return headers.with_field("Authorization", f"Bearer {await self._access_token(credential)}")
        return headers

    async def _access_token(self, credential: Credential) -> str:
        """An access token by the client credentials grant (RFC 6749 section 4.4), fetched once."""
        async with self._token_lock:
            if self._token is None:
                self._token = await self._fetch_token(credential)
                self.secrets.add(self._token)
            return self._token

    async def _fetch_token(self, credential: Credential) -> str:
        form = {"grant_type": "client_credentials", **({"scope": credential.scopes} if credential.scopes else {})}
        client = httpx.AsyncClient(transport=self._transport, timeout=self._participant.limits.timeout, trust_env=False)
        try:
            answer = await client.post(credential.token_url, data=form, auth=(credential.client_id, credential.secret))
            content: Mapping[str, Any] = answer.json() if answer.is_success else {}
            token = content.get("access_token")
        except (httpx.HTTPError, httpx.InvalidURL, ConnectionError, ValueError, AttributeError) as error:
            raise Unreachable(
                f"The token endpoint {credential.token_url} does not answer as OAuth2 says: {_fault(error).detail}."
            ) from None
        if not isinstance(token, str) or not token:
            raise Unreachable(f"The token endpoint {credential.token_url} gave no access token (HTTP {answer.status_code}).")
        return token


class _TooLarge(Exception):
    pass


class NotMocked(httpx.TransportError):
    """A mocked endpoint has no answer to a request, which was not sent anywhere."""


_LARGE = 2**20
"""How many bytes aiohttp takes without a warning, unless they come as a stream."""


async def _one_chunk(body: bytes) -> AsyncIterator[bytes]:
    """A body whose length is not told beforehand: a request with ``Transfer-Encoding: chunked`` is sent as it says (RFC 9112 section 7.1)."""
    yield body


@lru_cache(maxsize=256)
def _address(url: str) -> httpx.URL:
    """The few addresses of a run are read once, not at every request."""
    return httpx.URL(url)


_connection: ContextVar[list[bool]] = ContextVar("_connection")
"""Filled by the transport when a request goes out on a connection that was used before."""


async def _note_reuse(*_: object) -> None:
    _connection.get([]).append(True)


def _network(participant: Participant) -> Transport:
    """The real network: TLS verified against the system's authorities or the one given, as many connections as workers."""
    context = participant.ssl_context()

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=participant.limits.concurrency + 2, ssl=context)
        skip = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=skip, trace_configs=[trace]
        )

    return AiohttpTransport(verify=context, client=session)


# The transport calls every aiohttp error that it has no name for a connect time-out, so that the cause has to be asked, not the error.
_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, httpx.ConnectError, ConnectionRefusedError)
_CUT = (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, httpx.ReadError, ConnectionError)


def _fault(error: Exception) -> Fault:
    """The fault an exception of the HTTP library stands for."""
    if isinstance(error, NotMocked):
        return Fault("not-mocked", str(error))
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    untrusted = next((each.verify_message for each in causes if hasattr(each, "verify_message")), None)
    if untrusted is not None:
        return Fault("tls", f"the certificate is not trusted: {untrusted}")
    tls = next((each for each in reversed(causes) if isinstance(each, ssl.SSLError | aiohttp.ClientSSLError)), None)
    if tls is not None:
        return Fault("tls", f"TLS failed: {_text(tls)}")
    if any(isinstance(each, _NO_CONNECTION) for each in causes):
        return Fault("connect", _text(causes[-1]))
    if isinstance(causes[-1], TimeoutError | httpx.TimeoutException):
        return Fault("timeout", _text(error))
    return Fault("broken-off" if any(isinstance(each, _CUT) for each in causes) else "protocol", _text(error))


def _text(error: BaseException) -> str:
    """What TLS or the operating system calls an error, without Python's numbers and brackets."""
    told: str | None = None
    if isinstance(error, ssl.SSLError):
        told = error.reason.replace("_", " ").lower() if error.reason else None
    elif isinstance(error, OSError) and error.errno:
        told = os.strerror(error.errno) if error.errno > 0 else error.strerror  # negative: a resolver's
    return told or " ".join(str(error).split()) or type(error).__name__

"""A service at some other place as an ASGI application: requests go to it as they came, answers come back as they are, part by part."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from harness.participant import Participant
from harness.serve.asgi import Receive, Scope, Send, request_of

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"})
"""Fields of one connection, which an intermediary does not pass on (RFC 9110 section 7.6.1); and the host, which is another one."""


class Upstream:
    """The service of a provider, an asynchronous context manager.

    Nothing is added, followed, unpacked or kept: what the client sends and what it gets is what would be sent without this between them, apart
    from the fields of the connection itself. Of the provider's limits the time-out counts: most seconds until an answer begins, and between
    two parts of it.

    Raises:
        UsageError: its certificate authorities cannot be loaded.
    """

    def __init__(self, provider: Participant) -> None:
        self._url, self._timeout, self._ssl = provider.url, provider.limits.timeout, provider.ssl_context()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._timeout, sock_read=self._timeout),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and its answer back.

        Raises:
            ConnectionError: the service cannot be reached, or broke off before or in the middle of its answer.
        """
        request = await request_of(scope, receive)
        if not request.url.startswith("/"):
            raise ConnectionError("the request names another address; this one is a base URL, no setting for a proxy")
        headers = [(name, value) for name, value in request.headers if name.lower() not in _HOP_BY_HOP]
        asked = self._session.request(
            request.method,
            URL(self._url + request.url, encoded=True),
            headers=headers,
            data=request.body or None,
            allow_redirects=False,
            ssl=self._ssl,
        )
        try:
            async with asked as answer:
                if answer.status not in range(100, 600):
                    raise ConnectionError(f"{answer.status} is no status of HTTP")
                fields = [(name.lower(), value) for name, value in answer.raw_headers if name.decode("latin-1").lower() not in _HOP_BY_HOP]
                await send({"type": "http.response.start", "status": answer.status, "headers": fields})
                async for part in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except aiohttp.ClientConnectorError as error:
            raise ConnectionError(f"{error.host}:{error.port} cannot be reached ({error.os_error.strerror or error.os_error})") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ConnectionError(getattr(error, "message", "") or f"{error}" or type(error).__name__) from error

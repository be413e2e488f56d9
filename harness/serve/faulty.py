"""A service with a mutant around it: an ASGI application whose requests and responses pass through the mutant's function."""

from __future__ import annotations

from dataclasses import replace

from harness.checks import Mutant
from harness.exchange import Request, Response
from harness.serve.asgi import App, Receive, Scope, Send, answer_of, request_of, send_response


class Faulty:
    """An ASGI application that behaves like ``app`` with ``mutant``'s fault.

    Bodies are read whole before they are passed on. A mutant that raises :class:`ConnectionAbortedError` breaks the answer off in the middle.
    """

    def __init__(self, app: App, mutant: Mutant) -> None:
        self._app, self._mutant = app, mutant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = await request_of(scope, receive)

        async def call_next(asked: Request) -> Response:
            """The service's answer. HEAD is asked as GET: what a mutant makes of the content shows in its fields."""
            return await answer_of(self._app, scope, replace(asked, method="GET") if asked.method == "HEAD" else asked)

        try:
            response = await self._mutant.function(request, call_next)
        except ConnectionAbortedError:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await send({"type": "http.response.body", "body": b'{"cut', "more_body": True})
            raise
        await send_response(send, response, head=request.method == "HEAD")

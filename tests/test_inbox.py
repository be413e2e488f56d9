"""What a participant sends to the harness arrives, with the answer it got; one on another machine needs to be told where."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from harness.checks import NotTested
from harness.errors import UsageError
from harness.exchange import Headers, Response
from harness.serve.inbox import LISTEN, Arrivals, Inboxes, is_near


def within(use: Callable[[Inboxes], Awaitable[None]], *, base: str | None = None, near: bool = True, listen: str = LISTEN) -> None:
    async def run() -> None:
        async with Inboxes(base=base, listen=listen, near=near) as inboxes:
            await use(inboxes)

    asyncio.run(run())


async def post(url: str, body: bytes = b"{}") -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, allow_redirects=False) as answer:
        return answer.status


def test_what_is_posted_arrives_with_its_answer() -> None:
    async def use(inboxes: Inboxes) -> None:
        inbox: Arrivals = await inboxes.open("told")
        inbox.answer(Response(503, Headers({"Retry-After": "1"})))
        assert [await post(inbox.url, b'{"id": 1}'), await post(inbox.url + "/more?a=b")] == [503, 204]
        first, second = await inbox.next(1), await inbox.next(1)
        assert first is not None
        assert second is not None
        assert [first.id, second.id] == ["told.callback-1", "told.callback-2"]
        assert (first.request.json, first.status, first.sender) == ({"id": 1}, 503, "participant")
        assert second.request.url == inbox.url + "/more?a=b"
        assert await inbox.next(0.01) is None

    within(use)


def test_inboxes_are_told_apart_and_cannot_be_guessed() -> None:
    async def use(inboxes: Inboxes) -> None:
        one, other = await inboxes.open("one"), await inboxes.open("other")
        assert [await post(other.url), await post(one.url.rpartition("/")[0] + "/guess")] == [204, 404]
        assert await one.next(0.01) is None
        assert await other.next(1) is not None

    within(use)


def test_a_participant_elsewhere_has_to_be_told_where() -> None:
    async def use(inboxes: Inboxes) -> None:
        with pytest.raises(NotTested, match="--callback-url"):
            await inboxes.open("told")

    within(use, near=False)


def test_a_url_that_was_given_is_handed_on() -> None:
    async def use(inboxes: Inboxes) -> None:
        assert (await inboxes.open("told")).url.startswith("https://tests.example/callbacks/")

    within(use, near=False, base="https://tests.example/callbacks/")


@pytest.mark.parametrize(("base", "listen"), [("tests.example", LISTEN), (None, "9000"), (None, "127.0.0.1:99999")])
def test_what_is_written_wrong_is_said_before_anything_is_sent(base: str | None, listen: str) -> None:
    with pytest.raises(UsageError, match="write it as"):
        Inboxes(base=base, listen=listen, near=True)


def test_who_is_near() -> None:
    near = [
        is_near(url)
        for url in ("http://127.0.0.1:8080", "http://[::1]/a", "http://localhost", "https://service.example", "http://10.0.0.1")
    ]
    assert near == [True, True, True, False, False]

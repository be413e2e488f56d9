"""Hostile and broken servers: every request ends in time, within bounds, as an exchange with a named fault, and never as an exception."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.client import Client, asgi_transport
from harness.errors import Unreachable
from harness.exchange import Exchange, Headers, Request
from harness.participant import Credential, Limits, Participant

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LIMITS = Limits(timeout=0.5, connect=0.5, response_bytes=1000)


@contextlib.asynccontextmanager
async def server(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A TCP server on a free port; gives its address."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            await serve(reader, writer)
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context) as listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def saying(*parts: bytes, then: float = 0) -> Serve:
    """Answers whatever is asked with these bytes, and keeps the connection open for ``then`` seconds."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
        await asyncio.sleep(then)

    return serve


async def never_ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer of one byte now and then, for ever."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def ask(url: str, *, credential: Credential | None = None, ca: Path | None = None, request: Request | None = None) -> Exchange:
    participant = Participant(url, "hostile", credential=credential, certificate_authority=ca, limits=LIMITS)
    async with Client(participant) as client:
        return await client.send("t.1", request or Request("GET", "/"))


def asked(serve: Serve, **options: object) -> Exchange:
    async def drive() -> Exchange:
        async with server(serve) as address:
            return await ask(f"http://{address}", **options)  # type: ignore[arg-type]

    return asyncio.run(drive())


@pytest.mark.parametrize(
    ("serve", "kind"),
    [
        pytest.param(never_ending, "timeout", id="an answer that never ends"),
        pytest.param(saying(then=5), "timeout", id="no answer at all"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\ncontent-le", then=5), "timeout", id="half a head"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"x" * 2000), "too-large", id="an answer over the limit"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort"), "broken-off", id="an answer cut short"),
        pytest.param(saying(), "broken-off", id="a closed connection"),
        pytest.param(saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol", id="no HTTP"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"), "protocol", id="a length that is no number"),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope"), "protocol", id="a coding that is a lie"
        ),
    ],
)
def test_what_a_server_does_wrong_has_a_name(serve: Serve, kind: str) -> None:
    exchange = asked(serve)
    assert exchange.fault is not None
    assert (exchange.response, exchange.fault.kind) == (None, kind)


def test_a_small_answer_that_unpacks_to_a_large_one_is_stopped() -> None:
    packed = gzip.compress(b"0" * 5_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    exchange = asked(saying(head + packed))
    assert exchange.fault is not None
    assert exchange.fault.kind == "too-large"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", b""),
    ],
)
def test_every_form_of_answer_that_http_has_is_read_and_no_redirect_followed(answer: bytes, body: bytes) -> None:
    exchange = asked(saying(answer))
    assert exchange.fault is None
    assert exchange.answer.body == body


def test_headers_and_body_go_out_as_they_are() -> None:
    seen = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"\r\n\r\n"))
        seen.extend(await reader.readexactly(3))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nSet-Cookie: a=b\r\n\r\n")

    asked(serve, request=Request("POST", "/q?a=%C4%85", Headers([("X-Two", "1"), ("X-Two", "2")]), "ąx".encode()))
    lines = bytes(seen).split(b"\r\n")
    assert lines[0] == b"POST /q?a=%C4%85 HTTP/1.1"
    assert {line.partition(b":")[0].lower() for line in lines[1:-2]} == {b"x-two", b"host", b"content-length"}
    assert b"x-two: 1, 2" in (line.lower() for line in lines)  # RFC 9110 section 5.3: the same as two lines
    assert lines[-1] == "ąx".encode()


def test_a_server_that_closes_after_an_answer_without_saying_so_is_not_accused() -> None:
    """As uvicorn does after an unhandled exception: a whole 500, and the connection is closed. The next request must not suffer for it."""
    asked: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.append(1)
        writer.write(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")  # closes over the next request instead of answering it

    async def drive() -> list[Exchange]:
        async with server(serve) as address, Client(Participant(f"http://{address}", "x", limits=LIMITS)) as client:
            return [await client.send(f"t.{number}", Request("POST", "/", body=b"{}")) for number in range(3)]

    assert [each.status for each in asyncio.run(drive())] == [500, 500, 500]
    assert len(asked) == 3


def test_nobody_listens() -> None:
    exchange = asyncio.run(ask("http://127.0.0.1:1"))
    assert exchange.fault is not None
    assert exchange.fault.kind == "connect"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for localhost, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return folder / "certificate.pem", context


OK = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


@pytest.mark.parametrize(("trusted", "fault"), [(True, None), (False, "tls")])
def test_a_certificate_has_to_be_trusted(certificate: tuple[Path, ssl.SSLContext], trusted: bool, fault: str | None) -> None:
    async def drive() -> Exchange:
        async with server(OK, certificate[1]) as address:
            return await ask(f"https://localhost:{address.partition(':')[2]}", ca=certificate[0] if trusted else None)

    exchange = asyncio.run(drive())
    assert (exchange.fault.kind if exchange.fault else None) == fault


def test_a_client_certificate_is_shown_to_a_server_that_asks(certificate: tuple[Path, ssl.SSLContext]) -> None:
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key = certificate[0].with_name("key.pem")
    asking.load_cert_chain(certificate[0], key)
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(certificate[0])

    async def drive(credential: Credential | None) -> Exchange:
        async with server(OK, asking) as address:
            return await ask(f"https://localhost:{address.partition(':')[2]}", ca=certificate[0], credential=credential)

    assert asyncio.run(drive(Credential("mtls", certificate=certificate[0], key=key))).status == 200
    assert asyncio.run(drive(None)).fault is not None


def test_tls_spoken_to_plain_http() -> None:
    async def drive() -> Exchange:
        async with server(saying(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")) as address:
            return await ask(f"https://{address}")

    fault = asyncio.run(drive()).fault
    assert fault is not None
    assert fault.kind in ("tls", "timeout")


TOKEN = b'{"access_token": "t0ken", "token_type": "Bearer"}'


def test_an_access_token_is_fetched_once_and_sent() -> None:
    requests: list[bytes] = []

    async def issue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        requests[-1] += await reader.read(200)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(TOKEN), TOKEN))

    async def drive() -> tuple[list[Exchange], set[str]]:
        async with server(issue) as issuer, server(OK) as address:
            credential = Credential(
                "oauth2", "s3cret", "$SECRET", token_url=f"http://{issuer}/token", client_id="agency", scopes="assistant.ask"
            )
            async with Client(Participant(f"http://{address}", "x", credential=credential, limits=LIMITS)) as client:
                return [await client.send(f"t.{each}", Request("GET", "/")) for each in range(3)], client.secrets

    exchanges, secrets = asyncio.run(drive())
    assert {each.request.headers.get("authorization") for each in exchanges} == {"Bearer t0ken"}
    assert len(requests) == 1
    assert b"grant_type=client_credentials&scope=assistant.ask" in requests[0]
    assert secrets == {"s3cret", "t0ken"}


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]", b""]
)
def test_a_token_endpoint_that_gives_no_token_is_unreachable(answer: bytes) -> None:
    async def drive() -> None:
        async with server(saying(answer)) as issuer:
            credential = Credential("oauth2", "s3cret", token_url=f"http://{issuer}/token", client_id="agency")
            await ask("http://127.0.0.1:1", credential=credential)

    with pytest.raises(Unreachable) as refusal:
        asyncio.run(drive())
    assert "s3cret" not in str(refusal.value)


async def fails_at_once(scope: object, receive: object, send: object) -> None:
    raise ValueError("secret of the application")


async def fails_in_the_middle(scope: object, receive: object, send: Callable[[object], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError("secret of the application")


async def fails_after_its_answer(scope: object, receive: object, send: Callable[[object], Awaitable[None]]) -> None:
    """As Starlette does, which answers 500 and raises all the same."""
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"sorry"})
    raise ValueError("secret of the application")


@pytest.mark.parametrize(
    ("app", "status", "fault"), [(fails_at_once, 500, None), (fails_in_the_middle, 0, "broken-off"), (fails_after_its_answer, 500, None)]
)
def test_an_application_that_raises_is_a_server_that_fails(app: object, status: int, fault: str | None) -> None:
    async def drive() -> Exchange:
        async with Client(Participant("http://127.0.0.1", "x", limits=LIMITS), asgi_transport(app)) as client:
            return await client.send("t.1", Request("GET", "/"))

    exchange = asyncio.run(drive())
    assert (exchange.status, exchange.fault.kind if exchange.fault else None) == (status, fault)
    assert "secret" not in str(exchange)

"""What a service says of itself: health, service card, version, security contact."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from conformance.core.asking import ask, description, may_stream, operation_at, plain, resources
from conformance.core.faults import changed, with_members
from conformance.core.reading import EVENT_STREAM, excerpt
from conformance.core.timestamps import instant
from conformance.core.tracing import STATIC
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response


async def public(service: Service, path: str) -> Exchange:
    """GET what anybody may read.

    Raises:
        Violation: it is not answered with 200 without a credential.
        NotTested: the service has no time, or the body is not the JSON that it is declared to be (CORE-ENC-002).
    """
    exchange = await service.send("GET", path, credential=False)
    if exchange.status in (429, 503) and "retry-after" in exchange.answer.headers:
        raise NotTested(f"the service answered {exchange.status}")
    if exchange.status != 200:
        closed = exchange.status in (401, 403)
        message = f"nothing can be read at {path} without a credential" if closed else f"nothing can be read at {path}"
        raise Violation(message, expected="200", got=str(exchange.status), exchange=exchange)
    if exchange.answer.is_json and exchange.answer.document is None:
        raise NotTested(f"{path} is declared as JSON and is none")
    return exchange


@scenario("CORE-HLT-001")
async def health_is_told_to_anybody(service: Service) -> None:
    """UAPI 1.1 (ivpk/uapi), health: ``GET /health`` answers without authentication whether the service, and what it depends on, is healthy."""
    exchange = await public(service, "/health")
    health = exchange.answer.document
    if not isinstance(health, dict) or not isinstance(health.get("healthy"), bool):
        got = excerpt(exchange.answer.text)
        raise Violation(
            "the answer does not say whether the service is healthy",
            expected='{"healthy": true}',
            got=got,
            pointer="/healthy",
            exchange=exchange,
        )
    errors = exchange.operation.response_errors(exchange.answer) if exchange.operation else []
    if errors:
        raise Violation(f"the answer does not fit the profile: {excerpt(errors[0].message)}", pointer=errors[0].pointer, exchange=exchange)


@mutant("CORE-HLT-001", also=("CORE-DOC-002",))
async def healthy_is_a_text(request: Request, call_next: CallNext) -> Response:
    """The health answer says "true" where it should say true."""
    return await with_members(request, call_next, "/health", healthy="true")


@mutant("CORE-HLT-001")
async def health_is_for_administrators(request: Request, call_next: CallNext) -> Response:
    """Health is told to callers with a credential only."""
    return await _closed("/health", request, call_next)


async def _closed(path: str, request: Request, call_next: CallNext) -> Response:
    answer = await call_next(request)
    if request.path != path or answer.status != 200 or "authorization" in request.headers:
        return answer
    problem = {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "A credential is needed."}
    return Response(401, answer.headers.with_field("WWW-Authenticate", "Bearer")).with_json(problem, "application/problem+json")


@scenario("CORE-CRD-001")
async def the_card_fits_its_schema(service: Service) -> None:
    """AI Act Article 13(3): who provides the system, for what purpose, how well. The card says so as data, to anybody."""
    exchange = await public(service, "/service-card")
    operation = operation_at(service, "GET", "/service-card")
    if not isinstance(exchange.answer.document, dict):
        raise Violation(
            "the service card is no JSON object", expected="a service card", got=excerpt(exchange.answer.text), exchange=exchange
        )
    errors = operation.schema("ServiceCard").errors(exchange.answer.document) if operation else []
    if errors:
        first = f"the service card is not right: {excerpt(errors[0].message)}"
        message = f"{first} (and {len(errors) - 1} more)" if len(errors) > 1 else first
        raise Violation(message, pointer=errors[0].pointer, exchange=exchange)


@mutant("CORE-CRD-001", also=("CORE-DOC-002",))
async def card_without_a_contact(request: Request, call_next: CallNext) -> Response:
    """The service card names nobody to turn to."""
    return await with_members(request, call_next, "/service-card", contact=None)


@mutant("CORE-CRD-001", also=("CORE-DOC-002",))
async def card_with_a_country_name(request: Request, call_next: CallNext) -> Response:
    """The service card writes the provider's country as a name."""
    return await changed(request, call_next, "/service-card", lambda card: card["provider"].update(country="Lietuva"))


@mutant("CORE-CRD-001")
async def card_is_for_administrators(request: Request, call_next: CallNext) -> Response:
    """The service card is shown to callers with a credential only."""
    return await _closed("/service-card", request, call_next)


@scenario("CORE-VER-001")
async def answers_name_the_version(service: Service) -> None:
    """Every answer names the version of the interface it follows, the one that the provider's document has as ``info.version``."""
    info = (await description(service)).get("info")
    version = info.get("version") if isinstance(info, dict) else None
    request = plain(service)
    answers = [await ask(service, request), *(exchange for _, exchange in await resources(service))]
    if may_stream(answers[0]):
        answers.append(await ask(service, request.with_json({**request.document, "stream": True})))
    answers += await _its_record(service, answers[0])
    for exchange in answers:
        told = exchange.answer.headers.get("api-version")
        if (told is None and exchange.request.path.endswith(STATIC)) or (told is not None and told == version):
            continue
        raise Violation(
            f"the answer to {exchange.request.method} {exchange.request.path} does not name the version",
            expected=f"API-Version: {version}",
            got=told or "no API-Version",
            pointer="header:API-Version",
            exchange=exchange,
        )


async def _its_record(service: Service, generated: Exchange) -> list[Exchange]:
    """The record that an answer names, if it does and the record can be read."""
    id = (generated.answer.headers.get("Record-Id") or "").strip()
    answers = [await service.send("GET", f"/records/{quote(id, safe='')}")] if id else []
    return [each for each in answers if each.succeeded]


@mutant("CORE-VER-001")
async def records_have_no_version(request: Request, call_next: CallNext) -> Response:
    """Records come from the archive, which knows no version."""
    answer = await call_next(request)
    return answer.with_header("API-Version", None) if request.path.startswith("/records/") else answer


@mutant("CORE-VER-001")
async def the_document_has_an_old_version(request: Request, call_next: CallNext) -> Response:
    """The header beside the document was not changed with it."""
    answer = await call_next(request)
    return answer.with_header("API-Version", "1.0") if request.path == "/openapi.json" and answer.status == 200 else answer


@mutant("CORE-VER-001")
async def streams_have_no_version(request: Request, call_next: CallNext) -> Response:
    """The version is written when the answer is complete, and the head of a stream is sent before."""
    answer = await call_next(request)
    return answer.with_header("API-Version", None) if answer.media_type == EVENT_STREAM else answer


@mutant("CORE-VER-001")
async def version_lags_behind(request: Request, call_next: CallNext) -> Response:
    """API-Version still has the number of the release before."""
    return (await call_next(request)).with_header("API-Version", "0.9.0")


_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):\s*(.*)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def security_fields(text: str) -> list[tuple[str, str]]:
    """The fields of a security.txt (RFC 9116 section 4), names in lower case; comments, and the armour of a signed one (section 2.3), left out."""
    lines = [line.rstrip(" \t") for line in text.replace("\r\n", "\n").split("\n")]
    if lines[0] == "-----BEGIN PGP SIGNED MESSAGE-----":
        start = lines.index("") + 1 if "" in lines else 0
        end = lines.index("-----BEGIN PGP SIGNATURE-----") if "-----BEGIN PGP SIGNATURE-----" in lines else len(lines)
        lines = [line.removeprefix("- ") for line in lines[start:end]]
    matches = [_FIELD.fullmatch(line) for line in lines]
    return [(match.group(1).lower(), match.group(2)) for match in matches if match]


@scenario("CORE-SEC-005")
async def security_contact_is_current(service: Service) -> None:
    """RFC 9116: Contact MUST always be present (2.5.3), Expires exactly once (2.5.5), as plain text (4); after Expires the file is stale (5.3).

    Every line ends with a line feed, the last one too (2.2).
    """
    exchange = await service.send("GET", "/.well-known/security.txt", credential=False)
    if exchange.status != 200 and exchange.request.path != "/.well-known/security.txt":
        raise NotTested("it lies at the root of the host (RFC 9116 section 3), and the base URL of this run is below that")
    if 300 <= exchange.status < 400:
        raise NotTested(f"it is to be found elsewhere, at {exchange.answer.headers.get('location')}, which is not followed")
    if exchange.status != 200:
        raise Violation("there is no security.txt", expected="200", got=str(exchange.status), exchange=exchange)
    if exchange.answer.media_type != "text/plain":
        got = exchange.answer.headers.get("content-type") or "no Content-Type"
        raise Violation("security.txt is not plain text", expected="text/plain", got=got, pointer="header:Content-Type", exchange=exchange)
    if not exchange.answer.text.endswith("\n"):
        got = exchange.answer.text[-20:]
        raise Violation("the last line of security.txt does not end", expected="a line feed after every line", got=got, exchange=exchange)
    fields = security_fields(exchange.answer.text)
    contacts = [value for name, value in fields if name == "contact"]
    if not contacts:
        raise Violation("security.txt names no contact", expected="Contact: mailto:...", got="no Contact", exchange=exchange)
    wrong = next((value for value in contacts if not _URI.fullmatch(value) or value.lower().startswith("http:")), None)
    if wrong is not None:
        raise Violation("a contact is no URI, or one without TLS", expected="mailto:, tel: or https:", got=wrong, exchange=exchange)
    expiries = [value for name, value in fields if name == "expires"]
    if len(expiries) != 1:
        raise Violation("Expires does not stand exactly once", expected="one Expires", got=f"{len(expiries)}", exchange=exchange)
    until = instant(expiries[0])
    if until is None:
        raise Violation("Expires is no date-time", expected="2027-01-01T00:00:00Z", got=expiries[0], exchange=exchange)
    if until.timestamp() <= time.time():
        raise Violation("security.txt has expired", expected="an Expires in the future", got=expiries[0], exchange=exchange)


async def _security_txt(request: Request, call_next: CallNext, pattern: str, replacement: str) -> Response:
    answer = await call_next(request)
    if request.path != "/.well-known/security.txt":
        return answer
    return answer.with_body(re.sub(pattern, replacement, answer.text, flags=re.MULTILINE | re.IGNORECASE).encode())


@mutant("CORE-SEC-005")
async def security_contact_expired(request: Request, call_next: CallNext) -> Response:
    """Nobody renewed security.txt."""
    return await _security_txt(request, call_next, r"^Expires:.*?(?=\r?$)", "Expires: 2026-01-31T23:59:59Z")


@mutant("CORE-SEC-005")
async def security_contact_is_no_uri(request: Request, call_next: CallNext) -> Response:
    """The contact in security.txt is a bare e-mail address."""
    return await _security_txt(request, call_next, r"^Contact:.*?(?=\r?$)", "Contact: security@example.gov.pl")


@mutant("CORE-SEC-005")
async def security_contact_ends_in_the_middle(request: Request, call_next: CallNext) -> Response:
    """security.txt is trimmed before it is sent, and its last line has no end."""
    return await _security_txt(request, call_next, r"\s*\Z", "")

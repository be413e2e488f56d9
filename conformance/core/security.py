"""Who may ask, over what, and what must not be written where others read it."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.core.asking import ask, description, plain, served
from conformance.core.faults import changed
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response
from harness.national import is_personal_parameter, personal_identifiers

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'{_TOKEN}[ \t]*=[ \t]*(?:{_TOKEN}|"(?:[^"\\]|\\.)*")'
_BEARER = rf"(?i:bearer)(?![!#$%&'*+.^_`|~0-9A-Za-z-])(?:[ ]+{_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*)?"
_OTHER = rf"(?!(?i:bearer)\b){_TOKEN}(?:[ ]+(?:{_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*|[A-Za-z0-9._~+/-]+=*))?"
_CHALLENGES = re.compile(rf"(?:{_BEARER}|{_OTHER})(?:[ \t]*,[ \t]*(?:{_BEARER}|{_OTHER}))*")
"""WWW-Authenticate (RFC 9110 section 11.6.1): challenges with parameters or one token; those of Bearer have parameters (RFC 6750 section 3)."""


@rule("CORE-SEC-001", when=lambda exchange: exchange.status == 401)
def a_401_says_how_to_authenticate(exchange: Exchange) -> None:
    """RFC 9110 section 15.5.2: the server generating a 401 response MUST send a WWW-Authenticate header field with at least one challenge.

    A bare ``Bearer`` is let pass, though RFC 6750 section 3 wants parameters after it: it says what is needed.
    """
    field = (exchange.answer.headers.get("www-authenticate") or "").strip(" \t,")
    if not field:
        raise Violation(
            "a 401 answer holds no challenge", expected="WWW-Authenticate", got="no WWW-Authenticate", pointer="header:WWW-Authenticate"
        )
    if not _CHALLENGES.fullmatch(field):
        raise Violation(
            "the challenge of a 401 answer cannot be read", expected='Bearer realm="..."', got=field, pointer="header:WWW-Authenticate"
        )


def _with_unknown_token(service: Service, request: Request) -> Request:
    """The request with a bearer token of the right form (RFC 6750 section 2.1) that nobody issued."""
    return request.with_header("Authorization", f"Bearer govai.{service.random.getrandbits(128):032x}")


def _declares_tokens(service: Service) -> bool:
    declared = service.card.get("authentication")
    return isinstance(declared, list) and bool({"bearer", "oauth2"} & {each for each in declared if isinstance(each, str)})


@scenario("CORE-SEC-001")
async def a_401_where_there_can_be_one(service: Service) -> None:
    """Requests that a service which knows its callers answers with 401; the rule above looks at what comes."""
    answers = [await service.send("GET", "/records", credential=False)]
    if service.has_credential:
        answers.append(await ask(service, plain(service), credential=False))
    if _declares_tokens(service):
        answers.append(await ask(service, _with_unknown_token(service, plain(service)), credential=False))
    if all(each.status != 401 for each in answers):
        raise NotApplicable("no request of this run was answered with 401")


@mutant("CORE-SEC-001")
async def unauthorized_without_a_challenge(request: Request, call_next: CallNext) -> Response:
    """401 answers do not say how to authenticate."""
    answer = await call_next(request)
    return answer.with_header("WWW-Authenticate", None) if answer.status == 401 else answer


@mutant("CORE-SEC-001")
async def the_challenge_is_cut(request: Request, call_next: CallNext) -> Response:
    """The challenge is cut at a fixed length, within a quoted text."""
    answer = await call_next(request)
    return answer.with_header("WWW-Authenticate", (answer.headers.get("www-authenticate") or "")[:18]) if answer.status == 401 else answer


_ERROR = re.compile(r"\berror[ \t]*=", re.IGNORECASE)
_SENT = ("authorization", "proxy-authorization", "x-api-key", "api-key", "cookie")


def _is_refused_by_bearer(exchange: Exchange) -> bool:
    field = (exchange.answer.headers.get("www-authenticate") or "").strip()
    return exchange.status == 401 and field.lower().startswith("bearer") and bool(_CHALLENGES.fullmatch(field))


@rule("CORE-SEC-007", when=_is_refused_by_bearer)
def challenges_fit_the_request(exchange: Exchange) -> None:
    """RFC 6750 section 3: a token that failed is answered with ``error``; section 3.1: where none was sent there SHOULD be no error code.

    By it a client knows whether to fetch a token or to renew the one it has.
    """
    field = exchange.answer.headers.get("www-authenticate") or ""
    sent = (exchange.request.headers.get("authorization") or "").lower().startswith("bearer ")
    if sent and not _ERROR.search(field):
        raise Violation(
            "a token that failed is answered without error", expected='error="invalid_token"', got=field, pointer="header:WWW-Authenticate"
        )
    if _ERROR.search(field) and not any(name in exchange.request.headers for name in _SENT):
        raise Violation("no token was sent and one is called wrong", expected="no error", got=field, pointer="header:WWW-Authenticate")


@scenario("CORE-SEC-007")
async def with_a_token_and_without(service: Service) -> None:
    """The same request with a token that nobody issued, without any, and both again; the rule above looks at what comes."""
    request = Request("GET", "/records")
    answers = [
        await ask(service, each, credential=False) for each in (request, _with_unknown_token(service, request), request) for _ in range(2)
    ]
    if not any(_is_refused_by_bearer(each) for each in answers):
        raise NotApplicable("no request of this run was answered with a Bearer challenge")


@mutant("CORE-SEC-007")
async def every_401_says_invalid_token(request: Request, call_next: CallNext) -> Response:
    """The gateway writes one challenge for all who have no token that holds."""
    answer = await call_next(request)
    return answer.with_header("WWW-Authenticate", 'Bearer realm="assistant", error="invalid_token"') if answer.status == 401 else answer


@mutant("CORE-SEC-007")
async def no_401_says_invalid_token(request: Request, call_next: CallNext) -> Response:
    """Challenges hold the realm alone, so that a client whose token has run out does not learn of it."""
    answer = await call_next(request)
    return answer.with_header("WWW-Authenticate", 'Bearer realm="assistant"') if answer.status == 401 else answer


@scenario("CORE-SEC-002")
async def tokens_are_verified(service: Service) -> None:
    """RFC 6750 section 3.1: a token that is expired, malformed or otherwise invalid is answered with 401 (invalid_token), never overlooked.

    Where the harness was given a credential, a call without it is refused as well. A client certificate cannot be left out of a connection,
    so a service that knows its callers by one is not held to that.
    """
    request = plain(service)
    if not service.has_credential and not _declares_tokens(service):
        raise NotApplicable("the card declares neither bearer nor oauth2, and no credential was given")
    with_credential = await served(service, request)
    if _declares_tokens(service):
        unknown = await ask(service, _with_unknown_token(service, request), credential=False)
        _not_now(unknown)
        if unknown.status != 401:
            raise Violation(
                "a token that nobody issued is not answered with 401", expected="401", got=str(unknown.status), exchange=unknown
            )
    if service.has_credential:
        without = await ask(service, request, credential=False)
        if {name.lower() for name, _ in without.request.headers} == {name.lower() for name, _ in with_credential.request.headers}:
            return
        _not_now(without)
        if without.succeeded:
            raise Violation("a call without the credential is served", expected="401 or 403", got=str(without.status), exchange=without)


def _not_now(exchange: Exchange) -> None:
    if exchange.status in (429, 503):
        raise NotTested(f"the service answered {exchange.status}")


@mutant("CORE-SEC-002", also=("CORE-SEC-007",))
async def tokens_are_not_looked_at(request: Request, call_next: CallNext) -> Response:
    """A service that serves anonymous callers serves those with any token just the same."""
    return await call_next(request.with_header("Authorization", None))


@mutant("CORE-SEC-002")
async def refused_tokens_are_forbidden(request: Request, call_next: CallNext) -> Response:
    """A token that cannot be verified is answered with 403, so that clients do not fetch a new one."""
    answer = await call_next(request)
    if answer.status != 401 or "authorization" not in request.headers or not isinstance(answer.document, dict):
        return answer
    return Response(403, answer.headers).with_json({**answer.document, "status": 403})


def _target(request: Request) -> str:
    parts = urlsplit(request.url)
    return unquote(f"{parts.path}?{parts.query}")


@rule("CORE-SEC-003")
def no_person_in_the_address(exchange: Exchange) -> None:
    """GDPR Article 5(1)(f) and 25: addresses are written into logs, histories and referrers on the way, which a body is not."""
    found = personal_identifiers(_target(exchange.request))
    if found:
        raise Violation(
            f"a personal identifier ({found[0].kind}) stands in the address of a request",
            expected="identifiers in the body only",
            got=found[0].kind,
        )


@mutant("CORE-SEC-003")
async def person_in_the_query(request: Request, call_next: CallNext) -> Response:
    """The client adds whom the question is about to the query, for its own statistics."""
    return await call_next(Request(request.method, f"{request.url}?subject=50411512342", request.headers, request.body))


def _parameters(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Where the parameters of an OpenAPI document stand (``path``, ``query`` ...) and what they are called, unused components included."""
    paths = document.get("paths")
    items = [item for item in paths.values() if isinstance(item, dict)] if isinstance(paths, dict) else []
    holders = [*items, *(value for item in items for value in item.values() if isinstance(value, dict))]
    lists = [holder.get("parameters") for holder in holders]
    found = [each for entries in lists if isinstance(entries, list) for each in entries if isinstance(each, dict)]
    components = document.get("components")
    shared = components.get("parameters") if isinstance(components, dict) else None
    found += [each for each in shared.values() if isinstance(each, dict)] if isinstance(shared, dict) else []
    return [(str(each.get("in")), str(each.get("name"))) for each in found]


@scenario("CORE-SEC-004")
async def no_parameter_for_a_person(service: Service) -> None:
    """As CORE-SEC-003, seen from the side that designs the addresses: its document has no path or query parameter for a personal identifier."""
    for place, name in _parameters(await description(service)):
        if place in ("path", "query") and is_personal_parameter(name):
            raise Violation(
                f"the parameter {name} puts a personal identifier into the {place}", expected="identifiers in the body only", got=name
            )


@rule("CORE-SEC-004", when=lambda exchange: any(name in exchange.answer.headers for name in ("location", "content-location", "link")))
def no_person_in_links(exchange: Exchange) -> None:
    """As CORE-SEC-003, for the addresses that the service itself gives out: Location, Content-Location and Link."""
    for name in ("Location", "Content-Location", "Link"):
        found = personal_identifiers(unquote(exchange.answer.headers.get(name) or ""))
        if found:
            raise Violation(
                f"{name} holds a personal identifier ({found[0].kind})",
                expected="no personal identifier",
                got=found[0].kind,
                pointer=f"header:{name}",
            )


@mutant("CORE-SEC-004")
async def description_asks_for_a_person(request: Request, call_next: CallNext) -> Response:
    """The service describes a query parameter for the asmens kodas of the person concerned."""
    parameter = {"name": "asmensKodas", "in": "query", "schema": {"type": "string"}}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "The person."}}}
    return await changed(request, call_next, "/openapi.json", lambda document: document["paths"].update({"/subjects": {"get": operation}}))


@mutant("CORE-SEC-004")
async def links_repeat_the_address(request: Request, call_next: CallNext) -> Response:
    """Every answer links to the address it was asked for, whatever stands in it."""
    answer = await call_next(request)
    return answer.with_header("Link", f"<{request.url}>; rel=self")


@scenario("CORE-TLS-001")
async def operations_are_served_over_tls(service: Service) -> None:
    """GDPR Article 32(1)(a): personal data are encrypted on the way. Plain HTTP may redirect or refuse, never answer with content."""
    if service.in_process:
        raise NotApplicable("the service was called in the process of its tests, where nothing is sent over a network")
    exchange = await ask(service, service.sample("GET"))
    address = urlsplit(exchange.request.url)
    if address.scheme == "https":
        return
    if _is_this_machine(address.hostname):
        raise NotApplicable("the service is on this machine (a loopback address), where nothing is sent over a network")
    if exchange.succeeded and exchange.answer.body:
        raise Violation("the service answers over plain HTTP", expected="https", got=address.scheme, exchange=exchange)


def _is_this_machine(host: str | None) -> bool:
    """Whether a host is a loopback address (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3), localhost (RFC 6761 section 6.3), or none."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

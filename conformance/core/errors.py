"""What an error says: readable for a machine, understandable for a person, giving nothing away."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from conformance.core.asking import ask, served
from conformance.core.content import accepts
from conformance.core.encoding import has_content
from conformance.core.reading import excerpt, parses, request_texts, texts
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response
from harness.national import personal_identifiers

PROBLEM = "application/problem+json"


def _is_an_error(exchange: Exchange) -> bool:
    """Whether an answer is a problem or should be one: an error of the service itself (414 and 431 come from the server before it), readable for
    the asker.
    """
    if exchange.status < 400 or exchange.status in (414, 431) or not has_content(exchange):
        return False
    if exchange.answer.is_json and not parses(exchange.answer):
        return False  # CORE-ENC-001 and CORE-ENC-002 say what is wrong
    declared = exchange.answer.media_type == PROBLEM
    return declared or accepts(exchange.request, PROBLEM) or accepts(exchange.request, "application/json")


_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")
"""The characters of RFC 3986 section 2, letters outside ASCII percent-encoded. Anything of them is a URI or a reference to one."""


@rule("CORE-ERR-001", when=_is_an_error)
def errors_are_problem_details(exchange: Exchange) -> None:
    """RFC 9457 section 3: application/problem+json; section 3.1.2: generators MUST use the same status code in the HTTP response; sections 3.1.1
    and 3.1.5: type and instance are URI references.
    """
    answer = exchange.answer
    if answer.media_type != PROBLEM:
        got = answer.headers.get("content-type") or "no Content-Type"
        raise Violation(f"a {answer.status} answer is no problem document", expected=PROBLEM, got=got, pointer="header:Content-Type")
    problem = answer.document
    if not isinstance(problem, dict):
        raise Violation("the problem document is no object", expected="an object", got=excerpt(answer.text))
    for member in ("type", "title", "detail"):
        value = problem.get(member)
        if not isinstance(value, str) or not value.strip():
            raise Violation(f"the problem has no {member}", expected="a text", got=value, pointer=f"/{member}")
    for member in ("type", "instance"):
        value = problem.get(member, "about:blank")
        if not isinstance(value, str) or not _URI_REFERENCE.fullmatch(value):
            raise Violation(f"the problem's {member} is no URI reference", expected="a URI", got=value, pointer=f"/{member}")
    status = problem.get("status")
    if isinstance(status, bool) or status != answer.status:
        raise Violation("the problem's status is not the HTTP status", expected=str(answer.status), got=status, pointer="/status")


@mutant("CORE-ERR-001")
async def every_problem_says_400(request: Request, call_next: CallNext) -> Response:
    """The status member is 400 whatever the HTTP status."""
    answer = await call_next(request)
    return answer.with_json({**answer.document, "status": 400}) if answer.status >= 400 and isinstance(answer.document, dict) else answer


@mutant("CORE-ERR-001")
async def types_are_words(request: Request, call_next: CallNext) -> Response:
    """The type of a problem is a few words in place of an address."""
    answer = await call_next(request)
    return answer.with_json({**answer.document, "type": "invalid request"}) if answer.status == 400 and answer.is_json else answer


@mutant("CORE-ERR-001")
async def not_found_is_a_page(request: Request, call_next: CallNext) -> Response:
    """Unknown paths get the web server's HTML page."""
    answer = await call_next(request)
    return answer.with_body(b"<html><h1>Not Found</h1></html>", "text/html") if answer.status == 404 else answer


@mutant("CORE-ERR-001")
async def problems_without_detail(request: Request, call_next: CallNext) -> Response:
    """Problems of invalid input have no detail, as some frameworks leave it out."""
    answer = await call_next(request)
    if answer.status not in (400, 405, 422) or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({name: value for name, value in answer.document.items() if name != "detail"})


_TRACES = {
    "Python": re.compile(r'Traceback \(most recent call last\)|File "[^"\n]+", line \d+'),
    "Java": re.compile(
        r"\bat [\w$.]+\([\w$]+\.(?:java|kt|scala):\d+\)|\b(?:java|javax|org\.springframework)\.[\w.$]+(?:Exception|Error)\b"
    ),
    ".NET": re.compile(r"\bat [\w.`<>]+\([^)\n]*\) in [^\n]+:line \d+|\bSystem\.[\w.]*Exception\b"),
    "Node": re.compile(r"\bat [^\n]*\(?(?:node:|file://|/|[A-Za-z]:\\)[^\s()]+:\d+:\d+\)?"),
    "Go": re.compile(r"\bgoroutine \d+ \[|\.go:\d+ \+0x"),
    "PHP": re.compile(r"#\d+ /[^\s()]+\.php\(\d+\)"),
}
_SERVER_PATH = re.compile(
    r"(?<![\w/.:#-])/(?:home|usr|var|opt|srv|root|etc|proc)/[\w.@+-]+(?:/[\w.@+-]+)*"
    r"|(?<![\w/.:#-])/(?:[\w.@+-]+/)+[\w.@+-]+\.(?:py|pyc|java|jar|cs|dll|ts|js|mjs|go|rb|php|rs|so|conf|ini|sqlite|pem|key)\b"
    r"|\b[A-Za-z]:\\(?:[^\s\\/:*?\"<>|]+\\)+"
)


_INTERNALS = {
    "a database statement": re.compile(
        r"\bSELECT\b[^\n]{1,200}?\bFROM\b|\bINSERT INTO\b|\bDELETE FROM\b|\bUPDATE\b[^\n]{1,100}?\bSET\b|\bSQLSTATE\b|\bORA-\d{5}\b"
    ),
    "an address within the provider's network": re.compile(
        r"(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\d.]*\d)"
        r"|\b[\w-]+(?:\.[\w-]+)*\.(?:internal|svc\.cluster\.local)\b"
    ),
}
"""What tells how a service is built: statements as databases report them, addresses of RFC 1918 section 3 and of names for private use."""


def _has_error_text(exchange: Exchange) -> bool:
    return exchange.status >= 400 and has_content(exchange) and bool(exchange.answer.body)


@rule("CORE-ERR-005", when=_has_error_text)
def errors_give_nothing_away(exchange: Exchange) -> None:
    """RFC 9457 section 5: problem details can reveal implementation internals; GDPR Article 5(1)(c): personal data stay where they are needed."""
    request, answer = exchange.request, exchange.answer
    asked = unquote(request.url) + " " + request.text + " " + "\n".join(request_texts(request))
    told = "\n".join(texts(answer).values()) or answer.text
    for language, pattern in _TRACES.items():
        trace = pattern.search(told)
        if trace and trace.group() not in asked:
            raise Violation(f"an error holds a stack trace ({language})", expected="no internals", got=excerpt(trace.group()))
    path = next((match.group() for match in _SERVER_PATH.finditer(_prose(answer)) if match.group() not in asked), None)
    if path:
        raise Violation("an error holds a file path of the server", expected="no internals", got=path)
    for what, pattern in _INTERNALS.items():
        leak = next((match.group() for match in pattern.finditer(told) if match.group() not in asked), None)
        if leak:
            raise Violation(f"an error holds {what}", expected="no internals", got=excerpt(leak))
    if any(len(credential) >= 8 and credential in told for credential in _credentials(request)):
        raise Violation("an error repeats the credential of the request", expected="no credential", got="the credential")
    identifiers = {each.value: each.kind for each in personal_identifiers(asked)}
    repeated = next((each for each in personal_identifiers(told) if each.value in identifiers), None)
    if repeated:
        raise Violation(f"an error repeats the {repeated.kind} of the request", expected="no personal identifier", got=repeated.kind)


def _prose(answer: Response) -> str:
    """The texts of an error that are for people: a type, an instance or a pointer may look like a file path and is none."""
    found = [text for pointer, text in texts(answer).items() if pointer.rpartition("/")[2] not in ("type", "instance", "pointer")]
    return "\n".join(found) or answer.text


def _credentials(request: Request) -> list[str]:
    sent = [request.headers.get(name) or "" for name in ("authorization", "x-api-key", "api-key")]
    return [value.strip().rpartition(" ")[2] for value in sent]


def _detailed(answer: Response, more: str) -> Response:
    """The problem with more in its detail; answers that are no problem as they are."""
    if answer.status < 400 or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({**answer.document, "detail": f"{answer.document.get('detail', '')} {more}"})


@mutant("CORE-ERR-005")
async def not_found_repeats_the_path(request: Request, call_next: CallNext) -> Response:
    """The 404 problem quotes the path that was asked for, personal identifiers in it included."""
    answer = await call_next(request)
    return _detailed(answer, unquote(request.url)) if answer.status == 404 else answer


@mutant("CORE-ERR-005")
async def method_errors_hold_a_stack_trace(request: Request, call_next: CallNext) -> Response:
    """405 answers end with the stack of the router."""
    answer = await call_next(request)
    more = "\tat eu.example.gateway.Router.dispatch(Router.java:118)\n\tat eu.example.gateway.Main.run(Main.java:31)"
    return _detailed(answer, more) if answer.status == 405 else answer


@mutant("CORE-ERR-005")
async def not_found_shows_the_query(request: Request, call_next: CallNext) -> Response:
    """404 problems end with the statement that found nothing."""
    answer = await call_next(request)
    return _detailed(answer, "SELECT body FROM pages WHERE id = $1") if answer.status == 404 else answer


@mutant("CORE-ERR-005")
async def refusals_name_the_machine(request: Request, call_next: CallNext) -> Response:
    """400 problems name the machine that refused, as gateways do for their operators."""
    answer = await call_next(request)
    return _detailed(answer, "(upstream 10.20.4.17:8443)") if answer.status == 400 else answer


@mutant("CORE-ERR-005")
async def refused_tokens_come_back(request: Request, call_next: CallNext) -> Response:
    """A 401 problem repeats the token that was refused."""
    answer = await call_next(request)
    return _detailed(answer, request.headers.get("authorization") or "") if answer.status == 401 else answer


_WISHES = {"LT": "lt", "pl;q=0.2, lt;q=0.9": "lt", "en;q=0, pl": "pl"}
"""Ways to ask for a language, and the one that is meant: tags are compared without case, and the greater weight wins wherever it stands."""


@scenario("CORE-ERR-006")
async def errors_speak_the_language_asked_for(service: Service) -> None:
    """RFC 9457 section 3.1.3: the title changes only by localization; RFC 9110 sections 12.4.2, 12.5.4 and 8.5 say how that is asked for and told."""
    try:
        request = service.sample("POST")
        await served(service, request)
        request = Request(request.method, request.url, request.headers, b'{"')
    except NotTested:
        request = Request("GET", f"/{service.random.getrandbits(64):016x}")
    found = {language: await _problem_in(service, request, language) for language in ("pl", "lt", "en")}
    for language, exchange in found.items():
        _is_declared(exchange, language, language)
        for other, second in found.items():
            if other < language:
                _differs_in_language_alone(exchange, second, f"in {other} and {language}")
    for wish, language in _WISHES.items():
        _is_declared(await _problem_in(service, request, wish), wish, language)


async def _problem_in(service: Service, request: Request, wish: str) -> Exchange:
    """The problem that a request gets under this Accept-Language. Raises :class:`NotTested` where it gets none."""
    exchange = await ask(service, request.with_header("Accept-Language", wish))
    problem = exchange.answer.document
    told = isinstance(problem, dict) and isinstance(problem.get("detail"), str)
    if not 400 <= exchange.status < 500 or exchange.answer.media_type != PROBLEM or not told:
        raise NotTested("the service does not answer invalid requests with problem documents")
    return exchange


def _is_declared(exchange: Exchange, wish: str, language: str) -> None:
    declared = exchange.answer.headers.get("content-language")
    if language not in [tag.strip().lower().partition("-")[0] for tag in (declared or "").split(",")]:
        raise Violation(
            f"an error asked for in {wish} is not declared as such",
            expected=language,
            got=declared or "no Content-Language",
            pointer="header:Content-Language",
            exchange=exchange,
        )


def _differs_in_language_alone(exchange: Exchange, other: Exchange, where: str) -> None:
    """Make sure that two problems have two details, and everything that is not text alike. Raises :class:`Violation`."""
    problem, second = exchange.answer.document, other.answer.document
    if exchange.status != other.status:
        got = str(exchange.status)
        raise Violation(f"one error has two statuses {where}", expected=str(other.status), got=got, exchange=exchange)
    if problem["detail"] == second["detail"]:
        raise Violation(
            f"the detail is the same {where}", expected="two texts", got=problem["detail"], pointer="/detail", exchange=exchange
        )
    for what, of in (("type", _type), ("places of its faults", _places)):
        if of(problem) != of(second):
            raise Violation(f"the {what} differ {where}", expected=str(of(second)), got=str(of(problem)), exchange=exchange)


def _type(problem: dict[str, Any]) -> Any:
    return problem.get("type")


def _places(problem: dict[str, Any]) -> list[str]:
    faults = problem.get("errors")
    return sorted(str(fault.get("pointer")) for fault in faults if isinstance(fault, dict)) if isinstance(faults, list) else []


@mutant("CORE-ERR-006", also=("CORE-LNG-001",))
async def lithuanian_errors_are_polish(request: Request, call_next: CallNext) -> Response:
    """Whoever asks for Lithuanian error texts gets the Polish ones under a Lithuanian label."""
    if (request.headers.get("accept-language") or "") != "lt":
        return await call_next(request)
    answer = await call_next(request.with_header("Accept-Language", "pl"))
    return answer.with_header("Content-Language", "lt") if answer.status >= 400 else await call_next(request)


@mutant("CORE-ERR-006")
async def error_language_is_not_declared(request: Request, call_next: CallNext) -> Response:
    """Error texts are translated, but no answer says into which language."""
    answer = await call_next(request)
    return answer.with_header("Content-Language", None) if answer.status >= 400 else answer


@mutant("CORE-ERR-006")
async def tags_of_languages_have_a_case(request: Request, call_next: CallNext) -> Response:
    """Accept-Language is compared by letter, and LT is no language that is known."""
    wish = request.headers.get("accept-language") or ""
    return await call_next(request if wish == wish.lower() else request.with_header("Accept-Language", "en"))


@mutant("CORE-ERR-006")
async def the_first_language_is_taken(request: Request, call_next: CallNext) -> Response:
    """The first tag of Accept-Language counts, whatever its weight."""
    wish = (request.headers.get("accept-language") or "").partition(",")[0].partition(";")[0]
    return await call_next(request.with_header("Accept-Language", wish or None))


@mutant("CORE-ERR-006")
async def types_are_translated(request: Request, call_next: CallNext) -> Response:
    """The type of a problem is an address in the language of its text."""
    answer = await call_next(request)
    language = answer.headers.get("content-language")
    if answer.status < 400 or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({**answer.document, "type": f"https://problems.example/{language}/invalid-request"})

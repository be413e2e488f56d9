"""What core asks of any reference service, around the operations of its profile.

A profile gives its operations as handlers. The frame does the rest: health, service card, description, security contact, records; errors in the
caller's language, tracing, negotiation, tokens, idempotency, limits and test scenarios. It treats all callers alike.
"""

from __future__ import annotations

import datetime
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.core.reading import UNTYPED
from conformance.reference.conditional import revalidated
from conformance.reference.description import SECURITY, describe
from conformance.reference.idempotency import Results
from conformance.reference.negotiation import admits, language_for
from conformance.reference.problems import MEDIA_TYPE, Problem, ProblemTexts
from conformance.reference.records import Records, content_digest, new_id, now, timestamp
from conformance.reference.tracing import traceresponse
from conformance.reference.wire import Answer, BodyTooLarge, CallerGone, Receive, Scope, Send, head_of, read_body, send_answer
from harness.exchange import Request
from harness.operation import Operation
from harness.profile import LANGUAGES, Profile

JSON = "application/json"
SCENARIOS = {"rate-limited": "too-many-requests", "unavailable": "service-unavailable"}
"""What a caller may ask a test system to play (Test-Scenario), and the problem it gets."""

_PUBLIC = frozenset({"getHealth", "getServiceCard", "getOpenapi", "getSecurityTxt", "getRecord"})
"""Operations that anybody may call, whatever the service asks for. The id of a record is a capability."""
_PRIVATE = frozenset({"listRecords"})
"""Operations that nobody may call without a token, even where the service asks for none."""
_CONTACT_DAYS = 180

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """A request that has passed the frame: addressed to an operation, its JSON fitting the profile's schema.

    ``language`` is the one of the three that Accept-Language asks for, or None; ``path`` the values of the path's parameters.
    """

    request: Request
    operation: Operation
    language: str | None
    path: Mapping[str, str]


Handler = Callable[[Asked], Awaitable[Answer]]


def json_answer(value: Any, *, status: int = 200, **options: Any) -> Answer:
    """A JSON answer, of success unless another status is given; ``options`` are those of :class:`Answer`."""
    return Answer(status, JSON, (json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),), **options)


class Frame:
    """The ASGI application of a reference service.

    Args:
        card: the service card.
        api: ``version`` of the interface, and ``contact`` for its description and for security matters (name, email, url).
        language: the language of texts where the caller names none.
        profiles: the profiles served, core first.
        handlers: operationId -> handler, for the operations that are not core's.
        problem_texts: files with problems of the profile's own.
        public: operations that anybody may call, beside those of core.
        problem_members: what the errors of the profile's base standard hold, from the problem document that it is added to.
        token: the bearer token callers have to send; None welcomes callers without one.
        scopes: operationId -> the scope that a token needs for it (RFC 6749 section 3.3); nobody may call these without a token.
        scoped_tokens: further tokens, with the scopes that each has beyond what every caller may.
        dependencies: name -> whether it works, for the health answer.
        scenarios: name of a further test scenario -> the problem that it is, and the operations that are refused with it.
    """

    def __init__(
        self,
        *,
        card: Mapping[str, Any],
        api: Mapping[str, Any],
        language: str,
        profiles: Sequence[Profile],
        handlers: Mapping[str, Handler],
        problem_texts: Sequence[Path] = (),
        public: Collection[str] = (),
        problem_members: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda problem: {},
        token: str | None = None,
        scopes: Mapping[str, str] | None = None,
        scoped_tokens: Mapping[str, frozenset[str]] | None = None,
        dependencies: Callable[[], Mapping[str, bool]] = dict,
        scenarios: Mapping[str, tuple[str, Collection[str]]] | None = None,
    ) -> None:
        self._card, self._api, self._language, self._token, self._dependencies = card, api, language, token, dependencies
        self._scopes, self._scenarios = dict(scopes or {}), dict(scenarios or {})
        self._tokens = {**(scoped_tokens or {}), **({token: frozenset[str]()} if token is not None else {})}
        self._operations = [operation for profile in profiles for operation in profile.operations]
        self._texts, self._problem_members = ProblemTexts(*problem_texts), problem_members
        self._records = Records(card["logRetentionDays"])
        self._results: Results[Answer] = Results()
        self._limit: int = card["limits"]["requestBytes"]
        closed = SECURITY if token is None else SECURITY[1:]
        self._public = _PUBLIC | set(public)
        security = {each.id: closed for each in self._operations if each.id not in self._public}
        security.update(dict.fromkeys(_PRIVATE, SECURITY[1:]))
        security.update({id: ({"bearer": [scope]},) for id, scope in self._scopes.items()})
        info = {"title": card["name"], "version": api["version"], "description": card["purpose"]["en"], "contact": api["contact"]}
        self._description = json_answer(describe(profiles, info, security))
        self._handlers: dict[str, Handler] = {
            "getHealth": self._health,
            "getServiceCard": self._service_card,
            "getOpenapi": self._openapi,
            "getSecurityTxt": self._security_txt,
            "listRecords": self._list_records,
            "getRecord": self._get_record,
            **handlers,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            return
        started = now()
        request = head_of(scope)
        operation: Operation | None = None
        try:
            try:
                request = replace(request, body=await read_body(receive, self._limit))
            except BodyTooLarge:
                raise Problem("content-too-large", limit=self._limit) from None
            operation = self._addressed(request)
            answer = await self._answer(request, operation)
        except CallerGone:
            return
        except Problem as problem:
            answer = self._problem(problem, request)
        except Exception:
            _log.exception("a request could not be answered")
            answer = self._problem(Problem("internal-error"), request)

        def sent(output_digest: bytes) -> None:
            if answer.use is not None and operation is not None and "Idempotency-Replayed" not in answer.headers:
                self._records.keep(
                    answer.headers["Record-Id"],
                    answer.use,
                    operation=operation.id,
                    version=self._card["version"],
                    started=started,
                    input_body=request.body,
                    output_digest=output_digest,
                )

        headers = self._common_headers(request, operation, answer)
        if {**answer.headers, **headers}.get("Cache-Control") != "no-store":
            answer = revalidated(request, answer)
        await send_answer(send, answer, headers, head=request.method == "HEAD", sent=sent)

    def _common_headers(self, request: Request, operation: Operation | None, answer: Answer) -> dict[str, str]:
        headers = {"API-Version": self._api["version"], "traceresponse": traceresponse(request.headers.get("traceparent"))}
        if operation is not None and (operation.generates or "records" in operation.definition.get("tags", ())):
            headers["Cache-Control"] = "no-store"
        if not answer.is_stream and answer.status != 204:
            headers["Content-Digest"] = content_digest(b"".join(answer.parts))
        return headers

    def _addressed(self, request: Request) -> Operation:
        """The operation that a request addresses. Raises :class:`Problem` where there is none."""
        here = [operation for operation in self._operations if operation.matches_path(request.path)]
        if not here:
            raise Problem("not-found")
        method = "GET" if request.method == "HEAD" else request.method
        for operation in here:
            if operation.method == method:
                return operation
        allowed = ", ".join(sorted({each.method for each in here} | ({"HEAD"} if any(each.method == "GET" for each in here) else set())))
        raise Problem("method-not-allowed", headers={"Allow": allowed}, allowed=allowed)

    async def _answer(self, request: Request, operation: Operation) -> Answer:
        caller = self._caller(request, operation)
        asked_for = request.headers.get("test-scenario") or ""
        if asked_for in self._card.get("testScenarios", ()):
            if asked_for in SCENARIOS:
                raise Problem(SCENARIOS[asked_for], headers={"Retry-After": "1"})
            if operation.id in self._scenarios.get(asked_for, ("", ()))[1]:
                raise Problem(self._scenarios[asked_for][0])
        successes = [response for status, response in operation.definition["responses"].items() if status.startswith("2")]
        offered = [kind for response in successes for kind in response.get("content", ())]
        if offered and not admits(request.headers.get("accept"), offered):
            raise Problem("not-acceptable", offered=", ".join(offered))
        if operation.has_request_body:
            self._refuse_unreadable(request, operation)
        language = language_for(request.headers.get("accept-language"), LANGUAGES)
        asked = Asked(request, operation, language, operation.path_values(request.path))

        async def execute() -> Answer:
            answer = await self._handlers[operation.id](asked)
            if answer.use is None:
                return answer
            return replace(answer, headers={**answer.headers, "Record-Id": new_id()})

        key = request.headers.get("idempotency-key") if operation.has_request_body else None
        if key is None:
            return await execute()
        if not 1 <= len(key) <= 256:
            raise Problem("invalid-idempotency-key")
        answer, replayed = await self._results.once((caller, operation.id, key), request.url.encode() + b" " + request.body, execute)
        return replace(answer, headers={**answer.headers, "Idempotency-Replayed": "true"}) if replayed else answer

    def _caller(self, request: Request, operation: Operation) -> str | None:
        """Who calls: the holder of a token, or None for anybody. A credential that is sent is verified even where none is needed.

        Raises:
            Problem: it cannot be verified, is not enough (RFC 6750 section 3.1), or there is none where one is needed.
        """
        credential = request.headers.get("authorization")
        realm = f'Bearer realm="{self._card["profiles"][-1].partition("/")[0]}"'
        scope = self._scopes.get(operation.id)
        if credential is None:
            if scope or operation.id in _PRIVATE or (self._token is not None and operation.id not in self._public):
                raise Problem("unauthorized", headers={"WWW-Authenticate": realm})
            return None
        scheme, _, sent = credential.strip().partition(" ")
        written = sent.strip().encode("latin-1", "replace")
        token = next((each for each in self._tokens if hmac.compare_digest(written, each.encode())), None)
        if scheme.lower() != "bearer" or token is None:
            raise Problem("invalid-token", headers={"WWW-Authenticate": f'{realm}, error="invalid_token"'})
        if scope and scope not in self._tokens[token]:
            challenge = f'{realm}, error="insufficient_scope", scope="{scope}"'
            raise Problem("insufficient-scope", headers={"WWW-Authenticate": challenge}, scope=scope)
        return f"bearer {' '.join(sorted(self._tokens[token]))}"

    def _refuse_unreadable(self, request: Request, operation: Operation) -> None:
        """Raise :class:`Problem` where a body is not the JSON of the profile. One of another type that it takes is the operation's to read; so is
        one of no type, which may be anything (RFC 9110 section 8.3).
        """
        declared = (request.headers.get("content-type") or "").lower()
        charset = declared.partition("charset=")[2].partition(";")[0].strip(' "') or "utf-8"
        coding = (request.headers.get("content-encoding") or "identity").lower()
        if (request.media_type or UNTYPED) in operation.body_types and request.media_type != JSON and coding == "identity":
            return
        if request.media_type != JSON or charset not in ("utf-8", "utf8") or coding != "identity":
            raise Problem("unsupported-media-type")
        faults = self._texts.faults_of(operation, request)
        if faults:
            raise Problem("invalid-request", faults=faults)

    def _problem(self, problem: Problem, request: Request) -> Answer:
        language = language_for(request.headers.get("accept-language"), LANGUAGES) or self._language
        document = self._texts.document(problem, language)
        document |= self._problem_members(document)
        headers = {"Content-Language": language, "Vary": "Accept-Language", **problem.headers}
        return replace(json_answer(document, status=document["status"], headers=headers), media_type=MEDIA_TYPE)

    async def _health(self, asked: Asked) -> Answer:
        states = self._dependencies()
        dependencies = [{"name": name, "healthy": healthy} for name, healthy in states.items()]
        return json_answer({"healthy": all(states.values()), "dependencies": dependencies, "checked": timestamp(now())})

    async def _service_card(self, asked: Asked) -> Answer:
        return json_answer(self._card)

    async def _openapi(self, asked: Asked) -> Answer:
        return self._description

    async def _security_txt(self, asked: Asked) -> Answer:
        """RFC 9116. The file is renewed every day."""
        until = (now() + datetime.timedelta(days=_CONTACT_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
        lines = (
            f"Contact: mailto:{self._api['contact']['email']}",
            f"Expires: {until.strftime('%Y-%m-%dT%H:%M:%SZ')}",
            f"Preferred-Languages: {', '.join(self._card['languages'])}",
        )
        return Answer(200, "text/plain; charset=utf-8", ("".join(line + "\r\n" for line in lines).encode(),))

    async def _list_records(self, asked: Asked) -> Answer:
        return json_answer({"records": self._records.newest()})

    async def _get_record(self, asked: Asked) -> Answer:
        record = self._records.get(asked.path["id"])
        if record is None:
            raise Problem("not-found")
        return json_answer(record)

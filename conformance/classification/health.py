"""Whether a server is live, and a model ready: the status says it (inference_rest.md, Health/Readiness/Liveness Probes)."""

from __future__ import annotations

from conformance.classification.asking import model_path, plain, server
from conformance.classification.faults import problem
from conformance.core.asking import not_now
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

LIVE, READY = "/v2/health/live", "/v2/health/ready"


@scenario("CLAS-HLT-001")
async def who_answers_is_live(service: Service) -> None:
    """Server Live: able to receive and respond to metadata and inference requests. A server that does is live, and says so with 200."""
    other = await server(service)
    live = await service.send("GET", LIVE)
    not_now(live)
    if live.status == 200:
        return
    if not other.succeeded and live.status not in (404, 405, 501):
        raise NotTested(f"the server answers neither GET /v2 ({other.status}) nor its probe ({live.status})")
    raise Violation("a server that answers does not say that it is live", expected="200", got=str(live.status), exchange=live)


@mutant("CLAS-HLT-001", also=("CORE-API-001",))
async def live_is_called_otherwise(request: Request, call_next: CallNext) -> Response:
    """The probe lies at the path that the cluster's own example has, /v2/livez."""
    answer = await call_next(request)
    return problem(answer, 404, "There is nothing here.") if request.path == LIVE else answer


@mutant("CLAS-HLT-001", also=("CORE-API-001",))
async def live_without_content(request: Request, call_next: CallNext) -> Response:
    """The probe answers 204, for there is nothing to say, and a client that waits for 200 takes the server for dead."""
    answer = await call_next(request)
    if request.path != LIVE or answer.status != 200:
        return answer
    headers = answer.headers.with_field("Content-Type", None).with_field("Content-Length", None).with_field("Content-Digest", None)
    return Response(204, headers)


@scenario("CLAS-HLT-002")
async def a_model_that_answers_is_ready(service: Service) -> None:
    """Server Ready says whether all models are ready, Model Ready whether one is. Another model may not be; the one that answers is."""
    for path in (READY, f"{model_path(service)}/ready"):
        exchange = await service.send("GET", path)
        if exchange.status in (404, 405, 501):
            raise Violation(f"{path} is not there", expected="200", got=str(exchange.status), exchange=exchange)
    await plain(service)
    ready = await service.send("GET", f"{model_path(service)}/ready")
    not_now(ready)
    if ready.status != 200:
        raise Violation("a model that answers does not say that it is ready", expected="200", got=str(ready.status), exchange=ready)


@mutant("CLAS-HLT-002", also=("CLAS-API-012", "CORE-API-001"))
async def models_have_no_probe(request: Request, call_next: CallNext) -> Response:
    """Only the server has probes; a model is taken to be ready."""
    answer = await call_next(request)
    return problem(answer, 404, "There is nothing here.") if "/models/" in request.path and request.path.endswith("/ready") else answer


@mutant("CLAS-HLT-002", also=("CLAS-API-012", "CORE-API-001"))
async def ready_is_for_later(request: Request, call_next: CallNext) -> Response:
    """A model that is loaded on demand says that it is not ready, also when it has just answered."""
    answer = await call_next(request)
    late = "/models/" in request.path and request.path.endswith("/ready") and answer.status == 200
    return problem(answer, 400, "The model is loaded when it is asked.") if late else answer

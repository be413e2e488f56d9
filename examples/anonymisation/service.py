"""Finds personal data in letters and takes it out. It goes by a few simple rules: an official checks what comes out."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as Refused

VERSION = "1.0.0"
CONTACT = {"email": "anonimizacja@przykladowo.example", "url": "https://przykladowo.example/anonimizacja"}
CARD = {
    "name": "Anonimizator Urzędu Przykładowego",
    "provider": {"name": "Urząd Przykładowy", "country": "PL"},
    "contact": CONTACT,
    "purpose": {
        "pl": "Znajduje w pismach numery i adresy osób i je usuwa. Wynik sprawdza urzędnik.",
        "lt": "Randa raštuose asmenų numerius ir adresus ir juos pašalina. Rezultatą tikrina tarnautojas.",
        "en": "Finds numbers and addresses of people in letters and takes them out. An official checks the result.",
    },
    "version": VERSION,
    "languages": ["pl", "lt", "en"],
    "profiles": ["core/1", "anonymisation/1"],
}

app = FastAPI(title="Anonymiser", version=VERSION, contact=CONTACT)

KEY = secrets.token_bytes(32)
TRACEPARENT = re.compile("00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
DIGIT = r"[\s-]?\d"
PATTERNS = {
    "PL_PESEL": re.compile(rf"\b\d(?:{DIGIT}){{10}}\b"),
    "IBAN_CODE": re.compile(rf"\b(?:PL(?:{DIGIT}){{26}}|LT(?:{DIGIT}){{18}})\b"),
    "EMAIL_ADDRESS": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
}


Name = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class Letter(Strict):
    text: str
    language: Literal["pl", "lt", "en"]
    entities: list[Name] = list(PATTERNS)
    score_threshold: float = Field(0, ge=0, le=1)
    ad_hoc_recognizers: list[object] = Field([], max_length=0)


class Finding(Strict):
    entity_type: Name
    start: int = Field(ge=0)
    end: int
    score: float


class Operator(Strict):
    type: Name
    hash_type: Literal["sha256", "sha512"] = "sha256"
    new_value: str = ""
    masking_char: str = Field("*", min_length=1, max_length=1)
    chars_to_mask: int = 0
    from_end: bool = False


class Findings(Strict):
    text: str
    analyzer_results: list[Finding]
    anonymizers: dict[str, Operator] = {}


class Item(BaseModel):
    entity_type: str
    start: int
    end: int
    operator: str


class Anonymised(BaseModel):
    text: str
    items: list[Item]


def problem(status: int, detail: str, **members: object) -> Response:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return JSONResponse(body, status, media_type="application/problem+json")


@app.exception_handler(Refused)
def refused(request: Request, error: Refused) -> Response:
    response = problem(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


@app.exception_handler(RequestValidationError)
def invalid(request: Request, error: RequestValidationError) -> Response:
    errors = [{"pointer": "".join(f"/{each}" for each in fault["loc"][1:]), "detail": fault["msg"]} for fault in error.errors()]
    return problem(422, "The request is not what it should be.", errors=errors)


@app.middleware("http")
async def with_common_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["API-Version"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if trace := TRACEPARENT.fullmatch(request.headers.get("traceparent", "")):
        response.headers["traceresponse"] = f"00-{trace[1]}-{secrets.token_hex(8)}-01"
    return response


@app.get("/health")
def health() -> dict[str, bool]:
    return {"healthy": True}


@app.get("/service-card")
def service_card() -> dict[str, object]:
    return CARD


@app.get("/supportedentities")
def supported_entities() -> list[str]:
    return list(PATTERNS)


@app.post("/analyze")
def analyze(letter: Letter) -> list[Finding]:
    return [
        Finding(entity_type=kind, start=match.start(), end=match.end(), score=1.0)
        for kind, pattern in PATTERNS.items()
        if kind in letter.entities
        for match in pattern.finditer(letter.text)
    ]


def new_value(operator: Operator, finding: Finding, old: str) -> str:
    if operator.type == "replace":
        return operator.new_value or f"<{finding.entity_type}>"
    if operator.type == "redact":
        return ""
    if operator.type == "hash":
        return hmac.new(KEY, old.encode(), operator.hash_type).hexdigest()
    if operator.type == "mask":
        mask = operator.masking_char * min(max(operator.chars_to_mask, 0), len(old))
        return old[: len(old) - len(mask)] + mask if operator.from_end else mask + old[len(mask) :]
    raise HTTPException(422, f"There is no operator {operator.type}.")


@app.post("/anonymize")
def anonymize(findings: Findings) -> Anonymised:
    text, items, end = "", [], 0
    for finding in sorted(findings.analyzer_results, key=lambda each: each.start):
        if not finding.start <= finding.end <= len(findings.text):
            raise HTTPException(422, f"The text has no place {finding.start} to {finding.end}.")
        operator = findings.anonymizers.get(finding.entity_type) or findings.anonymizers.get("DEFAULT") or Operator(type="replace")
        value = new_value(operator, finding, findings.text[finding.start : finding.end])
        text += findings.text[end : finding.start]
        items.append(Item(entity_type=finding.entity_type, start=len(text), end=len(text) + len(value), operator=operator.type))
        text, end = text + value, max(end, finding.end)
    return Anonymised(text=text + findings.text[end:], items=items)

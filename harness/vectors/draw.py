"""Drawing: what schemathesis and Hypothesis make of a profile's document, always the same for the same versions of both.

Two sources. The coverage phase of schemathesis goes through the schemas keyword by keyword; Hypothesis then generates whole requests with a
fixed seed and no database. Drawn is what a part of a request may hold; which of it is sent, and around which request, is decided when vectors
are distilled (``distil.py``).
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import tempfile
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from unittest import mock
from urllib.parse import quote

from harness.errors import UsageError

if TYPE_CHECKING:
    from schemathesis import Case

SEED = 20260126
"""The day of the agreement."""
EXAMPLES = 100
"""How many requests Hypothesis generates for each operation and mode."""
LARGEST = 4096
"""Characters of a drawn value past which nobody reads it; long inputs are hand-written."""


@dataclass(frozen=True)
class Draw:
    """A value that was drawn for one part of a request: the JSON body, or the header, query or path parameter called ``name``.

    ``path`` is the whole path where a path parameter was drawn.
    """

    operation: str
    part: Literal["body", "header", "query", "path"]
    name: str
    value: Any
    path: str | None = None


def versions() -> dict[str, str]:
    """The versions that decide what is drawn; Hypothesis takes characters from the Unicode database of the interpreter.

    Raises:
        UsageError: schemathesis is not installed.
    """
    try:
        import hypothesis
        import schemathesis
    except ImportError:
        raise UsageError("Vectors are drawn with schemathesis, which is not installed: pip install 'govai-harness[explore]'") from None
    return {
        "schemathesis": schemathesis.__version__,
        "hypothesis": hypothesis.__version__,
        "unicode": unicodedata.unidata_version,
    }


def draw(documents: Mapping[str, Any], key: str, plain: Mapping[str, Any]) -> list[Draw]:
    """Everything drawn for the operations of the document ``key`` (``name/major``), each value once, in the order drawn.

    ``plain`` is the body of a plain request of each operation, around which the coverage phase varies one member at a time. Raises as
    :func:`versions` does.
    """
    versions()
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    with tempfile.TemporaryDirectory() as folder:
        for each, document in documents.items():
            path = Path(folder) / each / "openapi.yaml"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(_prepared(document, plain if each == key else {})), encoding="utf-8")
        schema = schemathesis.openapi.from_path(Path(folder) / key / "openapi.yaml", config=SchemathesisConfig())
        found: dict[str, Draw] = {}
        for result in schema.get_all_operations():
            operation: Any = cast("Any", result).ok()
            if operation.definition.raw.get("x-drawn") is False:
                continue
            with _no_constants_of_ours():
                cases = [*_covering(operation), *_generated(operation)]
            for case in cases:
                for part in _parts(operation.definition.raw["operationId"], operation, case):
                    found.setdefault(f"{part.operation} {part.part} {part.name} {json.dumps(part.value)}", part)
    return list(found.values())


def _prepared(document: Any, plain: Mapping[str, Any]) -> Any:
    """The document without the examples of its parameters, and with the plain request as the only example of a body.

    The examples of headers name behaviours of test systems and traces that are somebody's; they are not to be sent a hundred times.
    """
    document = copy.deepcopy(document)
    operations = [each for item in document.get("paths", {}).values() for each in item.values() if isinstance(each, dict)]
    for holder in [document.get("components", {}), *operations]:
        parameters = holder.get("parameters", [])
        for parameter in parameters.values() if isinstance(parameters, dict) else parameters:
            parameter.pop("example", None)
            parameter.pop("examples", None)
    for operation in operations:
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if operation.get("operationId") in plain:
                media.pop("example", None)
                media["examples"] = {"plain": {"value": plain[operation["operationId"]]}}
    return document


@contextlib.contextmanager
def _no_constants_of_ours() -> Iterator[None]:
    """Hypothesis also draws numbers and texts that it reads in the code of the project it runs in, ours; then any change of it would change the
    vectors. There is no setting against it.
    """
    from hypothesis.internal.conjecture import providers
    from hypothesis.internal.constants_ast import Constants

    providers.CONSTANTS_CACHE.cache.clear()
    with mock.patch.object(providers, "_get_local_constants", Constants):
        yield
    providers.CONSTANTS_CACHE.cache.clear()


def _covering(operation: Any) -> Iterator[Case[Any]]:
    from schemathesis.generation import GenerationMode
    from schemathesis.generation.coverage import GenerationSession
    from schemathesis.specs.openapi.coverage._operation import iter_coverage_cases

    yield from iter_coverage_cases(
        operation=operation,
        generation_modes=list(GenerationMode),
        generate_duplicate_query_parameters=False,
        unexpected_methods=set(),
        generation_config=operation.schema.config.generation_for(operation=operation),
        session=GenerationSession(),
    )


def _generated(operation: Any) -> list[Case[Any]]:
    import hypothesis
    from hypothesis.errors import Unsatisfiable
    from schemathesis.generation import GenerationMode

    cases: list[Case[Any]] = []
    for mode in GenerationMode:

        @hypothesis.seed(SEED)
        @hypothesis.settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def take(case: Case[Any]) -> None:
            cases.append(case)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                take()
            except Unsatisfiable:
                continue  # e.g. no request of an operation whose parameters may be anything is wrong
    return cases


def _parts(id: str, operation: Any, case: Case[Any]) -> Iterator[Draw]:
    declared = {parameter.name for parameter in operation.headers} | {"Content-Type"}
    if _is_json(case.body):
        yield Draw(id, "body", "", case.body)
    for name, value in (case.headers or {}).items():
        if name in declared and _can_be_a_header(value):
            yield Draw(id, "header", name, value)
    for name, value in (case.query or {}).items():
        if name in {parameter.name for parameter in operation.query} and _is_json(value):
            yield Draw(id, "query", name, value)
    segments = case.path_parameters or {}
    if all(isinstance(value, str) and value not in ("", ".", "..") and _is_json(value) for value in segments.values()):
        path = operation.path
        for name, value in segments.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        for name, value in segments.items():
            yield Draw(id, "path", name, value, path)


_ELEVEN_DIGITS = re.compile(r"(?<!\d)\d{11}(?!\d)")
"""The form of PESEL and asmens kodas: what was drawn by chance may be somebody's."""


def _is_json(value: Any) -> bool:
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        written.encode()
    except (TypeError, ValueError):
        return False
    return len(written) <= LARGEST and not _ELEVEN_DIGITS.search(written)


def _can_be_a_header(value: Any) -> bool:
    """Visible ASCII with spaces inside (RFC 9110 section 5.5); other characters, HTTP libraries refuse or change on the way."""
    return isinstance(value, str) and re.fullmatch(r"([!-~]([ !-~]*[!-~])?)?", value) is not None and _is_json(value)

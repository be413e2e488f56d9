"""Whether a document by somebody else is valid OpenAPI, and where it is not. Nothing is ever fetched for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import openapi_spec_validator
from openapi_spec_validator.validation.exceptions import ExtraParametersError
from openapi_spec_validator.validation.keywords import KeywordValidator
from referencing.exceptions import PointerToNowhere

from harness.documents import pointer_step

Retrieve = Callable[[str], Any]
"""Gives the document at an address that another one refers to, or raises :class:`CannotTell`."""


class CannotTell(Exception):
    """The document uses something that is not read here. The text says what."""


class DocumentFault(NamedTuple):
    """One thing that makes a document no valid OpenAPI, and the JSON Pointer of its place."""

    pointer: str
    message: str


class _ElsewhereError(Exception):
    """A document refers to another one, which is not fetched: who wrote it has no say in what the harness asks whom for."""


def _refuse(uri: str) -> Any:
    raise _ElsewhereError(uri)


class _AnyDefault(KeywordValidator):
    """JSON Schema (core 2020-12, section 9.2) only recommends that a default fits its own schema; that is no fault of the document."""

    def __call__(self, *_: Any) -> Iterator[Any]:
        return iter(())


def _validator(version: str, retrieve: Retrieve) -> Callable[..., Any] | None:
    """The validator for a version of OpenAPI, kept from the network; None for a version that the library does not know."""
    base = getattr(openapi_spec_validator, f"OpenAPIV{version.replace('.', '')}SpecValidator", None)
    if base is None:
        return None
    keywords = {**base.keyword_validators, "default": _AnyDefault}
    handlers = dict.fromkeys(("<all_urls>", "http", "https", "file", ""), retrieve)
    return type("Offline", (base,), {"resolver_handlers": handlers, "keyword_validators": keywords})


def faults_of(document: Any, version: str, *, base_uri: str = "", retrieve: Retrieve = _refuse) -> Iterator[DocumentFault]:
    """What makes a document no valid OpenAPI ``version`` (such as ``3.1``).

    Not counted: required members without a description of their own, and dialects of JSON Schema that the library does not know. Both are
    allowed.

    Raises:
        CannotTell: it cannot be validated here, or not to the end.
    """
    validator = _validator(version, retrieve)
    if validator is None:
        raise CannotTell(f"OpenAPI {version} is not known to the harness")
    try:
        for error in validator(document, base_uri=base_uri).iter_errors():
            if not isinstance(error, ExtraParametersError) and "JSON Schema dialect" not in error.message:
                steps = _place_of(document, list(error.absolute_path), error.instance)
                yield DocumentFault("".join(f"/{pointer_step(str(step))}" for step in steps), error.message.partition("\n")[0])
    except PointerToNowhere as error:
        yield DocumentFault("", f"a reference points to nothing: #{error.ref}")
    except RecursionError:
        raise CannotTell("it is nested too deeply") from None
    except Exception as error:  # the library has no one class for what a foreign document can do to it
        raise CannotTell(f"it could not be read to the end ({type(error).__name__}: {' '.join(str(error).split())[:80]})") from None


_Steps = list[str | int]


def _place_of(document: Any, steps: _Steps, instance: Any) -> _Steps:
    """The steps from the document's root to a fault. The library counts those within a schema from that schema."""

    def leads_there(start: Any) -> bool:
        node = start
        for step in steps:
            try:
                node = node[step]
            except (LookupError, TypeError):
                return False
        return node is instance or (not isinstance(instance, dict | list) and type(node) is type(instance) and node == instance)

    waiting: list[tuple[Any, _Steps]] = [(document, [])]
    for node, above in waiting:
        if leads_there(node):
            return above + steps
        below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        waiting += [(each, [*above, name]) for name, each in below if isinstance(each, dict | list)]
    return steps

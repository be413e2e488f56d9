"""The references under a general fuzzer that knows nothing of us: schemathesis, with the document that the service itself publishes."""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import unsupported_method

from harness.serve.mock import reference_app

DOCUMENTS = {
    country: schemathesis.openapi.from_asgi("/openapi.json", reference_app("assistant", country, token="s3cret"))
    for country in ("pl", "lt")
}


@pytest.mark.parametrize("country", DOCUMENTS)
def test_the_reference_does_what_its_document_says(country: str) -> None:
    """Every operation, its examples and what else the fuzzer makes of them: the answers are those of the document, and none is a 5xx."""
    operations = [result.ok() for result in DOCUMENTS[country].get_all_operations()]
    assert len(operations) == 7
    for operation in operations:

        @hypothesis.settings(
            max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
        )
        @hypothesis.given(case=operation.as_strategy())
        def fuzz(case: schemathesis.Case) -> None:
            case.headers = {**(case.headers or {}), "Authorization": "Bearer s3cret"}
            case.call_and_validate(excluded_checks=[unsupported_method])

        fuzz()

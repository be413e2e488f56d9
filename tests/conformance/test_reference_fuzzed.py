"""The references under a general fuzzer that knows nothing of us: schemathesis, with the document that the service itself publishes."""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from harness import catalogue
from harness.serve.mock import reference_app
from tests.conformance.reference_services import send

REFERENCES = [(name, country) for name in catalogue.references() for country in ("pl", "lt")]


@pytest.mark.parametrize(("name", "country"), REFERENCES)
def test_the_reference_does_what_its_document_says(name: str, country: str) -> None:
    """Every operation, its examples and what else the fuzzer makes of them: the answers are those of the document, and none is a 5xx.

    That a request fits the document does not mean that the service can do it: it may be in a language that this one does not know.
    """
    app = reference_app(name, country, token="s3cret")
    operations = [result.ok() for result in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations()]
    profiles = catalogue.load_with_core(send(app, "GET", "/service-card").json["profiles"])
    assert (
        len(operations) == sum(len(profile.operations) for profile in profiles) - 1
    )  # the fuzzer leaves out where it has the document from
    for operation in operations:

        @hypothesis.settings(
            max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
        )
        @hypothesis.given(case=operation.as_strategy())
        def fuzz(case: schemathesis.Case) -> None:
            case.headers = {**(case.headers or {}), "Authorization": "Bearer s3cret"}
            case.call_and_validate(excluded_checks=[unsupported_method, positive_data_acceptance])

        fuzz()

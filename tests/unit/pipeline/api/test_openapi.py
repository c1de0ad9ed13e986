"""Requests made from the API's own description: no fault of ours, and answers as described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pipeline.api.access import NEEDS, Open
from pipeline.api.app import build_app
from tests.unit.pipeline.api.conftest import AUTHORISED

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
# Other people's generators draw what they refuse again, and warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def described(backing):
    return schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", build_app(backing), headers=AUTHORISED
    )


def operations(described):
    # What follows alerts does not end.
    return [
        operation
        for each in described.get_all_operations()
        if (operation := each.ok()).path != "/api/v1/alerts/stream"
    ]


def test_whatever_is_asked_is_answered_as_described(described):
    labels = [operation.label for operation in operations(described)]
    assert [ask(operation) for operation in operations(described)] == labels


def ask(operation):
    """Ask one route in many ways; its name."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def holds(case):
        answer = case.call(headers=AUTHORISED)
        case.validate_response(answer, headers=AUTHORISED, checks=CHECKS)

    holds()
    return operation.label


def test_every_route_under_the_version_is_described(described):
    paths = {operation.path for operation in operations(described)} | {"/api/v1/alerts/stream"}
    routes = {row.partition(" ")[2].replace(":path", "") for row in NEEDS if "/api/v1/" in row}
    assert {path for path in paths if path.startswith("/api/v1/")} == routes - {
        "/api/v1/openapi.json"
    }


def test_problems_and_ways_to_be_known_are_described(described):
    document = described.raw_schema
    assert document["components"]["securitySchemes"].keys() == {"token", "session"}
    assert "HTTPValidationError" not in str(document)
    for path in document["paths"].values():
        for operation in path.values():
            assert {"4XX", "5XX"} <= operation["responses"].keys()
    assert Open.ANYBODY in NEEDS.values()

"""Requests made from the API's own description, sent over the network to a real `descry run`."""

import json

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.browser.system import free_port, is_ready, make_users
from tests.e2e.conftest import wait_for

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 4
ENDLESS = "/api/v1/alerts/stream"
# What follows alerts does not end; a camera that is added is read, whatever its address is.
LEFT_OUT = {f"GET {ENDLESS}", "PUT /api/v1/cameras/{camera}"}
# Other people's generators draw what they refuse again, and warn about themselves.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600), pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def served(descry, clip):
    """The address of a system in which somebody was seen, and the header that its token is for."""
    descry.replay(clip, "--start", "2026-03-02T10:00:00Z")
    port = free_port()
    file = descry.folder / "descry.yaml"
    file.write_text(json.dumps({"api": {"port": port, "requests_per_minute": None}}))
    descry.environment["DESCRY_CONFIG"] = str(file)
    make_users(descry.data)
    token = (descry.data / "token").read_text().strip()
    running = descry.watch()
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: is_ready(url), within_s=300, what="the query worker")
    yield url, {"Authorization": f"Bearer {token}"}
    running.stop(within_s=60)


def test_whatever_is_asked_of_a_running_system_is_answered_as_described(served):
    url, known = served
    described = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json", headers=known)
    operations = [each.ok() for each in described.get_all_operations()]
    faults = [
        fault
        for operation in operations
        if operation.label not in LEFT_OUT and (fault := fault_of(operation, known)) is not None
    ]
    assert len(operations) > 60
    assert faults == []
    tracks = httpx.get(f"{url}/api/v1/tracks", headers=known, timeout=60)
    assert tracks.json()["tracks"], "who was seen is known still: the requests met a full system"


def fault_of(operation, known):
    """Ask one route in several ways; what was wrong, if anything was."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def holds(case):
        answer = case.call(headers=known, timeout=60)
        case.validate_response(answer, headers=known, checks=CHECKS)

    try:
        holds()
    except (AssertionError, BaseExceptionGroup) as error:
        return f"{operation.label}: {error}"
    return None

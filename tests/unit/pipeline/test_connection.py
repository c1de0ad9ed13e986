"""pipeline.connection: a write whose answer got lost is sent once more, with the same key."""

import httpx
import pytest

from pipeline import connection
from pipeline.account_client import AccountClient
from pipeline.errors import ServiceUnavailable

USER = {
    "name": "anna", "role": "viewer", "cameras": None, "must_change_password": True,
    "created_at": "2026-01-01T00:00:00.000Z", "signed_in_at": None, "password": None,
}  # fmt: skip
UNDER_WAY = {"code": "idempotency-in-progress", "detail": "wait"}


class Worker:
    """Answers what it is told to; an exception breaks the connection."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def keys(self):
        return [request.headers.get("Idempotency-Key") for request in self.asked]


def client_of(worker):
    client = AccountClient(token="t", url="http://worker")
    client._http = httpx.Client(
        transport=httpx.MockTransport(worker), base_url="http://worker", timeout=5.0
    )
    return client


@pytest.mark.parametrize(
    "broken", [httpx.ReadError("gone"), httpx.RemoteProtocolError("gone"), httpx.WriteError("gone")]
)
def test_a_write_is_sent_once_more_with_its_key_when_the_connection_breaks(broken):
    worker = Worker(broken, httpx.Response(200, json=USER))
    assert client_of(worker).remove_user("anna").name == "anna"
    first, second = worker.keys
    assert first == second
    assert first


def test_it_is_sent_once_more_and_no_oftener():
    worker = Worker(httpx.ReadError("gone"), httpx.ReadError("gone"))
    with pytest.raises(ServiceUnavailable, match="no query worker answers"):
        client_of(worker).remove_user("anna")
    assert len(worker.asked) == 2


def test_each_write_has_a_key_of_its_own_and_what_reads_has_none():
    worker = Worker(*(httpx.Response(200, json=USER) for _ in range(2)), httpx.ReadError("gone"))
    client = client_of(worker)
    client.remove_user("anna")
    client.remove_user("anna")
    with pytest.raises(ServiceUnavailable):
        client.users()
    first, second, none = worker.keys
    assert first != second
    assert none is None


def test_who_is_told_that_the_first_is_under_way_waits_for_its_answer(monkeypatch):
    waits = []
    monkeypatch.setattr(connection.time, "sleep", waits.append)
    wait = httpx.Response(409, json=UNDER_WAY, headers={"Retry-After": "1"})
    worker = Worker(httpx.ReadError("gone"), wait, wait, httpx.Response(200, json=USER))
    assert client_of(worker).remove_user("anna").name == "anna"
    assert waits == [1.0, 1.0]
    assert len(set(worker.keys)) == 1


def test_a_worker_that_is_away_or_slow_is_not_asked_again():
    for failure in (httpx.ConnectError("refused"), httpx.ReadTimeout("slow")):
        worker = Worker(failure)
        with pytest.raises(ServiceUnavailable):
            client_of(worker).remove_user("anna")
        assert len(worker.asked) == 1

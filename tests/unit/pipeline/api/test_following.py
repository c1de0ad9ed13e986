"""Streams of alerts: how many at once, one look for all, and who is told no more."""

import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from pipeline.api import following
from pipeline.api.asking import caller_of, staying_of
from pipeline.api.following import Places
from pipeline.api.problems import install_problem_handlers
from pipeline.api.watches import watch_routes
from pipeline.callers import FOLDER_HOLDER, Caller, Role
from pipeline.errors import Busy, StoreUnavailable, TooManyOpen
from tests.unit.pipeline.api.desk import Desk, alert_answer

STREAM = "/api/v1/alerts/stream"


class Quiet(Desk):
    """Tells what it is given, and counts how often it is asked."""

    def __init__(self):
        super().__init__()
        self.told, self.looks = [], 0

    def last(self):
        return "0-0"

    def words(self, after, count):
        self.looks += 1
        return [word for word in self.told if int(word.id[:-2]) > int(after[:-2])][:count]


class Door:
    """Who follows, and what becomes of them."""

    def __init__(self):
        self.caller: Caller | None = FOLDER_HOLDER
        self.failure: Exception | None = None
        self.asked = threading.Semaphore(0)

    async def still(self):
        self.asked.release()
        if self.failure is not None:
            raise self.failure
        return self.caller


@contextmanager
def served(desk, door, places=None):
    app = FastAPI()
    app.include_router(watch_routes(desk, list, places), prefix="/api/v1")
    app.dependency_overrides[caller_of] = lambda: FOLDER_HOLDER
    app.dependency_overrides[staying_of] = lambda: door.still
    install_problem_handlers(app)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{STREAM}"
    finally:
        desk.is_closed = True
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def desk():
    return Quiet()


@pytest.fixture
def door():
    return Door()


def lines_until(lines, end):
    """What comes until a line that begins so."""
    got = []
    for line in lines:
        got.append(line)
        if line.startswith(end):
            return got
    raise AssertionError(f"the stream ended before {end!r}: {got}")


def test_one_follower_too_many_is_told_so_and_gets_the_place_of_one_that_left(desk, door):
    with (
        served(desk, door, Places(most=2)) as address,
        httpx.Client(timeout=30) as client,
        ExitStack() as following,
    ):
        first = ExitStack()
        for stack in (first, following):
            answer = stack.enter_context(client.stream("GET", address))
            assert answer.status_code == 200
        refused = client.get(address)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert refused.headers["Retry-After"] == "2"
        assert "2 follow the alerts already" in refused.json()["detail"]
        first.close()
        while True:  # the worker notices when it writes to the connection
            with client.stream("GET", address) as answer:
                if answer.status_code == 200:
                    break
                answer.read()
            time.sleep(0.05)


def test_nobody_takes_the_places_of_all_others(desk, door):
    with (
        served(desk, door, Places(most=9, most_of_one=1)) as address,
        httpx.Client(timeout=30) as client,
        client.stream("GET", address) as answer,
    ):
        assert answer.status_code == 200
        refused = client.get(address)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-open")
        assert refused.headers["Retry-After"] == "2"


def test_places_are_counted_by_caller_and_freed():
    places = Places(most=3, most_of_one=2)
    places.take("anna")
    places.take("anna")
    with pytest.raises(TooManyOpen, match="anna follows the alerts 2 times"):
        places.take("anna")
    places.take("bert")
    with pytest.raises(Busy, match="3 follow"):
        places.take("carl")
    places.leave("anna")
    places.take("carl")


def test_many_who_follow_are_told_everything_by_few_looks(desk, door):
    many = 40
    with (
        served(desk, door, Places(most_of_one=many)) as address,
        httpx.Client(timeout=30, limits=httpx.Limits(max_connections=many)) as client,
        ExitStack() as stack,
    ):
        streams = [
            stack.enter_context(client.stream("GET", address)).iter_lines() for _ in range(many)
        ]
        for stream in streams:
            lines_until(stream, "event: begin")
        before, began = desk.looks, time.monotonic()
        desk.told += [alert_answer(1), alert_answer(2)]
        for stream in streams:
            got = [line for line in lines_until(stream, "id: 2-0") if line.startswith("id: ")]
            assert got == ["id: 1-0", "id: 2-0"]
        rounds = (time.monotonic() - began) / following.LOOK_EVERY_S + 2
        # Those who came to the new place and those who are still on their way look apart.
        assert desk.looks - before <= 2 * rounds


@pytest.mark.parametrize("what", ["revoked", "narrowed", "unknown"])
def test_nothing_is_told_to_whom_it_is_not_for_any_more(desk, door, what):
    with (
        served(desk, door) as address,
        httpx.Client(timeout=30) as client,
        client.stream("GET", address) as answer,
    ):
        lines = answer.iter_lines()
        lines_until(lines, "event: begin")
        if what == "revoked":
            door.caller = None
        elif what == "narrowed":
            door.caller = Caller("token:desk", Role.VIEWER, frozenset({"attic"}))
        else:
            door.failure = StoreUnavailable("the accounts do not answer")
        desk.told.append(alert_answer(1))
        if what == "revoked":
            assert not any("1-0" in line for line in lines), "and it ends"
            return
        assert door.asked.acquire(timeout=30)
        if what == "narrowed":
            word = alert_answer(2).model_copy(update={"camera": "attic"})
            desk.told.append(word)
            assert not any(line == "id: 1-0" for line in lines_until(lines, "id: 2-0"))
        else:
            door.failure = None  # nothing is lost by it
            assert lines_until(lines, "id: 1-0")


def test_a_stream_on_which_nothing_is_told_ends_as_well(desk, door, monkeypatch):
    monkeypatch.setattr(following, "HEARTBEAT_EVERY_S", 0.3)
    with (
        served(desk, door) as address,
        httpx.Client(timeout=30) as client,
        client.stream("GET", address) as answer,
    ):
        lines = answer.iter_lines()
        lines_until(lines, ": still here")
        door.caller = None
        assert all(line in {"", ": still here"} for line in lines)

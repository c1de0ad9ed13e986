"""Streams of alerts: only so many at once, and a place that is left is free again."""

import socket
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from pipeline.api import watches
from pipeline.api.asking import staying_of
from pipeline.api.problems import install_problem_handlers
from pipeline.api.watches import watch_routes
from pipeline.callers import FOLDER_HOLDER
from tests.unit.pipeline.api.desk import Desk


class Quiet(Desk):
    """Tells nothing, until it is closed."""

    def words(self, after, count):
        return []


async def still():
    return FOLDER_HOLDER


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setattr(watches, "FOLLOWING_AT_ONCE", 2)
    desk, app = Quiet(), FastAPI()
    app.include_router(watch_routes(desk, list), prefix="/api/v1")
    app.dependency_overrides[staying_of] = lambda: still
    install_problem_handlers(app)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/alerts/stream"
    desk.is_closed = True
    server.should_exit = True
    thread.join(30)


def test_one_follower_too_many_is_told_so_and_gets_the_place_of_one_that_left(address):
    with httpx.Client(timeout=30) as client, ExitStack() as following:
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

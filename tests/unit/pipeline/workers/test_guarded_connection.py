"""pipeline.workers.guarded_connection: what DNS says once counts, whatever it says next."""

import socket

import pytest

from pipeline.workers import guarded_connection
from pipeline.workers.guarded_connection import AddressRefused, GuardedConnection

PUBLIC, PRIVATE = "93.184.215.14", "127.0.0.1"


@pytest.fixture
def answers(monkeypatch):
    """What DNS answers, one time after another, and where somebody connected to."""
    told: list[list[str]] = []
    reached: list[str] = []

    class Socket(socket.socket):
        def connect(self, address):
            reached.append(address[0])
            raise OSError("nobody there")

    def resolve(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in told.pop(0)]

    monkeypatch.setattr(guarded_connection.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(guarded_connection.socket, "socket", Socket)
    return told, reached


def reach(**more):
    connection = GuardedConnection(
        "hooks.example", 80, tls=None, **({"allow_private": False, "timeout_s": 5} | more)
    )
    try:
        connection.request("POST", "/", b"")
    finally:
        connection.end()


def test_a_name_that_leads_elsewhere_between_look_and_use_is_looked_up_once(answers):
    told, reached = answers
    told += [[PUBLIC], [PRIVATE]]
    with pytest.raises(OSError, match="nobody there"):
        reach()
    assert reached == [PUBLIC]
    assert told == [[PRIVATE]], "nobody asked again"


def test_of_several_addresses_the_private_ones_are_passed_over(answers):
    told, reached = answers
    told.append([PRIVATE, "10.0.0.1", PUBLIC, "169.254.169.254"])
    with pytest.raises(OSError, match="nobody there"):
        reach()
    assert reached == [PUBLIC]


def test_where_all_are_private_nobody_is_connected_to(answers):
    told, reached = answers
    told.append([PRIVATE, "192.168.0.1"])
    with pytest.raises(AddressRefused, match="private address"):
        reach()
    assert reached == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "0", "localhost"]
)
def test_no_way_to_write_this_machine_is_let_through(host):
    connection = GuardedConnection(host, 9, tls=None, allow_private=False, timeout_s=5)
    with pytest.raises((AddressRefused, socket.gaierror)):
        connection.connect()
    connection.end()

"""A watched site, and who delivers what it tells to a broker; and brokers that are none."""

import socket
from contextlib import suppress

from pipeline.webhook_urls import BROKER
from pipeline.workers.broker import Broker
from pipeline.workers.broker_connection import BrokerAccount
from pipeline.workers.delivering import Carrier
from tests.webhook_post import RETRY_S, Post


def account(port, *, timeout_s=5.0, username=None, password=None, tls=None):
    return BrokerAccount(
        "127.0.0.1", port, "descry", username, password, "descry/available", timeout_s, tls
    )


def mqtt_post(bus, port, *, everywhere=(BROKER,), **who):
    broker = Broker(account(port, **who), "descry/matches")
    others = {"mqtt": Carrier(broker.send, RETRY_S, broker.attend)}
    return Post(bus, everywhere=everywhere, others=others)


class Mute:
    """Takes connections and says this to each, or nothing."""

    def __init__(self, says=b""):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.says, self.held = self.socket.getsockname()[1], says, []

    def serve(self):
        with suppress(OSError):
            while True:
                self.held.append(self.socket.accept()[0])
                if self.says:
                    self.held[-1].recv(4096)
                    self.held[-1].sendall(self.says)

    def close(self):
        for each in [self.socket, *self.held]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

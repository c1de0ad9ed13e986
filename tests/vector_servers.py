"""Redis servers with vector sets: one, or a Cluster of masters and replicas, on loopback."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import redis

from pipeline.store.shard_access import Access
from pipeline.store.shard_servers import ShardServers
from tests.redis8 import Unavailable, redis8

NODE_TIMEOUT_MS = 1500


def program():
    """A Redis 8; without one tests skip, and fail where DESCRY_TEST_REQUIRE names redis8."""
    try:
        return redis8()
    except Unavailable as error:
        from tests.conftest import missing  # pytest is nothing that a benchmark needs

        missing(str(error), "redis8")


def free_ports(count):
    """Ports whose bus ports (10000 above) are free, too."""
    found = []
    with contextlib.ExitStack() as held:
        while len(found) < count:
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            bus = held.enter_context(socket.socket())
            with contextlib.suppress(OSError, OverflowError):
                bus.bind(("127.0.0.1", port + 10000))
                found.append(port)
    return found


class VectorServer:
    """One server in a folder of its own, in memory; over TLS where it has a certificate."""

    def __init__(self, port, *options, binary=None, shown=None):
        self.port, self.ca_file = port, None if shown is None else shown.path
        self.url = f"{'redis' if shown is None else 'rediss'}://127.0.0.1:{port}"
        ports = ["--port", str(port)]
        if shown is not None:
            ports = ["--port", "0", "--tls-port", str(port), *shown.of_redis()]
        shared = Path("/dev/shm")
        where = shared if os.access(shared, os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="dt-", dir=where))
        self._command = [
            *(binary or program(), *ports, "--bind", "127.0.0.1", "--save", ""),
            *("--dir", self._folder, "--logfile", self._folder / "log", *options),
        ]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            list(map(str, self._command)), stdin=subprocess.DEVNULL, start_new_session=True
        )
        client = self.client()
        for _ in range(500):
            with contextlib.suppress(redis.RedisError):
                if client.ping():
                    client.close()
                    return
            time.sleep(0.02)
        raise RuntimeError((self._folder / "log").read_text()[-2000:])

    def client(self):
        """One of it."""
        trust = {} if self.ca_file is None else {"ssl_ca_certs": str(self.ca_file)}
        return redis.Redis.from_url(self.url, **trust)

    def memory(self):
        """Bytes that it holds."""
        client = self.client()
        try:
            return client.info("memory")["used_memory"]
        finally:
            client.close()

    def kill(self):
        """As the power does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class VectorCluster:
    """Masters, and a replica of each."""

    def __init__(self, masters=3, shown=None):
        options = (
            *(() if shown is None else ("--tls-cluster", "yes", "--tls-replication", "yes")),
            *("--cluster-enabled", "yes", "--cluster-node-timeout", NODE_TIMEOUT_MS),
            *("--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"),
        )
        self.servers = [
            VectorServer(port, *options, shown=shown) for port in free_ports(masters * 2)
        ]
        try:
            self._join(masters)
        except BaseException:
            self.stop()
            raise

    def _join(self, masters):
        clients = [each.client() for each in self.servers]
        for number, client in enumerate(clients):
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            client.execute_command("CLUSTER", "MEET", "127.0.0.1", self.servers[0].port)
        bounds = [16384 * n // masters for n in range(masters + 1)]
        for client, first, end in zip(clients[:masters], bounds, bounds[1:], strict=False):
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
        known = b"cluster_known_nodes:%d" % len(clients)
        self._until(lambda: all(known in _info(client) for client in clients))
        for master, replica in zip(clients[:masters], clients[masters:], strict=True):
            name = master.execute_command("CLUSTER", "MYID").decode()
            replica.execute_command("CLUSTER", "REPLICATE", name)
        replicas = clients[masters:]
        self._until(lambda: all(_is_linked(client) for client in replicas))
        self._until(lambda: all(b"cluster_state:ok" in _info(client) for client in clients))
        for client in clients:
            client.close()

    @staticmethod
    def _until(true, within_s=60):
        deadline = time.monotonic() + within_s
        while not true():
            if time.monotonic() > deadline:
                raise RuntimeError("the Cluster did not form")
            time.sleep(0.05)

    def master_of(self, slot):
        """The server that has a slot now."""
        for server in self.servers:
            if server.process.poll() is None:
                client = server.client()
                for first, last, (_, port, *_), *_ in client.execute_command("CLUSTER", "SLOTS"):
                    if first <= slot <= last:
                        return next(each for each in self.servers if each.port == port)
        raise LookupError(f"nobody has slot {slot}")

    def stop(self):
        for server in self.servers:
            server.stop()


def _info(client):
    return client.execute_command("CLUSTER", "INFO")


def _is_linked(client):
    return client.info("replication").get("master_link_status") == "up"


def connected(*servers, timeout_s=5.0):
    """To these servers, and those that they know."""
    urls, ca_file = [each.url for each in servers], servers[0].ca_file
    return ShardServers(Access(urls, None, None, timeout_s, ca_file))

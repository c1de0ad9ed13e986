"""The servers of a spread index: a Redis Cluster or one Redis, asked together."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import redis
from redis.crc import key_slot
from redis.exceptions import (
    OutOfMemoryError,
    RedisError,
    SlotNotCoveredError,
)

from pipeline.errors import StoreUnavailable
from pipeline.store.shard_access import AWAY, REFUSED, Access, connect_servers, refusal

Command = tuple[Any, ...]

_AT_ONCE = 32


class ShardServers:
    """Sends commands for keys to the servers that have them, to all at once.

    A server that is away is found out once for each question: who has its keys now is asked of the
    others, and if nobody has, its keys have no answer.
    """

    def __init__(self, access: Access) -> None:
        """Connect.

        Raises:
            ConfigError: no address, refused credentials, or a server without vector sets.
            StoreUnavailable: none of the addresses answers.
        """
        self._cluster, self._one = connect_servers(access)
        self._refreshing = threading.Lock()
        self._wait_ms = int(access.timeout_s * 500)  # a server that waits must not look dead
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="shards")

    @property
    def nodes(self) -> int:
        """How many servers have shards; replicas are not counted."""
        return 1 if self._cluster is None else len(self._cluster.get_primaries())  # type: ignore[no-untyped-call]

    def memory(self) -> dict[str, tuple[int, int]]:
        """Bytes in use, and how many may be (0: no limit), of each server that has shards.

        Raises:
            StoreUnavailable: one is away.
        """
        clients = {"the server": self._one} if self._one is not None else self._primaries()
        told = {}
        for name, client in clients.items():
            try:
                info: Any = client.info("memory")
            except AWAY as error:
                raise StoreUnavailable(f"{name} of the index does not answer: {error}") from error
            told[name] = int(info["used_memory"]), int(info["maxmemory"])
        return told

    def _primaries(self) -> dict[str, redis.Redis]:
        if self._cluster is None:
            return {}
        nodes = self._cluster.get_primaries()  # type: ignore[no-untyped-call]
        return {node.name: self._cluster.get_redis_connection(node) for node in nodes}

    def close(self) -> None:
        """Let go of all connections."""
        self._threads.shutdown(wait=False)
        for client in (self._cluster, self._one):
            if client is not None:
                client.close()

    def ask(self, commands: Mapping[str, Sequence[Command]]) -> dict[str, list[Any]]:
        """The replies to the commands of each key; none for a key whose server is away.

        Raises:
            ConfigError: a server refuses our credentials.
            redis.RedisError: a server answers that a command is wrong.
        """
        answers = self._ask_once(commands)
        left = {key: some for key, some in commands.items() if key not in answers}
        if left and self._refresh():
            answers |= self._ask_once(left)
        return answers

    def tell(self, key: str, command: Command, *, on_replicas: bool = False) -> Any:
        """The reply to one command.

        Args:
            key: whose server is told.
            command: what.
            on_replicas: wait until a replica has it too, where there is one.

        Raises:
            StoreUnavailable: its server is away or full, or no replica has it in time.
        """
        wanted = int(on_replicas and self._has_replica(key))
        more: list[Command] = [("WAIT", wanted, self._wait_ms)] if wanted else []
        try:
            replies = self.ask({key: [command, *more]}).get(key)
        except OutOfMemoryError as error:
            raise StoreUnavailable("its server is full: raise its maxmemory") from error
        if replies is None:
            raise StoreUnavailable("a part of the index does not answer")
        if wanted and int(replies[1]) < wanted:
            raise StoreUnavailable("no replica of the index has what was removed: try again")
        return replies[0]

    def _has_replica(self, key: str) -> bool:
        """Whether a replica follows the server of a key, as that server says."""
        told = self.ask({key: [("INFO", "replication")]}).get(key)
        return told is not None and int(told[0].get("connected_slaves", 0)) > 0

    def _ask_once(self, commands: Mapping[str, Sequence[Command]]) -> dict[str, list[Any]]:
        by_node: dict[Any, list[str]] = {}
        for key in commands:
            client = self._client_of(key)
            if client is not None:
                by_node.setdefault(client, []).append(key)
        if len(by_node) < 2:
            told = [_on_one(client, keys, commands) for client, keys in by_node.items()]
        else:
            ask = partial(_on_one, commands=commands)
            told = list(self._threads.map(ask, by_node.keys(), by_node.values()))
        return {key: replies for some in told for key, replies in some.items()}

    def _client_of(self, key: str) -> redis.Redis | None:
        if self._cluster is None:
            return self._one
        try:
            node = self._cluster.nodes_manager.get_node_from_slot(key_slot(key.encode()))
        except SlotNotCoveredError:
            return None
        return self._cluster.get_redis_connection(node)

    def _refresh(self) -> bool:
        """Ask the servers anew who has what; whether one of them answered."""
        if self._cluster is None:
            return True
        with self._refreshing, suppress(RedisError):
            self._cluster.nodes_manager.initialize()
            return True
        return False


def _on_one(
    client: redis.Redis, keys: Iterable[str], commands: Mapping[str, Sequence[Command]]
) -> dict[str, list[Any]]:
    """What one server says for each of some keys."""
    pipe = client.pipeline(transaction=False)
    for key in keys:
        for command in commands[key]:
            pipe.execute_command(*command)  # type: ignore[no-untyped-call]
    try:
        replies = iter(pipe.execute(raise_on_error=False))
    except REFUSED as error:
        raise refusal() from error
    except AWAY:
        return {}
    told: dict[str, list[Any]] = {}
    for key in keys:
        some = [next(replies) for _ in commands[key]]
        failed = next((reply for reply in some if isinstance(reply, RedisError)), None)
        if failed is None:
            told[key] = some
        else:
            _raise_unless_away(failed)
    return told


def _raise_unless_away(error: RedisError) -> None:
    if isinstance(error, REFUSED):
        raise refusal() from error
    if not isinstance(error, AWAY) and not str(error).startswith("LOADING"):
        raise error

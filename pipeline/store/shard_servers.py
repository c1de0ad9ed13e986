"""The servers of a spread index: a Redis Cluster or one Redis, asked together."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    ClusterDownError,
    ConnectionError,  # noqa: A004  # redis's own, which is none of Python's
    MasterDownError,
    MovedError,
    NoPermissionError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    SlotNotCoveredError,
    TimeoutError,  # noqa: A004
    TryAgainError,
)
from redis.retry import Retry

from pipeline.errors import ConfigError, StoreUnavailable

Command = tuple[Any, ...]

OLDEST = (8, 0)

_AWAY = (
    AskError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    MovedError,
    ReadOnlyError,
    RedisClusterException,
    SlotNotCoveredError,
    TimeoutError,
    TryAgainError,
)
_REFUSED = (AuthenticationError, AuthorizationError, NoPermissionError)
_AT_ONCE = 32


class Access(NamedTuple):
    """Where the servers are, and how they are spoken to.

    Attributes:
        nodes: redis://host:port of some of them; the others are learnt from these.
        username: who to log in as, where they ask.
        password: of that user.
        timeout_s: how long one may take to answer.
    """

    nodes: Sequence[str]
    username: str | None
    password: str | None
    timeout_s: float


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
        self._cluster, self._one = _connect(access)
        self._refreshing = threading.Lock()
        self._wait_ms = int(access.timeout_s * 500)  # a server that waits must not look dead
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="shards")

    @property
    def nodes(self) -> int:
        """How many servers have shards; replicas are not counted."""
        return 1 if self._cluster is None else len(self._cluster.get_primaries())  # type: ignore[no-untyped-call]

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
            StoreUnavailable: its server is away, or no replica has it in time.
        """
        wanted = int(on_replicas and self._has_replica(key))
        more: list[Command] = [("WAIT", wanted, self._wait_ms)] if wanted else []
        replies = self.ask({key: [command, *more]}).get(key)
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
    except _REFUSED as error:
        raise _refusal() from error
    except _AWAY:
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
    if isinstance(error, _REFUSED):
        raise _refusal() from error
    if not isinstance(error, _AWAY) and not str(error).startswith("LOADING"):
        raise error


def _refusal() -> ConfigError:
    return ConfigError(
        "a server of the index refused our credentials: check index.username and index.password"
    )


def _connect(access: Access) -> tuple[RedisCluster | None, redis.Redis | None]:
    if not access.nodes:
        raise ConfigError("index.kind is redis: say where, index.nodes: [redis://host:6379]")
    more: dict[str, Any] = {
        "username": access.username,
        "password": access.password,
        "socket_timeout": access.timeout_s,
        "socket_connect_timeout": access.timeout_s,
        "protocol": 2,
    }
    first: Exception | None = None
    for url in access.nodes:
        one = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **more)
        try:
            if not _is_cluster(one, url):
                return None, one
            cluster = _cluster(access.nodes, more)
            for node in cluster.get_nodes():  # type: ignore[no-untyped-call]
                with suppress(*_AWAY):  # one that is away is found out when it is asked
                    _check(cluster.get_redis_connection(node), node.name)
        except _REFUSED as error:
            raise _refusal() from error
        except _AWAY as error:
            first = first or error
            one.close()
        else:
            one.close()
            return cluster, None
    where = ", ".join(access.nodes)
    raise StoreUnavailable(f"no server of the index answers ({where}): {first}") from first


def _cluster(nodes: Sequence[str], more: Mapping[str, Any]) -> RedisCluster:
    parts = [urlsplit(url) for url in nodes]
    return RedisCluster(
        startup_nodes=[
            ClusterNode(part.hostname, part.port or 6379)  # type: ignore[no-untyped-call]
            for part in parts
        ],
        ssl=parts[0].scheme == "rediss",
        require_full_coverage=False,
        **more,
    )


def _is_cluster(client: redis.Redis, name: str) -> bool:
    _check(client, name)
    told: Any = client.info("cluster")
    return bool(told.get("cluster_enabled"))


def _check(client: redis.Redis, name: str) -> None:
    """Let a server pass that has vector sets.

    Raises:
        ConfigError: it is older than 8, or has none.
    """
    told: Any = client.info("server")
    version = str(told.get("redis_version", "0"))
    is_new = tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= OLDEST
    if not is_new or not _has_vector_sets(client):
        raise ConfigError(
            f"{name} is a Redis {version} without vector sets: index.nodes takes a Redis 8 or newer"
        )


def _has_vector_sets(client: redis.Redis) -> bool:
    try:
        client.execute_command("VCARD", "descry")  # type: ignore[no-untyped-call]
    except MovedError:
        return True  # it knows the command, and who has the key
    except ResponseError as error:
        return "unknown command" not in str(error)
    return True

"""How the servers of a spread index are reached: a Redis Cluster or one Redis 8."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
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
    ResponseError,
    SlotNotCoveredError,
    TimeoutError,  # noqa: A004
    TryAgainError,
)
from redis.retry import Retry

from pipeline.certificates import distrust
from pipeline.errors import ConfigError, StoreUnavailable
from pipeline.store.connection import trusting

OLDEST: Final = (8, 0)

AWAY: Final = (
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
REFUSED: Final = (AuthenticationError, AuthorizationError, NoPermissionError)


class Access(NamedTuple):
    """Where the servers are, and how they are spoken to.

    Attributes:
        nodes: redis://host:port of some of them; the others are learnt from these.
        username: who to log in as, where they ask.
        password: of that user.
        timeout_s: how long one may take to answer.
        ca_file: certificates that vouch for rediss:// servers; None: those the machine trusts.
    """

    nodes: Sequence[str]
    username: str | None
    password: str | None
    timeout_s: float
    ca_file: Path | None = None


def refusal() -> ConfigError:
    """What to do about credentials that a server refused."""
    return ConfigError(
        "a server of the index refused our credentials: check index.username and index.password"
    )


def connect_servers(access: Access) -> tuple[RedisCluster | None, redis.Redis | None]:
    """A client of the Cluster there, or else of the one server; the other is None.

    Raises:
        ConfigError: no address, refused credentials, a certificate that nobody vouches for, or a
            server without vector sets.
        StoreUnavailable: none of the addresses answers.
    """
    if not access.nodes:
        raise ConfigError("index.kind is redis: say where, index.nodes: [redis://host:6379]")
    more: dict[str, Any] = {
        "username": access.username,
        "password": access.password,
        "socket_timeout": access.timeout_s,
        "socket_connect_timeout": access.timeout_s,
        "protocol": 2,
        **trusting(access.nodes[0], access.ca_file, "index.ca_file"),
    }
    first: Exception | None = None
    for url in access.nodes:
        try:
            return _opened(url, access.nodes, more)
        except REFUSED as error:
            raise refusal() from error
        except AWAY as error:
            if reason := distrust(error):
                raise ConfigError(f"{url}: {reason}; check index.ca_file") from error
            first = first or error
    where = ", ".join(access.nodes)
    raise StoreUnavailable(f"no server of the index answers ({where}): {first}") from first


def _opened(
    url: str, nodes: Sequence[str], more: Mapping[str, Any]
) -> tuple[RedisCluster | None, redis.Redis | None]:
    """The Cluster that the server at `url` is of, or that server if it is of none."""
    one = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **more)
    try:
        if not _is_cluster(one, url):
            return None, one
    except BaseException:
        one.close()
        raise
    one.close()
    cluster = _cluster(nodes, more)
    for node in cluster.get_nodes():  # type: ignore[no-untyped-call]
        with suppress(*AWAY):  # one that is away is found out when it is asked
            _check(cluster.get_redis_connection(node), node.name)
    return cluster, None


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

"""A connection to Redis, and its errors in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from pipeline.certificates import check_ca_file, distrust
from pipeline.errors import ConfigError, StoreUnavailable

_HEALTH_CHECK_S = 15

# The client takes the code word off where it knows it; inside a script it stays, wrapped in the
# script's own error. So both tell.
_OUT_OF_MEMORY = "it is out of memory: raise its maxmemory"
_REPLICA = "it is a replica: point redis.url at the primary"
_PASSING = {
    "command not allowed when used memory": _OUT_OF_MEMORY,
    "OOM command not allowed": _OUT_OF_MEMORY,
    "read only replica": _REPLICA,
    "READONLY": _REPLICA,
    "MISCONF": "it cannot write to its disk: free some space",
    "LOADING": "it is loading its data",
    "MASTER is down": "its primary is down",
    "NOREPLICAS": "it has too few replicas",
    "BUSY Redis": "it is busy with a script",
}


def connect(
    *,
    url: str | None,
    unix_socket: Path | None,
    username: str | None,
    password: str | None,
    timeout_s: float,
    ca_file: Path | None = None,
) -> redis.Redis:
    """A client of the Redis at `url` or behind `unix_socket`; it connects at its first command.

    One retry covers the connection that broke while it lay idle. More is the caller's to decide.

    Raises:
        ConfigError: not exactly one address, a malformed one, or one that carries a password; or
            `ca_file`, whose certificates vouch for a rediss:// server, has none.
    """
    if (url is None) == (unix_socket is None):
        raise ConfigError("name one Redis: redis.url, or a unix socket")
    address = f"unix://{quote(str(unix_socket))}" if url is None else url
    _check_address(address)
    retry = Retry(ConstantBackoff(0.05), 1)
    try:
        return redis.Redis.from_url(
            address,
            username=username,
            password=password,
            decode_responses=False,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            health_check_interval=_HEALTH_CHECK_S,
            retry=retry,
            **trusting(address, ca_file, "redis.ca_file"),
        )
    except ValueError as error:
        raise ConfigError(f"redis.url is no Redis address: {error}") from error


def trusting(url: str, ca_file: Path | None, key: str) -> dict[str, Any]:
    """What a client of `url` is told of certificates: {} if nothing, or none are asked.

    Raises:
        ConfigError: `ca_file`, which the setting `key` names, has none.
    """
    if ca_file is None or urlsplit(url).scheme != "rediss":
        return {}
    check_ca_file(key, ca_file)
    return {"ssl_ca_certs": str(ca_file)}


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if "@" in parts.netloc or {"username", "password"} & parse_qs(parts.query).keys():
        raise ConfigError(
            "redis.url carries a password: move it to redis.username and redis.password"
        )


@contextmanager
def store_errors() -> Iterator[None]:
    """Say in our own words what Redis raised; also a decorator.

    Raises:
        StoreUnavailable: it did not answer or cannot take writes now; wait and try again.
        ConfigError: it turned us away; a person must act.
    """
    try:
        yield
    except (AuthenticationError, AuthorizationError, NoPermissionError) as error:
        raise ConfigError(
            "Redis refused our credentials: check redis.username and redis.password"
        ) from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        if reason := distrust(error):
            raise ConfigError(f"Redis: {reason}; check redis.ca_file") from error
        raise StoreUnavailable(f"Redis did not answer: {_first_line(error)}") from error
    except ResponseError as error:
        for mark, meaning in _PASSING.items():
            if mark in str(error):
                raise StoreUnavailable(f"Redis answers but refuses: {meaning}") from error
        raise


def block_ms(client: redis.Redis, wanted_s: float) -> int:
    """How long a blocking read may wait: under half the socket's own timeout.

    A read that outwaits the socket looks like a dead server.
    """
    timeout_s = client.connection_pool.connection_kwargs.get("socket_timeout")
    allowed_s = wanted_s if timeout_s is None else min(wanted_s, timeout_s / 2)
    return max(1, int(allowed_s * 1000))  # 0 would wait for ever


def _first_line(error: RedisError) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]

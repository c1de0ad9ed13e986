"""The kinds of value a setting may hold, and what each refuses.

Every refusal is a `ValueError` whose text goes on after the name of the setting:
"detector.model" + "must be …". None of them repeats the value, which may be a secret.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    SerializationInfo,
    WithJsonSchema,
)

from pipeline.durations import format_duration, parse_duration
from pipeline.errors import ConfigError
from pipeline.names import check_name

# What a secret looks like when it is shown.
MASK = "***"
SHOW_SECRETS = "show_secrets"
# A word with one of these endings, or with a slash, is a file and not the name of a model.
_MODEL_SUFFIXES = (".pt", ".pth", ".json", ".safetensors")
_DEVICE = re.compile(r"^(auto|cpu|cuda(:\d+)?)$")
_NAMESPACE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9:_.-]{0,63}$")
_TOPIC_PREFIX = re.compile(r"^(?=.{1,128}$)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")
_CREDENTIALS = {
    *("user", "username", "usr", "login", "loginuse", "password", "passwd", "pass", "pwd"),
    *("loginpas", "loginpass", "auth", "token", "access_token", "secret", "key", "apikey", "sid"),
}


def refuse_yes_no(value: object) -> None:
    """Refuse `port: yes`, which YAML reads as true and a number takes as 1."""
    if isinstance(value, bool):
        raise ValueError("must not be yes or no")  # noqa: TRY004  pydantic reports only ValueError


def looks_like_path(model: str) -> bool:
    """Whether `model` is a file and not a name from the manifest."""
    return "/" in model or model.endswith(_MODEL_SUFFIXES)


def _as_seconds(value: object) -> object:
    refuse_yes_no(value)
    return parse_duration(value) if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("begins with ~, but there is no home folder: write it out") from error


def _as_model(model: str) -> str:
    if looks_like_path(model):
        return str(_absolute(Path(model)))
    return _as_name("model", model)


def _as_name(kind: str, name: str) -> str:
    try:
        return check_name(kind, name)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def as_camera_id(name: str) -> str:
    """Return `name` if it may name a camera."""
    return _as_name("camera", name)


def as_collection(name: str) -> str:
    """Return `name` if it may name a collection."""
    return _as_name("collection", name)


def as_area(name: str) -> str:
    """Return `name` if it may name a zone or a mask."""
    return _as_name("zone or mask", name)


def _as_device(device: str) -> str:
    if not _DEVICE.fullmatch(device):
        raise ValueError("must be auto, cpu, cuda or cuda:N")
    return device


def _as_namespace(namespace: str) -> str:
    if not _NAMESPACE.fullmatch(namespace):
        raise ValueError("must be 1 to 64 letters, digits and : _ . -")
    return namespace


def _as_word(value: object) -> object:
    """A yes or no that came as text, from a variable."""
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _not_masked(secret: SecretStr) -> SecretStr:
    shown = secret.get_secret_value()
    if shown == MASK or (shown and not shown.strip("*")):
        raise ValueError(f"is the mask {MASK} that `config show` prints: write the real secret")
    return secret


def _show_secret(secret: SecretStr | None, info: SerializationInfo) -> str | None:
    if secret is None:
        return None
    return secret.get_secret_value() if (info.context or {}).get(SHOW_SECRETS) else MASK


def _split(url: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of `url`, once it is sure that none of them is a credential."""
    # A password with a slash ends up in what parsers call the path, so any @ is refused.
    held = {key.lower() for key, value in parse_qsl(re.sub(r"[/?;,]", "&", url)) if value}
    if "@" in url or held & _CREDENTIALS:
        raise ValueError(
            "holds credentials: move them to `username` and `password` (any other @ is written %40)"
        )
    expected = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        port_is_possible = parts.port != 0
    except ValueError as error:
        raise ValueError(f"must be an address that begins with {expected}") from error
    if parts.scheme not in schemes or not port_is_possible or re.search(r"\s", url):
        raise ValueError(f"must be an address that begins with {expected}")
    return parts


def _as_camera_url(url: str) -> str:
    if not _split(url, ("rtsp", "rtsps")).hostname:
        raise ValueError("must name the camera's host: rtsp://host:554/path")
    return url


def _as_redis_url(url: str) -> str:
    parts = _split(url, ("redis", "rediss", "unix"))
    if parts.scheme == "unix" and (parts.netloc or not parts.path.strip("/")):
        raise ValueError("must name the socket by its full path: unix:///run/redis.sock")
    if parts.scheme != "unix" and not parts.hostname:
        raise ValueError("must name the host: redis://host:6379/0")
    if parts.scheme != "unix" and not re.fullmatch(r"/?\d*", parts.path):
        raise ValueError("must end in the number of a database: redis://host:6379/0")
    return url


def _as_index_url(url: str) -> str:
    for one in url.split(","):
        if _split(_as_redis_url(one.strip()), ("redis", "rediss")).path.strip("/0"):
            raise ValueError("must be redis://host:port, without a database: a Cluster has one")
    return url


def _as_broker_url(url: str) -> str:
    parts = _split(url, ("mqtt", "mqtts"))
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be a broker's host, without a path: mqtt://host:1883")
    return url.rstrip("/")


def _as_topic_prefix(prefix: str) -> str:
    if not _TOPIC_PREFIX.fullmatch(prefix):
        raise ValueError(
            "must be 1 to 128 letters, digits and _ . - with / between levels: site/descry"
        )
    return prefix


def _as_api_url(url: str) -> str:
    parts = _split(url, ("http", "https", "unix"))
    if parts.scheme == "unix":
        if parts.netloc or not parts.path:
            raise ValueError("must name the whole path of a socket: unix:///run/descry/api.sock")
    elif not parts.hostname:
        raise ValueError("must name the host: http://host:8000")
    return url.rstrip("/")


def _as_public_url(url: str) -> str:
    parts = _split(url, ("http", "https"))
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must name a host and nothing below it: https://descry.example.org")
    return url.rstrip("/").lower()


def _as_network(written: str) -> str:
    try:
        network = ipaddress.ip_network(written.strip())
    except ValueError as error:
        raise ValueError(
            "must be an IP address, or a network without bits of a host: 10.0.0.5 or 10.0.0.0/24"
        ) from error
    if network.prefixlen == 0:
        raise ValueError("must not be everybody: name the addresses of the proxies")
    return str(network)


Seconds = Annotated[
    float,
    BeforeValidator(_as_seconds),
    PlainSerializer(format_duration, return_type=float | str, when_used="json"),
]
Secret = Annotated[
    SecretStr,
    AfterValidator(_not_masked),
    PlainSerializer(_show_secret, return_type=str | None, when_used="json"),
]
PathOnDisk = Annotated[Path, AfterValidator(_absolute)]
ModelName = Annotated[str, Field(min_length=1), AfterValidator(_as_model)]
CameraUrl = Annotated[str, AfterValidator(_as_camera_url)]
RedisUrl = Annotated[str, AfterValidator(_as_redis_url)]
IndexUrl = Annotated[str, AfterValidator(_as_index_url)]
BrokerUrl = Annotated[str, AfterValidator(_as_broker_url)]
TopicPrefix = Annotated[str, AfterValidator(_as_topic_prefix)]
ApiUrl = Annotated[str, AfterValidator(_as_api_url)]
Network = Annotated[str, AfterValidator(_as_network)]
PublicUrl = Annotated[str, AfterValidator(_as_public_url)]
Device = Annotated[
    str, AfterValidator(_as_device), WithJsonSchema({"type": "string", "pattern": _DEVICE.pattern})
]
Namespace = Annotated[
    str,
    AfterValidator(_as_namespace),
    WithJsonSchema({"type": "string", "pattern": _NAMESPACE.pattern}),
]
Half = Annotated[Literal["auto", True, False], BeforeValidator(_as_word)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]

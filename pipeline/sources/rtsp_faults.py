"""What libav's errors mean to someone who runs a camera; credentials never pass through."""

import errno
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import av.error

from pipeline.certificates import check_ca_file, distrust
from pipeline.errors import ConfigError, SourceError, SourceRefused, SourceUnreachable

# libav gives up a little early or late; an attempt that took this part of its time timed out.
NEARLY = 0.9
RTSPS_PORT = 322


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to connect, as far as a message may tell.

    Attributes:
        camera_id: whose.
        url: the address without credentials.
        has_login: whether a username was sent.
        transport: "tcp" or "udp".
        timeout_s: how long it may take.
        ca_file: whose certificates must vouch for the camera; None: nobody asks.
    """

    camera_id: str
    url: str
    has_login: bool
    transport: str
    timeout_s: float
    ca_file: Path | None = None


def check_url(camera_id: str, url: str) -> None:
    """Let pass a plain address of a stream.

    Raises:
        ConfigError: it is no rtsp:// or rtsps:// address, or has credentials in it.
    """
    key = f"cameras.{camera_id}"
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        raise ConfigError(f"{key}.url: not an address; write rtsp://HOST:PORT/PATH") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"{key}.url: has credentials in it; move them to {key}.username and {key}.password"
        )
    if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname or not port_is_sound:
        raise ConfigError(f"{key}.url: not an RTSP address; write rtsp://HOST:PORT/PATH")


def explain_open(error: av.error.FFmpegError, attempt: Attempt, took_s: float) -> SourceError:
    """Why a connection could not be opened, and what to do."""
    name, key = f"camera '{attempt.camera_id}'", f"cameras.{attempt.camera_id}"
    if reason := _refusal(error, attempt, key):
        return SourceRefused(f"{name}: {reason}")
    if reason := _distrust(attempt):
        return SourceRefused(f"{name}: {reason}")
    if _is_timeout(error) or took_s >= attempt.timeout_s * NEARLY:
        what = f"no answer from {attempt.url} within {attempt.timeout_s:g} s"
    elif isinstance(error, av.error.ConnectionRefusedError):
        what = f"connection to {attempt.url} refused; is the camera on, and the port right?"
    elif isinstance(error, av.error.OSError) and not _is_known(attempt.url):
        what = f"unknown host {urlsplit(attempt.url).hostname!r}; check {key}.url"
    elif isinstance(error, av.error.InvalidDataError):
        what = f"{attempt.url} did not answer as an RTSP camera; check {key}.url"
    else:
        what = f"cannot connect to {attempt.url} ({error.strerror})"
    return SourceUnreachable(f"{name}: {what}")


def explain_read(error: av.error.FFmpegError, camera_id: str, timeout_s: float) -> SourceError:
    """Why a stream broke."""
    if isinstance(error, av.error.DecoderNotFoundError):
        return SourceRefused(
            f"camera '{camera_id}': sends a codec that cannot be decoded; set it to H.264 or H.265"
        )
    if _is_timeout(error):
        return SourceUnreachable(f"camera '{camera_id}': nothing came for {timeout_s:g} s")
    return SourceUnreachable(f"camera '{camera_id}': the stream broke ({error.strerror})")


def _refusal(error: av.error.FFmpegError, attempt: Attempt, key: str) -> str | None:
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        what = "refused the credentials; check" if attempt.has_login else "asks for a login; set"
        return f"{what} {key}.username and {key}.password"
    if isinstance(error, av.error.HTTPNotFoundError):
        return f"has no stream at {urlsplit(attempt.url).path or '/'!r}; check {key}.url"
    if error.errno == errno.EPROTONOSUPPORT:
        return f"does not stream over {attempt.transport}; change {key}.transport"
    if isinstance(error, av.error.HTTPClientError):
        return f"refused the request ({error.strerror}); check {key}.url"
    return None


def _distrust(attempt: Attempt) -> str | None:
    """What is wrong with the camera's certificate; libav says only "input/output error"."""
    parts = urlsplit(attempt.url)
    if attempt.ca_file is None or parts.scheme != "rtsps":
        return None
    try:
        check_ca_file(f"cameras.{attempt.camera_id}.ca_file", attempt.ca_file)
    except ConfigError as error:  # it was there when we began
        return str(error)
    context = ssl.create_default_context(cafile=str(attempt.ca_file))
    where = (parts.hostname or "", parts.port or RTSPS_PORT)
    try:
        with socket.create_connection(where, attempt.timeout_s) as plain:
            context.wrap_socket(plain, server_hostname=parts.hostname).close()
    except OSError as error:
        reason = distrust(error)  # or something else is the matter
        return reason and f"{reason}; check cameras.{attempt.camera_id}.ca_file"
    return None


def _is_timeout(error: av.error.FFmpegError) -> bool:
    return isinstance(error, av.error.ExitError | av.error.TimeoutError)


def _is_known(url: str) -> bool:
    """Whether the host has an address; libav says only "input/output error" if not."""
    try:
        socket.getaddrinfo(urlsplit(url).hostname, None)
    except OSError:
        return False
    return True

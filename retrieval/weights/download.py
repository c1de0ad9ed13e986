"""Fetching one large file: resumed where it broke, checked against its digest."""

import errno
import ipaddress
import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx

from retrieval.errors import WeightsUnreachable, WeightsUnusable
from retrieval.weights.manifest import digest_of

log = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]
"""Told the bytes there are and, where the server says so, how many there will be."""

CONNECT_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 30.0
MAX_BYTES = 8 * 1024**3
_ATTEMPTS = 4
_CHUNK_BYTES = 64 * 1024  # what a cut connection may cost
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class _Part:
    """A download under way: the bytes so far, and which version of the file they are of."""

    path: Path

    @property
    def _about(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self, address: str) -> str | None:
        """What the server called the version we have a part of; None if we cannot go on."""
        try:
            about = json.loads(self._about.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        if not self.size() or about.get("address") != address:
            return None
        version = about.get("version")
        return version if isinstance(version, str) else None

    def remember(self, address: str, response: httpx.Response) -> None:
        """Note the version that is about to be written."""
        etag = response.headers.get("etag", "")
        # A weak tag promises the same meaning, not the same bytes.
        version = etag if etag.startswith('"') else response.headers.get("last-modified")
        self._about.write_text(json.dumps({"address": address, "version": version}), "utf-8")

    def discard(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def finish(self, to: Path) -> None:
        """The bytes are whole and right: give them their name."""
        self.path.replace(to)
        self._about.unlink(missing_ok=True)


def fetch(
    address: str,
    to: Path,
    *,
    sha256: str | None,
    progress: Progress,
    confirm_digest: Callable[[str], bool],
    max_bytes: int = MAX_BYTES,
    read_timeout_s: float = READ_TIMEOUT_S,
    wait: Callable[[float], None] = time.sleep,
) -> str:
    """Fetch `address` into the file `to`, whole and checked, or raise and leave no `to` behind.

    What has arrived stays in a `.part` file, so that the next call goes on from there if the
    server still has the same version.

    Args:
        address: `https`; `http` only to this machine.
        to: where the file shall be; its folder exists.
        sha256: what it must be; None asks `confirm_digest`.
        progress: told how far it is.
        confirm_digest: whether to trust a file of this digest, asked when it has arrived.
        max_bytes: give up past this.
        read_timeout_s: how long a server may stay silent.
        wait: how to pass seconds between attempts.

    Returns:
        The digest of the file.

    Raises:
        WeightsUnreachable: no answer, or a broken one, several times over.
        WeightsUnusable: refused, gone, too large, of the wrong digest, or no room on the disk.
    """
    check_address(address)
    part = _Part(to.with_name(f"{to.name}.part"))
    try:
        _fetch_part(
            address, part, progress, max_bytes=max_bytes, read_timeout_s=read_timeout_s, wait=wait
        )
        digest = digest_of(part.path)
        _check_digest(address, digest, sha256, confirm_digest)
    except WeightsUnusable:
        part.discard()
        raise
    except OSError as error:
        raise WeightsUnusable(disk_trouble(to, error)) from error
    part.finish(to)
    return digest


def check_address(address: str) -> None:
    """Refuse what would be fetched in the clear from another machine.

    Raises:
        WeightsUnusable: neither `https` nor this machine.
    """
    url = httpx.URL(address)
    if url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host)):
        return
    raise WeightsUnusable(f"{address}: only https addresses are fetched; name one")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _fetch_part(
    address: str,
    part: _Part,
    progress: Progress,
    *,
    max_bytes: int,
    read_timeout_s: float,
    wait: Callable[[float], None],
) -> None:
    timeout = httpx.Timeout(read_timeout_s, connect=min(CONNECT_TIMEOUT_S, read_timeout_s))
    with httpx.Client(
        timeout=timeout,
        follow_redirects=True,
        trust_env=not _is_loopback(httpx.URL(address).host),  # a proxy has no way to this machine
        event_hooks={"request": [lambda request: check_address(str(request.url))]},
    ) as client:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                _attempt(client, address, part, progress, max_bytes)
            except (httpx.HTTPError, _AgainError) as error:
                if attempt == _ATTEMPTS:
                    raise WeightsUnreachable(
                        f"{address}: {_reason(error)}; try again later, it goes on where it stopped"
                    ) from error
                log.warning("download %s: %s, trying again", address, _reason(error))
                wait(float(2 ** (attempt - 1)))
            else:
                return


class _AgainError(Exception):
    """The server had a passing trouble."""


def _attempt(
    client: httpx.Client, address: str, part: _Part, progress: Progress, max_bytes: int
) -> None:
    # Compressed transfer would make the byte counts of a resume mean something else.
    headers = {"Accept-Encoding": "identity"}
    if version := part.version(address):
        headers |= {"Range": f"bytes={part.size()}-", "If-Range": version}
    with client.stream("GET", address, headers=headers) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if version and response.headers.get("content-range") == f"bytes */{part.size()}":
                return  # all of it was there already
            part.discard()
            raise _AgainError("the part that was there does not fit the file")
        _check_status(address, response)
        start = part.size() if _goes_on(response, part.size()) else 0
        length = response.headers.get("content-length", "")
        total = start + int(length) if length.isdigit() else None
        if not start:
            part.remember(address, response)
        with part.path.open("ab" if start else "wb") as file:
            _write(address, response, file, (start, total, max_bytes), progress)


def _write(
    address: str,
    response: httpx.Response,
    file: BinaryIO,
    sizes: tuple[int, int | None, int],
    progress: Progress,
) -> None:
    done, total, max_bytes = sizes
    progress(done, total)
    if max(done, total or 0) > max_bytes:
        raise WeightsUnusable(f"{address}: larger than {max_bytes} bytes; not fetched")
    for chunk in response.iter_raw(_CHUNK_BYTES):
        done += len(chunk)
        if done > max_bytes:
            raise WeightsUnusable(f"{address}: larger than {max_bytes} bytes; not fetched")
        file.write(chunk)
        progress(done, total)


def _goes_on(response: httpx.Response, at: int) -> bool:
    """Whether the body starts at byte `at`: a server may ignore the range and send all."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return False
    if not response.headers.get("content-range", "").startswith(f"bytes {at}-"):
        raise _AgainError("the server sent another part than was asked for")
    return True


def _check_status(address: str, response: httpx.Response) -> None:
    status = response.status_code
    if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    if status in _TRY_AGAIN:
        raise _AgainError(f"the server answered {status}")
    raise WeightsUnusable(
        f"{address}: the server answered {status} {response.reason_phrase}; fetch the file "
        "yourself and use: descry models import FILE --name NAME"
    )


def _check_digest(
    address: str, digest: str, expected: str | None, confirm: Callable[[str], bool]
) -> None:
    if expected is None:
        if not confirm(digest):
            raise WeightsUnusable(
                f"{address}: its digest {digest} was not accepted, nothing was installed; "
                "accept it when asked, or with --yes"
            )
    elif digest != expected:
        raise WeightsUnusable(
            f"{address}: sha256 is {digest}, expected {expected}; the file was removed, "
            "pull it again, or ask the publisher if it differs again"
        )


def disk_trouble(to: Path, error: OSError) -> str:
    """One line on why `to` could not be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"no room for {to.name} in {to.parent}; free some space and try again"
    return f"cannot write {to}: {error.strerror or error}; mend the folder and try again"


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

"""Where alerts go: which addresses a webhook may have, and how a receiver is shown."""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

BROKER: Final = "mqtt:"
"""The receiver that is whatever broker the settings name: if that moves, what waits goes along."""

LONGEST: Final = 2048
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
#: What of IPv6 is handed out to anybody: old forms that wrap an IPv4 address lie outside it.
_HANDED_OUT: Final = ipaddress.IPv6Network("2000::/3")
#: Kept for documents, protocols and relays, which not every version of the library knows.
_KEPT: Final = tuple(map(ipaddress.ip_network, ("3fff::/20", "192.0.0.0/24", "192.88.99.0/24")))


def check_webhook(url: str) -> SplitResult:
    """The parts of `url`, if a webhook may go there.

    Raises:
        ValueError: it may not; the text goes on after the name of the setting or option, and
            repeats nothing of the address, which may hold a secret.
    """
    if "@" in url:
        raise ValueError(
            "holds credentials: leave them out, the signature says who sends (any other @ is %40)"
        )
    if len(url) > LONGEST or not re.fullmatch(r"[!-~]+", url) or "#" in url:
        raise ValueError(
            f"must be at most {LONGEST} letters of ASCII, without spaces and #: https://host/path"
        )
    try:
        parts = urlsplit(url)
        port_is_possible = parts.port != 0
    except ValueError as error:
        raise ValueError("must be an address: https://host/path") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_possible:
        raise ValueError("must begin with https:// or http:// and name a host: https://host/path")
    return parts


def shown(url: str) -> str:
    """`url` for people: its path may be what lets somebody in, so only that there is one.

    >>> shown("https://hooks.example:8443/T01/secret?x=1")
    'https://hooks.example:8443/…'
    >>> shown("http://hooks.example"), shown("")
    ('http://hooks.example', '')
    >>> shown(BROKER)
    'the MQTT broker'
    """
    if not url:
        return ""
    if url == BROKER:
        return "the MQTT broker"
    parts = urlsplit(url)
    rest = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{rest}"


def is_private(address: str) -> bool:
    """Whether an IP address is none of the public internet, in whatever it is wrapped.

    >>> [is_private(a) for a in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "9.9.9.9")]
    [True, True, True, False]
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if found.teredo is not None:
            inner = found.teredo[1]
        if inner is not None:
            return is_private(str(inner))
        if found not in _HANDED_OUT:
            return True
    is_kept = any(found in network for network in _KEPT)
    return is_kept or not found.is_global or found.is_multicast


def names_private(host: str) -> bool:
    """Whether `host` is this machine or an address of a private network, without asking DNS."""
    try:
        return is_private(host)
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")

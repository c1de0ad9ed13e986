"""How the RTSP server of the tests behaves: a good camera, or one with a fault."""

import hashlib
import math
import re
import secrets
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """How the camera behaves; the defaults are a good one.

    Attributes:
        user: asks for credentials if set.
        auth: "digest" or "basic".
        path: the only path with a stream; others get 404.
        codec: announces this instead of the truth.
        silent: accepts connections and says nothing.
        stall_after_s: sends nothing more after so many seconds of a connection.
        speed: 1 is real time, 0 as fast as the client reads.
        every_nth_damaged: overwrites the middle of every n-th picture; 0 for none.
        reports: sends RTCP sender reports, at once and then every half second.
        clock_ahead_s: how far the clock in them is ahead of this machine's.
        clock_leaps: (after, by): seconds of a connection after which that clock is set, and by
            how many.
        timestamps_leap: the same for the timestamps of the stream.
        lost_share: of the RTP packets; those lost never reach the client.
        garbage_after_s: sends noise instead of a stream after so many seconds.
        cut_after_s: hangs up in the middle of a picture after so many seconds.
        tls: speaks rtsps:// with these certificates.
        udp: sends over UDP to who asks for it.
    """

    user: str | None = None
    password: str = ""
    auth: str = "digest"
    path: str = "live"
    codec: str | None = None
    silent: bool = False
    stall_after_s: float | None = None
    speed: float = 1.0
    every_nth_damaged: int = 0
    reports: bool = False
    clock_ahead_s: float = 0.0
    clock_leaps: tuple[float, float] = (math.inf, 0.0)
    timestamps_leap: tuple[float, float] = (math.inf, 0.0)
    lost_share: float = 0.0
    garbage_after_s: float = math.inf
    cut_after_s: float = math.inf
    tls: ssl.SSLContext | None = None
    udp: bool = False
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def admits(self, method: str, header: str) -> bool:
        """Whether an Authorization header opens the door."""
        if self.user is None:
            return True
        if self.auth == "basic":
            token = b64encode(f"{self.user}:{self.password}".encode()).decode()
            return header == f"Basic {token}"
        given = dict(re.findall(r'(\w+)="([^"]*)"', header))
        ha1 = _md5(f"{self.user}:camera:{self.password}")
        ha2 = _md5(f"{method}:{given.get('uri', '')}")
        return given.get("response") == _md5(f"{ha1}:{self.nonce}:{ha2}")

    def camera_now(self, connected_s: float) -> float:
        """What its clock says after so many seconds of a connection, Unix seconds."""
        after_s, by_s = self.clock_leaps
        return time.time() + self.clock_ahead_s + (by_s if connected_s > after_s else 0.0)

    def stamp(self, shown_s: float, connected_s: float) -> float:
        """The timestamp that it gives a picture, seconds."""
        after_s, by_s = self.timestamps_leap
        return shown_s + (by_s if connected_s > after_s else 0.0)

    @property
    def challenge(self) -> str:
        """The WWW-Authenticate header."""
        if self.auth == "basic":
            return 'Basic realm="camera"'
        return f'Digest realm="camera", nonce="{self.nonce}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

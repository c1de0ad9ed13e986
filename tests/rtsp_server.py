"""A small, real RTSP server: loops an H.264 or H.265 file as a camera would, over TCP or UDP.

As a process of its own, so that it can be killed:
`python tests/rtsp_server.py CLIP.mp4 --port 0` prints its address.
"""

import argparse
import math
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from pathlib import Path
from types import TracebackType
from typing import Self

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.rtsp_behaviour import Behaviour
from tests.rtsp_media import (
    AccessUnit,
    Clip,
    Datagrams,
    RtpWriter,
    describe,
    load_clip,
    packetise,
)

# A client that takes nothing for this long is gone.
SEND_TIMEOUT_S = 10.0
REPORT_EVERY_S = 0.5


class Session:
    """One client: answers its requests, and after PLAY sends it the stream."""

    def __init__(self, server: "RtspServer", client: socket.socket) -> None:
        self.server = server
        self.client = client
        self._sending = threading.Lock()
        self._over = threading.Event()
        self._datagrams: Datagrams | None = None  # what the media goes to; None for the connection

    def serve(self) -> None:
        """Until the client leaves."""
        with suppress(OSError), self.client, self.client.makefile("rb") as requests:
            if self.server.behaviour.silent:
                self._over.wait()
            while head := requests.read(1):
                if head == b"$":  # RTCP from the client
                    _, size = struct.unpack(">BH", requests.read(3))
                    requests.read(size)
                elif not self._answer((head + requests.readline()).decode("latin-1"), requests):
                    break
        self._over.set()
        if self._datagrams is not None:
            self._datagrams.close()

    def _answer(self, line: str, requests) -> bool:
        method, url = [*line.split(), "", ""][:2]
        headers: dict[str, str] = {}
        while text := requests.readline().decode("latin-1").strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        requests.read(int(headers.get("content-length", 0)))
        status, extra, body = self._respond(method, url, headers)
        fields = {"CSeq": headers.get("cseq", "0"), **extra}
        if body:
            fields["Content-Length"] = str(len(body))
        text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._send(f"RTSP/1.0 {status}\r\n{text}\r\n".encode() + body)
        if method == "PLAY" and status.startswith("200"):
            threading.Thread(target=self._stream, daemon=True).start()
        return method != "TEARDOWN"

    def _respond(
        self, method: str, url: str, headers: dict[str, str]
    ) -> tuple[str, dict[str, str], bytes]:
        behaviour, clip = self.server.behaviour, self.server.clip
        if method == "OPTIONS":
            return "200 OK", {"Public": "DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"}, b""
        if not behaviour.admits(method, headers.get("authorization", "")):
            return "401 Unauthorized", {"WWW-Authenticate": behaviour.challenge}, b""
        if not re.match(rf"rtsps?://[^/]+/{re.escape(behaviour.path)}(/|$)", url):
            return "404 Not Found", {}, b""
        if method == "DESCRIBE":
            kind = {"Content-Type": "application/sdp", "Content-Base": url.rstrip("/") + "/"}
            return "200 OK", kind, describe(clip, behaviour.codec or clip.codec)
        extra = {"Session": "1;timeout=60"}
        if method == "SETUP":
            wanted = headers.get("transport", "")
            if "TCP" in wanted:
                extra["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
            elif behaviour.udp and (ports := re.search(r"client_port=(\d+)-(\d+)", wanted)):
                self._datagrams = Datagrams(self.client.getpeername()[0], *map(int, ports.groups()))
                extra["Transport"] = f"RTP/AVP;unicast;{ports[0]};{self._datagrams.ports}"
            else:
                return "461 Unsupported Transport", {}, b""
        return "200 OK", extra, b""

    def _stream(self) -> None:
        rtp = RtpWriter(self.server.behaviour.lost_share)
        behaviour, began = self.server.behaviour, time.monotonic()
        reported_at = -math.inf
        with suppress(OSError):
            pictures = chain.from_iterable(self.server.schedule() for _ in repeat(None))
            for count, (send_at, shown_s, unit) in enumerate(pictures, 1):
                if self._over.wait(max(send_at - time.monotonic(), 0)):
                    return
                connected_s = time.monotonic() - began
                if _is_past(connected_s, behaviour.stall_after_s):
                    continue
                stamp_s = behaviour.stamp(shown_s, connected_s)
                if behaviour.reports and connected_s - reported_at >= REPORT_EVERY_S:
                    reported_at = connected_s
                    self._send_media(rtp.report(behaviour.camera_now(connected_s), stamp_s))
                codec = self.server.clip.codec
                damaged = behaviour.every_nth_damaged and count % behaviour.every_nth_damaged == 0
                nals = [_damage(nal) for nal in unit.nals] if damaged else unit.nals
                data = rtp.write([p for n in nals for p in packetise(codec, n)], stamp_s)
                if connected_s > behaviour.garbage_after_s:
                    data = random.Random(count).randbytes(len(data))
                if connected_s > behaviour.cut_after_s:
                    self._send_media(data[: len(data) // 2])
                    self.close()
                self._send_media(data)

    def _send_media(self, data: bytes) -> None:
        if self._datagrams is None:
            self._send(data)
        else:
            self._datagrams.send(data)

    def _send(self, data: bytes) -> None:
        with self._sending:
            self.client.sendall(data)

    def close(self) -> None:
        """Hang up."""
        self._over.set()
        with suppress(OSError):
            self.client.shutdown(socket.SHUT_RDWR)


def _is_past(connected_s: float, limit_s: float | None) -> bool:
    return limit_s is not None and connected_s > limit_s


def _damage(nal: bytes) -> bytes:
    third = len(nal) // 3
    return nal[:1] + b"\xff" * (third * 2) + nal[1 + third * 2 :]


class RtspServer:
    """Serves one looping clip to any number of clients while used as a context manager."""

    def __init__(
        self, clip: Clip | Path, behaviour: Behaviour | None = None, *, port: int = 0
    ) -> None:
        self.clip = load_clip(clip) if isinstance(clip, Path) else clip
        self.behaviour = behaviour or Behaviour()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._began = time.monotonic()
        self._sessions: set[Session] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where the stream is, without credentials."""
        scheme = "rtsps" if self.behaviour.tls else "rtsp"
        return f"{scheme}://127.0.0.1:{self.port}/{self.behaviour.path}"

    def schedule(self) -> Iterator[tuple[float, float, AccessUnit]]:
        """When to send each picture (monotonic), its rising timestamp, and the picture.

        All clients share the camera's time. One that joins gets the running group of
        pictures from its key frame, as cameras answer PLAY with a fresh one.
        """
        speed, clip = self.behaviour.speed, self.clip
        units = clip.units
        now_s = (time.monotonic() - self._began) * speed
        lap, at_s = divmod(now_s, clip.duration_s)
        start = max(i for i, u in enumerate(units) if i == 0 or (u.is_key and u.dts_s <= at_s))
        delay_s = now_s - lap * clip.duration_s - units[start].dts_s
        while True:
            lap_s = lap * clip.duration_s
            for unit in units[start:]:
                due_s = lap_s + unit.dts_s + delay_s
                send_at = self._began + due_s / speed if speed else 0.0
                if self.clip is not clip:  # the camera was set anew
                    return
                yield send_at, lap_s + unit.pts_s, unit
            lap, start = lap + 1, 0

    def hang_up(self) -> None:
        """Drop every client, as a camera that restarts does."""
        with self._lock:
            for session in self._sessions:
                session.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A plain close would leave the accepting thread asleep on some kernels.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                wait = struct.pack("ll", int(SEND_TIMEOUT_S), 0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.behaviour.tls:
            try:
                client = self.behaviour.tls.wrap_socket(client, server_side=True)
            except OSError:  # the client does not like our certificate
                return
        session = Session(self, client)
        with self._lock:
            self._sessions.add(session)
        session.serve()
        with self._lock:
            self._sessions.discard(session)


@contextmanager
def server_process(clip: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, to be killed at will; and its address."""
    command = [sys.executable, __file__, str(clip), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def main() -> None:
    """Serve a file until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=0, help="0 asks the kernel for one")
    parser.add_argument("--path", default="live")
    parser.add_argument("--user")
    parser.add_argument("--password-env", help="the variable that holds the password")
    parser.add_argument("--realtime", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    password = os.environ[args.password_env] if args.password_env else ""
    speed = 1.0 if args.realtime else 0.0
    behaviour = Behaviour(user=args.user, password=password, path=args.path, speed=speed)
    with RtspServer(args.file, behaviour, port=args.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()

"""A real HTTP server on loopback that serves one file, as well or as badly as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Behaviour:
    """What the server has, and how it misbehaves.

    `cut_after` lists, for the first answers, how many bytes go out before the connection is cut;
    `statuses` what the first requests are answered with instead.
    """

    content: bytes
    etag: str | None = '"one"'
    takes_ranges: bool = True
    says_length: bool = True
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    redirect_to: str | None = None
    ranges: list[str | None] = field(default_factory=list)  # the Range of each request


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass

    def do_GET(self) -> None:
        how = self.behaviour
        how.ranges.append(self.headers.get("Range"))
        if how.statuses:
            self.send_error(how.statuses.pop(0))
        elif how.redirect_to:
            self.send_response(302)
            self.send_header("Location", how.redirect_to)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send_file(how)

    def _send_file(self, how: Behaviour) -> None:
        start = self._start(how)
        if start is not None and start >= len(how.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(how.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = how.content[start or 0 :]
        self.send_response(200 if start is None else 206)
        if start is not None:
            last, size = len(how.content) - 1, len(how.content)
            self.send_header("Content-Range", f"bytes {start}-{last}/{size}")
        if how.etag:
            self.send_header("ETag", how.etag)
        if how.says_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: how.cut_after.pop(0)] if how.cut_after else body)
        self.close_connection = True

    def _start(self, how: Behaviour) -> int | None:
        asked = self.headers.get("Range")
        if not asked or not how.takes_ranges or self.headers.get("If-Range") != how.etag:
            return None
        return int(asked.removeprefix("bytes=").rstrip("-"))


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """The address of the file."""
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/weights.bin"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

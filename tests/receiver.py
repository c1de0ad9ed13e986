"""A receiver of webhooks on loopback that fails, hangs, breaks off, redirects, and comes back."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pipeline.workers.webhook import signature

SECRET = "a secret to sign with"


class Receiver:
    """Serves until closed; `modes` says how each path answers, `ok` where nothing does.

    Modes: `ok`, a status (`500`), `hang`, `drip` (a byte of the head now and then), `trickle` (of
    the body), `cut` (amid the answer), `drop` (no answer), `endless` (an answer of a terabyte),
    `redirect` (to /elsewhere), or a function of the request.
    """

    def __init__(self, tls=None):
        self.modes, self.got, self.connections = {}, [], 0
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                outer.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.close_connection = True
                outer.take(self, body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.scheme = "https" if tls else "http"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path="/hook"):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def take(self, request, body):
        mode = self.modes.get(request.path, "ok")
        self.got.append((request.path, dict(request.headers), body))
        if callable(mode):
            mode = mode(self.got[-1])
        answer = getattr(self, f"_{mode}", None)
        if answer is not None:
            answer(request)
        else:
            _say(request, 200 if mode == "ok" else mode)

    def _hang(self, request):
        self.released.wait(60)

    def _drip(self, request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.released.wait(0.05):
            request.wfile.write(b".")

    def _trickle(self, request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not self.released.wait(0.05):
            request.wfile.write(b".")

    def _cut(self, request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def _endless(self, request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        request.wfile.write(b"x" * 8192)
        self.released.wait(60)

    def _redirect(self, request):
        _say(request, 307, Location="/elsewhere")

    def _drop(self, request):
        pass

    def words(self, path="/hook"):
        """(type, number) of what was sent to a path, repetitions included."""
        told = [json.loads(body) for where, _, body in self.got if where == path]
        return [(word["type"], word["number"]) for word in told]

    def once(self):
        """The words of somebody who goes by the key, each alert's in the order they came."""
        seen, alerts = set(), {}
        for _, headers, body in self.got:
            if headers["Idempotency-Key"] not in seen:
                seen.add(headers["Idempotency-Key"])
                word = json.loads(body)
                alerts.setdefault(word["alert"], []).append((word["type"], word["number"]))
        return alerts

    def refuse_forgeries(self):
        for _, headers, body in self.got:
            signed = signature(SECRET, headers["Descry-Timestamp"], body)
            assert headers["Descry-Signature"] == f"sha256={signed}"


def _say(request, status, **headers):
    request.send_response(status)
    for name, value in (headers | {"Content-Length": "0"}).items():
        request.send_header(name, value)
    request.end_headers()

"""Log lines: UTC, one form for every process, and no secret in any of them."""

import json
import logging
import re
import sys
import threading
import time
from typing import TextIO
from urllib.parse import quote, quote_plus

MASK = "***"
# Blotting out a one-letter password would blot out that letter everywhere.
_SHORTEST = 4
# Up to the last @ of the word: a password may hold one, or a slash.
_IN_URL = re.compile(r"(?<=://)[^\s'\"<>]*@")
_IN_QUERY = re.compile(r"(?i)\b(password|passwd|pwd|token)=[^\s&'\"<>]+")


# Libraries that report their own loading and every request at INFO.
CHATTY = ("faiss", "httpx", "uvicorn", "open_clip", "ultralytics")


class Secrets:
    """The values that must never be read in a log."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, value: str) -> None:
        """Blot out `value` from now on, however it is quoted."""
        if len(value) < _SHORTEST:
            return
        quoted = {quote(value, safe=""), quote(value), quote_plus(value)}
        escaped = {repr(value)[1:-1], json.dumps(value)[1:-1]}
        with self._lock:
            forms = {*self._forms, value, *quoted, *escaped}
            # The longest first, or a short secret would spoil a longer one that contains it.
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def blot_out(self, text: str) -> str:
        """`text` without them, and without credentials in addresses."""
        for form in self._forms:
            text = text.replace(form, MASK)
        text = _IN_URL.sub(MASK + "@", text)
        return _IN_QUERY.sub(rf"\1={MASK}", text)


_secrets = Secrets()


def register_secret(value: str) -> None:
    """Keep `value` out of every log line of this process.

    A value of fewer than four letters is left alone: it is part of too many words.
    """
    _secrets.add(value)


def scrub(text: str) -> str:
    """`text` as it may be shown: no registered secret, no credentials in an address.

    >>> scrub("no answer from rtsp://admin:hunter2@10.0.0.7/stream")
    'no answer from rtsp://***@10.0.0.7/stream'
    """
    return _secrets.blot_out(text)


_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def _spelt_out(sign: re.Match[str]) -> str:
    return sign[0].encode("unicode_escape").decode()


class _ScrubbedLines(logging.Formatter):
    """Scrubs the finished line: message, arguments, traceback and all."""

    def __init__(self, name: str) -> None:
        form = f"%(asctime)s %(levelname)s {name.replace('%', '%%')}: %(message)s"
        super().__init__(form, datefmt="%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's own name
        """One line: what others named must not look like a line of its own. Tracebacks stay."""
        record.message = _BREAKS.sub(_spelt_out, record.message)
        return super().formatMessage(record)


class _LogHandler(logging.StreamHandler[TextIO]):
    """A type of its own, so that a second set-up replaces the first."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's own name
        """Say that a line was lost, but not the line: its arguments may hold a secret."""
        place = f"{record.pathname}:{record.lineno}"
        sys.stderr.write(f"a log line of {place} could not be written\n")


def set_up_logging(level: str, *, name: str, stream: TextIO | None = None) -> None:
    """Send log lines of `level` and above to `stream`, standard error unless given.

    Args:
        level: debug, info, warning or error.
        name: the process that speaks, such as `camera`.
        stream: where lines go.
    """
    handler = _LogHandler(stream or sys.stderr)
    handler.setFormatter(_ScrubbedLines(name))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, _LogHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def printable(text: str) -> str:
    """`text` as one line that a terminal shows and does not obey: control signs are spelt out.

    Names of files, and what stands in them, come from others.

    >>> printable("red" + chr(27) + "[31m") == "red" + chr(92) + "x1b[31m"
    True
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )
